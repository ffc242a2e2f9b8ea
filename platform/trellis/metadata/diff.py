"""The difference between what is kept and what a new release needs, as a plan. Nothing is ever dropped but indexes."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from trellis.metadata.carrying import Former, checks, moves, needs_new_place
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.identity import questions, renamed, restored
from trellis.metadata.indexes import IndexShape, indexes_of
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import Ledger, LedgerEntry, State, index_path, search_path
from trellis.metadata.plan import (
    AddColumn,
    Change,
    CreateIndex,
    CreateSearch,
    CreateSideTable,
    CreateTable,
    DropIndex,
    Operation,
    Plan,
    RetireColumn,
    RetireTable,
    Risk,
)
from trellis.metadata.shape import EntityShape, kept_as, kept_at, shape_of, storage_of, system_column
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.metadata.storagekinds import SideTable, StorageKind

NO_FORMER = Former({})
LONGEST_TABLE = 55
"""Bytes of a table's name: PostgreSQL cuts at 63, and the name gets prefixes and a number."""


def plan(old: Snapshot | None, new: Snapshot, ledger: Ledger, intent: Intent = NO_INTENT) -> Plan:
    """What to do to go from a release (None: from nothing) to a new one, with what people have decided."""
    same = _untouched(old, new, intent)
    named = renamed(ledger, intent, new.release)
    before, former = restored(named, intent, new.release), Former.of(old, ledger, intent, same)
    kept = before.with_changes(kept_entries(new, before, former, intent, same))
    operations = [*_storage_operations(new, ledger, named, kept, former, same)]
    indexed, index_entries, removed = _index_operations(new, before, kept, same - _with_other_views(old, new))
    after = kept.with_changes(index_entries)
    known = {entry.uid: entry for entry in ledger.entries}
    return Plan(
        base=old.release if old else 0,
        base_hash=old.hash if old else "",
        result_hash=new.hash,
        changes=tuple(_changes(old, new)),
        operations=(*operations, *indexed, *_retirements(old, new, named, kept)),
        written=tuple(entry for entry in after.entries if known.get(entry.uid) != entry),
        removed=tuple(removed),
        next_uid=ledger.next_uid,
        intent=intent,
        questions=questions(old, new, named, intent),
    )


def _untouched(old: Snapshot | None, new: Snapshot, intent: Intent) -> frozenset[str]:
    """The entities that are the very same as before, so that nothing about their tables needs a look."""
    decided = {path.partition("#")[0] for path in (*intent.renames, *intent.renames.values(), *intent.restores)}
    known = old.entities if old else {}
    return frozenset(key for key, entity in new.entities.items() if known.get(key) is entity) - decided


def _with_other_views(old: Snapshot | None, new: Snapshot) -> frozenset[str]:
    """The entities whose views, which ask for indexes, are not the very same."""
    before = old.views if old else {}
    changed = [view for key, view in new.views.items() if before.get(key) is not view]
    gone = [view for key, view in before.items() if new.views.get(key) is not view]
    return frozenset(view.entity for view in (*changed, *gone))


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
    prepared: Mapping[tuple[str, str], LedgerEntry] = field(default_factory=dict)

    def entry(self, path: str, physical: str, kept_as: str) -> LedgerEntry:
        """A new entry, or one that waits for its use; `{no}` in the name becomes its number, and so does a clash."""
        if (path, kept_as) in self.prepared:
            return replace(self.prepared[path, kept_as], state=State.LIVE)
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        name = physical.replace("{no}", f"{uid:04d}")
        if "{no}" not in physical and name in self.taken:
            name = f"{name}_{uid:04d}"
        self.taken.add(name)
        return LedgerEntry(uid, path, name, kept_as)


def kept_entries(
    new: Snapshot,
    ledger: Ledger,
    former: Former = NO_FORMER,
    intent: Intent = NO_INTENT,
    same: Collection[str] = (),
) -> list[LedgerEntry]:
    """The entries that must be written for tables, columns and side tables: new ones, revived ones, retired ones.

    The entities in `same` are kept as they are.
    """
    numbering = _Numbering(ledger.next_uid, set(ledger.physicals), _prepared(ledger))
    stays = _without_moving(new, ledger, former, intent)
    changed = [entity for key, entity in new.entities.items() if key not in same]
    wanted = [entry for entity in changed for entry in _wanted(entity, stays, numbering)]
    current = {entry.path: entry for entry in wanted}
    used = {entry.uid for entry in wanted}
    retired = [
        replace(entry, state=State.RETIRED, retired=new.release)
        for entry in ledger.entries
        if entry.uid not in used and not _is_index(entry) and _may_retire(entry, same)
    ]
    return [*retired, *(entry for path, entry in current.items() if ledger.live.get(path) != entry)]


def _may_retire(entry: LedgerEntry, same: Collection[str]) -> bool:
    """Whether an entry that nothing uses goes out of use."""
    return entry.state is State.PREPARED or (entry.state is State.LIVE and entry.entity not in same)


def _prepared(ledger: Ledger) -> Mapping[tuple[str, str], LedgerEntry]:
    """What a publish that was not finished has made already, by path and signature."""
    return {(entry.path, entry.signature): entry for entry in ledger.entries if entry.state is State.PREPARED}


def _without_moving(new: Snapshot, ledger: Ledger, former: Former, intent: Intent) -> Ledger:
    """The ledger without the places that fields leave although their columns would do."""
    moving = {
        path
        for path, (_, before) in former.fields.items()
        if (after := _field_at(new, path)) is not None and needs_new_place(before, after)
    } - intent.restores.keys()
    return Ledger(tuple(entry for entry in ledger.entries if entry.path not in moving)) if moving else ledger


def _field_at(snapshot: Snapshot, path: str) -> FieldType | None:
    entity_id, _, key = path.partition("#/fields/")
    entity = snapshot.entities.get(entity_id)
    return entity.fields.get(key) if entity else None


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


def _storage_operations(
    new: Snapshot, known: Ledger, named: Ledger, after: Ledger, former: Former, same: Collection[str]
) -> Iterator[Operation]:
    there = {entry.uid for entry in known.entries}
    for entity in (entity for key, entity in new.entities.items() if key not in same):
        shape = shape_of(entity, after)
        added = [key for key in storage_of(entity) if after.live[kept_at(entity, key)].uid not in there]
        if shape.number not in there:
            yield CreateTable(shape, entity.label)
        else:
            yield from (_add_column(entity, shape, key) for key in added if key in shape.columns)
        yield from (
            CreateSideTable(shape.sides[key], entity.label, _caption(entity, key))
            for key in added
            if key in shape.sides
        )
        if shape.search and after.live[search_path(entity.id)].uid not in there:
            yield CreateSearch(shape.table, shape.search, entity.label)
        yield from moves(entity, named, after, former)
        yield from checks(entity, named, after, former)


def _add_column(entity: Entity, shape: EntityShape, key: str) -> AddColumn:
    return AddColumn(shape.table, shape.columns[key], entity.label, _caption(entity, key))


def _caption(entity: Entity, key: str) -> str:
    field = entity.field(key)
    return field.caption if field else key


def _index_operations(
    new: Snapshot, before: Ledger, after: Ledger, same: Collection[str]
) -> tuple[list[Operation], list[LedgerEntry], list[int]]:
    """Operations, new entries, and the numbers of entries that go."""
    numbering = _Numbering(max(before.next_uid, after.next_uid), set(), _prepared(before))
    existing = {entry.path: entry for entry in before.live.values() if _is_index(entry) and entry.entity not in same}
    operations: list[Operation] = []
    entries: list[LedgerEntry] = []
    for entity in (entity for key, entity in new.entities.items() if key not in same):
        shape = shape_of(entity, after)
        for index in indexes_of(entity, new.views_of(entity.id), shape):
            path = index_path(entity.id, index.name)
            if existing.pop(path, None) is None:
                operations.append(_create_index(index, entity, before))
                entries.append(numbering.entry(path, index.name, index.signature))
    used = {entry.uid for entry in entries}
    left = [entry for entry in before.entries if entry.state is State.PREPARED and _is_index(entry)]
    gone = [*existing.values(), *(entry for entry in left if entry.uid not in used)]
    operations += [_drop_index(entry, before, new) for entry in gone]
    return operations, entries, [entry.uid for entry in gone]


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
        entity = new.entities.get(entry.entity) or names.get(entry.entity)
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
