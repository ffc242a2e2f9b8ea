"""Functions about dates in SQL: ISO text on SQLite, DATE on PostgreSQL, null outside the years 1 to 9999 on both."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from trellis.engine.expr.nodes import Call, Literal
from trellis.engine.expr.types import DATE, INTEGER
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import clamped, divided, exact, whole

FIRST, LAST_DAY = "0001-01-01", 3_652_058
MOST_DAYS = 4_000_000
MOST_MONTHS = 200_000
FIRST_MONTH, LAST_MONTH = 12, 119_999
FORMAT = sa.literal_column("'%04d-%02d-%02d'", sa.Text())


def _text(value: str) -> Element:
    return sa.literal_column(f"'{value}'", sa.Text())


def _day(writer: Writer, value: str) -> Element:
    return _text(value) if writer.sqlite else sa.literal_column(f"DATE '{value}'", sa.Date())


def _date(element: Element) -> Sql:
    return Sql(element, DATE)


def _argument(writer: Writer, call: Call, index: int = 0) -> Element:
    return writer.write(call.arguments[index]).element


def _clamped(writer: Writer, call: Call, index: int, low: int, high: int) -> Element:
    """A whole number, moved into a range that no database refuses; what leaves 64 bits is moved all the more."""
    return clamped(writer, writer.write(call.arguments[index]).element, low, high)


def _number(element: Element) -> Element:
    return sa.cast(element, sa.Integer())


def _year_of(sqlite: bool, day: Element) -> Element:
    return _piece(sqlite, day, "year", 1, 4)


def _month_of(sqlite: bool, day: Element) -> Element:
    return _piece(sqlite, day, "month", 6, 2)


def _day_of(sqlite: bool, day: Element) -> Element:
    return _piece(sqlite, day, "day", 9, 2)


def _piece(sqlite: bool, day: Element, name: str, start: int, count: int) -> Element:
    if not sqlite:
        return _number(sa.extract(name, day))
    return _number(sa.func.substr(day, whole(start), whole(count), type_=sa.Text()))


def _quarter_of(sqlite: bool, day: Element) -> Element:
    return divided(_month_of(sqlite, day) + whole(2), whole(3))


def _weekday_of(sqlite: bool, day: Element) -> Element:
    """1 for Monday to 7 for Sunday."""
    if not sqlite:
        return _number(sa.extract("isodow", day))
    return (_number(sa.func.strftime(_text("%w"), day, type_=sa.Text())) + whole(6)) % whole(7) + whole(1)


def _part(of: Callable[[bool, Element], Element]) -> Callable[[Writer, Call], Sql]:
    return lambda writer, call: Sql(of(writer.sqlite, _argument(writer, call)), INTEGER, 0, 9_999)


def _moved(writer: Writer, day: Element, days: Element) -> Element:
    """A date some days later, null outside of the calendar."""
    if writer.sqlite:
        return _in_calendar(_shifted(day, _written(days, " days")))
    first = _day(writer, FIRST)
    offset = day.op("-", precedence=7, return_type=sa.Integer())(first) + days
    return sa.case((offset.between(whole(0), whole(LAST_DAY)), first.op("+", return_type=sa.Date())(offset)))


def _shifted(day: Element, *steps: Element) -> Element:
    """SQLite's own date arithmetic, null after the year 9999."""
    return sa.func.date(day, *steps, type_=sa.Text())


def _written(number: Element, unit: str) -> Element:
    """A step for SQLite, such as `-3 days`."""
    return sa.cast(number, sa.Text()).concat(_text(unit))


def _in_calendar(day: Element) -> Element:
    """Null before the year 1, where SQLite still counts."""
    return sa.case((day >= _text(FIRST), day))


def _add_days(writer: Writer, call: Call) -> Sql:
    days = _clamped(writer, call, 1, -MOST_DAYS, MOST_DAYS)
    return _date(_moved(writer, _argument(writer, call), days))


def _days_between(writer: Writer, call: Call) -> Sql:
    start, end = _argument(writer, call, 0), _argument(writer, call, 1)
    if writer.sqlite:
        days = _number(sa.func.julianday(end, type_=sa.Float()) - sa.func.julianday(start, type_=sa.Float()))
    else:
        days = end.op("-", precedence=7, return_type=sa.Integer())(start)
    return Sql(days, INTEGER, 0, MOST_DAYS)


def _add_months(writer: Writer, call: Call) -> Sql:
    day = _argument(writer, call)
    months = _clamped(writer, call, 1, -MOST_MONTHS, MOST_MONTHS)
    if writer.sqlite:
        return _date(_in_calendar(_months_later(day, months)))
    total = _year_of(False, day) * whole(12) + _month_of(False, day) - whole(1) + months
    valid = total.between(whole(FIRST_MONTH), whole(LAST_MONTH))
    interval = sa.func.make_interval(whole(0), months, type_=postgresql.INTERVAL())
    return _date(sa.case((valid, sa.cast(day.op("+")(interval), sa.Date()))))


def _months_between(writer: Writer, call: Call) -> Sql:
    """Whole months; from a later date to an earlier one they are counted the other way round."""
    start, end = _argument(writer, call, 0), _argument(writer, call, 1)
    forwards, backwards = _whole_months(writer, start, end), _whole_months(writer, end, start)
    return Sql(sa.case((start <= end, forwards), else_=-backwards), INTEGER, 0, MOST_MONTHS)


def _whole_months(writer: Writer, start: Element, end: Element) -> Element:
    months = _month_number(writer, end) - _month_number(writer, start)
    is_short = _day_of(writer.sqlite, end) < _day_of(writer.sqlite, start)
    unfinished = sa.and_(is_short, end != _end(writer, end, "month"))
    return months - sa.case((unfinished, whole(1)), else_=whole(0))


def _month_number(writer: Writer, day: Element) -> Element:
    return _year_of(writer.sqlite, day) * whole(12) + _month_of(writer.sqlite, day)


def _months_later(day: Element, months: Element) -> Element:
    """On SQLite: the same day of another month, or its last one if that comes first."""
    month = (_text("start of month"), _written(months, " months"))
    last = sa.func.coalesce(_shifted(day, *month, *_MONTH_END), _text("9999-12-31"), type_=sa.Text())
    same = _shifted(day, *month, _written(_day_of(True, day) - whole(1), " days"))
    return sa.func.min(last, same, type_=sa.Text())


def _make_date(writer: Writer, call: Call) -> Sql:
    """The date of three numbers, null when there is no such day."""
    numbers = [exact(writer.write(argument), call.span).element for argument in call.arguments]
    ranges = ((1, 9999), (1, 12), (1, 31))
    year, month, day = (_clamped(writer, call, index, *limits) for index, limits in enumerate(ranges))
    inside = [number.between(whole(low), whole(high)) for number, (low, high) in zip(numbers, ranges, strict=True)]
    made: Element
    if writer.sqlite:
        made = sa.func.printf(FORMAT, year, month, day, type_=sa.Text())
        normal = sa.func.date(made, _text("+0 days"), type_=sa.Text())
        return _date(sa.case((sa.and_(*inside, normal == made), made)))
    first = sa.func.make_date(year, month, whole(1), type_=sa.Date())
    made = first.op("+", return_type=sa.Date())(day - whole(1))
    return _date(sa.case((sa.and_(*inside, _month_of(False, made) == month), made)))


def _unit(call: Call) -> str:
    unit = call.arguments[1]
    assert isinstance(unit, Literal)
    return str(unit.value)


def _start_of(writer: Writer, call: Call) -> Sql:
    day, unit = _argument(writer, call), _unit(call)
    if unit == "day":
        return _date(day)
    if not writer.sqlite:
        return _date(_truncated(day, unit))
    return _date(_start_on_sqlite(day, unit))


def _start_on_sqlite(day: Element, unit: str) -> Element:
    match unit:
        case "week":
            return _shifted(day, _text("-6 days"), _text("weekday 1"))
        case "month":
            return _shifted(day, _text("start of month"))
        case "quarter":
            return _shifted(day, *_quarter_start(day))
    return _shifted(day, _text("start of year"))


def _quarter_start(day: Element) -> tuple[Element, Element]:
    """The steps from a date to the first day of its quarter."""
    months = (_month_of(True, day) + whole(2)) % whole(3)
    return _text("start of month"), _text("-").concat(_written(months, " months"))


def _end_of(writer: Writer, call: Call) -> Sql:
    day, unit = _argument(writer, call), _unit(call)
    return _date(day if unit == "day" else _end(writer, day, unit))


def _end(writer: Writer, day: Element, unit: str) -> Element:
    """The last day of a unit."""
    if writer.sqlite:
        return _end_on_sqlite(day, unit)
    if unit == "week":
        return _moved(writer, day, whole(7) - _weekday_of(False, day))
    length: Element = sa.literal_column(f"INTERVAL '{_MONTHS[unit]} months' - INTERVAL '1 day'")
    return sa.cast(sa.cast(_truncated(day, unit), sa.DateTime()).op("+")(length), sa.Date())


def _end_on_sqlite(day: Element, unit: str) -> Element:
    """The last day; the end of the year 9999 lies behind what SQLite computes on the way, so it is put in."""
    if unit == "week":
        return _shifted(day, _text("weekday 0"))
    year_end = sa.func.substr(day, whole(1), whole(5), type_=sa.Text()).concat(_text("12-31"))
    match unit:
        case "month":
            found = _shifted(day, _text("start of month"), *_MONTH_END)
        case "quarter":
            found = _shifted(day, *_quarter_start(day), _text("+3 months"), _text("-1 day"))
        case _:
            return year_end
    return sa.func.coalesce(found, year_end, type_=sa.Text())


_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONTH_END = (_text("+1 month"), _text("-1 day"))


def _truncated(day: Element, unit: str) -> Element:
    """The first day of a unit, without the server's time zone."""
    moment: Any = sa.func.date_trunc(_text(unit), sa.cast(day, sa.DateTime()), type_=sa.DateTime())
    return sa.cast(moment, sa.Date())


FUNCTIONS = {
    "year": SqlFunction(_part(_year_of)),
    "month": SqlFunction(_part(_month_of)),
    "day": SqlFunction(_part(_day_of)),
    "quarter": SqlFunction(_part(_quarter_of)),
    "weekday": SqlFunction(_part(_weekday_of), depth=12),
    "date": SqlFunction(_make_date, repeats=8, depth=22),
    "add_days": SqlFunction(_add_days, repeats=6, depth=18),
    "add_months": SqlFunction(_add_months, repeats=6, depth=25),
    "months_between": SqlFunction(_months_between, repeats=14, depth=25),
    "days_between": SqlFunction(_days_between, depth=10),
    "start_of": SqlFunction(_start_of, repeats=2, depth=15),
    "end_of": SqlFunction(_end_of, repeats=4, depth=18),
}
