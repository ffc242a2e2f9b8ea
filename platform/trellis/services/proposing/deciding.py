"""The type of a column: all that fit, the likeliest first."""

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import fieldtypes
from trellis.metadata.fieldtypes.base import Reading, Refused
from trellis.services.proposing import words
from trellis.services.proposing.choices import choices
from trellis.services.proposing.facts import Facts
from trellis.services.proposing.occasions import counted_days, occasions
from trellis.services.proposing.proposal import Verdict
from trellis.services.proposing.quantities import counts_rows, names_things, nothing_words, quantities
from trellis.services.proposing.statistics import Column

ONE_LINE, LONG_LINE = 255, 1000
ORDINARY_LONG = 20_000


def verdicts(column: Column, facts: Facts) -> tuple[Verdict, ...]:
    """The types that fit every cell of a column, the likeliest first; the last resort is text."""
    if not column.filled:
        return tuple(_empty(column, facts))
    found = [
        *quantities(column, facts),
        *occasions(column, facts),
        *counted_days(column),
        *choices(column, facts),
        *_shaped(column, facts),
    ]
    sound = [verdict for verdict in found if reads(verdict, column, facts)]
    return tuple(sorted([*sound, *_texts(column)], key=lambda verdict: -verdict.confidence))


def reads(verdict: Verdict, column: Column, facts: Facts) -> bool:
    """Whether a field of the type takes every value that was noted."""
    cls = fieldtypes.get(verdict.type)
    assert cls is not None
    field = cls.model_validate({"type": verdict.type, **verdict.options}).bound("value", "x.entity", {})
    marks = ",  '" if facts.decimal_mark == "." else ".  '"
    patterns = (verdict.format,) if verdict.format else ()
    reading = Reading(decimal_mark=facts.decimal_mark, group_marks=marks, date_formats=patterns)
    check = TypeAdapter(field.annotation()).validate_python
    try:
        for text in column.counts:
            value = field.from_text(verdict.values.get(text, text), reading) if verdict.values.get(text, text) else None
            if value is not None:
                check(value)
    except (Refused, ValidationError):
        return False
    return True


def _empty(column: Column, facts: Facts) -> Iterator[Verdict]:
    nothing = Message("The column is empty.")
    if words.says(column.header, words.MOMENT):
        kind = "datetime" if facts.timed else "date"
        yield Verdict(kind, 0.5, (nothing, Message("The header says so.")))
    yield Verdict("text", 0.4, (nothing,))


def _shaped(column: Column, facts: Facts) -> Iterator[Verdict]:
    if not column.meaningful or column.meaningful * 2 < column.filled:
        return
    values = dict.fromkeys(column.placeholders, "")
    seen: set[str] = set()
    for kind, region in sorted(column.shapes.alive, key=lambda shape: shape[1] != facts.region):
        if kind not in seen:
            seen.add(kind)
            why = (Message("Every cell has the form of this type."), *nothing_words(column))
            yield Verdict(kind, 0.98, why, {"region": region} if region else {}, values=values)


def _texts(column: Column) -> Iterator[Verdict]:
    short = column.longest <= LONG_LINE
    average = column.characters / max(column.distinct, 1)
    long = column.several_lines or not short or column.longest > ONE_LINE and average > 80
    noted = words.says(column.header, words.NOTE) and column.longest > 80
    if short:
        options = {"maxLength": LONG_LINE} if column.longest > ONE_LINE - 55 else {}
        sure, why = _text_trust(column)
        yield Verdict("text", min(sure, 0.4) if long or noted else sure, why, options)
    if long or noted or average > 60:
        most = {"maxLength": 100_000} if column.longest > ORDINARY_LONG else {}
        why = (Message("The longest cell has {count} characters.", {"count": column.longest}),)
        yield Verdict("longtext", 0.95 if long else 0.9 if noted else 0.3, why, most)


def _text_trust(column: Column) -> tuple[float, tuple[Message, ...]]:
    if column.numbers.led_by_zero and column.numbers.alive:
        return 0.97, (Message("The numbers begin with zeros, which are kept."),)
    if column.numbers.alive and column.meaningful and counts_rows(column) and names_things(column):
        return 0.9, (Message("The cells number the rows."),)
    if column.numbers.alive and column.meaningful and names_things(column):
        return 0.88, (Message("These numbers are names with which nobody calculates."),)
    if column.unique and column.filled >= 10 and not (column.numbers.alive and column.meaningful):
        return 0.92, (Message("No value comes twice."),)
    if words.says(column.header, words.NAME, words.IDENTITY, words.LOCATION):
        return 0.85, (Message("The header says so."),)
    return 0.72, (Message("Many different texts."),) if column.overflown else ()
