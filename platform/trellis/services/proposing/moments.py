"""Whether all cells of a column are dates, with or without a time, and in which order they name day and month."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

_YEAR_FIRST = re.compile(r"(\d{4})([-/.年])(\d{1,2})([-/.月])(\d{1,2})(日?)")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_NAMED = re.compile(r"(\d{1,2})([-/. ])([A-Za-z]{3,9})\2(\d{4}|\d{2})")
_NAMED_DAY = re.compile(r"([A-Za-z]{3,9}) (\d{1,2})(,? )(\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(:\d{2})?(\.\d{1,6})?( ?[AaPp][Mm])?(Z|[+-]\d{2}:?\d{2})?")
_DAY = re.compile(r"(.+?)(?:(T| +)(\d{1,2}:\d{2}.*))?")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LONG = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTH_FIRST, DAY_FIRST = "month first", "day first"


@dataclass
class Moments:
    """What the cells of a column are as dates; patterns are those of `strptime`."""

    alive: bool = True
    orders: set[str] = field(default_factory=lambda: {MONTH_FIRST, DAY_FIRST})
    patterns: dict[str, int] = field(default_factory=dict)
    ordered: bool = False
    """Whether a cell leaves open which number is the day."""
    with_time: int = 0
    past_midnight: bool = False
    compact: bool = False
    natural: bool = True
    """Whether field types read all cells without a pattern, once the order of day and month is known."""

    def add(self, text: str) -> None:
        """One more cell that was not there before."""
        found = _DAY.fullmatch(text) if len(text) <= 40 and any(c.isdigit() for c in text[:12]) else None
        day = self._day(found[1]) if found else None
        if found is None or day is None:
            self.alive = False
            return
        clock = self._clock(found[2], found[3]) if found[3] else ""
        if clock is None or not self.orders:
            self.alive = False
            return
        pattern = day + clock
        self.patterns[pattern] = self.patterns.get(pattern, 0) + 1

    def _day(self, text: str) -> str | None:
        if found := _YEAR_FIRST.fullmatch(text):
            year, first, month, second, day, last = found.groups()
            return f"%Y{first}%m{second}%d{last}" if _is_day(int(year), int(month), int(day)) else None
        if found := _YEAR_LAST.fullmatch(text):
            return self._year_last(*found.groups())
        self.natural = False
        if found := _COMPACT.fullmatch(text):
            self.compact = True
            return "%Y%m%d" if _is_day(*(int(part) for part in found.groups())) else None
        return _named(text)

    def _year_last(self, first: str, mark: str, second: str, year: str) -> str | None:
        self.ordered = True
        self.natural = self.natural and len(year) == 4
        full = int(year) if len(year) == 4 else 2000 + int(year)
        if not _is_day(full, int(first), int(second)):
            self.orders.discard(MONTH_FIRST)
        if not _is_day(full, int(second), int(first)):
            self.orders.discard(DAY_FIRST)
        return f"%d{mark}%m{mark}{'%Y' if len(year) == 4 else '%y'}"

    def _clock(self, between: str, text: str) -> str | None:
        found = _TIME.fullmatch(text)
        if found is None:
            return None
        hour, minute, seconds, fraction, half, zone = found.groups()
        most = 12 if half else 23
        if int(hour) > most or int(minute) > 59 or seconds and int(seconds[1:]) > 59 or half and int(hour) == 0:
            return None
        self.with_time += 1
        midnight = int(hour) == (12 if half else 0) and (half or "am").strip().lower() == "am"
        self.past_midnight = self.past_midnight or not midnight or int(minute) > 0 or bool(seconds and int(seconds[1:]))
        self.natural = self.natural and not half and not zone and len(between) == 1
        pattern = ("%I" if half else "%H") + ":%M" + (":%S" if seconds else "") + (".%f" if fraction else "")
        return between + pattern + ((" %p" if half[0] == " " else "%p") if half else "") + ("%z" if zone else "")

    @property
    def pattern(self) -> str:
        """The pattern of most cells, day first where there is a choice."""
        return max(self.patterns, key=lambda pattern: self.patterns[pattern], default="")

    @property
    def readable(self) -> bool:
        """Whether one pattern, or none, reads every cell."""
        return self.alive and (self.natural or len(self.patterns) == 1)


def in_order(pattern: str, order: str) -> str:
    """A day-first pattern with the numbers in this order."""
    if order == DAY_FIRST or not pattern.startswith("%d"):
        return pattern
    return re.sub(r"^%d(.)%m", r"%m\1%d", pattern)


def _named(text: str) -> str | None:
    if found := _DAY_NAMED.fullmatch(text):
        day, mark, month, year = found.groups()
        number, word = _month(month)
        full = int(year) if len(year) == 4 else 2000 + int(year)
        return f"%d{mark}{word}{mark}{'%Y' if len(year) == 4 else '%y'}" if _is_day(full, number, int(day)) else None
    if found := _NAMED_DAY.fullmatch(text):
        month, day, mark, year = found.groups()
        number, word = _month(month)
        return f"{word} %d{mark}%Y" if _is_day(int(year), number, int(day)) else None
    return None


def _month(word: str) -> tuple[int, str]:
    """The number of a month and how patterns call words like this; 0 for what is none."""
    folded = word.lower()
    if folded in MONTHS:
        return MONTHS.index(folded) + 1, "%b"
    return (_LONG.index(folded) + 1, "%B") if folded in _LONG else (0, "")


@lru_cache(20_000)
def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year >= 1
