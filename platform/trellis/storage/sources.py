"""Where the columns of a statement come from: the entity's table and the lookups that are followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import cloned_traverse

from trellis.engine.access import Access
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.language import language
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import ColumnKind
from trellis.storage.expressions import SqlColumn, compile_condition, encode_literals
from trellis.storage.tables import EntityTable, Tables

Columns = Mapping[str, sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Joined:
    """An entity as it takes part in a statement: its columns by field key."""

    entity: str
    table: EntityTable
    columns: Columns


@dataclass
class Sources:
    """Grows joins on demand while a statement is written; every joined record must be readable, else it is null."""

    tables: Tables
    access: Access
    base: Joined
    start: sa.FromClause
    _joined: dict[tuple[str, ...], Joined] = field(default_factory=dict)
    _joins: list[tuple[sa.FromClause, sa.ColumnElement[bool]]] = field(default_factory=list)

    @classmethod
    def of(cls, tables: Tables, access: Access, entity: str, name: str = "r") -> "Sources":
        """Sources that start at the table of an entity."""
        table = tables.entity(entity)
        alias = table.table.alias(name)
        return cls(tables, access, Joined(entity, table, aliased_columns(table, alias)), alias)

    @property
    def snapshot(self) -> Snapshot:
        return self.tables.snapshot

    def column(self, path: Path) -> SqlColumn:
        """The column of a path of the expression language; joins what lies between."""
        joined = self.follow(tuple(hop.field_key for hop in path.hops))
        return SqlColumn(joined.columns[path.field], joined.table.kinds[path.field])

    def at(self, path: str) -> tuple[sa.ColumnElement[Any], ColumnKind]:
        """The column of a dotted path with its kind."""
        *hops, key = path.split(".")
        joined = self.follow(tuple(hops))
        return joined.columns[key], joined.table.kinds[key]

    def exists_in(self, path: Path, value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a field with several values has one."""
        side, record = self._side(path)
        return sa.exists(sa.select(sa.literal_column("1")).where(side.c.record == record, side.c.value == value))

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        """Whether a field with several values has any."""
        side, record = self._side(path)
        return sa.exists(sa.select(sa.literal_column("1")).where(side.c.record == record))

    def _side(self, path: Path) -> tuple[sa.FromClause, sa.ColumnElement[Any]]:
        joined = self.follow(tuple(hop.field_key for hop in path.hops))
        return joined.table.sides[path.field].alias(), joined.columns["id"]

    def follow(self, hops: tuple[str, ...]) -> Joined:
        """The entity at the end of a chain of lookups."""
        if not hops:
            return self.base
        if hops not in self._joined:
            self._joined[hops] = self._join(hops)
        return self._joined[hops]

    def _join(self, hops: tuple[str, ...]) -> Joined:
        before = self.follow(hops[:-1])
        link = self.snapshot.entity(before.entity).field(hops[-1])
        if link is None or link.target is None:
            raise KeyError(".".join(hops))
        table = self.tables.entity(link.target)
        alias = table.table.alias("_".join(("j", *hops))[:50] + str(len(self._joins)))
        joined = Joined(link.target, table, aliased_columns(table, alias))
        self._joins.append((alias, joined.columns["id"] == before.columns[hops[-1]]))
        readable = readable_condition(self, joined, len(self._joins))
        if readable is not None:
            place, on = self._joins[-1]
            self._joins[-1] = (place, on & readable)
        return joined

    def from_clause(self, start: sa.FromClause | None = None) -> sa.FromClause:
        """The table, or `start` that has it, with all joins that were asked for."""
        clause = self.start if start is None else start
        for alias, on in self._joins:
            clause = clause.outerjoin(alias, on)
        return clause


def aliased_columns(table: EntityTable, alias: sa.FromClause) -> Columns:
    """The columns of an entity's table under another name, by field key."""
    return {key: alias.c[column.name] for key, column in table.columns.items()}


def readable_condition(sources: Sources, joined: Joined, number: int) -> sa.ColumnElement[bool] | None:
    """The right to read records of a joined entity, as a condition; None when all may be read."""
    if not sources.access.allows(joined.entity, "read"):
        return sa.false()
    inner = Sources(sources.tables, sources.access, joined, sources.start)
    return right_condition(inner, joined.entity, "read", prefix=f"a{number}_")


def right_condition(sources: Sources, entity: str, action: str, prefix: str = "r_") -> sa.ColumnElement[bool] | None:
    """For which records of `entity` an action is allowed, its constants filled in; None for all. Ask `allows` first."""
    source = sources.access.condition(entity, action)
    if source is None:
        return None
    expression = language(sources.snapshot).condition(entity, source)
    return with_constants(expression, sources, prefix=prefix)


def with_constants(expression: Expression, sources: Sources, *, prefix: str) -> sa.ColumnElement[bool]:
    """A condition of a document: its constants belong to the statement."""
    dialect = sources.tables.dialect
    condition = compile_condition(expression, sources, dialect, prefix=prefix)
    values = encode_literals(expression, dialect, prefix=prefix)

    def fill(bind: sa.BindParameter[Any]) -> None:
        if bind.key in values:
            bind.value, bind.required = values[bind.key], False

    return cloned_traverse(condition, {}, {"bindparam": fill})


def right_flag(sources: Sources, entity: str, action: str) -> sa.ColumnElement[Any]:
    """1 where the action is allowed on the record, else 0."""
    if not sources.access.allows(entity, action):
        return sa.literal_column("0")
    condition = right_condition(sources, entity, action, prefix=f"{action}_")
    if condition is None:
        return sa.literal_column("1")
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0"))


def title_path(snapshot: Snapshot, entity: Entity, depth: int = 3) -> tuple[str, ...]:
    """The path to the text by which people know a record; follows titles that are links themselves."""
    title = entity.title
    if title.target is None or depth == 0:
        return (title.key,)
    return (title.key, *title_path(snapshot, snapshot.entity(title.target), depth - 1))
