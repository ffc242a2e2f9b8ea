"""Functions about moments and durations in SQL; a duration is a whole number of seconds."""

from dataclasses import replace

import sqlalchemy as sa

from trellis.engine.expr.fractions import is_quotient
from trellis.engine.expr.library.durations import LONGEST
from trellis.engine.expr.nodes import Call
from trellis.engine.expr.types import DATETIME, INTEGER
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import clamped, exact, whole
from trellis.storage.expressions.quotients import Way, holds_quotient
from trellis.storage.expressions.rounding import cut, rounded

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
MOST_SECONDS = LAST_SECOND - FIRST_SECOND
INEXACT_DECIMALS = 6
FIRST = sa.literal_column("'0001-01-01 00:00:00'", sa.Text())
EPOCH_FORMAT = sa.literal_column("'%s'", sa.Text())
UNIT = sa.literal_column("' seconds'", sa.Text())


def _seconds_between(writer: Writer, call: Call) -> Sql:
    start, end = (_epoch(writer, writer.write(argument).element) for argument in call.arguments)
    return Sql(end - start, INTEGER, 0, MOST_SECONDS)


def _epoch(writer: Writer, moment: Element) -> Element:
    """Seconds since 1970."""
    if writer.sqlite:
        return sa.cast(sa.func.strftime(EPOCH_FORMAT, moment, type_=sa.Text()), sa.BigInteger())
    return sa.cast(sa.extract("epoch", moment), sa.BigInteger())


def _add_seconds(writer: Writer, call: Call) -> Sql:
    """The moment some seconds later, null outside of the years 1 to 9999."""
    moment = writer.write(call.arguments[0]).element
    seconds = _step(writer, writer.write(call.arguments[1]).element)
    if writer.sqlite:
        moved: Element = sa.func.datetime(moment, sa.cast(seconds, sa.Text()).concat(UNIT), type_=sa.Text())
        return Sql(sa.case((moved >= FIRST, moved)), DATETIME)
    total = _epoch(writer, moment) + seconds
    inside = total.between(whole(FIRST_SECOND), whole(LAST_SECOND))
    return Sql(sa.case((inside, sa.func.to_timestamp(total, type_=sa.DateTime(timezone=True)))), DATETIME)


def _step(writer: Writer, seconds: Element) -> Element:
    """A number of seconds, moved into what both databases count with."""
    furthest = 2 * MOST_SECONDS
    if writer.sqlite:
        return clamped(writer, seconds, -furthest, furthest)
    low, high = whole(-furthest), whole(furthest)
    return sa.cast(sa.case((seconds < low, low), (seconds > high, high), else_=seconds), sa.BigInteger())


def _seconds(writer: Writer, call: Call) -> Sql:
    """A duration of so many seconds; null when it is longer than any may be.

    A product beyond 64 bits is a float on SQLite, but then so far out that it is null anyway.
    """
    node = call.arguments[0]
    if holds_quotient(node) and not is_quotient(node):
        return rounded(Way.HALF_UP, writer, call)
    if is_quotient(node):
        return _limited(rounded(Way.HALF_UP, writer, call))
    number = writer.write(node)
    if number.scale > INEXACT_DECIMALS:
        exact(number, call.span)
    return _limited(cut(writer, number, call, Way.HALF_UP))


def _limited(seconds: Sql) -> Sql:
    if seconds.bound <= LONGEST:
        return seconds
    inside = seconds.element.between(whole(-LONGEST), whole(LONGEST))
    return replace(seconds, element=sa.case((inside, sa.cast(seconds.element, sa.BigInteger()))), bound=LONGEST)


def _in_seconds(writer: Writer, call: Call) -> Sql:
    return replace(writer.write(call.arguments[0]), type=INTEGER)


FUNCTIONS = {
    "seconds": SqlFunction(_seconds, repeats=6, depth=22),
    "seconds_between": SqlFunction(_seconds_between, depth=10),
    "add_seconds": SqlFunction(_add_seconds, repeats=3, depth=18),
    "in_seconds": SqlFunction(_in_seconds, depth=2),
}
