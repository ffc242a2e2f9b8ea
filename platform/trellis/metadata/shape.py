"""How one entity is kept: its table, columns and side tables, read from the document and the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from trellis.metadata.documents import Entity
from trellis.metadata.ledger import Ledger, field_path, search_path, system_path
from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
    JsonKind,
    SideTable,
    StorageKind,
    TextKind,
)

_SYSTEM_COLUMNS = {"owner": "owner_id", "owner_team": "owner_team_id"}


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A physical column."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class SideShape:
    """A physical table of the values of one field with many values."""

    table: str
    kind: ColumnKind


@dataclass(frozen=True)
class EntityShape:
    """A physical table: `columns` and `sides` by field key, system fields included; `search` names the search table."""

    entity: str
    number: int
    table: str
    columns: Mapping[str, ColumnShape]
    sides: Mapping[str, SideShape]
    search: str | None

    def place(self, key: str) -> ColumnShape | SideShape:
        """Where the values of a field are; raises KeyError."""
        return self.columns[key] if key in self.columns else self.sides[key]


def shape_of(entity: Entity, ledger: Ledger) -> EntityShape:
    """The shape of a published entity; raises KeyError when the ledger does not know it."""
    columns: dict[str, ColumnShape] = {}
    sides: dict[str, SideShape] = {}
    for key, kind in storage_of(entity).items():
        physical = ledger.live[kept_at(entity, key)].physical
        if isinstance(kind, SideTable):
            sides[key] = SideShape(physical, kind.value)
        else:
            columns[key] = ColumnShape(physical, kind)
    table, search = ledger.live[entity.id], ledger.live.get(search_path(entity.id))
    return EntityShape(entity.id, table.uid, table.physical, columns, sides, search.physical if search else None)


def storage_of(entity: Entity) -> Mapping[str, StorageKind]:
    """The storage of every field that is kept, by key: id first, then the other system fields, then the entity's own."""
    own = {key: field.storage for key, field in entity.fields.items() if field.stored}
    system = {key: field.storage for key, field in entity.all_fields.items() if key not in entity.fields}
    return system | own


def kept_at(entity: Entity, key: str) -> str:
    """The ledger path of a field."""
    return field_path(entity.id, key) if key in entity.fields else system_path(entity.id, key)


def kept_as(entity: Entity, key: str, kind: StorageKind) -> str:
    """The signature of a field: computed values never share a column with values that somebody entered."""
    field = entity.fields.get(key)
    return f"computed:{signature(kind)}" if field is not None and field.computed else signature(kind)


def system_column(key: str) -> str:
    """The fixed column name of a system field."""
    return _SYSTEM_COLUMNS.get(key, key)


def signature(kind: StorageKind) -> str:
    """What must stay the same for values to stay in their column.

    The precision of a decimal is not part of it: every decimal column holds 18 digits, fewer are a matter of validation.
    """
    match kind:
        case SideTable(value):
            return f"many:{signature(value)}"
        case DecimalKind(scale=scale):
            return f"decimal:{scale}"
        case TextKind():
            return "text"
        case IntegerKind():
            return "integer"
        case BooleanKind():
            return "boolean"
        case DateKind():
            return "date"
        case DateTimeKind():
            return "datetime"
        case IdKind():
            return "id"
        case JsonKind():
            return "json"
        case _:
            assert_never(kind)
