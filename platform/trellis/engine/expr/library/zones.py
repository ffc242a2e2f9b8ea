"""What a time zone does month by month, so that databases without time zones can follow it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
OFFSET, SWITCH = 6, 11
RECORD = 3 * OFFSET + 2 * SWITCH
NUMBER = 3
"""Digits of the number of a record."""
MONTHS = (LAST.year - FIRST.year + 1) * 12
NEVER = "32 00:00:00"
_STEP = timedelta(days=4)
"""No zone has changed its clocks and changed them back within so few days since 1970."""


def local_date(zone: str | None, moment: datetime | None) -> date | None:
    """The calendar date of a moment in a time zone (IANA name); null outside of the years 1970 to 2099."""
    if zone is None or moment is None or not FIRST <= moment <= LAST:
        return None
    return moment.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=16)
def zone_table(zone: str) -> bytes:
    """For each month the number of a record, then the records, each once, from number 0 on.

    A record has 40 characters: offset, day and time (UTC) of a switch, offset, day and time of another one, offset.
    """
    found = ZoneInfo(zone)
    months = [date(year, month, 1) for year in range(FIRST.year, LAST.year + 1) for month in range(1, 13)]
    records = [_record(found, month) for month in months]
    numbers = {record: number for number, record in enumerate(dict.fromkeys(records))}
    return "".join([*(f"{numbers[record]:0{NUMBER}d}" for record in records), *numbers]).encode()


def _record(zone: ZoneInfo, month: date) -> str:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    end = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
    switches = list(_switches(zone, start, end))
    offsets = [_offset(zone, start), *(_offset(zone, switch) for switch in switches)]
    offsets += offsets[-1:] * (3 - len(offsets))
    times = [*(f"{switch:%d %H:%M:%S}" for switch in switches), NEVER, NEVER]
    return "".join(f"{offset:+06d}{time}" for offset, time in zip(offsets, [*times[:2], ""], strict=True))


def _switches(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The first moments of new offsets."""
    steps = [*_steps(start, end), end]
    for before, after in pairwise(steps):
        if _offset(zone, before) != _offset(zone, after):
            switch = _search(zone, before, after)
            if switch < end:
                yield switch


def _steps(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += _STEP


def _search(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with another offset than `before`."""
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    found = moment.astimezone(zone).utcoffset() or timedelta()
    return int(found.total_seconds())
