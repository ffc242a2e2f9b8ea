"""The tables of a release as SQLAlchemy tables, built when first asked for and shared between releases of equal shape.

There are no foreign keys: what happens to links when a record is deleted is a rule of the documents and the runtime keeps
it, with rights, history and events; a database constraint could neither explain itself nor respect the bin. Each table
stands in a `sa.MetaData` of its own, so that an old release can be forgotten table by table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import sqlalchemy as sa

from trellis.metadata.documents import Entity
from trellis.metadata.ledger import Ledger
from trellis.metadata.shape import EntityShape, shape_of
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import ColumnKind, IdKind
from trellis.storage.columntypes import column_type

ROW_NUMBER = "row_no"
"""SQLite only: the explicit rowid, which VACUUM keeps; the search table has the same rowids."""

SEARCH_TEXT = "search_text"
"""PostgreSQL only: the column of the entity's own table that search looks in."""


@dataclass(frozen=True, eq=False)
class EntityTable:
    """Where the records of one entity are kept.

    `columns` are by field key, system fields included (`owner` is the column owner_id); `kinds` has every field, those
    with many values by the kind of one value; `sides` are the tables (record, position, value) of fields with many values.
    SQLite searches in `search` (rowid = `row_number`, id, text), PostgreSQL in the column `search_text`.
    """

    entity: Entity
    table: sa.Table
    columns: Mapping[str, sa.Column[object]]
    kinds: Mapping[str, ColumnKind]
    sides: Mapping[str, sa.Table]
    search: sa.Table | None
    search_text: sa.Column[object] | None
    row_number: sa.Column[object] | None
    shape: EntityShape


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of one release on one database; `previous` gives away what still fits."""

    snapshot: Snapshot
    ledger: Ledger
    schema: str | None
    dialect: str
    _previous: dict[str, EntityTable] = field(default_factory=dict, repr=False)
    _built: dict[str, EntityTable] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, snapshot: Snapshot, ledger: Ledger, schema: str | None, dialect: str, *, previous: "Tables | None" = None
    ) -> "Tables":
        """The tables of a release; those that `previous` has with equal shape are the very same objects."""
        fits = previous is not None and (previous.schema, previous.dialect) == (schema, dialect)
        known = {**previous._previous, **previous._built} if previous and fits else {}
        return cls(snapshot, ledger, schema, dialect, known)

    def entity(self, entity_id: str) -> EntityTable:
        """The table of an entity; raises NotFound."""
        found = self._built.get(entity_id)
        return found or self._build(entity_id)

    def _build(self, entity_id: str) -> EntityTable:
        entity = self.snapshot.entity(entity_id)
        shape = shape_of(entity, self.ledger)
        former = self._previous.pop(entity_id, None)
        if former is None or former.shape != shape:
            table = entity_table(entity, shape, self.schema, self.dialect)
        else:
            table = former if former.entity == entity else replace(former, entity=entity)
        return self._built.setdefault(entity_id, table)


def entity_table(entity: Entity, shape: EntityShape, schema: str | None, dialect: str) -> EntityTable:
    """The SQLAlchemy tables of an entity with a shape."""
    table = sa.Table(
        shape.table,
        sa.MetaData(),
        *_columns(shape, dialect),
        schema=schema,
    )
    columns: dict[str, sa.Column[object]] = {key: table.c[column.name] for key, column in shape.columns.items()}
    kinds = {key: column.kind for key, column in shape.columns.items()}
    kinds |= {key: side.kind for key, side in shape.sides.items()}
    sides = {key: side_table(side.table, side.kind, schema, dialect) for key, side in shape.sides.items()}
    return EntityTable(
        entity=entity,
        table=table,
        columns=MappingProxyType(columns),
        kinds=MappingProxyType(kinds),
        sides=MappingProxyType(sides),
        search=search_table(shape.search) if shape.search and dialect == "sqlite" else None,
        search_text=table.c.get(SEARCH_TEXT),
        row_number=table.c.get(ROW_NUMBER),
        shape=shape,
    )


def _columns(shape: EntityShape, dialect: str) -> list[sa.Column[object]]:
    own: list[sa.Column[object]] = [
        sa.Column(column.name, column_type(column.kind, dialect), primary_key=column.name == "id")
        for column in shape.columns.values()
    ]
    if dialect == "sqlite":
        return [sa.Column(ROW_NUMBER, sa.Integer()), *own]
    return [*own, sa.Column(SEARCH_TEXT, sa.Text())] if shape.search else own


def side_table(name: str, kind: ColumnKind, schema: str | None, dialect: str) -> sa.Table:
    """The table of a field with many values: the owning record, the place in the list, the value."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("record", column_type(IdKind(), dialect), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("value", column_type(kind, dialect)),
        schema=schema,
    )


def search_table(name: str) -> sa.Table:
    """The full-text table of an entity on SQLite."""
    columns = (sa.Column("rowid", sa.Integer()), sa.Column("id", sa.Text()), sa.Column("text", sa.Text()))
    return sa.Table(name, sa.MetaData(), *columns)
