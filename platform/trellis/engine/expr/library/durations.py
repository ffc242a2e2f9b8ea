"""Functions about moments and durations; a duration is a whole number of seconds."""

from datetime import datetime, timedelta

from trellis.engine.expr.decimals import Number, half_up
from trellis.engine.expr.library.zones import local_date
from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import DATE, DATETIME, DURATION, INTEGER, NUMBER, Kind, Type

PLAIN = frozenset({Kind.NUMBER, Kind.PERCENT})
AMOUNT = Slot("number", PLAIN)
LENGTH = Slot("duration", frozenset({Kind.DURATION}))
MOMENT = frozenset({Kind.DATETIME})
FURTHEST = 700_000_000_000
LONGEST = 1_000_000_000_000


def of_seconds(number: Number) -> int | None:
    """The duration of so many seconds, rounded half away from zero; null when it is longer than any may be."""
    seconds = int(half_up(number, 0))
    return seconds if -LONGEST <= seconds <= LONGEST else None


def seconds_between(start: datetime, end: datetime) -> int:
    """The seconds from the first moment to the second."""
    distance = end - start
    return distance.days * 86_400 + distance.seconds


def add_seconds(moment: datetime, seconds: Number) -> datetime | None:
    """The moment some seconds later; null outside of the years 1 to 9999."""
    try:
        return moment + timedelta(seconds=int(seconds)) if -FURTHEST < seconds < FURTHEST else None
    except OverflowError:
        return None


def add_hours(moment: datetime, hours: Number) -> datetime | None:
    """The moment some hours later."""
    seconds = of_seconds(hours * 3600)
    return None if seconds is None else add_seconds(moment, seconds)


def hours_between(start: datetime, end: datetime) -> int:
    """The whole hours from the first moment to the second."""
    seconds = seconds_between(start, end)
    return seconds // 3600 if seconds >= 0 else -(-seconds // 3600)


def _made(name: str, meaning: str, examples: tuple[tuple[str, str], ...]) -> Function:
    return Function(
        name=name,
        doc=meaning,
        slots=(AMOUNT,),
        returns=DURATION,
        python=of_seconds,
        sql=SqlClass.EMULATED,
        examples=examples,
    )


def _read(name: str, meaning: str, returns: Type, examples: tuple[tuple[str, str], ...]) -> Function:
    return Function(
        name=name,
        doc=meaning,
        slots=(LENGTH,),
        returns=returns,
        python=lambda seconds: seconds,
        sql=SqlClass.PORTABLE if returns.integer else SqlClass.EMULATED,
        examples=examples,
    )


FUNCTIONS = (
    _made(
        "seconds",
        "The duration of so many seconds, rounded to a whole one.",
        (("seconds(90) + minutes(1)", "0:02:30"),),
    ),
    _made("minutes", "The duration of so many minutes.", (("minutes(90)", "1:30:00"),)),
    _made(
        "hours",
        "The duration of so many hours.",
        (("hours(1.5)", "1:30:00"), ("now() - hours(24)", "2024-02-28T12:30:00Z")),
    ),
    _made("days", "The duration of so many times 24 hours.", (("days(2) / hours(1)", "48"),)),
    _read(
        "in_seconds",
        "A duration in seconds.",
        INTEGER,
        (("in_seconds(minutes(2))", "120"),),
    ),
    _read("in_minutes", "A duration in minutes, with decimals.", NUMBER, (("in_minutes(seconds(90))", "1.5"),)),
    _read("in_hours", "A duration in hours, with decimals.", NUMBER, (("round(in_hours(minutes(50)), 2)", "0.83"),)),
    _read("in_days", "A duration in times of 24 hours, with decimals.", NUMBER, (("in_days(hours(36))", "1.5"),)),
    Function(
        name="seconds_between",
        doc="The seconds from the first moment to the second; negative when the second is earlier.",
        slots=(Slot("from", MOMENT), Slot("to", MOMENT)),
        returns=INTEGER,
        python=seconds_between,
        sql=SqlClass.PORTABLE,
        examples=(("seconds_between('2024-02-29T12:00:00Z', now())", "1800"),),
    ),
    Function(
        name="hours_between",
        doc="The whole hours from the first moment to the second; negative when the second is earlier.",
        slots=(Slot("from", MOMENT), Slot("to", MOMENT)),
        returns=INTEGER,
        python=hours_between,
        sql=SqlClass.EMULATED,
        examples=(
            ("hours_between('2024-02-29T10:00:00Z', now())", "2"),
            ("hours_between(now(), '2024-02-29T10:00:00Z')", "-2"),
        ),
    ),
    Function(
        name="add_seconds",
        doc="The moment some seconds later, or earlier with a negative number.",
        slots=(Slot("moment", MOMENT), Slot("seconds", frozenset({Kind.NUMBER}), integer=True)),
        returns=DATETIME,
        python=add_seconds,
        sql=SqlClass.EMULATED,
        examples=(("add_seconds(now(), -60)", "2024-02-29T12:29:00Z"),),
    ),
    Function(
        name="add_hours",
        doc="The moment some hours later, or earlier with a negative number.",
        slots=(Slot("moment", MOMENT), Slot("hours", PLAIN)),
        returns=DATETIME,
        python=add_hours,
        sql=SqlClass.EMULATED,
        examples=(("add_hours(now(), 36.5)", "2024-03-02T01:00:00Z"),),
    ),
    Function(
        name="local_date",
        doc="The date of a moment in the organisation's time zone; null outside of the years 1970 to 2099.",
        slots=(Slot("moment", MOMENT),),
        returns=DATE,
        python=local_date,
        sql=SqlClass.EMULATED,
        reads=("zone",),
        nulls=True,
        examples=(("local_date('2024-02-29T16:30:00Z')", "2024-03-01"),),
    ),
)
