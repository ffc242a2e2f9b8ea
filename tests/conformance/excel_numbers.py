"""Calculations of a spreadsheet, in our language."""

from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.excel_translator import MANY, Arguments, Rule, Translator, takes
from tests.conformance.writing import NOTHING, Term, among, call, infix, number, power, when
from trellis.engine.expr.types import Kind

ZERO, ONE, TWO = number(0), number(1), number(2)


def _number_function(name: str, *, whole: bool | None = None) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        term = translator.number(arguments[0])
        return call(name, term, whole=term.whole if whole is None else whole)

    return rule


def _fold(sign: str) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        first, *rest = translator.numbers(arguments) or [ZERO]
        for term in rest:
            first = infix(sign, first, term)
        return first

    return rule


def _extreme(name: str) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        terms = translator.numbers(arguments) or [ZERO]
        return terms[0] if len(terms) == 1 else call(name, *terms, whole=all(term.whole for term in terms))

    return rule


def _average(translator: Translator, arguments: Arguments) -> Term:
    terms = translator.numbers(arguments)
    if not terms:
        return NOTHING
    return infix("/", among("+", terms, Kind.NUMBER), number(len(terms)))


def _mod(translator: Translator, arguments: Arguments) -> Term:
    """With the sign of the divisor, as Excel has it."""
    left, right = (translator.number(tree) for tree in arguments)
    if left.whole and right.whole:
        return call("mod", infix("+", call("mod", left, right, whole=True), right), right, whole=True)
    return infix("-", left, infix("*", right, call("floor", infix("/", left, right))))


def _quotient(translator: Translator, arguments: Arguments) -> Term:
    left, right = (translator.strict(tree) for tree in arguments)
    return call("trunc", infix("/", left, right), whole=True)


def _parity(sign: str) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        rest = infix("%", translator.strict_whole(arguments[0]), TWO)
        return infix(sign, rest, ZERO, Kind.BOOL)

    return rule


def _even(translator: Translator, arguments: Arguments) -> Term:
    value = translator.number(arguments[0])
    half = call("ceil", infix("/", call("abs", value), TWO), whole=True)
    return infix("*", infix("*", call("sign", value, whole=True), half), TWO)


def _odd(translator: Translator, arguments: Arguments) -> Term:
    value = translator.number(arguments[0])
    half = call("ceil", infix("/", infix("-", call("abs", value), ONE), TWO), whole=True)
    signed = infix("*", call("sign", value, whole=True), infix("+", infix("*", half, TWO), ONE))
    return when(infix("==", value, ZERO, Kind.BOOL), ONE, signed)


def _squares(translator: Translator, arguments: Arguments) -> Term:
    terms = translator.numbers(arguments) or [ZERO]
    return among("+", [infix("*", term, term) for term in terms], Kind.NUMBER)


def _power(translator: Translator, arguments: Arguments) -> Term:
    """A product, where the exponent is a small whole number that is known."""
    exponent = translator.known(arguments[1])
    if not isinstance(exponent, int | Decimal) or isinstance(exponent, bool) or exponent != int(exponent):
        raise Untranslatable("powers")
    return power(translator.number(arguments[0]), int(exponent))


RULES: dict[str, Rule] = {
    "ABS": takes(1, 1, _number_function("abs")),
    "SIGN": takes(1, 1, _number_function("sign", whole=True)),
    "INT": takes(1, 1, _number_function("floor", whole=True)),
    "SUM": takes(1, MANY, _fold("+")),
    "PRODUCT": takes(1, MANY, _fold("*")),
    "SUMSQ": takes(1, MANY, _squares),
    "POWER": takes(2, 2, _power),
    "MIN": takes(1, MANY, _extreme("least")),
    "MAX": takes(1, MANY, _extreme("greatest")),
    "AVERAGE": takes(1, MANY, _average),
    "MOD": takes(2, 2, _mod),
    "QUOTIENT": takes(2, 2, _quotient),
    "EVEN": takes(1, 1, _even),
    "ODD": takes(1, 1, _odd),
    "ISEVEN": takes(1, 1, _parity("==")),
    "ISODD": takes(1, 1, _parity("!=")),
}
