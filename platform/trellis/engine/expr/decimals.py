"""Exact arithmetic with nulls: 38 digits, half-up, never a float."""

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)

CONTEXT = Context(
    prec=38, rounding=ROUND_HALF_UP, Emin=-60, Emax=60, traps=[Overflow, InvalidOperation, DivisionByZero], clamp=0
)
Number = Decimal | int

_add, _subtract, _multiply = CONTEXT.add, CONTEXT.subtract, CONTEXT.multiply
_divide, _remainder, _minus = CONTEXT.divide, CONTEXT.remainder, CONTEXT.minus


def add(left: Number | None, right: Number | None) -> Decimal | None:
    """The sum; null when one is null."""
    return None if left is None or right is None else _add(left, right)


def subtract(left: Number | None, right: Number | None) -> Decimal | None:
    """The difference; null when one is null."""
    return None if left is None or right is None else _subtract(left, right)


def multiply(left: Number | None, right: Number | None) -> Decimal | None:
    """The product; null when one is null."""
    return None if left is None or right is None else _multiply(left, right)


def divide(left: Number | None, right: Number | None) -> Decimal | None:
    """The quotient; null when one is null or the divisor is zero."""
    return None if left is None or not right else _divide(left, right)


def remainder(left: Number | None, right: Number | None) -> Decimal | None:
    """What whole division leaves, with the sign of `left`; null when one is null or the divisor is zero."""
    return None if left is None or not right else _remainder(left, right)


def negate(number: Number | None) -> Decimal | None:
    """The number with the other sign."""
    return None if number is None else _minus(number)


def quantizer(rounding: str) -> Callable[[Number, int], Decimal]:
    """A function that cuts a number to some decimals in one way of rounding."""
    context = CONTEXT.copy()
    context.rounding = rounding

    def quantize(number: Number, digits: int = 0) -> Decimal:
        decimal = Decimal(number)
        if decimal.as_tuple().exponent >= -digits:  # type: ignore[operator]
            return decimal
        return decimal.quantize(Decimal((0, (1,), -digits)), context=context)

    return quantize


half_up = quantizer(ROUND_HALF_UP)
floor = quantizer(ROUND_FLOOR)
ceiling = quantizer(ROUND_CEILING)
truncate = quantizer(ROUND_DOWN)
