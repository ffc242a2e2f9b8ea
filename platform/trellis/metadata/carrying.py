"""Fields whose values have to move or be looked at when documents change: other types, targets and options."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, type_name
from trellis.metadata.identity import renamed_path
from trellis.metadata.intent import Intent
from trellis.metadata.ledger import Ledger, LedgerEntry, State, field_path
from trellis.metadata.plan import MoveValues, Operation, RemoveOptions, RequireValue, Risk
from trellis.metadata.shape import ColumnShape, EntityShape, SideShape, shape_of
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import SideTable

_WIDER = {("text", "longtext"), ("email", "text"), ("tel", "text"), ("url", "text"), ("url", "longtext")}
_ALIKE = frozenset({"decimal", "currency"})


@dataclass(frozen=True)
class Former:
    """What a release knew about the fields of the next one, under the names of the next one."""

    fields: Mapping[str, tuple[Entity, FieldType]]
    """By the path that they have now, with the entity of then."""
    ledger: Ledger = field(default_factory=Ledger)

    @classmethod
    def of(cls, old: Snapshot | None, ledger: Ledger, intent: Intent, same: Collection[str] = ()) -> "Former":
        """The fields of all entities of a release after the renames, those in `same` left out."""
        found = {}
        entities = old.entities if old else {}
        for entity in (entity for key, entity in entities.items() if key not in same):
            for key, item in entity.fields.items():
                found[renamed_path(field_path(entity.id, key), intent)] = (entity, item)
        return cls(found, ledger)

    def at(self, entity: str, key: str) -> FieldType | None:
        """The field that values under this key were entered into."""
        found = self.fields.get(field_path(entity, key))
        return found[1] if found else None

    def shape_at(self, path: str) -> EntityShape:
        """How the entity was kept that had the field with this path; raises KeyError."""
        return shape_of(self.fields[path][0], self.ledger)


def needs_new_place(before: FieldType | None, after: FieldType) -> bool:
    """Whether values must move although the column would do: they mean something else from now on."""
    if before is None or before.computed or after.computed:
        return False
    pair = (type_name(type(before)), type_name(type(after)))
    if pair[0] != pair[1]:
        return not (pair in _WIDER or set(pair) <= _ALIKE)
    return before.target != after.target or bool(replaced_options(before, after))


def replaced_options(before: FieldType, after: FieldType) -> Mapping[str, str]:
    """Options that were in use without a replacement before and name one now, with what takes their place."""
    known, wanted = getattr(before, "choices", {}), getattr(after, "choices", {})
    fresh = {
        key: option.replaced_by
        for key, option in wanted.items()
        if option.replaced_by and key in known and known[key].replaced_by != option.replaced_by
    }
    return {key: _end(key, fresh) for key in fresh}


def _end(key: str, replaced: Mapping[str, str]) -> str:
    """Where a chain of replacements ends."""
    seen = {key}
    while replaced.get(key) is not None and replaced[key] not in seen:
        key = replaced[key]
        seen.add(key)
    return key


def moves(entity: Entity, named: Ledger, after: Ledger, former: Former) -> Iterator[MoveValues]:
    """The values of an entity that change their place, `named` being the ledger of before under the new names."""
    shape = shape_of(entity, after)
    for key, item in entity.fields.items():
        path = field_path(entity.id, key)
        source, target = named.live.get(path), after.live.get(path)
        before = former.at(entity.id, key)
        if source is None or target is None or before is None or source.uid == target.uid:
            continue
        if before.computed or item.computed or entity.id not in named.live:
            continue
        since = _taken_back(named, target)
        replaced = replaced_options(before, item) if since is None else replaced_options(item, before)
        yield MoveValues(
            path, shape.table, _place(before, source.physical), _stands(shape, key), entity.label, before, item,
            replaced, since, _risk(before, item),
            _linked(item, after),
        )  # fmt: skip


def _taken_back(named: Ledger, target: LedgerEntry) -> int | None:
    """The release that retired a place which is in use again."""
    was = next((entry for entry in named.entries if entry.uid == target.uid), None)
    return was.retired if was is not None and was.state is State.RETIRED else None


def _linked(field: FieldType, ledger: Ledger) -> str | None:
    found = ledger.live.get(field.target or "")
    return found.physical if found else None


def _risk(before: FieldType, after: FieldType) -> Risk:
    same = type(before) is type(after) and before.target == after.target
    return Risk.SLOW if same and before.storage == after.storage else Risk.LOSSY


def _place(field: FieldType, physical: str) -> ColumnShape | SideShape:
    kind = field.storage
    return SideShape(physical, kind.value) if isinstance(kind, SideTable) else ColumnShape(physical, kind)


def _stands(shape: EntityShape, key: str) -> ColumnShape | SideShape:
    return shape.sides.get(key) or shape.columns[key]


def checks(entity: Entity, named: Ledger, after: Ledger, former: Former) -> Iterator[Operation]:
    """What values may break that stay where they are."""
    for key, item in entity.fields.items():
        path, before = field_path(entity.id, key), former.at(entity.id, key)
        if before is None or before.computed or item.computed or named.live.get(path) != after.live.get(path):
            continue
        if item.required and not before.required and item.type != "autonumber":
            only_new = getattr(item, "required_for", "all") == "new"
            shape = former.shape_at(path)
            yield RequireValue(path, shape, before.key, entity.label, item.caption, only_new)
        gone = _gone_options(before, item)
        if gone:
            yield RemoveOptions(path, former.shape_at(path), before.key, entity.label, item.caption, gone)


def _gone_options(before: FieldType, after: FieldType) -> Mapping[str, str]:
    if type(before) is not type(after):
        return {}
    known, wanted = getattr(before, "choices", {}), getattr(after, "choices", {})
    return {key: option.label or key for key, option in known.items() if key not in wanted}
