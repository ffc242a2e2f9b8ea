"""Numbers in SQL: decimals are scaled integers on SQLite and NUMERIC on PostgreSQL, and both must give the same."""

from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa

from trellis.engine.expr.nodes import Arithmetic, Call, Negate, Operator
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import INTEGER, Kind, Type
from trellis.storage.expressions.contract import EXACT, Element, NotPortable, Sql, SqlFunction, Writer

MOST_DECIMALS = 18
LARGEST = 10**60
_MULTIPLICATION = 8


def whole(number: int) -> Element:
    """A constant that is part of the statement's text."""
    return sa.literal_column(str(number), sa.BigInteger())


def power_of_ten(exponent: int) -> Element:
    """1000 or 0.001 as a part of the statement's text."""
    return sa.literal_column(format(Decimal(1).scaleb(exponent), "f"), sa.Numeric())


def divided(left: Element, right: Element) -> Element:
    """Whole division, cut towards zero."""
    return left.op("/", precedence=_MULTIPLICATION, return_type=sa.BigInteger())(right)


def clamped(writer: Writer, number: Element, low: int, high: int) -> Element:
    """A whole number, moved into a range that no function of a database refuses; null stays null."""
    if writer.sqlite:
        return sa.func.max(sa.func.min(number, whole(high), type_=sa.BigInteger()), whole(low), type_=sa.BigInteger())
    moved = sa.case((number < whole(low), whole(low)), (number > whole(high), whole(high)), else_=number)
    return sa.cast(moved, sa.Integer())


def rescaled(number: Sql, scale: int, writer: Writer, span: Span) -> Sql:
    """The same number in smaller units."""
    if scale == number.scale:
        return number
    if scale > MOST_DECIMALS:
        raise NotPortable(
            span, "A number with more than {limit} decimals cannot be compared in the database.", limit=MOST_DECIMALS
        )
    factor = 10 ** (scale - number.scale)
    element = number.element * whole(factor) if writer.sqlite else number.element
    return replace(number, element=element, scale=scale, bound=number.bound * factor)


def aligned(numbers: list[Sql], writer: Writer, span: Span) -> list[Sql]:
    """The numbers in one unit."""
    scale = max(number.scale for number in numbers)
    return [rescaled(number, scale, writer, span) for number in numbers]


def exact(number: Sql, span: Span) -> Sql:
    """The number, if it surely fits; raises NotPortable when it might not."""
    if not number.exact:
        raise NotPortable(span, "These numbers can become too large to calculate with them in the database.")
    return number


def comparable(left: Sql, right: Sql, writer: Writer, span: Span) -> tuple[Element, Element]:
    """Both numbers in one unit, ready for a comparison, of which one side at least fits 64 bits."""
    left, right = aligned([left, right], writer, span)
    if not (left.exact or right.exact):
        raise NotPortable(span, "These numbers can become too large to compare them in the database.")
    return left.element, right.element


def arithmetic(writer: Writer, node: Arithmetic) -> Sql:
    """A calculation; raises NotPortable for quotients, whose decimals no database cuts alike."""
    if node.operator is Operator.DIVIDE:
        raise NotPortable(node.span, "A division is not computed in the database, because its decimals would differ.")
    left, right = writer.write(node.left), writer.write(node.right)
    match node.operator:
        case Operator.MULTIPLY:
            return replace(product(left, right, writer, node.span), type=node.type)
        case Operator.MODULO:
            return _remainder(left, right, node, writer)
    left, right = (exact(side, node.span) for side in aligned([left, right], writer, node.span))
    first, second = wide(left, writer), wide(right, writer)
    element = first + second if node.operator is Operator.ADD else first - second
    return Sql(element, node.type, left.scale, left.bound + right.bound)


def negation(writer: Writer, node: Negate) -> Sql:
    """The number with the other sign."""
    operand = writer.write(node.operand)
    return replace(operand, element=-operand.element, type=node.type)


def wide(number: Sql, writer: Writer) -> Element:
    """The number as it can be calculated with, without overflow on PostgreSQL."""
    return number.element if writer.sqlite else sa.cast(number.element, sa.Numeric())


def product(left: Sql, right: Sql, writer: Writer, span: Span) -> Sql:
    """The product of two numbers, which may be exact in comparisons only."""
    bound, scale = left.bound * right.bound, left.scale + right.scale
    if bound > LARGEST or scale > MOST_DECIMALS:
        raise NotPortable(span, "These numbers can become too large to calculate with them in the database.")
    kind = Type(Kind.NUMBER, scale=scale)
    return Sql(wide(left, writer) * wide(right, writer), kind, scale, bound)


def _remainder(left: Sql, right: Sql, node: Arithmetic | Call, writer: Writer) -> Sql:
    exact(left, node.span), exact(right, node.span)
    divisor = sa.func.nullif(wide(right, writer), whole(0), type_=sa.BigInteger())
    return Sql(wide(left, writer) % divisor, node.type, 0, right.bound)


def _abs(writer: Writer, call: Call) -> Sql:
    number = writer.write(call.arguments[0])
    return replace(number, element=sa.func.abs(number.element, type_=number.element.type))


def _sign(writer: Writer, call: Call) -> Sql:
    number = writer.write(call.arguments[0]).element
    signs = ((number > whole(0), whole(1)), (number < whole(0), whole(-1)), (number == whole(0), whole(0)))
    return Sql(sa.case(*signs), INTEGER, 0, 1)


def _mod(writer: Writer, call: Call) -> Sql:
    left, right = (writer.write(argument) for argument in call.arguments)
    return _remainder(left, right, call, writer)


FUNCTIONS = {
    "abs": SqlFunction(_abs),
    "sign": SqlFunction(_sign, repeats=3),
    "mod": SqlFunction(_mod),
}
assert EXACT < 2**63
