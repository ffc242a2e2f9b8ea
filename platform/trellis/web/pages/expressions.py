"""Writing expressions: a field that checks while one types, and a page to try formulas and conditions on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.signatures import Function
from trellis.engine.query import Choice
from trellis.kernel.errors import NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import expressions, queries
from trellis.services.context import Context
from trellis.services.expressions import Checked, CheckRequest, CompleteRequest, Place, Purpose
from trellis.web.api.expressions import completions_body, type_word
from trellis.web.http import Asked, locale_of, page_context, translate_for
from trellis.web.render.environment import formats_of, fragment, page
from trellis.web.render.results import result_text

RECORDS = 25
"""Records that one can choose from to try an expression on."""

OFFERED = (Purpose.FORMULA, Purpose.CONDITION, Purpose.FILTER, Purpose.VALIDATION)
"""What an expression can be for on the page; the filter of a lookup belongs to its field."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake: the source before it, the wrong part, the source behind it; and what to do."""

    before: str
    wrong: str
    after: str
    message: Message
    hint: Message | None
    start: int
    end: int
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What the field says below an expression."""

    checked: Checked
    kind: Message | None
    value: str
    slips: tuple[Slip, ...]
    filter: bool
    """Whether it has to be usable as a filter, so that nothing has to be said when it is."""


@dataclass(frozen=True)
class Desk:
    """The page to try expressions on."""

    entities: tuple[Entity, ...]
    entity: Entity
    purpose: Purpose
    source: str
    record: str
    records: Sequence[Choice]
    verdict: Verdict | None
    functions: tuple[Function, ...]


@get("/expressions/check", include_in_schema=False)
async def check(request: Asked) -> Response[Any]:
    """What is right and wrong about the expression that somebody is writing."""
    context = await page_context(request)
    params = request.query_params
    source = params.get(params.get("_name", "expr"), "")
    verdict = await verdict_on(request, context, source) if source.strip() else None
    return fragment(request, context, "parts/verdict.html", verdict)


@get("/expressions/complete", include_in_schema=False)
async def complete(request: Asked) -> Response[Any]:
    """What can be written at the cursor, as JSON."""
    context, source = await page_context(request), request.query_params.get("expr", "")
    cursor = request.query_params.get("cursor", "")
    place = int(cursor) if cursor.isdecimal() and len(cursor) < 9 else len(source)
    translate = translate_for(request, context)
    writing = CompleteRequest(place_in(request), source, min(place, len(source)))
    found = await expressions.complete(context, writing, translate)
    return Response(completions_body(found, translate), headers={"cache-control": "no-store"})


@get("/expressions", include_in_schema=False)
async def desk(request: Asked) -> Response[Any]:
    """A page to try formulas and conditions on the records of an entity."""
    context = await page_context(request)
    localised = context.snapshot.localised(locale_of(request, context))
    known = [item for item in localised.entities.values() if context.access.allows(item.id, "read")]
    if not known:
        raise NotFound()
    known.sort(key=lambda item: item.plural)
    asked = request.query_params.get("entity") or ""
    entity = next((item for item in known if item.id == asked), known[0])
    source, chosen = request.query_params.get("expr", ""), request.query_params.get("record", "")
    purpose = _purpose(request) if _purpose(request) in OFFERED else Purpose.FORMULA
    records = await _records(context, entity, chosen)
    record = next((choice.id for choice in records if choice.id == chosen), None)
    checking = CheckRequest(Place(entity.id, purpose), source, record)
    data = Desk(
        tuple(known), entity, purpose, source, record or "", records,
        await _verdict(request, context, checking) if source.strip() else None,
        tuple(sorted(STANDARD, key=lambda item: item.name)),
    )  # fmt: skip
    return page(request, context, "expressions.html", data)


async def _records(context: Context, entity: Entity, chosen: str) -> list[Choice]:
    """The newest records, and the one that was chosen if it is there for the actor."""
    found = await queries.choices(context, entity.id, limit=RECORDS)
    if chosen and all(choice.id != chosen for choice in found):
        try:
            found = [*await queries.choices(context, entity.id, ids=[chosen]), *found]
        except TrellisError:
            return found
    return found


def _purpose(request: Asked) -> Purpose:
    given = request.query_params.get("purpose", "")
    return Purpose(given) if given in {item.value for item in Purpose} else Purpose.FORMULA


def place_in(request: Asked) -> Place:
    """Where the expression of a request will stand."""
    params = request.query_params
    return Place(params.get("entity", ""), _purpose(request), params.get("field") or None)


async def verdict_on(request: Asked, context: Context, source: str) -> Verdict:
    """What the field says about a source, for the place that the request names."""
    params = request.query_params
    asked = CheckRequest(place_in(request), source, params.get("record") or None, params.get("expect") or None)
    return await _verdict(request, context, asked)


async def _verdict(request: Asked, context: Context, asked: CheckRequest) -> Verdict:
    source = asked.source
    checked = await expressions.check(context, asked)
    kind, result = checked.type, checked.result
    text = result_text(result.value, kind, formats_of(request, context), result.label) if result and kind else ""
    slips = tuple(
        Slip(
            source[: item.span.start][-40:], source[item.span.start : item.span.end], source[item.span.end :][:40],
            item.message, item.hint, item.span.start, item.span.end, item.suggestions,
        )
        for item in checked.errors
    )  # fmt: skip
    needed = asked.place.purpose in (Purpose.FILTER, Purpose.LOOKUP_FILTER)
    return Verdict(checked, type_word(kind) if kind else None, text, slips, needed)


HANDLERS: list[Any] = [check, complete, desk]
