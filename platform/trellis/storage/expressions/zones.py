"""Dates in the organisation's time zone: the databases read the offset of each month from a table that is a parameter."""

import sqlalchemy as sa

from trellis.engine.expr.library.zones import FIRST, LAST, MONTHS, NUMBER, OFFSET, RECORD, SWITCH
from trellis.engine.expr.nodes import Call
from trellis.engine.expr.types import DATE
from trellis.storage.expressions.binding import ZONE
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import whole

_DAY_AND_TIME = sa.literal_column("'DD HH24:MI:SS'", sa.Text())
_UNIT = sa.literal_column("' seconds'", sa.Text())


def _local_date(writer: Writer, call: Call) -> Sql:
    moment = writer.write(call.arguments[0]).element
    if writer.sqlite:
        known = moment.between(_text(f"{FIRST:%Y-%m-%d %H:%M:%S}"), _text(f"{LAST:%Y-%m-%d %H:%M:%S}"))
        local = sa.func.date(moment, _offset(writer, moment).concat(_UNIT), type_=sa.Text())
        return Sql(sa.case((known, local)), DATE)
    known = moment.between(_moment(f"{FIRST:%Y-%m-%d %H:%M:%S}+00"), _moment(f"{LAST:%Y-%m-%d %H:%M:%S}+00"))
    utc = sa.func.timezone(_text("UTC"), moment, type_=sa.DateTime())
    seconds = sa.cast(_offset(writer, utc), sa.Float())
    zero = whole(0)
    shift = sa.func.make_interval(zero, zero, zero, zero, zero, zero, seconds, type_=sa.Interval())
    return Sql(sa.case((known, sa.cast(utc.op("+")(shift), sa.Date()))), DATE)


def _text(value: str) -> Element:
    return sa.literal_column(f"'{value}'", sa.Text())


def _moment(value: str) -> Element:
    return sa.literal_column(f"TIMESTAMPTZ '{value}'", sa.DateTime(timezone=True))


def _offset(writer: Writer, moment: Element) -> Element:
    """The offset from UTC in seconds, as text with its sign."""
    number = _piece(writer, _month(writer, moment) * whole(NUMBER) + whole(1), NUMBER)
    start = sa.cast(number, sa.Integer()) * whole(RECORD) + whole(MONTHS * NUMBER)
    time = _day_and_time(writer, moment)
    pieces, place = [], 1
    for length in (OFFSET, SWITCH, OFFSET, SWITCH, OFFSET):
        pieces.append(_piece(writer, start + whole(place), length))
        place += length
    first, switch, second, last_switch, last = pieces
    return sa.case((time < switch, first), (time < last_switch, second), else_=last)


def _month(writer: Writer, moment: Element) -> Element:
    """The number of the month in the table."""
    if writer.sqlite:
        year, month = (
            sa.cast(sa.func.substr(moment, whole(start), whole(count), type_=sa.Text()), sa.Integer())
            for start, count in ((1, 4), (6, 2))
        )
    else:
        year, month = (sa.cast(sa.extract(part, moment), sa.Integer()) for part in ("year", "month"))
    return (year - whole(FIRST.year)) * whole(12) + month - whole(1)


def _day_and_time(writer: Writer, moment: Element) -> Element:
    if writer.sqlite:
        return sa.func.substr(moment, whole(9), type_=sa.Text())
    return sa.collate(sa.func.to_char(moment, _DAY_AND_TIME, type_=sa.Text()), "C")


def _piece(writer: Writer, start: Element, length: int) -> Element:
    """Some characters of the table."""
    table = sa.bindparam(ZONE, type_=sa.LargeBinary())
    if writer.sqlite:
        return sa.cast(sa.func.substr(table, start, whole(length), type_=sa.LargeBinary()), sa.Text())
    piece = sa.func.substring(table, sa.cast(start, sa.Integer()), sa.cast(whole(length), sa.Integer()))
    return sa.func.convert_from(piece, _text("UTF8"), type_=sa.Text())


FUNCTIONS = {"local_date": SqlFunction(_local_date, repeats=16, depth=32)}
