"""Functions about calendar dates; a date that would leave the years 1 to 9999 is null."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from trellis.engine.expr.decimals import Number
from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass
from trellis.engine.expr.types import DATE, DATETIME, INTEGER, Kind, Type

DAY = frozenset({Kind.DATE})
WHOLE = frozenset({Kind.NUMBER})
UNIT = Slot("unit", frozenset({Kind.TEXT}), constant=True, choices=("day", "week", "month", "quarter", "year"))
FURTHEST = 3_660_000


def make_date(year: Number | str, month: Number = 1, day: Number = 1) -> date | None:
    """The date of these numbers, or of a text YYYY-MM-DD; null when there is no such day."""
    try:
        return date.fromisoformat(year) if isinstance(year, str) else date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def add_days(day: date, count: Number) -> date | None:
    """The date some days later."""
    try:
        return day + timedelta(days=int(count)) if -FURTHEST < count < FURTHEST else None
    except OverflowError:
        return None


def add_months(day: date, count: Number) -> date | None:
    """The date some months later, on the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + int(count), 12)
    if not 1 <= year <= 9999:
        return None
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def start_of(day: date, unit: str) -> date | None:
    """The first day of the week (Monday), month, quarter or year."""
    match unit:
        case "week":
            return add_days(day, -day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=quarter(day) * 3 - 2, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def end_of(day: date, unit: str) -> date | None:
    """The last day of the week (Sunday), month, quarter or year."""
    match unit:
        case "week":
            return add_days(day, 6 - day.weekday())
        case "month":
            return _last_of(day.year, day.month)
        case "quarter":
            return _last_of(day.year, quarter(day) * 3)
        case "year":
            return _last_of(day.year, 12)
    return day


def quarter(day: date) -> int:
    """1 to 4."""
    return (day.month + 2) // 3


def _last_of(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _made_type(arguments: Sequence[Argument]) -> Type | None:
    if len(arguments) == 1:
        text = arguments[0].constant
        return DATE if isinstance(text, str) and make_date(text) else None
    whole = all(argument.type.integer for argument in arguments)
    return DATE if whole and len(arguments) == 3 else None


def _part(name: str, doc: str, python: object) -> Function:
    if not callable(python):
        raise TypeError(name)
    return Function(
        name=name, doc=doc, slots=(Slot("date", DAY),), returns=INTEGER, python=python, sql=SqlClass.PORTABLE
    )


FUNCTIONS = (
    Function(
        name="today",
        doc="The date in the organisation's time zone.",
        slots=(),
        returns=DATE,
        python=lambda today: today,
        sql=SqlClass.PARAMETER,
        reads=("today",),
    ),
    Function(
        name="now",
        doc="The moment, the same throughout one request.",
        slots=(),
        returns=DATETIME,
        python=lambda now: now,
        sql=SqlClass.PARAMETER,
        reads=("now",),
    ),
    Function(
        name="date",
        doc="The date of a year, a month and a day, or of a text such as '2024-01-31'; null when there is no such day.",
        slots=(Slot("year", WHOLE | {Kind.TEXT}), Slot("month", WHOLE, integer=True), Slot("day", WHOLE, integer=True)),
        returns=_made_type,
        python=make_date,
        sql=SqlClass.PORTABLE,
        optional=2,
        folds=True,
    ),
    _part("year", "The year of a date.", lambda day: day.year),
    _part("month", "The month of a date, 1 to 12.", lambda day: day.month),
    _part("day", "The day of the month, 1 to 31.", lambda day: day.day),
    _part("quarter", "The quarter of a date, 1 to 4.", quarter),
    _part("weekday", "The day of the week, 1 for Monday to 7 for Sunday.", date.isoweekday),
    Function(
        name="add_days",
        doc="The date some days later, or earlier with a negative number.",
        slots=(Slot("date", DAY), Slot("days", WHOLE, integer=True)),
        returns=DATE,
        python=add_days,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="add_months",
        doc="The date some months later; the day moves to the last one of a shorter month.",
        slots=(Slot("date", DAY), Slot("months", WHOLE, integer=True)),
        returns=DATE,
        python=add_months,
        sql=SqlClass.EMULATED,
    ),
    Function(
        name="days_between",
        doc="The days from the first date to the second; negative when the second is earlier.",
        slots=(Slot("from", DAY), Slot("to", DAY)),
        returns=INTEGER,
        python=lambda start, end: (end - start).days,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="start_of",
        doc="The first day of the week, month, quarter or year.",
        slots=(Slot("date", DAY), UNIT),
        returns=DATE,
        python=start_of,
        sql=SqlClass.PORTABLE,
    ),
    Function(
        name="end_of",
        doc="The last day of the week, month, quarter or year.",
        slots=(Slot("date", DAY), UNIT),
        returns=DATE,
        python=end_of,
        sql=SqlClass.PORTABLE,
    ),
)
