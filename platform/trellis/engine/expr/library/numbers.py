"""Functions that calculate."""

from collections.abc import Sequence
from decimal import Decimal

from trellis.engine.expr import decimals
from trellis.engine.expr.decimals import Number
from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass, common_type, first_type
from trellis.engine.expr.types import INTEGER, NUMERIC, ORDERED, Kind, Type

PLAIN = frozenset({Kind.NUMBER})
DIGITS = Slot("digits", PLAIN, constant=True, integer=True, choices=tuple("012345678"))


def sign(number: Number) -> int:
    """-1, 0 or 1."""
    return (number > 0) - (number < 0)


def clamp(value: Number, low: Number, high: Number) -> Number:
    """The value, moved into the range; `high` wins when the range is empty."""
    return min(max(value, low), high)


def rounded(number: Number, digits: Number = 0) -> Decimal:
    """Rounded to some decimals, half away from zero."""
    return decimals.half_up(number, int(digits))


def _rounded_type(arguments: Sequence[Argument]) -> Type | None:
    given = arguments[0].type
    digits = int(str(arguments[1].constant)) if len(arguments) > 1 else 0
    return Type(given.kind, scale=digits, integer=digits == 0 and given.kind is Kind.NUMBER)


def _whole(arguments: Sequence[Argument]) -> Type | None:
    kind = arguments[0].type.kind
    return Type(kind, integer=kind is Kind.NUMBER)


FUNCTIONS = (
    Function(
        name="abs",
        doc="The number without its sign.",
        slots=(Slot("number", NUMERIC),),
        returns=first_type,
        python=decimals.CONTEXT.abs,
        sql=SqlClass.PORTABLE,
        examples=(("abs(-2.5)", "2.5"),),
    ),
    Function(
        name="least",
        doc="The smallest value; null when one is null.",
        slots=(Slot("value", ORDERED), Slot("value", ORDERED)),
        returns=common_type,
        python=min,
        sql=SqlClass.PORTABLE,
        repeats=1,
        alike=(0, 1),
        examples=(("least(3, 1.5, 2)", "1.5"), ("least(3, null)", "null")),
    ),
    Function(
        name="greatest",
        doc="The largest value; null when one is null.",
        slots=(Slot("value", ORDERED), Slot("value", ORDERED)),
        returns=common_type,
        python=max,
        sql=SqlClass.PORTABLE,
        repeats=1,
        alike=(0, 1),
        examples=(("greatest(3, 1.5, 2)", "3"),),
    ),
    Function(
        name="clamp",
        doc="The number, but at least `low` and at most `high`.",
        slots=(Slot("number", NUMERIC), Slot("low", NUMERIC), Slot("high", NUMERIC)),
        returns=common_type,
        python=clamp,
        sql=SqlClass.PORTABLE,
        alike=(0, 1, 2),
        examples=(("clamp(7, 0, 5)", "5"),),
    ),
    Function(
        name="sign",
        doc="-1 below zero, 0 at zero, 1 above.",
        slots=(Slot("number", NUMERIC),),
        returns=INTEGER,
        python=sign,
        sql=SqlClass.PORTABLE,
        examples=(("sign(-0.5)", "-1"),),
    ),
    Function(
        name="mod",
        doc="What remains of whole division, with the sign of the first number.",
        slots=(Slot("number", PLAIN, integer=True), Slot("divisor", PLAIN, integer=True)),
        returns=INTEGER,
        python=decimals.remainder,
        sql=SqlClass.PORTABLE,
        examples=(("mod(7, 3)", "1"), ("mod(-7, 3)", "-1")),
    ),
    Function(
        name="div",
        doc="The quotient of two numbers, or `otherwise` when the second one is zero.",
        slots=(Slot("number", NUMERIC), Slot("divisor", NUMERIC), Slot("otherwise", NUMERIC)),
        returns=first_type,
        python=decimals.divide,
        sql=SqlClass.EMULATED,
        nulls=True,
        examples=(("div(7, 2, 0)", "3.5"), ("div(7, 0, 0)", "0")),
    ),
    Function(
        name="round",
        doc="Rounded to some decimals, half away from zero.",
        slots=(Slot("number", NUMERIC), DIGITS),
        returns=_rounded_type,
        python=rounded,
        sql=SqlClass.EMULATED,
        optional=1,
        examples=(("round(2.5)", "3"), ("round(-2.5)", "-3"), ("round(10 / 3, 2)", "3.33")),
    ),
    Function(
        name="floor",
        doc="The next whole number below.",
        slots=(Slot("number", NUMERIC),),
        returns=_whole,
        python=decimals.floor,
        sql=SqlClass.EMULATED,
        examples=(("floor(-0.5)", "-1"),),
    ),
    Function(
        name="ceil",
        doc="The next whole number above.",
        slots=(Slot("number", NUMERIC),),
        returns=_whole,
        python=decimals.ceiling,
        sql=SqlClass.EMULATED,
        examples=(("ceil(0.1)", "1"),),
    ),
    Function(
        name="trunc",
        doc="The number without its decimals.",
        slots=(Slot("number", NUMERIC),),
        returns=_whole,
        python=decimals.truncate,
        sql=SqlClass.EMULATED,
        examples=(("trunc(-1.9)", "-1"),),
    ),
)
