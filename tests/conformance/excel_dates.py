"""Functions about dates of a spreadsheet, in our language."""

from decimal import Decimal

from tests.conformance.cases import Untranslatable
from tests.conformance.excel_translator import Arguments, Rule, Translator, takes
from tests.conformance.reasons import Reason
from tests.conformance.writing import Term, call, infix, number, text, when
from trellis.engine.expr.types import Kind

ONE = number(1)
EARLY_YEARS = (0, 1900)


def _date(translator: Translator, arguments: Arguments) -> Term:
    """Months and days run over; years below 1900 count from 1900."""
    year, month, day = (translator.whole(tree) for tree in arguments)
    early = translator.known(arguments[0])
    if isinstance(early, int | Decimal) and int(early) in EARLY_YEARS:
        translator.sheet.excuse(Reason.SERIALS)
    late = when(infix("<", year, number(1900), Kind.BOOL), infix("+", year, number(1900)), year)
    first = call("date", late, ONE, ONE, kind=Kind.DATE)
    moved = call("add_months", first, infix("-", month, ONE), kind=Kind.DATE)
    return call("add_days", moved, infix("-", day, ONE), kind=Kind.DATE)


def _date_part(name: str) -> Rule:
    return lambda translator, arguments: call(name, translator.date(arguments[0]), whole=True)


def _weekday(translator: Translator, arguments: Arguments) -> Term:
    day = call("weekday", translator.date(arguments[0]), whole=True)
    known = translator.known(arguments[1]) if len(arguments) > 1 else 1
    match known:
        case 2:
            return day
        case 3:
            return infix("-", day, ONE)
        case 1 | None:
            return infix("+", infix("%", day, number(7)), ONE)
    raise Untranslatable("WEEKDAY of another kind")


def _days(translator: Translator, arguments: Arguments) -> Term:
    end, start = (translator.date(tree) for tree in arguments)
    return call("days_between", start, end, whole=True)


def _months_later(translator: Translator, arguments: Arguments) -> Term:
    return call("add_months", translator.date(arguments[0]), translator.strict_whole(arguments[1]), kind=Kind.DATE)


def _month_end(translator: Translator, arguments: Arguments) -> Term:
    return call("end_of", _months_later(translator, arguments), text("month"), kind=Kind.DATE)


def _read(translator: Translator, arguments: Arguments) -> Term:
    translator.sheet.excuse(Reason.DATES_IN_TEXT)
    return call("to_date", translator.text(arguments[0]), kind=Kind.DATE)


RULES: dict[str, Rule] = {
    "DATE": takes(3, 3, _date),
    "DATEVALUE": takes(1, 1, _read),
    "YEAR": takes(1, 1, _date_part("year")),
    "MONTH": takes(1, 1, _date_part("month")),
    "DAY": takes(1, 1, _date_part("day")),
    "WEEKDAY": takes(1, 2, _weekday),
    "DAYS": takes(2, 2, _days),
    "EDATE": takes(2, 2, _months_later),
    "EOMONTH": takes(2, 2, _month_end),
}
