"""TEXT of a spreadsheet: number and date patterns that ours can say."""

import re
from collections.abc import Sequence
from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.excel_translator import Arguments, Rule, Translator, takes
from tests.conformance.reasons import Reason
from tests.conformance.writing import Term, among, call, infix, number, text, when
from trellis.engine.expr.types import Kind

LITERAL = r"""(?:"[^"]*"|_.|[-$() ])"""
SECTION = re.compile(
    rf"(?P<before>{LITERAL}*)(?P<digits>(#,##|#,)?(0+|#)(\.0*#*)?)(?P<percent>%?)(?P<behind>{LITERAL}*)"
)
DAY_PARTS = {"d": "d", "dd": "dd", "m": "M", "mm": "MM", "y": "yy", "yy": "yy", "yyyy": "yyyy"}
DAY_PATTERN = re.compile(r"(?:d{1,2}|m{1,2}|yyyy|yy|y)(?:[-/. ]+(?:d{1,2}|m{1,2}|yyyy|yy|y))*", re.IGNORECASE)


def _formatted(translator: Translator, arguments: Arguments) -> Term:
    pattern = translator.known(arguments[1])
    value = translator.value(arguments[0])
    if not isinstance(pattern, str):
        raise Untranslatable("TEXT with a computed pattern")
    if value.kind in (Kind.TEXT, Kind.BOOL):
        return translator.text(arguments[0])
    if pattern == "General":
        translator.sheet.excuse(Reason.NUMBER_TEXT)
        return call("text", translator.number(arguments[0]), kind=Kind.TEXT)
    if DAY_PATTERN.fullmatch(pattern):
        return call("text", translator.date(arguments[0]), text(_day_pattern(pattern)), kind=Kind.TEXT)
    return _by_sections(translator.number(arguments[0]), pattern)


def _day_pattern(pattern: str) -> str:
    return re.sub(r"[dmy]+", lambda part: DAY_PARTS[part[0]], pattern.lower())


def _by_sections(value: Term, pattern: str) -> Term:
    """The second section is for numbers below zero, which it shows without their sign."""
    sections = [_section(part) for part in pattern.split(";")]
    match sections:
        case [only]:
            return _shown(only, value)
        case [plain, below]:
            size = call("abs", value, whole=value.whole)
            return when(infix("<", value, number(0), Kind.BOOL), _shown(below, size), _shown(plain, value))
    raise Untranslatable("TEXT with such a pattern")


def _section(part: str) -> re.Match[str]:
    found = SECTION.fullmatch(part)
    if found is None:
        raise Untranslatable("TEXT with such a pattern")
    return found


def _shown(section: re.Match[str], value: Term) -> Term:
    if section["percent"]:
        value = infix("*", value, number(Decimal(100)))
    digits = re.sub(r"^#,(?=#(\.|$))", "#,##", section["digits"])
    pieces = [_literal(section["before"]), call("text", value, text(digits), kind=Kind.TEXT)]
    pieces += [_literal(section["percent"]), _literal(section["behind"])]
    return _joined([piece for piece in pieces if piece.source != '""'])


def _joined(pieces: Sequence[Term]) -> Term:
    return among("+", pieces, Kind.TEXT)


def _literal(source: str) -> Term:
    """What stands around the digits; `_x` is as wide as x, which is a space in a text."""
    return text(re.sub(r'"([^"]*)"|_.', lambda found: found[1] if found[1] is not None else " ", source))


RULES: dict[str, Rule] = {"TEXT": takes(2, 2, _formatted)}
