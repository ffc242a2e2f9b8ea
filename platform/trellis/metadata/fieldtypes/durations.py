"""Durations, in whole seconds."""

import re
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, FieldType, Formats, Reading, Refused, excerpt
from trellis.metadata.fieldtypes.operators import NUMERIC, Operator
from trellis.metadata.policies import LIMITS, Policies
from trellis.metadata.storagekinds import IntegerKind, StorageKind

LONGEST = 1_000_000_000_000
"""Seconds; some 31,700 years."""
_CLOCK = re.compile(r"([0-9]{1,9}):([0-5][0-9])(?::([0-5][0-9]))?")
_PARTS = re.compile(
    r"(?:([0-9]{1,9}) ?(?:d|days?|天))? ?(?:([0-9]{1,9}) ?(?:h|hours?|小时|时))? ?"
    r"(?:([0-9]{1,9}) ?(?:m|min|minutes?|分钟|分))? ?(?:([0-9]{1,13}) ?(?:s|sec|seconds?|秒))?"
)
_SECONDS = re.compile(r"[0-9]{1,13}")


def duration_from_text(text: str) -> int:
    """The seconds that a person wrote: 1:30 (hours and minutes), 1:30:15, 90m, 1h 30m, 2 days, 5400; raises Refused."""
    plain = " ".join(text.lower().replace("−", "-").replace("：", ":").split())
    sign = -1 if plain.startswith("-") else 1
    plain = plain.removeprefix("-").strip()
    if _SECONDS.fullmatch(plain):
        return sign * int(plain)
    if found := _CLOCK.fullmatch(plain):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return sign * (hours * 3_600 + minutes * 60 + seconds)
    found = _PARTS.fullmatch(plain)
    if not plain or found is None:
        raise Refused(
            "duration", Message("“{text}” is not a duration. Write it like 1:30 or 90m.", {"text": excerpt(text)})
        )
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return sign * (days * 86_400 + hours * 3_600 + minutes * 60 + seconds)


def clock(seconds: int) -> str:
    """Hours, minutes and, where there are any, seconds: 1:30, 0:00:15, -12:00."""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}"
    return f"{text}:{rest:02}" if rest else text


def _seconds(value: object) -> object:
    if isinstance(value, str):
        return duration_from_text(value) if value.strip() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float | Decimal) and isfinite(value) and value == int(value):
        return int(value)
    raise Refused("duration", Message("This is not a duration in whole seconds."))


class Duration(FieldType):
    """A length of time in whole seconds; in the API their number."""

    title: ClassVar[str] = "Duration"
    expression_kind: ClassVar[str] = "duration"
    operators: ClassVar[tuple[Operator, ...]] = NUMERIC
    type: Literal["duration"]
    policies: ClassVar[Policies] = LIMITS
    min: int | None = None
    max: int | None = None

    @property
    def storage(self) -> StorageKind:
        return IntegerKind()

    def annotation(self) -> Any:
        low = -LONGEST if self.min is None else max(self.min, -LONGEST)
        high = LONGEST if self.max is None else min(self.max, LONGEST)
        return Annotated[int, Field(ge=low, le=high), BeforeValidator(_seconds)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return duration_from_text(text) if text.strip() else None

    def to_text(self, value: Any) -> str:
        return "" if value is None else clock(value)

    def display(self, value: Any, formats: Formats) -> str:
        return self.to_text(value)

    def literal(self, value: Any) -> str:
        return f"seconds({int(value)})"

    def json_schema(self) -> dict[str, Any]:
        limits = {"minimum": self.min, "maximum": self.max}
        return {"type": ["integer", "null"]} | {key: value for key, value in limits.items() if value is not None}
