"""The rows that a transaction holds, and how it waits for more.

Rows that come later in the order of locks are waited for as long as it takes: whoever holds them does not wait for ours.
For rows that come earlier, or that are held together with others, a transaction waits a moment only and then gives up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

Place = tuple[int, str, str]
"""The rank of an entity, its id, and the id of a record."""


@dataclass
class Locks:
    """What one transaction has locked."""

    highest: Place | None = None
    hurried: bool = False
    _alone: set[tuple[str, str]] = field(default_factory=set)
    _shared: set[tuple[str, str]] = field(default_factory=set)

    def missing(self, entity: str, ids: Collection[str], *, shared: bool) -> list[str]:
        """The records that are not held yet, in their order."""
        held = self._alone | self._shared if shared else self._alone
        return sorted({record for record in ids if (entity, record) not in held})

    def is_late(self, rank: int, entity: str, ids: Sequence[str]) -> bool:
        """Whether records, in their order, ought to have been locked before others that are held."""
        return self.highest is not None and bool(ids) and (rank, entity, ids[0]) <= self.highest

    def note(self, rank: int, entity: str, ids: Sequence[str], *, shared: bool) -> None:
        """These records, in their order, are held from now on."""
        if not ids:
            return
        (self._shared if shared else self._alone).update((entity, record) for record in ids)
        last = (rank, entity, ids[-1])
        self.highest = max(self.highest or last, last)
