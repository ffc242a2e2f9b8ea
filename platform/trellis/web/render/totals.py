"""What stands below the columns of a list: a sum, an average, …, as people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from trellis.engine.query import Query
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.totals import totals
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.lists import Head

WORDS = {
    "sum": Message("Sum"),
    "avg": Message("Average"),
    "min": Message("Least"),
    "max": Message("Most"),
    "count": Message("Filled in"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """The cell below one column; without `word` there is nothing in it."""

    head: Head
    word: Message | None = None
    text: str = ""


async def totals_below(
    context: Context, query: Query, heads: Sequence[Head], formats: LocaleFormats
) -> tuple[Total, ...]:
    """One cell for each column, with what its values come to over all pages of the list."""
    found = await totals(context, query, {head.path: head.summary for head in heads if head.summary})
    return tuple(_cell(context, query.entity, head, found, formats) for head in heads) if found else ()


def _cell(
    context: Context, entity: str, head: Head, found: Mapping[str, Decimal | int], formats: LocaleFormats
) -> Total:
    field = context.snapshot.localised(formats.locale).field_at(entity, head.path)
    if head.path not in found or field is None:
        return Total(head)
    return Total(head, WORDS[head.summary], _text(field, head.summary, found[head.path], formats))


def _text(field: FieldType, summary: str, value: Decimal | int, formats: LocaleFormats) -> str:
    if summary == "count":
        return formats.number(value, 0)
    if summary == "avg":
        places = max(field.scale, 2) if field.type == "integer" else field.scale
        value = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if field.type == "integer":
            return formats.number(value, places)
    return field.display(value, formats)
