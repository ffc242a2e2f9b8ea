"""How a value came about, as a page of its own or in a dialog."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from markupsafe import Markup

from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.explaining import explain
from trellis.services.explanations import Child, Explanation, Input, Place, Shown, Writer
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.links import record_url
from trellis.web.render.environment import formats_of, fragment, page
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.steps import StepLine, step_line
from trellis.web.render.values import display


@dataclass(frozen=True, slots=True)
class InputLine:
    """A value that was read, in words, with where it stands, who wrote it, and the address of its own explanation."""

    label: str
    html: Markup
    hidden: bool
    record: Place | None
    url: str
    writer: str
    why: str
    stale: bool


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A record that counts, and what it brings."""

    title: str
    url: str
    html: Markup | None


@dataclass(frozen=True)
class ExplanationPage:
    """What the template shows."""

    explanation: Explanation
    entity: str
    label: str
    html: Markup
    back: str
    writer: str
    inputs: tuple[InputLine, ...]
    steps: tuple[StepLine, ...]
    children: tuple[ChildLine, ...]
    relation: str
    aggregate: str
    since: str


@get("/records/{entity:str}/{record:str}/explain/{field:str}", include_in_schema=False)
async def explain_page(request: Asked) -> Response[Any]:
    """How the value of a field came about."""
    context = await page_context(request)
    params = request.path_params
    found = await explain(context, params["entity"], params["record"], params["field"])
    data = _data(context, found, formats_of(request, context), locale_of(request, context))
    if request.headers.get("x-dialog"):
        return fragment(request, context, "parts/explanation.html", data)
    return page(request, context, "explanation.html", data)


def _data(context: Context, found: Explanation, formats: LocaleFormats, locale: str) -> ExplanationPage:
    entity = context.snapshot.localised(locale).entity(found.record.entity)
    children = found.children
    field = children.field if children else None
    return ExplanationPage(
        found,
        entity.plural,
        formats.words(found.field.caption),
        _html(found.field, found.shown, formats),
        record_url(found.record.entity, found.record.id),
        _who(found.writer, formats),
        tuple(_input(one, formats) for one in found.inputs),
        tuple(step_line(one, formats) for one in found.steps),
        tuple(_child(one, field, formats) for one in children.shown) if children else (),
        formats.words(children.relation) if children else "",
        formats.words(AGGREGATES[children.aggregate]) if children else "",
        formats.datetime(found.stale.since) if found.stale else "",
    )


AGGREGATES = {
    "count": "How many there are", "sum": "The sum of {field}", "avg": "The mean of {field}",
    "min": "The smallest {field}", "max": "The largest {field}", "first": "The first {field}",
    "last": "The last {field}", "concat": "All different values of {field}",
}  # fmt: skip


def _html(field: FieldType, shown: Shown, formats: LocaleFormats) -> Markup:
    if shown.masked:
        return Markup("{}").format(shown.value)
    return display(field, shown.value, shown.label, formats)


def _who(writer: Writer | None, formats: LocaleFormats) -> str:
    if writer is None:
        return ""
    return f"{writer.name or formats.words('System')}, {formats.datetime(writer.at)}"


def _input(one: Input, formats: LocaleFormats) -> InputLine:
    record = one.record
    readable = record is not None and not one.shown.hidden
    why = (
        f"{record_url(record.entity, record.id)}/explain/{one.field.key}"
        if record and readable and one.computed
        else ""
    )
    return InputLine(
        " › ".join(formats.words(label) for label in one.labels),
        _html(one.field, one.shown, formats),
        one.shown.hidden,
        record,
        record_url(record.entity, record.id) if record and record.title else "",
        _who(one.writer, formats),
        why,
        one.stale,
    )


def _child(one: Child, field: FieldType | None, formats: LocaleFormats) -> ChildLine:
    html = None if field is None or one.shown.hidden else _html(field, one.shown, formats)
    return ChildLine(one.record.title or one.record.id, record_url(one.record.entity, one.record.id), html)


HANDLERS: list[Any] = [explain_page]
