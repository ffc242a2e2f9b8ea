"""The difference between what is kept and what a new release needs, as a plan. Nothing is ever dropped but indexes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from trellis.metadata.documents import Entity
from trellis.metadata.indexes import IndexShape, indexes_of
from trellis.metadata.ledger import Ledger, LedgerEntry, State, index_path, search_path
from trellis.metadata.plan import (
    AddColumn,
    Change,
    CreateIndex,
    CreateSearch,
    CreateSideTable,
    CreateTable,
    DropIndex,
    MoveValues,
    Operation,
    Plan,
    RetireColumn,
    RetireTable,
    Risk,
)
from trellis.metadata.shape import EntityShape, kept_as, kept_at, shape_of, storage_of, system_column
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.metadata.storagekinds import SideTable, StorageKind

LONGEST_TABLE = 55
"""Bytes of a table's name: PostgreSQL cuts at 63, and the name gets prefixes and a number."""


def plan(old: Snapshot | None, new: Snapshot, ledger: Ledger) -> Plan:
    """What to do to go from a release (None: from nothing) to a new one."""
    entries = kept_entries(new, ledger)
    kept = ledger.with_changes(entries)
    operations = [*_storage_operations(old, new, ledger, kept)]
    indexed, index_entries, removed = _index_operations(new, ledger, kept)
    return Plan(
        base=old.release if old else 0,
        base_hash=old.hash if old else "",
        result_hash=new.hash,
        changes=tuple(_changes(old, new)),
        operations=(*operations, *indexed, *_retirements(old, new, ledger, kept)),
        written=(*entries, *index_entries),
        removed=tuple(removed),
    )


def _changes(old: Snapshot | None, new: Snapshot) -> Iterator[Change]:
    before = old.raw if old else {}
    for key in sorted(before.keys() | new.raw.keys()):
        if key not in before:
            yield Change("added", key)
        elif key not in new.raw:
            yield Change("removed", key)
        elif _differ(before[key], new.raw[key]):
            yield Change("changed", key)


def _differ(before: Raw, after: Raw) -> bool:
    """Whether a document changed; the order of its members counts, as people see fields in that order."""
    return before is not after and json.dumps(before, default=str) != json.dumps(after, default=str)


@dataclass
class _Numbering:
    """Hands out numbers and names that were never used."""

    next_uid: int
    taken: set[str]

    def entry(self, path: str, physical: str, kept_as: str) -> LedgerEntry:
        """A new entry; `{no}` in the name becomes its number, and so does a clash."""
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        name = physical.replace("{no}", f"{uid:04d}")
        if "{no}" not in physical and name in self.taken:
            name = f"{name}_{uid:04d}"
        self.taken.add(name)
        return LedgerEntry(uid, path, name, kept_as)


def kept_entries(new: Snapshot, ledger: Ledger) -> list[LedgerEntry]:
    """The entries that must be written for tables, columns and side tables: new ones, revived ones, retired ones."""
    numbering = _Numbering(ledger.next_uid, set(ledger.physicals))
    wanted = [entry for entity in new.entities.values() for entry in _wanted(entity, ledger, numbering)]
    current = {entry.path: entry for entry in wanted}
    retired = [
        replace(entry, state=State.RETIRED, retired=new.release)
        for path, entry in ledger.live.items()
        if not _is_index(entry) and current.get(path) != entry
    ]
    return [*retired, *(entry for entry in wanted if ledger.live.get(entry.path) != entry)]


def _wanted(entity: Entity, ledger: Ledger, numbering: _Numbering) -> Iterator[LedgerEntry]:
    found = ledger.live.get(entity.id)
    yield found or numbering.entry(entity.id, f"e_{entity.pack}_{entity.name}"[:LONGEST_TABLE], "table")
    same_table = ledger if found else Ledger()
    for key, kind in storage_of(entity).items():
        yield _kept(entity, key, kind, same_table) or _fresh(entity, key, kind, numbering)
    yield _kept_search(entity, same_table) or numbering.entry(search_path(entity.id), "f{no}_search", "search")


def _kept(entity: Entity, key: str, kind: StorageKind, ledger: Ledger) -> LedgerEntry | None:
    """The entry that keeps a field already; a system column, whose name is fixed, comes back from retirement."""
    path = kept_at(entity, key)
    found = ledger.live.get(path)
    if found is None and key not in entity.fields:
        since = ledger.live[entity.id].uid if entity.id in ledger.live else 0
        retired = [entry for entry in ledger.entries if entry.path == path and entry.uid > since]
        found = replace(retired[-1], state=State.LIVE, retired=None) if retired else None
    return found if found and found.signature == kept_as(entity, key, kind) else None


def _fresh(entity: Entity, key: str, kind: StorageKind, numbering: _Numbering) -> LedgerEntry:
    path, held_as = kept_at(entity, key), kept_as(entity, key, kind)
    if key not in entity.fields:
        uid, numbering.next_uid = numbering.next_uid, numbering.next_uid + 1
        return LedgerEntry(uid, path, system_column(key), held_as)
    return numbering.entry(path, f"{'m' if isinstance(kind, SideTable) else 'c'}{{no}}_{key}", held_as)


def _kept_search(entity: Entity, ledger: Ledger) -> LedgerEntry | None:
    return ledger.live.get(search_path(entity.id))


def _is_index(entry: LedgerEntry) -> bool:
    return "#/indexes/" in entry.path


def _storage_operations(old: Snapshot | None, new: Snapshot, before: Ledger, after: Ledger) -> Iterator[Operation]:
    known = {entry.uid for entry in before.entries}
    for entity in new.entities.values():
        shape = shape_of(entity, after)
        added = [key for key in storage_of(entity) if after.live[kept_at(entity, key)].uid not in known]
        if shape.number not in known:
            yield CreateTable(shape, entity.label)
        else:
            yield from (_add_column(entity, shape, key) for key in added if key in shape.columns)
        yield from (
            CreateSideTable(shape.sides[key], entity.label, _caption(entity, key))
            for key in added
            if key in shape.sides
        )
        if shape.search and after.live[search_path(entity.id)].uid not in known:
            yield CreateSearch(shape.table, shape.search, entity.label)
        yield from _moves(old, entity, added, before)


def _add_column(entity: Entity, shape: EntityShape, key: str) -> AddColumn:
    return AddColumn(shape.table, shape.columns[key], entity.label, _caption(entity, key))


def _moves(old: Snapshot | None, entity: Entity, added: Iterable[str], before: Ledger) -> Iterator[MoveValues]:
    former = old.entities.get(entity.id) if old else None
    for key in added:
        entry, was = before.live.get(kept_at(entity, key)), former.fields.get(key) if former else None
        if entry is None or was is None or was.computed or entity.fields[key].computed:
            continue
        many = entry.signature.startswith("many:")
        source = entry.physical if many else before.live[entity.id].physical
        column = None if many else entry.physical
        yield MoveValues(
            entry.path, source, column, entity.label, _caption(entity, key), was.type, entity.fields[key].type
        )


def _caption(entity: Entity, key: str) -> str:
    field = entity.field(key)
    return field.caption if field else key


def _index_operations(
    new: Snapshot, before: Ledger, after: Ledger
) -> tuple[list[Operation], list[LedgerEntry], list[int]]:
    """Operations, new entries, and the numbers of entries that go."""
    numbering = _Numbering(max(before.next_uid, after.next_uid), set())
    existing = {entry.path: entry for entry in before.live.values() if _is_index(entry)}
    operations: list[Operation] = []
    entries: list[LedgerEntry] = []
    for entity in new.entities.values():
        shape = shape_of(entity, after)
        for index in indexes_of(entity, new.views_of(entity.id), shape):
            path = index_path(entity.id, index.name)
            if existing.pop(path, None) is None:
                operations.append(_create_index(index, entity, before))
                entries.append(numbering.entry(path, index.name, index.signature))
    operations += [_drop_index(entry, before, new) for entry in existing.values()]
    return operations, entries, [entry.uid for entry in existing.values()]


def _create_index(index: IndexShape, entity: Entity, before: Ledger) -> CreateIndex:
    risk = Risk.BLOCKED if index.too_wide else Risk.SLOW if entity.id in before.live else Risk.SAFE
    return CreateIndex(f"{entity.id}#/indexes", index, entity.label, risk)


def _drop_index(entry: LedgerEntry, before: Ledger, new: Snapshot) -> DropIndex:
    entity = new.entities.get(entry.entity)
    return DropIndex(before.live[entry.entity].physical, entry.physical, entity.label if entity else entry.entity)


def _retirements(old: Snapshot | None, new: Snapshot, before: Ledger, after: Ledger) -> Iterator[Operation]:
    """What goes out of use; the parts of a retired entity are not listed one by one."""
    names = old.entities if old else {}
    for path, entry in before.live.items():
        still = after.live.get(path)
        if _is_index(entry) or (still and still.uid == entry.uid):
            continue
        entity = names.get(entry.entity) or new.entities.get(entry.entity)
        label = entity.label if entity else entry.entity
        if path == entry.entity:
            yield RetireTable(entry.physical, label)
        elif entry.entity in new.entities and entity:
            yield _retired_field(entry, entity, before.live[entry.entity].physical)


def _retired_field(entry: LedgerEntry, entity: Entity, table: str) -> RetireColumn:
    key = entry.path.rpartition("/")[2]
    # without its bin, an entity would show deleted records again
    risk = Risk.LOSSY if entry.path.endswith("#/system/deleted_at") else Risk.SAFE
    return RetireColumn(entry.path, table, entry.physical, entity.label, _caption(entity, key), risk)
