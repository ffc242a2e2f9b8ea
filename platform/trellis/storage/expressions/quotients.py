"""Divisions in SQL, always in whole numbers: compared without dividing, or cut to some decimals in the same step."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

import sqlalchemy as sa

from trellis.engine.expr.fractions import is_quotient
from trellis.engine.expr.nodes import Arithmetic, Call, Compare, Conditional, Node, Operator
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import BOOL, NUMBER, Type
from trellis.storage.expressions.contract import EXACT, Element, NotPortable, Sql, Writer
from trellis.storage.expressions.numbers import comparable, divided, exact, power_of_ten, product, whole, wide
from trellis.storage.expressions.operators import COMPARISONS, MIRRORED


class Way(Enum):
    """How the decimals behind the last one are cut off."""

    HALF_UP = "round"
    DOWN = "floor"
    UP = "ceil"
    TOWARDS_ZERO = "trunc"


def holds_quotient(node: Node) -> bool:
    """Whether the value of the node may be a quotient as it is."""
    match node:
        case Conditional(then=then, otherwise=otherwise):
            return holds_quotient(then) or holds_quotient(otherwise)
        case Call(function=function, arguments=arguments) if function.name == "coalesce":
            return any(map(holds_quotient, arguments))
    return is_quotient(node)


def spread(node: Node, around: Callable[[Node], Node], kind: Type) -> Node:
    """Something done around each value that may come out of a choice instead of around the choice."""
    match node:
        case Conditional(then=then, otherwise=otherwise):
            return replace(node, then=around(then), otherwise=around(otherwise), type=kind)
        case Call(arguments=arguments):
            return replace(node, arguments=tuple(map(around, arguments)), type=kind)
    return around(node)


def compare_quotient(writer: Writer, node: Compare) -> Sql:
    """The comparison of a quotient with something else, `a / b > c` as `a > c * b`; null when the divisor is null or zero."""
    if holds_quotient(node.left) and not is_quotient(node.left):
        return writer.write(spread(node.left, lambda value: replace(node, left=value), BOOL))
    if holds_quotient(node.right) and not is_quotient(node.right):
        return writer.write(spread(node.right, lambda value: replace(node, right=value), BOOL))
    if is_quotient(node.left):
        return _compared(writer, node, node.left, node.right, node.operator)
    return _compared(writer, node, node.right, node.left, MIRRORED[node.operator])


def _compared(writer: Writer, node: Compare, quotient: Node, other: Node, operator: Operator) -> Sql:
    assert isinstance(quotient, Arithmetic)
    numerator, divisor = writer.write(quotient.left), exact(writer.write(quotient.right), node.span)
    multiple = product(exact(writer.write(other), node.span), divisor, writer, node.span)
    left, right = comparable(numerator, multiple, writer, node.span)
    above: Element = COMPARISONS[operator](left, right)
    below: Element = COMPARISONS[MIRRORED[operator]](left, right)
    zero = whole(0)
    chosen = sa.case((divisor.element > zero, above), (divisor.element < zero, below))
    return Sql(sa.type_coerce(chosen, sa.Boolean()), BOOL)


def cut_quotient(writer: Writer, node: Arithmetic, way: Way, digits: int, span: Span) -> Sql:
    """The quotient with so many decimals, from one whole division; null when a part is null or the divisor is zero."""
    top, bottom = exact(writer.write(node.left), span), exact(writer.write(node.right), span)
    shift = digits + bottom.scale - top.scale
    grown, shrunk = 10 ** max(shift, 0), 10 ** max(-shift, 0)
    highest, widest = top.bound * grown, bottom.bound * shrunk
    if 2 * highest + widest > EXACT or 2 * widest > EXACT:
        raise NotPortable(span, "These numbers can become too large to divide them in the database.")
    if writer.sqlite:
        element = _whole_quotient(writer, _times(top.element, grown), _times(bottom.element, shrunk), way)
    else:
        found = _whole_quotient(writer, _times(wide(top, writer), 10**digits), wide(bottom, writer), way)
        element = found * power_of_ten(-digits) if digits else found
    return Sql(element, NUMBER, digits, highest + 1)


def _times(element: Element, factor: int) -> Element:
    return element if factor == 1 else element * whole(factor)


def _whole_quotient(writer: Writer, top: Element, bottom: Element, way: Way) -> Element:
    """The quotient as a whole number."""
    divisor = sa.func.nullif(bottom, whole(0), type_=bottom.type)
    match way:
        case Way.TOWARDS_ZERO:
            return _division(writer, top, divisor)
        case Way.HALF_UP:
            half = sa.func.abs(bottom, type_=bottom.type) * sa.case((top < whole(0), whole(-1)), else_=whole(1))
            return _division(writer, top * whole(2) + half, divisor * whole(2))
        case Way.DOWN:
            return _division(writer, top - _above_floor(top, divisor), divisor)
        case Way.UP:
            return -_division(writer, -top - _above_floor(-top, divisor), divisor)


def _above_floor(top: Element, divisor: Element) -> Element:
    """What whole division towards minus infinity leaves; it has the sign of the divisor."""
    return (top % divisor + divisor) % divisor


def _division(writer: Writer, top: Element, bottom: Element) -> Element:
    """Whole division, cut towards zero."""
    return divided(top, bottom) if writer.sqlite else sa.func.div(top, bottom, type_=sa.Numeric())
