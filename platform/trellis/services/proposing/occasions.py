"""Columns of dates, with or without a time."""

from collections.abc import Iterator

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.dates import SERIAL
from trellis.services.proposing import words
from trellis.services.proposing.facts import Facts
from trellis.services.proposing.moments import DAY_FIRST, MONTH_FIRST, Moments, in_order
from trellis.services.proposing.proposal import Verdict
from trellis.services.proposing.quantities import nothing_words
from trellis.services.proposing.statistics import Column

EARLIEST, LATEST = 20_000, 80_000
"""The years 1954 to 2119 as counts of days."""


def occasions(column: Column, facts: Facts) -> Iterator[Verdict]:
    """The types of dates that fit a column."""
    moments = column.moments
    if not moments.readable or not moments.patterns or column.meaningful * 2 < column.filled:
        return
    if moments.compact and not words.says(column.header, words.MOMENT):
        return
    order, known = _order(moments, facts)
    trust = 0.97 if known else 0.7
    why = [*_why(moments, order, known), *nothing_words(column)]
    values = dict.fromkeys(column.placeholders, "")
    pattern = in_order(moments.pattern, order)
    explicit = None if moments.natural and order == MONTH_FIRST else pattern
    if not moments.past_midnight and (not moments.with_time or len(moments.patterns) == 1):
        read = pattern if moments.with_time else explicit
        yield Verdict("date", trust, tuple(why), format=read, values=values)
        yield Verdict("datetime", 0.3, tuple(why), format=explicit, values=values)
    else:
        yield Verdict("datetime", trust, (*why, Message("The cells have a time.")), format=explicit, values=values)


def counted_days(column: Column) -> Iterator[Verdict]:
    """Dates that a workbook keeps as a count of days, where the header speaks of dates."""
    numbers = column.numbers
    if not numbers.alive or not numbers.point.alive or not column.meaningful or numbers.led_by_zero:
        return
    if numbers.low >= EARLIEST and numbers.high <= LATEST and words.says(column.header, words.MOMENT):
        kind = "datetime" if numbers.point.fractional else "date"
        reasons = (Message("The cells count days, as workbooks keep dates."), *nothing_words(column))
        yield Verdict(kind, 0.93, reasons, format=SERIAL, values=dict.fromkeys(column.placeholders, ""))


def _order(moments: Moments, facts: Facts) -> tuple[str, bool]:
    """The order of day and month, and whether the column or another one shows it."""
    if not moments.ordered:
        return MONTH_FIRST, True
    if len(moments.orders) == 1:
        return (DAY_FIRST if DAY_FIRST in moments.orders else MONTH_FIRST), True
    return facts.day_order, facts.day_order_known


def _why(moments: Moments, order: str, known: bool) -> list[Message]:
    reasons = [Message("Every cell is a date.")]
    if moments.ordered and not known:
        return [*reasons, Message("No cell shows whether the day or the month comes first.")]
    if moments.ordered:
        first = Message("The day comes first.") if order == DAY_FIRST else Message("The month comes first.")
        return [*reasons, first]
    return reasons
