"""Functions about calendar dates; a date that would leave the years 1 to 9999 is null."""

from calendar import monthrange
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from trellis.engine.expr.decimals import Number
from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass
from trellis.engine.expr.types import DATE, DATETIME, INTEGER, Kind, Type

DAY = frozenset({Kind.DATE})
WHOLE = frozenset({Kind.NUMBER})
UNIT = Slot("unit", frozenset({Kind.TEXT}), constant=True, choices=("day", "week", "month", "quarter", "year"))
FURTHEST = 3_660_000
WORKDAYS = 5


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


def add_years(day: date, count: Number) -> date | None:
    """The date some years later; 29 February becomes the 28th."""
    return add_months(day, int(count) * 12)


def months_between(start: date, end: date) -> int:
    """The whole months from one date to another, so that `add_months(start, n)` is never behind `end`."""
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (end.day < start.day and end != _last_of(end.year, end.month))


def workdays_between(start: date, end: date) -> int:
    """The workdays behind `start` up to and with `end`; backwards, those from `end` up to but without `start`, negative."""
    if end < start:
        return _workdays_until(end.toordinal() - 1) - _workdays_until(start.toordinal() - 1)
    return _workdays_until(end.toordinal()) - _workdays_until(start.toordinal())


def add_workdays(day: date, count: Number) -> date | None:
    """The workday so many workdays later, or earlier with a negative number; 0 leaves the day as it is."""
    wanted = int(count)
    if not -FURTHEST < wanted < FURTHEST or wanted == 0:
        return day if wanted == 0 else None
    weekday = day.weekday()
    weeks, rest = divmod(wanted + min(weekday, WORKDAYS - 1 if wanted > 0 else WORKDAYS), WORKDAYS)
    return add_days(day, weeks * 7 + rest - weekday)


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


def _workdays_until(ordinal: int) -> int:
    """How many Mondays to Fridays there are from 1 January of the year 1, a Monday, to the day of this number."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * WORKDAYS + min(rest, WORKDAYS)


def _last_of(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _made_type(arguments: Sequence[Argument]) -> Type | None:
    if len(arguments) == 1:
        text = arguments[0].constant
        return DATE if isinstance(text, str) and make_date(text) else None
    whole = all(argument.type.integer for argument in arguments)
    return DATE if whole and len(arguments) == 3 else None


def _part(name: str, doc: str, python: Callable[[date], int], result: int) -> Function:
    return Function(
        name=name,
        doc=doc,
        slots=(Slot("date", DAY),),
        returns=INTEGER,
        python=python,
        sql=SqlClass.PORTABLE,
        examples=((f"{name}(date(2024, 2, 29))", str(result)),),
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
        examples=(("today()", "2024-02-29"),),
    ),
    Function(
        name="now",
        doc="The moment, the same throughout one request.",
        slots=(),
        returns=DATETIME,
        python=lambda now: now,
        sql=SqlClass.PARAMETER,
        reads=("now",),
        examples=(("now()", "2024-02-29T12:30:00Z"),),
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
        examples=(("date(2024, 2, 29)", "2024-02-29"), ("date('2024-01-31')", "2024-01-31")),
    ),
    _part("year", "The year of a date.", lambda day: day.year, 2024),
    _part("month", "The month of a date, 1 to 12.", lambda day: day.month, 2),
    _part("day", "The day of the month, 1 to 31.", lambda day: day.day, 29),
    _part("quarter", "The quarter of a date, 1 to 4.", quarter, 1),
    _part("weekday", "The day of the week, 1 for Monday to 7 for Sunday.", date.isoweekday, 4),
    Function(
        name="add_days",
        doc="The date some days later, or earlier with a negative number.",
        slots=(Slot("date", DAY), Slot("days", WHOLE, integer=True)),
        returns=DATE,
        python=add_days,
        sql=SqlClass.PORTABLE,
        examples=(("add_days(date(2024, 2, 28), 2)", "2024-03-01"),),
    ),
    Function(
        name="add_months",
        doc="The date some months later; the day moves to the last one of a shorter month.",
        slots=(Slot("date", DAY), Slot("months", WHOLE, integer=True)),
        returns=DATE,
        python=add_months,
        sql=SqlClass.EMULATED,
        examples=(
            ("add_months(date(2024, 1, 31), 1)", "2024-02-29"),
            ("add_months(date(2024, 3, 31), -1)", "2024-02-29"),
        ),
    ),
    Function(
        name="add_years",
        doc="The date some years later; 29 February moves to the 28th.",
        slots=(Slot("date", DAY), Slot("years", WHOLE, integer=True)),
        returns=DATE,
        python=add_years,
        sql=SqlClass.EMULATED,
        examples=(("add_years(date(2024, 2, 29), 1)", "2025-02-28"),),
    ),
    Function(
        name="months_between",
        doc="The whole months from the first date to the second; negative when the second is earlier.",
        slots=(Slot("from", DAY), Slot("to", DAY)),
        returns=INTEGER,
        python=months_between,
        sql=SqlClass.EMULATED,
        examples=(
            ("months_between(date(2024, 1, 15), date(2024, 3, 14))", "1"),
            ("months_between(date(2024, 1, 31), date(2024, 2, 29))", "1"),
            ("months_between(date(2024, 3, 14), date(2024, 1, 15))", "-1"),
        ),
    ),
    Function(
        name="add_workdays",
        doc="The date some workdays, Monday to Friday, later or earlier.",
        slots=(Slot("date", DAY), Slot("workdays", WHOLE, integer=True)),
        returns=DATE,
        python=add_workdays,
        examples=(
            ("add_workdays(date(2024, 3, 1), 1)", "2024-03-04"),
            ("add_workdays(date(2024, 3, 2), -1)", "2024-03-01"),
        ),
    ),
    Function(
        name="workdays_between",
        doc="The workdays, Monday to Friday, after the first date up to and with the second; negative when that is earlier.",
        slots=(Slot("from", DAY), Slot("to", DAY)),
        returns=INTEGER,
        python=workdays_between,
        examples=(("workdays_between(date(2024, 3, 1), date(2024, 3, 4))", "1"),),
    ),
    Function(
        name="days_between",
        doc="The days from the first date to the second; negative when the second is earlier.",
        slots=(Slot("from", DAY), Slot("to", DAY)),
        returns=INTEGER,
        python=lambda start, end: (end - start).days,
        sql=SqlClass.PORTABLE,
        examples=(("days_between(date(2024, 1, 1), today())", "59"),),
    ),
    Function(
        name="start_of",
        doc="The first day of the week, month, quarter or year.",
        slots=(Slot("date", DAY), UNIT),
        returns=DATE,
        python=start_of,
        sql=SqlClass.PORTABLE,
        examples=(("start_of(today(), 'month')", "2024-02-01"), ("start_of(today(), 'week')", "2024-02-26")),
    ),
    Function(
        name="end_of",
        doc="The last day of the week, month, quarter or year.",
        slots=(Slot("date", DAY), UNIT),
        returns=DATE,
        python=end_of,
        sql=SqlClass.PORTABLE,
        examples=(("end_of(today(), 'quarter')", "2024-03-31"),),
    ),
)
