"""Rounding in SQL; a rounded quotient is one whole division, and choices are rounded value by value."""

from dataclasses import replace

import sqlalchemy as sa

from trellis.engine.expr.fractions import is_quotient
from trellis.engine.expr.nodes import Arithmetic, Call, Literal, Node, Operator
from trellis.engine.expr.types import Kind
from trellis.storage.expressions.contract import Element, Sql, SqlFunction, Writer
from trellis.storage.expressions.numbers import divided, exact, whole, wide
from trellis.storage.expressions.quotients import Way, cut_product, cut_quotient, holds_quotient, spread


def rounded(way: Way, writer: Writer, call: Call) -> Sql:
    """The first argument of the call with the decimals that the second one names, or none."""
    node = call.arguments[0]
    if isinstance(node, Arithmetic) and is_quotient(node):
        return replace(cut_quotient(writer, node, way, _digits(call), call.span), type=call.type)
    if holds_quotient(node):
        return writer.write(spread(node, lambda value: _around(call, value), call.type))
    number = writer.write(node)
    if number.scale > _digits(call) and not number.exact and isinstance(node, Arithmetic) and _is_product(node):
        return replace(cut_product(writer, node, way, _digits(call), call.span), type=call.type)
    return cut(writer, exact(number, call.span), call, way)


def _is_product(node: Arithmetic) -> bool:
    return node.operator is Operator.MULTIPLY


def _around(call: Call, node: Node) -> Node:
    """The same rounding around one of the values that may come out."""
    if node.type.kind is Kind.NULL:
        return node
    return replace(call, arguments=(node, *call.arguments[1:]))


def _digits(call: Call) -> int:
    constant = call.arguments[1] if len(call.arguments) > 1 else None
    return int(str(constant.value)) if isinstance(constant, Literal) else 0


def cut(writer: Writer, number: Sql, call: Call, way: Way) -> Sql:
    """The number with fewer decimals."""
    digits = _digits(call)
    if number.scale <= digits:
        return replace(number, type=call.type)
    unit = 10 ** (number.scale - digits)
    bound = number.bound // unit + 1
    if writer.sqlite:
        return Sql(_cut_on_sqlite(number.element, unit, way), call.type, digits, bound)
    function = getattr(sa.func, way.value)
    places = (whole(digits),) if way is Way.HALF_UP else ()
    return Sql(function(wide(number, writer), *places, type_=sa.Numeric()), call.type, digits, bound)


def _cut_on_sqlite(number: Element, unit: int, way: Way) -> Element:
    rest, zero = number % whole(unit), whole(0)
    match way:
        case Way.HALF_UP:
            half = sa.case((number < zero, whole(-unit // 2)), else_=whole(unit // 2))
            return divided(number + half, whole(unit))
        case Way.DOWN:
            return divided(number, whole(unit)) + sa.case((rest < zero, whole(-1)), else_=zero)
        case Way.UP:
            return divided(number, whole(unit)) + sa.case((rest > zero, whole(1)), else_=zero)
        case Way.TOWARDS_ZERO:
            return divided(number, whole(unit))


def _function(way: Way) -> SqlFunction:
    return SqlFunction(lambda writer, call: rounded(way, writer, call), repeats=5, depth=16)


FUNCTIONS = {way.value: _function(way) for way in Way}
