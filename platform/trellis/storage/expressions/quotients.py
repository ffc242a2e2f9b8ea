"""Divisions in SQL, always in whole numbers: compared without dividing, or cut to some decimals in the same step."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from functools import reduce
from math import prod

import sqlalchemy as sa

from trellis.engine.expr.fractions import is_quotient
from trellis.engine.expr.nodes import Arithmetic, Call, Compare, Conditional, Node, Operator
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import BOOL, NUMBER, Type
from trellis.storage.expressions.contract import EXACT, Element, NotPortable, Sql, Writer
from trellis.storage.expressions.numbers import clamped, comparable, divided, exact, power_of_ten, product, whole, wide
from trellis.storage.expressions.operators import COMPARISONS, MIRRORED

ONE = Sql(whole(1), NUMBER, 0, 1)
TOO_LARGE = "These numbers can become too large to divide them in the database."
MOST_STEPS = 3
MOST = 10**38
"""Python calculates with 38 digits; the products here stay below."""


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
    """The quotient with so many decimals, from whole division; null when a part is null or the divisor is zero."""
    return _cut(writer, _factors(writer, node.left, span), exact(writer.write(node.right), span), way, digits, span)


def cut_product(writer: Writer, node: Arithmetic, way: Way, digits: int, span: Span) -> Sql:
    """The same for a product."""
    return _cut(writer, _factors(writer, node, span), ONE, way, digits, span)


def _cut(writer: Writer, factors: list[Sql], bottom: Sql, way: Way, digits: int, span: Span) -> Sql:
    shift = digits + bottom.scale - sum(factor.scale for factor in factors)
    grown, divisor = 10 ** max(shift, 0), _times(bottom, 10 ** max(-shift, 0))
    ordered = sorted(factors, key=lambda factor: factor.bound)
    smaller, top = [_times(ONE, grown), *ordered[:-1]], ordered[-1]
    highest = prod(factor.bound for factor in factors) * grown
    at_once = 2 * highest + divisor.bound <= EXACT and 2 * divisor.bound <= EXACT
    steps = [] if at_once else _steps(smaller, divisor, span)
    if highest >= MOST:
        raise NotPortable(span, TOO_LARGE)
    if not writer.sqlite:
        element = _on_postgresql(writer, factors, bottom, way, digits)
    elif at_once:
        element = _whole_quotient(writer, _multiplied([*smaller, top]).element, divisor.element, way)
    else:
        element = clamped(writer, _in_steps(writer, top.element, steps, divisor.element, way), -EXACT, EXACT)
        element = sa.cast(element, sa.BigInteger())
    return Sql(element, NUMBER, digits, highest + 1)


def _steps(factors: list[Sql], divisor: Sql, span: Span) -> list[Sql]:
    """The factors, the smallest first, put together as far as each fits beside the divisor into 64 bits."""
    steps = [factors[0]]
    for factor in factors[1:]:
        together = _multiplied([steps[-1], factor])
        if _fits(together, divisor):
            steps[-1] = together
        else:
            steps.append(factor)
    if len(steps) > MOST_STEPS or not all(_fits(step, divisor) for step in steps):
        raise NotPortable(span, TOO_LARGE)
    return steps


def _fits(factor: Sql, divisor: Sql) -> bool:
    return (2 * factor.bound + 1) * divisor.bound <= EXACT


def _factors(writer: Writer, node: Node, span: Span) -> list[Sql]:
    if isinstance(node, Arithmetic) and node.operator is Operator.MULTIPLY:
        return [*_factors(writer, node.left, span), *_factors(writer, node.right, span)]
    return [exact(writer.write(node), span)]


def _on_postgresql(writer: Writer, factors: list[Sql], bottom: Sql, way: Way, digits: int) -> Element:
    top = reduce(lambda left, right: left * right, (wide(factor, writer) for factor in factors))
    if way is Way.HALF_UP:
        return _rounded(top, bottom, wide(bottom, writer), digits)
    found = _whole_quotient(writer, top * whole(10**digits), wide(bottom, writer), way)
    return found * power_of_ten(-digits) if digits else found


def _rounded(top: Element, divisor: Sql, bottom: Element, digits: int) -> Element:
    """Half away from zero: the first decimal that is dropped decides, so that a quotient cut behind that one is enough."""
    if divisor is not ONE:
        cut = sa.func.div(top * whole(10 ** (digits + 1)), sa.func.nullif(bottom, whole(0)), type_=sa.Numeric())
        top = cut * power_of_ten(-digits - 1)
    return sa.func.round(top, sa.literal_column(str(digits)), type_=sa.Numeric())


def _in_steps(writer: Writer, top: Element, factors: list[Sql], bottom: Element, way: Way) -> Element:
    """`top * factors / bottom` without the product: the whole part of `top / bottom` first, then what it leaves.

    A whole part that leaves 64 bits is a float, and larger than every number that is exact.
    """
    divisor = sa.func.nullif(bottom, whole(0), type_=sa.BigInteger())
    if not factors:
        return _whole_quotient(writer, top, bottom, way)
    whole_part = reduce(lambda left, right: left * right, (factor.element for factor in factors), divided(top, divisor))
    return whole_part + _in_steps(writer, (top % divisor) * factors[0].element, factors[1:], bottom, way)


def _multiplied(factors: list[Sql]) -> Sql:
    """The product of whole numbers; that of none is one."""
    if not factors:
        return Sql(whole(1), NUMBER, 0, 1)
    return reduce(
        lambda left, right: replace(left, element=left.element * right.element, bound=left.bound * right.bound), factors
    )


def _times(number: Sql, factor: int) -> Sql:
    """A whole number times a power of ten."""
    return (
        number if factor == 1 else replace(number, element=number.element * whole(factor), bound=number.bound * factor)
    )


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
