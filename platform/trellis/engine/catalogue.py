"""The entities of a release as the expression language sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from trellis.engine.expr.scope import FieldInfo
from trellis.engine.expr.types import Kind, Type
from trellis.metadata.fieldtypes import FieldType, Integer, MultiSelect, Select
from trellis.metadata.snapshot import Snapshot

_KINDS = {
    "text": Kind.TEXT, "number": Kind.NUMBER, "money": Kind.MONEY, "percent": Kind.PERCENT, "bool": Kind.BOOL,
    "date": Kind.DATE, "datetime": Kind.DATETIME, "option": Kind.OPTION, "options": Kind.OPTIONS, "ref": Kind.REF,
    "refs": Kind.OPTIONS, "duration": Kind.DURATION,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SnapshotCatalogue:
    """The `EntityCatalogue` of a snapshot; each field is described once."""

    snapshot: Snapshot
    _known: dict[tuple[str, str], FieldInfo | None] = field(default_factory=dict, repr=False)

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        """The field, or None when there is none of that key."""
        place = (entity_id, field_key)
        if place not in self._known:
            self._known[place] = self._described(entity_id, field_key)
        return self._known[place]

    def field_keys(self, entity_id: str) -> Iterable[str]:
        """The keys of all fields that are offered, system fields last; hidden ones can be used all the same."""
        entity = self.snapshot.entities.get(entity_id)
        return tuple(key for key, field in entity.all_fields.items() if not field.hidden) if entity else ()

    def label(self, entity_id: str) -> str:
        """The name people give the entity."""
        entity = self.snapshot.entities.get(entity_id)
        return entity.label or entity.id if entity else entity_id

    def _described(self, entity_id: str, field_key: str) -> FieldInfo | None:
        entity = self.snapshot.entities.get(entity_id)
        found = entity.field(field_key) if entity else None
        if found is None:
            return None
        target = entity_id if field_key == "id" else found.target
        follows = None if field_key == "id" else found.target
        return FieldInfo(type_of(found, target), follows, found.caption, _labels(found))


def _labels(field: FieldType) -> Mapping[str, str] | None:
    """What people read for each key of a choice."""
    if not isinstance(field, Select):
        return None
    return {key: option.label or key for key, option in field.choices.items()}


def type_of(field: FieldType, target: str | None = None) -> Type | None:
    """The type of a field's values in expressions, or None for fields that expressions cannot use."""
    kind = _KINDS.get(field.expression_kind)
    if kind is None:
        return None
    if kind in (Kind.OPTION, Kind.OPTIONS) and isinstance(field, Select | MultiSelect):
        return Type(kind, options=frozenset(field.choices) or None)
    return Type(kind, scale=field.scale, entity=target or field.target, integer=isinstance(field, Integer))
