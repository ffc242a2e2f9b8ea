"""Functions about text in SQL: characters count as code points, never LIKE, never a collation."""

import sqlalchemy as sa

from trellis.engine.expr.nodes import Call
from trellis.engine.expr.types import INTEGER, TEXT
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import clamped, whole

LONGEST = 1_000_000_000


def joined(texts: list[Element]) -> Element:
    """Texts one after the other; null counts as empty."""
    nothing = sa.literal_column("''", sa.Text())
    parts = [sa.func.coalesce(text, nothing, type_=sa.Text()) for text in texts]
    result: Element = parts[0]
    for part in parts[1:]:
        result = result.concat(part)
    return result


def _length(writer: Writer, call: Call) -> Sql:
    return Sql(_size(writer.write(call.arguments[0]).element), INTEGER, 0, LONGEST)


def _size(text: Element) -> Element:
    return sa.func.length(text, type_=sa.Integer())


def _position(writer: Writer, call: Call, index: int, lowest: int) -> Element:
    """A count or position, moved into what both databases take."""
    return clamped(writer, writer.write(call.arguments[index]).element, lowest, LONGEST)


def _substr(*arguments: Element) -> Element:
    return sa.func.substr(*arguments, type_=sa.Text())


def _left(writer: Writer, call: Call) -> Sql:
    text = writer.write(call.arguments[0]).element
    return Sql(_substr(text, whole(1), _position(writer, call, 1, 0)), TEXT)


def _mid(writer: Writer, call: Call) -> Sql:
    text = writer.write(call.arguments[0]).element
    return Sql(_substr(text, _position(writer, call, 1, 1), _position(writer, call, 2, 0)), TEXT)


def _right(writer: Writer, call: Call) -> Sql:
    text = writer.write(call.arguments[0]).element
    return Sql(_tail(writer, text, _position(writer, call, 1, 0)), TEXT)


def _tail(writer: Writer, text: Element, count: Element) -> Element:
    """The last characters."""
    start = _size(text) - count + whole(1)
    if writer.sqlite:
        return _substr(text, sa.func.max(start, whole(1), type_=sa.Integer()))
    return _substr(text, sa.cast(sa.case((start < whole(1), whole(1)), else_=start), sa.Integer()))


def _trim(writer: Writer, call: Call) -> Sql:
    text = writer.write(call.arguments[0]).element
    return Sql(sa.func.trim(text, type_=sa.Text()), TEXT)


def _contains(writer: Writer, call: Call) -> Sql:
    text, part = (writer.write(argument).element for argument in call.arguments)
    find = sa.func.instr if writer.sqlite else sa.func.strpos
    return Sql(find(text, part, type_=sa.Integer()) > whole(0), call.type)


def _starts_with(writer: Writer, call: Call) -> Sql:
    text, part = (writer.write(argument).element for argument in call.arguments)
    return Sql(_substr(text, whole(1), _size(part)) == part, call.type)


def _ends_with(writer: Writer, call: Call) -> Sql:
    text, part = (writer.write(argument).element for argument in call.arguments)
    return Sql(_tail(writer, text, _size(part)) == part, call.type)


FUNCTIONS = {
    "length": SqlFunction(_length),
    "left": SqlFunction(_left, repeats=3, depth=12),
    "right": SqlFunction(_right, repeats=6, depth=18),
    "mid": SqlFunction(_mid, repeats=3, depth=12),
    "trim": SqlFunction(_trim),
    "contains": SqlFunction(_contains, depth=10),
    "starts_with": SqlFunction(_starts_with, repeats=2, depth=13),
    "ends_with": SqlFunction(_ends_with, repeats=3, depth=18),
}
