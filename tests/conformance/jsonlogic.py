"""JsonLogic rules in our language: data become fields, silent conversions are written out."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from tests.conformance.cases import Case, Failure, Untranslatable
from tests.conformance.reasons import Reason
from tests.conformance.writing import (
    NOTHING,
    Sheet,
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
from trellis.engine.expr.types import BOOL, INTEGER, TEXT, Kind

FOLDER = Path("json-logic", "suites")
COMPARISONS = {"==": "==", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
TYPES = {Kind.NUMBER: INTEGER, Kind.TEXT: TEXT, Kind.BOOL: BOOL}
PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
LISTS = "lists and objects"
NUMBERS_OF_ARGUMENTS = "other numbers of arguments"
LAZY = ("if", "and", "or")
END = 10_000


def rule_cases(folder: Path) -> Iterator[Case]:
    """The cases of all suites."""
    for path in sorted((folder / FOLDER).rglob("*.json")):
        listed = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        rules = [entry for entry in listed if not isinstance(entry, str)]
        for position, entry in enumerate(rules, start=1):
            name = f"{path.relative_to(folder / FOLDER).with_suffix('')} {position}"
            yield _case(name, entry["rule"], entry.get("data"), _expected(entry))


def _case(name: str, rule: object, data: object, expected: object) -> Case:
    group = next(iter(rule)) if isinstance(rule, dict) and len(rule) == 1 else "constants"
    shown = json.dumps(rule, ensure_ascii=False, default=str)
    try:
        translator = Translator(data)
        translation = translator.sheet.translation(translator.value(rule))
    except Untranslatable as missing:
        return Case(name, group, shown, expected, missing=str(missing))
    return Case(name, group, shown, expected, translation)


def _expected(entry: Mapping[str, object]) -> object:
    if "error" in entry:
        return Failure(str(entry["error"]))
    result = entry["result"]
    return Decimal(result) if isinstance(result, int) and not isinstance(result, bool) else result


@dataclass(slots=True)
class Translator:
    """Translates one rule over its data."""

    data: object
    sheet: Sheet = field(default_factory=Sheet)

    def value(self, rule: object) -> Term:
        """The rule as a value of its own kind."""
        match rule:
            case None:
                return NOTHING
            case bool():
                return truth(rule)
            case int() | Decimal():
                return number(rule)
            case str():
                return text(rule)
            case dict() if len(rule) == 1:
                ((name, arguments),) = rule.items()
                if name not in RULES:
                    raise Untranslatable(name)
                if name in LAZY and not isinstance(arguments, list):
                    raise Untranslatable(NUMBERS_OF_ARGUMENTS)
                return RULES[name](self, arguments if isinstance(arguments, list) else [arguments])
        raise Untranslatable(LISTS)

    def number(self, rule: object) -> Term:
        """The rule as a number: texts are read, true is 1, null is 0."""
        term = self.value(rule)
        match term.kind:
            case Kind.BOOL:
                return when(term, number(1), number(0))
            case Kind.TEXT:
                return self._read(rule, term)
            case Kind.NULL:
                return number(0)
        return term

    def text(self, rule: object) -> Term:
        """The rule as a text."""
        term = self.value(rule)
        match term.kind:
            case Kind.BOOL:
                return when(term, text("true"), text("false"))
            case Kind.NUMBER:
                return call("text", term, kind=Kind.TEXT)
            case Kind.NULL:
                return self.sheet.field("nothing_text", None, TEXT)
        return term

    def condition(self, rule: object) -> Term:
        """Whether the rule is neither false, 0, empty nor null."""
        term = self.value(rule)
        match term.kind:
            case Kind.NUMBER:
                return infix("!=", term, number(0), Kind.BOOL)
            case Kind.TEXT:
                return call("filled", term, kind=Kind.BOOL)
            case Kind.NULL:
                return truth(False)
        return term

    def field(self, path: Sequence[str], default: object) -> Term:
        """A value of the data; one that is missing is the default."""
        found = self.data
        for key in path:
            found = _step(found, key)
        if isinstance(found, dict | list):
            raise Untranslatable(LISTS)
        if found is None:
            return self.value(default)
        if found == "":
            return self.sheet.field(_name(path), None, TEXT)
        return self.sheet.field(_name(path), found)

    def nothing(self, kind: Kind) -> Term:
        """Null of a kind."""
        return self.sheet.field(f"nothing_{kind.value}", None, TYPES[kind])

    def _read(self, rule: object, term: Term) -> Term:
        if term.source == '""' or (term.source in self.sheet.fields and self.sheet.fields[term.source].value is None):
            return number(0)
        if not isinstance(rule, str) or not PLAIN_NUMBER.fullmatch(rule):
            self.sheet.excuse(Reason.NUMBERS_IN_TEXT)
        return call("to_number", term)


Rule = Callable[[Translator, list[object]], Term]


def _step(found: object, key: str) -> object:
    match found:
        case dict():
            return found.get(key)
        case list() if key.isdecimal() and int(key) < len(found):
            return found[int(key)]
    return None


def _name(path: Sequence[str]) -> str:
    return "_".join(["data", *(re.sub(r"\W", "_", key) for key in path)])


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
            raise Untranslatable(NUMBERS_OF_ARGUMENTS)
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
            raise Untranslatable(NUMBERS_OF_ARGUMENTS)
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
        raise Untranslatable(NUMBERS_OF_ARGUMENTS)
    first, *rest = [translator.number(argument) for argument in arguments]
    for term in rest:
        first = infix(sign, first, term)
    return first


def _extreme(name: str) -> Rule:
    def rule(translator: Translator, arguments: list[object]) -> Term:
        terms = [translator.number(argument) for argument in arguments]
        if not terms:
            raise Untranslatable(NUMBERS_OF_ARGUMENTS)
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
            raise Untranslatable(NUMBERS_OF_ARGUMENTS)
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
