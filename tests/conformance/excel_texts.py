"""Functions about text of a spreadsheet, in our language."""

from tests.conformance.cases import Untranslatable
from tests.conformance.excel_translator import MANY, Arguments, Rule, Translator, takes
from tests.conformance.reasons import Reason
from tests.conformance.writing import Term, among, call, infix, number, text
from trellis.engine.expr.types import Kind

ONE = number(1)


def _length(translator: Translator, arguments: Arguments) -> Term:
    term = translator.text(arguments[0])
    return call("length", term, whole=True)


def _part(name: str) -> Rule:
    def rule(translator: Translator, arguments: Arguments) -> Term:
        translator.sheet.excuse(Reason.START)
        counts = [translator.whole(tree) for tree in arguments[1:]] or [ONE]
        return call(name, translator.text(arguments[0]), *counts, kind=Kind.TEXT)

    return rule


def _text_function(name: str) -> Rule:
    return lambda translator, arguments: call(name, translator.text(arguments[0]), kind=Kind.TEXT)


def _exact(translator: Translator, arguments: Arguments) -> Term:
    left, right = (translator.text(tree) for tree in arguments)
    return infix("==", left, right, Kind.BOOL)


def _substitute(translator: Translator, arguments: Arguments) -> Term:
    if len(arguments) > 3:
        raise Untranslatable("SUBSTITUTE of one occurrence")
    return call("replace", *(translator.text(tree) for tree in arguments), kind=Kind.TEXT)


def _replace(translator: Translator, arguments: Arguments) -> Term:
    whole, new = translator.text(arguments[0]), translator.text(arguments[3])
    start, count = translator.whole(arguments[1]), translator.whole(arguments[2])
    before = call("left", whole, infix("-", start, ONE), kind=Kind.TEXT)
    after = call("mid", whole, infix("+", start, count), number(10_000), kind=Kind.TEXT)
    translator.sheet.excuse(Reason.START)
    translator.sheet.excuse(Reason.JOINING)
    return among("+", [before, new, after], Kind.TEXT)


def _value(translator: Translator, arguments: Arguments) -> Term:
    if translator.value(arguments[0]).kind is Kind.BOOL:
        raise Untranslatable("VALUE of a truth value")
    return translator.number(arguments[0])


def _join(translator: Translator, arguments: Arguments) -> Term:
    return translator.joined(arguments)


def _join_ranges(translator: Translator, arguments: Arguments) -> Term:
    return translator.joined(list(translator.spread(arguments)))


def _repeated(translator: Translator, arguments: Arguments) -> Term:
    """An empty text filled up with the part."""
    part, count = translator.text(arguments[0]), translator.whole(arguments[1])
    translator.sheet.excuse(Reason.LENGTH)
    length = infix("*", call("length", part, whole=True), count)
    return call("pad_left", text(""), length, part, kind=Kind.TEXT)


RULES: dict[str, Rule] = {
    "LEN": takes(1, 1, _length),
    "LEFT": takes(1, 2, _part("left")),
    "RIGHT": takes(1, 2, _part("right")),
    "MID": takes(3, 3, _part("mid")),
    "TRIM": takes(1, 1, _text_function("trim")),
    "LOWER": takes(1, 1, _text_function("lower")),
    "UPPER": takes(1, 1, _text_function("upper")),
    "EXACT": takes(2, 2, _exact),
    "CONCAT": takes(1, MANY, _join_ranges),
    "CONCATENATE": takes(1, MANY, _join),
    "SUBSTITUTE": takes(3, 4, _substitute),
    "REPLACE": takes(4, 4, _replace),
    "REPT": takes(2, 2, _repeated),
    "VALUE": takes(1, 1, _value),
}
