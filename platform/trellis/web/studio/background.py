"""What is still being worked out after a publish: a panel that looks again by itself while something waits."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.kernel.messages import Message
from trellis.services.background import Background, Work, background
from trellis.services.context import Context
from trellis.web.http import Asked
from trellis.web.render.environment import formats_of, fragment
from trellis.web.render.formats import LocaleFormats
from trellis.web.studio.frame import studio_context, studio_page


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One piece of work in words; `most` is how much there is of it, 0 where nobody knows."""

    message: Message
    since: str
    done: int
    most: int


@dataclass(frozen=True, slots=True)
class Panel:
    """Everything that waits; `watched` says that it stood there before, so that its end is told."""

    rows: tuple[WorkRow, ...]
    jobs: int
    failed: int
    active: bool
    watched: bool = False

    @property
    def empty(self) -> bool:
        return not (self.rows or self.jobs or self.failed)


@dataclass(frozen=True, slots=True)
class BackgroundPage:
    """The panel on a page of its own."""

    background: Panel


@get("/studio/background", include_in_schema=False)
async def background_page(request: Asked) -> Response[Any]:
    """The panel alone, to be swapped; without a script a page with it."""
    context = await studio_context(request)
    swapped = request.headers.get("hx-request-type") == "partial"
    data = BackgroundPage(await panel_of(request, context, watched=True))
    if swapped:
        return fragment(request, context, "studio/background.html", data)
    return await studio_page(request, context, "studio/background_page.html", data)


async def panel_of(request: Asked, context: Context, *, watched: bool = False) -> Panel:
    """What waits, in words."""
    found: Background = await background(context)
    formats = formats_of(request, context)
    rows = tuple(_row(work, formats) for work in found.works)
    return Panel(rows, found.jobs, found.failed, found.active, watched)


def _row(work: Work, formats: LocaleFormats) -> WorkRow:
    fields = formats.words(", ").join(formats.words(caption) for caption in work.captions)
    about = {"fields": fields, "entity": work.plural, "done": formats.number(work.done, 0)}
    since = formats.datetime(work.since)
    if work.rows is None:
        text = Message("{fields} of {entity} that follow a change is worked out anew: {done} done.", about)
        return WorkRow(text, since, work.done, 0)
    about["rows"] = formats.number(work.rows, 0)
    text = Message("{fields} of {rows} {entity} is worked out anew: {done} done.", about)
    return WorkRow(text, since, min(work.done, work.rows), work.rows)


HANDLERS: list[Any] = [background_page]
