"""What was retired and is kept: brought back into the draft, or deleted for good by those who may."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import Invalid
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.studio.purging import purge
from trellis.services.studio.retired import RetiredPart, restore, retired, retired_part
from trellis.web.http import Asked
from trellis.web.render.environment import formats_of
from trellis.web.studio.editing import one, posted, told
from trellis.web.studio.entity import entity_url
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import field_url

PLACE = "/studio/retired"


@dataclass(frozen=True, slots=True)
class RetiredRow:
    """One retired part as it is shown."""

    part: RetiredPart
    when: str
    free: str
    early: bool


@dataclass(frozen=True)
class RetiredPage:
    """All retired parts, and what was wrong with deleting one of them."""

    rows: tuple[RetiredRow, ...]
    may_purge: bool
    wrong: Message | None = None
    about: int = 0


@get(PLACE, include_in_schema=False)
async def retired_page(request: Asked) -> Response[Any]:
    """What was retired, the latest first."""
    return await _show(request, await studio_context(request))


@post(PLACE + "/{uid:int}/restore", include_in_schema=False, status_code=303)
async def restore_part(request: Asked) -> Response[Any]:
    """Put a retired part back into the draft, with its values."""
    context, uid = await studio_context(request), int(request.path_params["uid"])
    part = await retired_part(context, uid)
    try:
        await restore(context, uid)
    except Invalid as error:
        return await _show(request, context, error, uid)
    entity = part.path.partition("#")[0]
    url = field_url(entity, part.name) if part.field else entity_url(entity)
    return told(request, context, url, Message("It is back in the draft, with the values that it had."))


@post(PLACE + "/{uid:int}/purge", include_in_schema=False, status_code=303)
async def purge_part(request: Asked) -> Response[Any]:
    """Delete a retired part for good, after its name was repeated."""
    context, uid, texts = await studio_context(request), int(request.path_params["uid"]), await posted(request)
    try:
        await purge(context, uid, one(texts, "confirm"), now=one(texts, "now"))
    except Invalid as error:
        return await _show(request, context, error, uid)
    return told(request, context, PLACE, Message("It was deleted for good."))


async def _show(request: Asked, context: Context, error: Invalid | None = None, about: int = 0) -> Response[Any]:
    formats, now = formats_of(request, context), context.clock.now()
    rows = tuple(
        RetiredRow(part, formats.datetime(part.at), formats.datetime(part.purgeable_at), part.purgeable_at > now)
        for part in await retired(context)
    )
    wrong = (error.errors[0].message if error.errors else error.message) if error else None
    data = RetiredPage(rows, context.access.system("purge"), wrong, about)
    return await studio_page(request, context, "studio/retired.html", data, status=422 if error else 200)


HANDLERS: list[Any] = [retired_page, restore_part, purge_part]
