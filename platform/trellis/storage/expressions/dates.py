"""Functions about dates in SQL: ISO text on SQLite, DATE on PostgreSQL, null outside the years 1 to 9999 on both."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from trellis.engine.expr.nodes import Call, Literal
from trellis.engine.expr.types import DATE, INTEGER
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import divided, exact, whole

FIRST, LAST = "0001-01-01", "9999-12-31"
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
    """A whole number, moved into a range that no database refuses."""
    number = exact(writer.write(call.arguments[index]), call.span).element
    moved = sa.case((number < whole(low), whole(low)), (number > whole(high), whole(high)), else_=number)
    return moved if writer.sqlite else sa.cast(moved, sa.Integer())


def _number(element: Element) -> Element:
    return sa.cast(element, sa.Integer())


def _year_of(writer: Writer, day: Element) -> Element:
    return _piece(writer, day, "year", 1, 4)


def _month_of(writer: Writer, day: Element) -> Element:
    return _piece(writer, day, "month", 6, 2)


def _day_of(writer: Writer, day: Element) -> Element:
    return _piece(writer, day, "day", 9, 2)


def _piece(writer: Writer, day: Element, name: str, start: int, count: int) -> Element:
    if not writer.sqlite:
        return _number(sa.extract(name, day))
    return _number(sa.func.substr(day, whole(start), whole(count), type_=sa.Text()))


def _quarter_of(writer: Writer, day: Element) -> Element:
    return divided(_month_of(writer, day) + whole(2), whole(3))


def _weekday_of(writer: Writer, day: Element) -> Element:
    """1 for Monday to 7 for Sunday."""
    if not writer.sqlite:
        return _number(sa.extract("isodow", day))
    return (_number(sa.func.strftime(_text("%w"), day, type_=sa.Text())) + whole(6)) % whole(7) + whole(1)


def _part(of: Callable[[Writer, Element], Element]) -> Callable[[Writer, Call], Sql]:
    return lambda writer, call: Sql(of(writer, _argument(writer, call)), INTEGER, 0, 9_999)


def _moved(writer: Writer, day: Element, days: Element) -> Element:
    """A date some days later, null outside of the calendar."""
    later: Element
    if writer.sqlite:
        later = sa.func.date(day, sa.cast(days, sa.Text()).concat(_text(" days")), type_=sa.Text())
        return sa.case((later >= _text(FIRST), later))
    later = day.op("+", return_type=sa.Date())(days)
    return sa.case((later.between(_day(writer, FIRST), _day(writer, LAST)), later))


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
    total = _year_of(writer, day) * whole(12) + _month_of(writer, day) - whole(1) + months
    valid = total.between(whole(FIRST_MONTH), whole(LAST_MONTH))
    if not writer.sqlite:
        interval = sa.func.make_interval(whole(0), months, type_=postgresql.INTERVAL())
        return _date(sa.case((valid, sa.cast(day.op("+")(interval), sa.Date()))))
    year, month = divided(total, whole(12)), total % whole(12) + whole(1)
    last = _month_length(year, month)
    shown = sa.func.printf(FORMAT, year, month, sa.func.min(_day_of(writer, day), last), type_=sa.Text())
    return _date(sa.case((valid, shown)))


def _month_length(year: Element, month: Element) -> Element:
    """28 to 31."""
    leap = sa.and_(year % whole(4) == whole(0), sa.or_(year % whole(100) != whole(0), year % whole(400) == whole(0)))
    return sa.case(
        (month.in_([whole(4), whole(6), whole(9), whole(11)]), whole(30)),
        (month != whole(2), whole(31)),
        (leap, whole(29)),
        else_=whole(28),
    )


def _make_date(writer: Writer, call: Call) -> Sql:
    """The date of three numbers, null when there is no such day."""
    numbers = [exact(writer.write(argument), call.span).element for argument in call.arguments]
    ranges = ((1, 9999), (1, 12), (1, 31))
    year, month, day = (_clamped(writer, call, index, *limits) for index, limits in enumerate(ranges))
    inside = [number.between(whole(low), whole(high)) for number, (low, high) in zip(numbers, ranges, strict=True)]
    made: Element
    if writer.sqlite:
        made = sa.func.printf(FORMAT, year, month, day, type_=sa.Text())
        return _date(sa.case((sa.and_(*inside, sa.func.date(made, type_=sa.Text()) == made), made)))
    first = sa.func.make_date(year, month, whole(1), type_=sa.Date())
    made = first.op("+", return_type=sa.Date())(day - whole(1))
    return _date(sa.case((sa.and_(*inside, _month_of(writer, made) == month), made)))


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
    if unit == "week":
        return _date(_moved(writer, day, whole(1) - _weekday_of(writer, day)))
    return _date(_pieces(day, unit, first_month=_quarter_of(writer, day) * whole(3) - whole(2)).concat(_text("01")))


def _end_of(writer: Writer, call: Call) -> Sql:
    day, unit = _argument(writer, call), _unit(call)
    if unit == "day":
        return _date(day)
    if unit == "week":
        return _date(_moved(writer, day, whole(7) - _weekday_of(writer, day)))
    if not writer.sqlite:
        length: Element = sa.literal_column(f"INTERVAL '{_MONTHS[unit]} months' - INTERVAL '1 day'")
        return _date(sa.cast(sa.cast(_truncated(day, unit), sa.DateTime()).op("+")(length), sa.Date()))
    month = {"month": _month_of(writer, day), "quarter": _quarter_of(writer, day) * whole(3)}.get(unit, whole(12))
    start = _pieces(day, "year" if unit == "year" else unit, first_month=month, last=True)
    last = _month_length(_year_of(writer, day), month)
    return _date(start.concat(sa.cast(last, sa.Text())))


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _truncated(day: Element, unit: str) -> Element:
    """The first day of a unit, without the server's time zone."""
    moment: Any = sa.func.date_trunc(_text(unit), sa.cast(day, sa.DateTime()), type_=sa.DateTime())
    return sa.cast(moment, sa.Date())


def _pieces(day: Element, unit: str, *, first_month: Element, last: bool = False) -> Element:
    """Year and month of a unit on SQLite, as `2024-04-`."""
    if unit == "month":
        return sa.func.substr(day, whole(1), whole(8), type_=sa.Text())
    year = sa.func.substr(day, whole(1), whole(5), type_=sa.Text())
    if unit == "year":
        return year.concat(_text("12-" if last else "01-"))
    return year.concat(sa.func.printf(_text("%02d-"), first_month, type_=sa.Text()))


FUNCTIONS = {
    "year": SqlFunction(_part(_year_of)),
    "month": SqlFunction(_part(_month_of)),
    "day": SqlFunction(_part(_day_of)),
    "quarter": SqlFunction(_part(_quarter_of)),
    "weekday": SqlFunction(_part(_weekday_of)),
    "date": SqlFunction(_make_date, repeats=8),
    "add_days": SqlFunction(_add_days, repeats=6),
    "add_months": SqlFunction(_add_months, repeats=30),
    "days_between": SqlFunction(_days_between),
    "start_of": SqlFunction(_start_of, repeats=4),
    "end_of": SqlFunction(_end_of, repeats=6),
}
