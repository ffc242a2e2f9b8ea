"""Conditions, empty values and the smallest and largest of some, in SQL."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from trellis.engine.expr.nodes import Call, Node, Path
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import Kind, Type
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import aligned, comparable, exact

NOTHING = sa.literal_column("''", sa.Text())


def together(values: list[Sql], writer: Writer, span: Span) -> list[Sql]:
    """The values in one unit if they are numbers, nulls left alone."""
    numbers = [value for value in values if value.type.numeric]
    if not numbers:
        return values
    matched = iter(aligned(numbers, writer, span))
    return [next(matched) if value.type.numeric else value for value in values]


def like(values: list[Sql], element: Element, kind: Type) -> Sql:
    """An element that is one of the values."""
    return Sql(element, kind, max(value.scale for value in values), max(value.bound for value in values))


def plain_type(values: list[Sql]) -> TypeEngine[Any]:
    """The SQL type of values of one kind."""
    return next((value.element.type for value in values if value.type.kind is not Kind.NULL), sa.Text())


def is_blank(writer: Writer, node: Node) -> sa.ColumnElement[bool]:
    """Whether a node has no value."""
    if isinstance(node, Path) and node.type.kind is Kind.OPTIONS:
        return sa.not_(writer.columns.filled(node))
    value = writer.write(node)
    if value.type.kind is Kind.TEXT and not isinstance(node, Path):
        return sa.func.coalesce(value.element, NOTHING, type_=sa.Text()) == NOTHING
    return value.element.is_(sa.null())


def _blank(writer: Writer, call: Call) -> Sql:
    return Sql(is_blank(writer, call.arguments[0]), call.type)


def _filled(writer: Writer, call: Call) -> Sql:
    return Sql(sa.not_(is_blank(writer, call.arguments[0])), call.type)


def _coalesce(writer: Writer, call: Call) -> Sql:
    values = together([writer.write(argument) for argument in call.arguments], writer, call.span)
    element = sa.func.coalesce(*(value.element for value in values), type_=plain_type(values))
    return like(values, element, call.type)


def _between(writer: Writer, call: Call) -> Sql:
    value, low, high = (writer.write(argument) for argument in call.arguments)
    if not value.type.numeric:
        return Sql(value.element.between(low.element, high.element), call.type)
    left, bottom = comparable(value, low, writer, call.span)
    right, top = comparable(value, high, writer, call.span)
    return Sql(sa.and_(left >= bottom, right <= top), call.type)


def _least(writer: Writer, call: Call) -> Sql:
    return _extreme(writer, [writer.write(argument) for argument in call.arguments], call, "least")


def _greatest(writer: Writer, call: Call) -> Sql:
    return _extreme(writer, [writer.write(argument) for argument in call.arguments], call, "greatest")


def _clamp(writer: Writer, call: Call) -> Sql:
    number, low, high = (writer.write(argument) for argument in call.arguments)
    return _extreme(writer, [_extreme(writer, [number, low], call, "greatest"), high], call, "least")


def _extreme(writer: Writer, values: list[Sql], call: Call, name: str) -> Sql:
    """The smallest or largest; PostgreSQL would leave nulls out."""
    values = together(values, writer, call.span)
    for value in values:
        exact(value, call.span)
    elements = [value.element for value in values]
    kind = plain_type(values)
    if writer.sqlite:
        function = sa.func.min if name == "least" else sa.func.max
        return like(values, function(*elements, type_=kind), call.type)
    unknown = sa.or_(*(element.is_(sa.null()) for element in elements))
    chosen = getattr(sa.func, name)(*elements, type_=kind)
    return like(values, sa.case((sa.not_(unknown), chosen)), call.type)


def _has(writer: Writer, call: Call) -> Sql:
    path, value = call.arguments
    assert isinstance(path, Path)
    return Sql(writer.columns.exists_in(path, writer.write(value).element), call.type)


FUNCTIONS = {
    "blank": SqlFunction(_blank),
    "filled": SqlFunction(_filled),
    "coalesce": SqlFunction(_coalesce),
    "between": SqlFunction(_between, repeats=2),
    "least": SqlFunction(_least, repeats=2, depth=10),
    "greatest": SqlFunction(_greatest, repeats=2, depth=10),
    "clamp": SqlFunction(_clamp, repeats=4, depth=12),
    "has": SqlFunction(_has),
}
