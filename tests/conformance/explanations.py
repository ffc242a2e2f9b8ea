"""Why a translated case may give another result: every reason has a test of its own."""

import math
from dataclasses import replace
from datetime import date
from decimal import Context, Decimal

from tests.conformance.cases import Case, Failure, Translation
from tests.conformance.excel_cells import SERIAL_ZERO
from tests.conformance.reasons import Reason
from tests.conformance.running import Refused, Uncomputable, run

FIRST_GOOD_DATE = date(1900, 3, 1)
PRECISION = 1e-11
NOISE = Decimal("1e-9")
FIFTEEN_DIGITS = Context(prec=15)
LARGEST, SMALLEST = Decimal("1e37"), Decimal("1e-30")
EXPONENT = "E"
REFUSALS = {
    Reason.TYPES: frozenset({"types", "arguments", "condition", "null"}),
    Reason.ORDER: frozenset({"order"}),
    Reason.WHOLE: frozenset({"types"}),
}
FOR_ERRORS = (Reason.CONDITION, Reason.JOINING, Reason.SERIALS, Reason.EMPTY, Reason.START)
FOR_VALUES = (Reason.NUMBERS_IN_TEXT, Reason.DATES_IN_TEXT, Reason.EMPTY_TEXT, Reason.NO_ELSE)
FOR_TRUTHS = (Reason.ERROR, Reason.EMPTY_TEXT)


def same(value: object, expected: object) -> bool:
    """Whether both are the same value; numbers from binary floats agree to eleven digits."""
    if _is_number(expected) and isinstance(value, date):
        value = (value - SERIAL_ZERO).days
    if _is_number(value) and isinstance(expected, date):
        expected = (expected - SERIAL_ZERO).days
    if isinstance(value, int | Decimal) and isinstance(expected, int | Decimal) and _is_number(value):
        return _is_number(expected) and (value == expected or math.isclose(value, expected, rel_tol=PRECISION))
    return type(value) is type(expected) and value == expected


def explain(case: Case, translation: Translation, value: object) -> Reason | None:
    """The reason for which the value differs from what is expected, or None when there is none."""
    match value:
        case Refused(codes=codes):
            return _refused(translation, codes)
        case Uncomputable() if _is_extreme(translation):
            return Reason.RANGE
        case Uncomputable():
            return _first((Reason.LENGTH,), translation)
    if isinstance(case.expected, Failure):
        return _instead_of_error(translation, value)
    if value is None:
        return Reason.EMPTY_TEXT if case.expected == "" else _first(FOR_VALUES, translation)
    return _another_value(case, translation, value)


def _refused(translation: Translation, codes: frozenset[str]) -> Reason | None:
    found = (reason for reason, own in REFUSALS.items() if reason in translation.excuses and codes <= own)
    return next(found, Reason.RANGE if codes <= {"number"} and _is_extreme(translation) else None)


def _instead_of_error(translation: Translation, value: object) -> Reason | None:
    if value is None:
        return Reason.ERROR
    if isinstance(value, date) and value < FIRST_GOOD_DATE:
        return Reason.SERIALS
    return Reason.RANGE if _is_extreme(translation) else _first(FOR_ERRORS, translation)


def _another_value(case: Case, translation: Translation, value: object) -> Reason | None:
    if Reason.SERIALS in translation.excuses:
        return Reason.SERIALS
    if _is_extreme(translation):
        return Reason.RANGE
    if _is_about_binary_floats(case, translation, value):
        return Reason.DECIMALS
    if isinstance(case.expected, str) and EXPONENT in case.expected:
        return _first((Reason.NUMBER_TEXT,), translation)
    return _first(FOR_TRUTHS, translation) if isinstance(value, bool) else None


def _is_about_binary_floats(case: Case, translation: Translation, value: object) -> bool:
    """Whether only the last digits differ, or nothing once the numbers have the 15 digits that Excel shows."""
    if isinstance(value, int | Decimal) and isinstance(case.expected, Decimal) and _is_number(value):
        largest = max(map(abs, _numbers(translation)), default=Decimal(0))
        if abs(value - case.expected) <= largest * NOISE:
            return True
    shown = {name: replace(field, value=_shown(field.value)) for name, field in translation.fields.items()}
    return shown != translation.fields and same(run(replace(translation, fields=shown)).value, case.expected)


def _shown(value: object) -> object:
    return FIFTEEN_DIGITS.plus(value) if isinstance(value, Decimal) else value


def _first(possible: tuple[Reason, ...], translation: Translation) -> Reason | None:
    return next((reason for reason in possible if reason in translation.excuses), None)


def _is_extreme(translation: Translation) -> bool:
    return any(abs(number) > LARGEST or 0 < abs(number) < SMALLEST for number in _numbers(translation))


def _numbers(translation: Translation) -> list[Decimal]:
    return [Decimal(field.value) for field in translation.fields.values() if isinstance(field.value, int | Decimal)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
