"""Whether all cells of a column are mail addresses, web addresses or phone numbers, as the field types themselves see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from trellis.metadata.fieldtypes import fieldtypes
from trellis.services.proposing import words

REGIONS = ("CN", "US", "GB", "DE")
Shape = tuple[str, str]
"""A type, and for phone numbers the region in which they are read."""


@dataclass
class Shapes:
    """The shapes that every cell so far has."""

    alive: list[Shape] = field(default_factory=list)

    @classmethod
    def for_header(cls, header: str) -> "Shapes":
        """All shapes; phone numbers only where the header speaks of them, as any number could be one."""
        phones = [("phone", region) for region in REGIONS] if words.says(header, words.PHONE) else []
        return cls([("email", ""), ("url", ""), *phones])

    def add(self, text: str) -> None:
        """One more cell that was not there before."""
        self.alive = [shape for shape in self.alive if _looks(shape[0], text) and _accepts(shape, text)]


def _looks(kind: str, text: str) -> bool:
    if kind == "email":
        return "@" in text
    if kind == "url":
        return text[:4].lower() in ("http", "www.")
    return sum(character.isdigit() for character in text) >= 7


def _accepts(shape: Shape, text: str) -> bool:
    try:
        _checker(shape)(text)
    except ValidationError:
        return False
    return True


@cache
def _checker(shape: Shape) -> Callable[[str], Any]:
    kind, region = shape
    cls = fieldtypes.get(kind)
    assert cls is not None
    return TypeAdapter(
        cls.model_validate({"type": kind, **({"region": region} if region else {})}).annotation()
    ).validate_python
