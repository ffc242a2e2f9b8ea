"""Times of day of a spreadsheet, which are parts of a day there and durations here."""

from tests.conformance.excel_translator import Arguments, Rule, Translator, takes
from tests.conformance.writing import NOTHING, Term, among, call, infix, number, when
from trellis.engine.expr.types import Kind

DAY = number(86_400)


def _time(translator: Translator, arguments: Arguments) -> Term:
    """Hours, minutes and seconds run over; whole days are left out."""
    units = zip(("hours", "minutes", "seconds"), arguments, strict=True)
    length = among("+", [_length(unit, translator.whole(tree)) for unit, tree in units], Kind.DURATION)
    within = call("mod", call("in_seconds", length, whole=True), DAY, whole=True)
    below = infix("<", length, _length("seconds", number(0)), Kind.BOOL)
    return when(below, NOTHING, call("in_days", _length("seconds", within)))


def _part(unit: str, size: int) -> Rule:
    """How many whole units the time has beyond the next larger one."""

    def rule(translator: Translator, arguments: Arguments) -> Term:
        value = translator.number(arguments[0])
        passed = call(f"in_{unit}", _length("days", value), whole=unit == "seconds")
        whole = passed if passed.whole else call("trunc", passed, whole=True)
        below = infix("<", value, number(0), Kind.BOOL)
        return when(below, NOTHING, call("mod", whole, number(size), whole=True))

    return rule


def _length(unit: str, count: Term) -> Term:
    return call(unit, count, kind=Kind.DURATION)


RULES: dict[str, Rule] = {
    "TIME": takes(3, 3, _time),
    "HOUR": takes(1, 1, _part("hours", 24)),
    "MINUTE": takes(1, 1, _part("minutes", 60)),
    "SECOND": takes(1, 1, _part("seconds", 60)),
}
