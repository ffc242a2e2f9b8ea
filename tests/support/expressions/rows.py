"""Random rows in which every edge of every kind turns up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from tests.support.expressions.world import KINDS, PEOPLE, SEVERAL, STAGES, TAGS, TIERS
from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
)
from trellis.storage.codecs import encoder

Row = Mapping[str, object]
"""Values by dotted name. A text is never empty: the platform keeps null in its place."""

EMPTY_SHARE = 0.15
DATES = tuple(
    date.fromisoformat(text)
    for text in (
        "0001-01-01", "0001-12-31", "9999-01-01", "9999-12-31", "2024-02-29", "2023-12-31", "2024-01-31", "1900-02-28",
        "2000-02-29", "2024-12-30", "2021-01-03", "2023-02-28", "0004-02-29", "2024-03-31", "2024-11-30",
    )
)  # fmt: skip
MOMENTS = tuple(
    datetime.fromisoformat(text + "+00:00")
    for text in (
        "0001-01-01T00:00:01", "9999-12-31T23:59:59", "2024-02-29T12:30:00", "2024-02-29T23:59:59", "2024-03-01T00:00:00",
        "1969-12-31T23:59:59", "2024-03-31T01:00:00", "2024-10-27T00:59:59", "2023-12-31T16:00:00",
    )
)  # fmt: skip
TEXTS = (
    "a", "A", "ab", "  pad ", " ", "张三", "😀x", "İı", "%_", "it's", "a\nb", "é", "e\u0301", "Ann Lee", "\u3000wide\u00a0", "ß",
    "\u202eright", "0", "1.10", "-", "👨‍👩‍👧", "\\", '"', "\ta", "ﬀ", "aaaa", "2024-02-29", "NULL", "a" * 400, "长" * 300,
    "x😀" * 100,
)  # fmt: skip
CHOICES = {"stage": STAGES, "account.tier": TIERS}
INTEGERS = (0, 1, -1, 2, 3, 7, 12, 100, 9999, 10_000, 2**31, -(2**31) - 1, 2**53 - 1, 1 - 2**53)


ZONES = ("Asia/Shanghai", "UTC", "America/New_York", "Europe/London", "Pacific/Apia", "Asia/Kathmandu")


def rows(count: int, seed: int) -> list[Row]:
    """Random rows, a sixth of all values empty, with parameters that are the same for all of them."""
    parameters = random_parameters(Random(seed))
    return [{**_Dice(Random(seed * 1_000_003 + number)).row(), **parameters} for number in range(count)]


def random_parameters(random: Random) -> dict[str, object]:
    """Random values of what is known before rows are read."""
    return {
        "me.id": random.choice((*PEOPLE, None)),
        "me.email": random.choice((*TEXTS, None)),
        "me.team": random.choice((*PEOPLE, None)),
        "me.roles": random.choice(((), ("sales.rep",), ("sales.rep", "sales.manager"))),
        "zone": random.choice(ZONES),
        "setting.limit": random.choice((*INTEGERS, None)),
        "today": random.choice(DATES),
        "now": random.choice(MOMENTS),
        "record.exists": random.random() < 0.5,
    }


def encoded_row(number: int, row: Row, dialect: str) -> tuple[object, ...]:
    """A row as the driver takes it, in column order."""
    encoders = {key: encoder(kind, dialect) for key, kind in KINDS.items()}
    return (number, *((encode(row[key]) if encode else row[key]) for key, encode in encoders.items()))


@dataclass(frozen=True)
class _Dice:
    random: Random

    def row(self) -> Row:
        values: dict[str, object] = {key: self._value(key, kind) for key, kind in KINDS.items()}
        return values | {key: self._several(TAGS if key == "tags" else PEOPLE) for key in SEVERAL}

    def _several(self, choices: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.random.sample(choices, self.random.randint(0, len(choices))))

    def _value(self, key: str, kind: ColumnKind) -> object:
        if self.random.random() < EMPTY_SHARE:
            return None
        match kind:
            case DecimalKind(precision, scale):
                return self._decimal(precision, scale)
            case IntegerKind():
                return self.random.choice((self.random.choice(INTEGERS), self.random.randint(-20, 40)))
            case BooleanKind():
                return self.random.random() < 0.5
            case DateKind():
                near = date(2020, 1, 1) + timedelta(days=self.random.randint(0, 3000))
                return self.random.choice((near, self.random.choice(DATES)))
            case DateTimeKind():
                near = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randint(-9_999_999, 9_999_999))
                return self.random.choice((near, self.random.choice(MOMENTS)))
            case IdKind():
                return self.random.choice(PEOPLE)
        return self.random.choice(CHOICES.get(key, TEXTS))

    def _decimal(self, digits: int, scale: int) -> Decimal:
        largest, one = int(10**digits) - 1, int(10**scale)
        edges = (0, 1, -1, largest, -largest, one, one // 2, -3 * one // 2, 5, -15, 25)
        units = self.random.choice(
            (
                self.random.choice(edges),
                self.random.randint(-min(99999, largest), min(99999, largest)),
                self.random.randint(-largest, largest),
            )
        )
        return Decimal(units).scaleb(-scale)
