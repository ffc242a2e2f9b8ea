"""How each operator of JsonLogic is written in our language; what is not listed has no equivalent."""

from itertools import pairwise

from tests.conformance.cases import Untranslatable
from tests.conformance.jsonlogic_translator import Rule, Translator
from tests.conformance.reasons import Reason
from tests.conformance.writing import (
    NOTHING,
    NUMBER_OF_ARGUMENTS,
    Term,
    among,
    call,
    infix,
    negative,
    number,
    opposite,
    text,
    truth,
    when,
)
from trellis.engine.expr.types import Kind

COMPARISONS = {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
END = 10_000


def _variable(translator: Translator, arguments: list[object]) -> Term:
    path = arguments[0] if arguments else ""
    if not isinstance(path, str | int | None):
        raise Untranslatable("computed names")
    keys = [] if path in ("", None) else str(path).split(".")
    return translator.field(keys, arguments[1] if len(arguments) > 1 else None)


def _member(translator: Translator, arguments: list[object]) -> Term:
    if not all(isinstance(key, str | int) for key in arguments):
        raise Untranslatable("the data of an outer list")
    return translator.field([str(key) for key in arguments], None)


def _comparison(sign: str) -> Rule:
    def rule(translator: Translator, arguments: list[object]) -> Term:
        if len(arguments) < 2:
            raise Untranslatable(NUMBER_OF_ARGUMENTS)
        return among("and", [_compared(translator, sign, left, right) for left, right in pairwise(arguments)])

    return rule


def _compared(translator: Translator, sign: str, left: object, right: object) -> Term:
    """Two texts are compared as texts, everything else as numbers."""
    first, second = translator.value(left), translator.value(right)
    kinds = {first.kind, second.kind}
    if kinds == {Kind.TEXT} or kinds == {Kind.BOOL}:
        if sign not in ("==", "!="):
            translator.sheet.excuse(Reason.ORDER)
        return infix(sign, first, second, Kind.BOOL)
    if Kind.NULL in kinds and sign in ("==", "!="):
        return _is_nothing(translator, sign, first, second)
    return infix(sign, translator.number(left), translator.number(right), Kind.BOOL)


def _is_nothing(translator: Translator, sign: str, first: Term, second: Term) -> Term:
    """Null is asked for with `blank`."""
    other = second if first.kind is Kind.NULL else first
    if other.kind is Kind.NUMBER:
        return infix(sign, other, number(0), Kind.BOOL)
    return call("blank" if sign == "==" else "filled", other, kind=Kind.BOOL)


def _strict(sign: str) -> Rule:
    def rule(translator: Translator, arguments: list[object]) -> Term:
        if len(arguments) < 2:
            raise Untranslatable(NUMBER_OF_ARGUMENTS)
        return among("and", [_identical(translator, sign, left, right) for left, right in pairwise(arguments)])

    return rule


def _identical(translator: Translator, sign: str, left: object, right: object) -> Term:
    """Values of different types, which are never equal there, are refused here."""
    first, second = translator.value(left), translator.value(right)
    if first.kind is not second.kind:
        translator.sheet.excuse(Reason.TYPES)
    return infix(sign, first, second, Kind.BOOL)


def _fold(sign: str, start: int) -> Rule:
    def rule(translator: Translator, arguments: list[object]) -> Term:
        first, *rest = [translator.number(argument) for argument in arguments] or [number(start)]
        for term in rest:
            first = infix(sign, first, term)
        return first

    return rule


def _difference(translator: Translator, arguments: list[object]) -> Term:
    if len(arguments) == 1:
        return negative(translator.number(arguments[0]))
    return _of_two(translator, "-", arguments)


def _quotient(translator: Translator, arguments: list[object]) -> Term:
    if len(arguments) == 1:
        return infix("/", number(1), translator.number(arguments[0]))
    return _of_two(translator, "/", arguments)


def _remainder(translator: Translator, arguments: list[object]) -> Term:
    terms = [translator.number(argument) for argument in arguments]
    if not all(term.whole for term in terms):
        translator.sheet.excuse(Reason.WHOLE)
    return _of_two(translator, "%", arguments)


def _of_two(translator: Translator, sign: str, arguments: list[object]) -> Term:
    if len(arguments) < 2:
        raise Untranslatable(NUMBER_OF_ARGUMENTS)
    first, *rest = [translator.number(argument) for argument in arguments]
    for term in rest:
        first = infix(sign, first, term)
    return first


def _extreme(name: str) -> Rule:
    def rule(translator: Translator, arguments: list[object]) -> Term:
        terms = [translator.number(argument) for argument in arguments]
        if not terms:
            raise Untranslatable(NUMBER_OF_ARGUMENTS)
        return terms[0] if len(terms) == 1 else call(name, *terms, whole=all(term.whole for term in terms))

    return rule


def _choice(translator: Translator, arguments: list[object]) -> Term:
    """Conditions with their values and perhaps one more, without which the result is null."""
    if len(arguments) < 2:
        return translator.value(arguments[0]) if arguments else NOTHING
    pieces = list(arguments) if len(arguments) % 2 else [*arguments, None]
    conditions = [translator.condition(argument) for argument in pieces[:-1:2]]
    values = [translator.value(argument) for argument in [*pieces[1::2], pieces[-1]]]
    if len({value.kind for value in values} - {Kind.NULL}) > 1:
        translator.sheet.excuse(Reason.TYPES)
    pairs = [term for pair in zip(conditions, values[:-1], strict=True) for term in pair]
    return when(*pairs, values[-1])


def _junction(junction: str) -> Rule:
    """`and` and `or` give one of their values; of truth values they are ours."""

    def rule(translator: Translator, arguments: list[object]) -> Term:
        if not arguments:
            raise Untranslatable(NUMBER_OF_ARGUMENTS)
        terms = [translator.value(argument) for argument in arguments]
        if all(term.kind is Kind.BOOL for term in terms):
            return among(junction, terms)
        return _first_deciding(translator, junction, arguments)

    return rule


def _first_deciding(translator: Translator, junction: str, arguments: list[object]) -> Term:
    *others, last = arguments
    chosen = translator.value(last)
    for argument in reversed(others):
        term, holds = translator.value(argument), translator.condition(argument)
        if len({term.kind, chosen.kind} - {Kind.NULL}) > 1:
            translator.sheet.excuse(Reason.TYPES)
        chosen = when(holds, chosen, term) if junction == "and" else when(holds, term, chosen)
    return chosen


def _not(translator: Translator, arguments: list[object]) -> Term:
    return opposite(_truth(translator, arguments))


def _truth(translator: Translator, arguments: list[object]) -> Term:
    return translator.condition(arguments[0]) if arguments else truth(False)


def _joined(translator: Translator, arguments: list[object]) -> Term:
    return among("+", [translator.text(argument) for argument in arguments] or [text("")], Kind.TEXT)


def _part(translator: Translator, arguments: list[object]) -> Term:
    """A negative start counts from the end, a negative length leaves characters out at the end."""
    whole, start = translator.text(arguments[0]), arguments[1]
    length = arguments[2] if len(arguments) > 2 else END
    if not isinstance(start, int) or not isinstance(length, int):
        raise Untranslatable("computed positions")
    rest = (
        _call_text("right", whole, number(-start))
        if start < 0
        else _call_text("mid", whole, number(start + 1), number(END))
    )
    if length >= 0:
        return _call_text("left", rest, number(length))
    kept = infix("-", call("length", rest, whole=True), number(-length))
    return _call_text("left", rest, kept)


def _call_text(name: str, *arguments: Term) -> Term:
    return call(name, *arguments, kind=Kind.TEXT)


def _in(translator: Translator, arguments: list[object]) -> Term:
    """Among constants, or a part of a text."""
    needle, stack = arguments
    if not isinstance(stack, list):
        return call("contains", translator.text(stack), translator.text(needle), kind=Kind.BOOL)
    listed = ", ".join(translator.value(item).source for item in stack)
    return Term(f"({translator.value(needle).source} in ({listed},))", Kind.BOOL)


RULES: dict[str, Rule] = {
    **{name: _comparison(sign) for name, sign in COMPARISONS.items()},
    "===": _strict("=="),
    "!==": _strict("!="),
    "var": _variable,
    "val": _member,
    "+": _fold("+", 0),
    "*": _fold("*", 1),
    "-": _difference,
    "/": _quotient,
    "%": _remainder,
    "min": _extreme("least"),
    "max": _extreme("greatest"),
    "if": _choice,
    "?:": _choice,
    "and": _junction("and"),
    "or": _junction("or"),
    "!": _not,
    "!!": _truth,
    "cat": _joined,
    "substr": _part,
    "in": _in,
}
