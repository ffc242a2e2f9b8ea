"""The only place that knows what time it is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Says what time it is: an aware UTC moment."""

    def now(self) -> datetime: ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until it is advanced; for tests and replays."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def advance(self, step: timedelta) -> None:
        """Let `step` of time pass."""
        self.moment += step


def local_date(moment: datetime, zone: str) -> date:
    """The calendar date of a moment in a time zone (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()
