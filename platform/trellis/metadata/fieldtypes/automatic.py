"""Values that the platform makes."""

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from trellis.metadata.fieldtypes.base import FieldType
from trellis.metadata.fieldtypes.operators import TEXTUAL, Operator
from trellis.metadata.fieldtypes.texts import storable

_PLACE = re.compile(r"\{(yyyy|yy|MM|dd|seq(?::(\d{1,2}))?)\}")


class AutoNumber(FieldType):
    """A running number in a pattern such as `OP-{yyyy}{MM}-{seq:5}`; values are str."""

    title: ClassVar[str] = "Running number"
    operators: ClassVar[tuple[Operator, ...]] = TEXTUAL
    writable: ClassVar[bool] = False
    unique: bool = True
    type: Literal["autonumber"]
    pattern: str = Field("{seq:6}", max_length=80)
    reset: Literal["never", "yearly", "monthly", "daily"] = "never"

    @field_validator("pattern")
    @classmethod
    def _has_a_sequence(cls, pattern: str) -> str:
        rest = _PLACE.sub("", pattern)
        if "{seq" not in pattern or "{" in rest or "}" in rest:
            raise ValueError("must contain {seq} or {seq:5}; the other places are {yyyy}, {yy}, {MM} and {dd}")
        return pattern

    def annotation(self) -> Any:
        return Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), AfterValidator(storable)]

    def period(self, today: date) -> str:
        """The key of the counter that is in force on a day."""
        lengths = {"never": 0, "yearly": 4, "monthly": 7, "daily": 10}
        return today.isoformat()[: lengths[self.reset]]

    def number(self, today: date, sequence: int) -> str:
        """The pattern filled in."""
        return _dated(self.pattern, today).format(sequence)


@lru_cache(100)
def _dated(pattern: str, today: date) -> str:
    """The pattern of a day, with a place of `str.format` for the sequence."""
    parts = {"yyyy": f"{today:%Y}", "yy": f"{today:%y}", "MM": f"{today:%m}", "dd": f"{today:%d}"}
    return _PLACE.sub(lambda found: parts.get(found[1]) or f"{{0:0{int(found[2] or 1)}d}}", pattern)
