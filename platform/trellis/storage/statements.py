"""Statements of one release, compiled at first use and kept as long as the release."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from trellis.storage.tables import Tables

Kept = TypeVar("Kept")
_MAX_KEPT = 3_000


@dataclass(frozen=True, eq=False)
class Statements:
    """The compiled statements of a release by shape."""

    tables: Tables
    _kept: dict[Hashable, object] = field(default_factory=dict, repr=False)

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What was made for a key before, or made now."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            found = self._kept[key] = make()
        return found  # type: ignore[return-value]
