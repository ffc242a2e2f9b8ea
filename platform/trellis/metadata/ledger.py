"""Which part of the metadata is kept in which table, column or index: the memory that survives every rename."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property


class State(StrEnum):
    """What has become of a physical thing; nothing is dropped but indexes."""

    LIVE = "live"
    PREPARED = "prepared"
    RETIRED = "retired"
    PURGED = "purged"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One physical table, column or index; `uid` is its number in the workspace, never given twice.

    `path` is `sales.account` for an entity, `sales.account#/fields/name` for a field, `#/system/…` for a system field,
    `#/search` for the search text and `#/indexes/…` for an index. `retired` is the release that retired it.
    `former` tells where it was before, oldest first: until which release (not that one itself) under which path; the
    path is empty for a time out of use that ended in a restore.
    """

    uid: int
    path: str
    physical: str
    signature: str
    state: State = State.LIVE
    retired: int | None = None
    former: tuple[tuple[int, str], ...] = ()

    @property
    def entity(self) -> str:
        """The id of the entity that this belongs to."""
        return self.path.partition("#")[0]

    def path_at(self, release: int) -> str:
        """The path that it had in a release, as far as it was there already; empty while it was out of use."""
        found = next((path for until, path in self.former if until > release), self.path)
        return "" if self.retired is not None and self.retired <= release else found

    def changed_since(self, release: int) -> bool:
        """Whether it was renamed, retired or restored after a release."""
        return any(until > release for until, _path in self.former) or (self.retired or 0) > release


@dataclass(frozen=True)
class Ledger:
    """All entries of a workspace, retired ones included."""

    entries: tuple[LedgerEntry, ...] = ()

    @cached_property
    def live(self) -> Mapping[str, LedgerEntry]:
        """The entries in use, by path."""
        return {entry.path: entry for entry in self.entries if entry.state is State.LIVE}

    @cached_property
    def of_entity(self) -> Mapping[str, tuple[LedgerEntry, ...]]:
        """The entries in use, by the entity they belong to."""
        found: dict[str, list[LedgerEntry]] = {}
        for entry in self.live.values():
            found.setdefault(entry.entity, []).append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    @cached_property
    def physicals(self) -> frozenset[str]:
        """Every name that was ever given."""
        return frozenset(entry.physical for entry in self.entries)

    @property
    def next_uid(self) -> int:
        """The number of the next entry."""
        return max((entry.uid for entry in self.entries), default=0) + 1

    def with_changes(self, written: Iterable[LedgerEntry], removed: Iterable[int] = ()) -> "Ledger":
        """The ledger after entries were written (by uid) and removed."""
        by_uid = {entry.uid: entry for entry in self.entries} | {entry.uid: entry for entry in written}
        gone = set(removed)
        return Ledger(tuple(by_uid[uid] for uid in sorted(by_uid) if uid not in gone))

    def as_of(self, release: int) -> "Ledger":
        """The ledger as an older release needs it: under the paths of then; what was retired since is in use again."""
        moved = [entry for entry in self.entries if entry.changed_since(release)]
        if not moved:
            return self
        since = {entry.path_at(release): entry for entry in reversed(moved) if entry.path_at(release)}
        kept = [entry for entry in self.entries if not entry.changed_since(release) and entry.path not in since]
        back = (replace(entry, path=path, state=State.LIVE, retired=None) for path, entry in since.items())
        return Ledger((*kept, *back))


def field_path(entity: str, key: str) -> str:
    """The path of a field that a document declares."""
    return f"{entity}#/fields/{key}"


def system_path(entity: str, key: str) -> str:
    """The path of a system field."""
    return f"{entity}#/system/{key}"


def search_path(entity: str) -> str:
    """The path of the text that search looks in."""
    return f"{entity}#/search"


def index_path(entity: str, name: str) -> str:
    """The path of an index."""
    return f"{entity}#/indexes/{name}"
