"""Chance for the demonstration data: the same seed always draws the same values."""

import math
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from trellis.kernel.identity import uuid7

Item = TypeVar("Item")

Values = dict[str, Any]
"""The values of one record to create; `id` is among them, so that others can link to it."""


class Draw:
    """One stream of chance around one day."""

    def __init__(self, seed: int, today: date) -> None:
        self.today = today
        self._random = random.Random(seed)  # noqa: S311 - believable data, not secrets

    def id(self, day: date) -> str:
        """A UUIDv7 of some moment of a day."""
        moment = datetime.combine(day, time(8), UTC) + timedelta(milliseconds=self._random.randrange(36_000_000))
        return uuid7(moment, self._random.randbytes(10))

    def chance(self, percent: float) -> bool:
        """True in so many of a hundred cases."""
        return self._random.random() * 100 < percent

    def one(self, items: Sequence[Item]) -> Item:
        """Any of the items, all equally likely."""
        return items[self._random.randrange(len(items))]

    def some(self, items: Sequence[Item], most: int) -> list[Item]:
        """Up to `most` different items, possibly none."""
        return self._random.sample(list(items), min(len(items), self._random.randint(0, most)))

    def weighted(self, items: Sequence[tuple[Item, int]]) -> Item:
        """One of the items, as likely as its weight says."""
        return self._random.choices([item for item, _ in items], [weight for _, weight in items])[0]

    def number(self, low: int, high: int) -> int:
        """A whole number between two, both included."""
        return self._random.randint(low, high)

    def share(self) -> float:
        """A number from 0 to 1."""
        return self._random.random()

    def around(self, median: float, spread: float) -> float:
        """A positive number: half the cases lie below the median, few far above (log-normal)."""
        return math.exp(self._random.gauss(math.log(median), spread))

    def day(self, earliest: int, latest: int) -> date:
        """A day so many days from today; negative is the past."""
        return self.today + timedelta(days=self.number(earliest, latest))
