"""From a JsonLogic rule to our language: data become fields, silent conversions are written out."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.reasons import Reason
from tests.conformance.writing import (
    NOTHING,
    NUMBER_OF_ARGUMENTS,
    Sheet,
    Term,
    call,
    infix,
    number,
    text,
    truth,
    when,
)
from trellis.engine.expr.types import TEXT, Kind

PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
LISTS = "lists and objects"
LAZY = ("if", "and", "or")


@dataclass(slots=True)
class Translator:
    """Translates one rule over its data."""

    data: object
    rules: Mapping[str, "Rule"]
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
                if name not in self.rules:
                    raise Untranslatable(name)
                if name in LAZY and not isinstance(arguments, list):
                    raise Untranslatable(NUMBER_OF_ARGUMENTS)
                return self.rules[name](self, arguments if isinstance(arguments, list) else [arguments])
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
                return self.sheet.nothing(Kind.TEXT)
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
