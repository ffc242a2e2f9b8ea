"""The many ways of rounding in a spreadsheet, in our language."""

from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.excel_translator import PLAIN_NUMBER, Arguments, Rule, Translator, takes
from tests.conformance.reasons import Reason
from tests.conformance.writing import NOTHING, Term, among, call, infix, number, when
from trellis.engine.expr.types import Kind

ZERO, ONE, TWO = number(0), number(1), number(2)


def _digits(translator: Translator, arguments: Arguments) -> int:
    """The number of decimals, which is a constant here."""
    known = 0 if len(arguments) < 2 else translator.known(arguments[1])
    if isinstance(known, str) and PLAIN_NUMBER.fullmatch(known.strip()):
        known = Decimal(known.strip())
    if known is None and translator.is_empty(arguments[1]):
        translator.sheet.excuse(Reason.EMPTY)
        return 0
    if not isinstance(known, int | Decimal):
        raise Untranslatable("computed decimals")
    return int(known)


def _rounded(translator: Translator, arguments: Arguments) -> Term:
    value = translator.number(arguments[0])
    if len(arguments) > 1 and translator.is_error(arguments[1]):
        return infix("+", value, translator.nothing(Kind.NUMBER))
    digits = _digits(translator, arguments)
    if digits >= 0:
        return call("round", value, number(digits))
    factor = _power(-digits)
    return infix("*", call("round", infix("/", value, factor), whole=True), factor)


def _cut(name: str) -> Rule:
    """Cut to some decimals: `trunc` towards zero, `ceil` away from it."""

    def rule(translator: Translator, arguments: Arguments) -> Term:
        value = translator.number(arguments[0])
        if len(arguments) > 1 and translator.is_error(arguments[1]):
            return infix("+", value, translator.nothing(Kind.NUMBER))
        digits = _digits(translator, arguments)
        shifted = _shifted(value, digits)
        if name == "trunc":
            cut = call("trunc", shifted, whole=True)
        else:
            cut = infix("*", call("sign", value, whole=True), call("ceil", call("abs", shifted), whole=True))
        return _shifted(cut, -digits)

    return rule


def _shifted(term: Term, digits: int) -> Term:
    """The number times ten to the power of `digits`."""
    if digits == 0:
        return term
    return infix("*" if digits > 0 else "/", term, _power(abs(digits)))


def _power(exponent: int) -> Term:
    if exponent > 29:
        raise Untranslatable("more than 29 decimals")
    return number(Decimal(10) ** exponent)


def _multiple(cut: str) -> Rule:
    """The next multiple of a step that has the sign of the number."""

    def rule(translator: Translator, arguments: Arguments) -> Term:
        value, step = (translator.number(tree) for tree in arguments)
        zero = infix("==", value if cut == "floor" else infix("*", value, step), ZERO, Kind.BOOL)
        against = among("and", [infix(">", value, ZERO, Kind.BOOL), infix("<", step, ZERO, Kind.BOOL)])
        return when(zero, infix("*", value, step), against, NOTHING, _times(cut, value, step))

    return rule


def _free_multiple(cut: str) -> Rule:
    """The next multiple of a step whose sign does not matter; a third argument turns the direction below zero."""

    def rule(translator: Translator, arguments: Arguments) -> Term:
        value = translator.number(arguments[0])
        step = translator.number(arguments[1]) if len(arguments) > 1 else ONE
        zero = infix("==", infix("*", value, step), ZERO, Kind.BOOL)
        size = call("abs", step, whole=step.whole)
        return when(zero, ZERO, _turned(translator, arguments, cut, value, size))

    return rule


def _turned(translator: Translator, arguments: Arguments, cut: str, value: Term, step: Term) -> Term:
    mode = translator.known(arguments[2]) if len(arguments) > 2 else 0
    if not isinstance(mode, int | Decimal):
        raise Untranslatable("a computed mode")
    if not mode:
        return _times(cut, value, step)
    other = _times("ceil" if cut == "floor" else "floor", value, step)
    return when(infix("<", value, ZERO, Kind.BOOL), other, _times(cut, value, step))


def _times(cut: str, value: Term, step: Term) -> Term:
    return infix("*", call(cut, infix("/", value, step), whole=True), step)


def _nearest_multiple(translator: Translator, arguments: Arguments) -> Term:
    value, step = (translator.strict(tree) for tree in arguments)
    signs = infix("*", call("sign", value, whole=True), call("sign", step, whole=True))
    multiple = infix("*", call("round", infix("/", value, step), whole=True), step)
    return when(infix("<", signs, ZERO, Kind.BOOL), NOTHING, infix("==", step, ZERO, Kind.BOOL), ZERO, multiple)


RULES: dict[str, Rule] = {
    "ROUND": takes(2, 2, _rounded),
    "ROUNDUP": takes(2, 2, _cut("ceil")),
    "ROUNDDOWN": takes(2, 2, _cut("trunc")),
    "TRUNC": takes(1, 2, _cut("trunc")),
    "MROUND": takes(2, 2, _nearest_multiple),
    "FLOOR": takes(2, 2, _multiple("floor")),
    "CEILING": takes(2, 2, _multiple("ceil")),
    "FLOOR.MATH": takes(1, 3, _free_multiple("floor")),
    "FLOOR.PRECISE": takes(1, 2, _free_multiple("floor")),
    "CEILING.MATH": takes(1, 3, _free_multiple("ceil")),
    "CEILING.PRECISE": takes(1, 2, _free_multiple("ceil")),
    "ISO.CEILING": takes(1, 2, _free_multiple("ceil")),
}
