"""Versions of packs, and ranges of them such as `>=1.2 <2`."""

import operator
import re
from dataclasses import dataclass

_VERSION = re.compile(r"^\d{1,6}\.\d{1,6}\.\d{1,6}$")
_PART = re.compile(r"^(>=|<=|>|<|==|=)(\d{1,6}(?:\.\d{1,6}){0,2})$")
_COMPARE = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "=": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Three numbers, compared from the left (semver.org without pre-releases)."""

    major: int
    minor: int = 0
    patch: int = 0

    @classmethod
    def read(cls, text: str) -> "Version | None":
        """The version that a text says in full, or None."""
        return _numbers(text) if _VERSION.match(text) else None


@dataclass(frozen=True, slots=True)
class Range:
    """Versions that satisfy all of some comparisons."""

    parts: tuple[tuple[str, Version], ...]

    @classmethod
    def read(cls, text: str) -> "Range | None":
        """The range that a text such as `>=1.2 <2` says, or None."""
        found = [_PART.match(part) for part in text.split()]
        if not found or not all(found):
            return None
        return cls(tuple((part[1], _numbers(part[2])) for part in found if part))

    def holds(self, version: Version) -> bool:
        """Whether a version is in this range."""
        return all(_COMPARE[sign](version, limit) for sign, limit in self.parts)


def _numbers(text: str) -> Version:
    return Version(*(int(number) for number in text.split(".")))
