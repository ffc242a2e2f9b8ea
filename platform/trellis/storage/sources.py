"""Where the columns of a statement come from: the entity's table and the lookups that are followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.visitors import cloned_traverse

from trellis.engine.access import Access, access_of
from trellis.engine.computed import Computations, Computed, Formula
from trellis.engine.expr.nodes import Expression, MemberOf, Path, Reached
from trellis.kernel.actor import SYSTEM
from trellis.metadata.documents import Entity, Level
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.storagekinds import ColumnKind
from trellis.storage.connection import POSTGRESQL
from trellis.storage.expressions import SqlColumn, compile_condition, compile_value, encode_literals
from trellis.storage.expressions.contract import ColumnSource
from trellis.storage.reach import where_reached
from trellis.storage.rollups import fit, rolled_up
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
    """Grows joins on demand while a statement is written; every joined record must be readable, else it is null.

    A field that may be read on some records only is null on the others, whatever it is asked for.
    Computed fields without a column are written out where they are asked for. They follow lookups with the rights of the
    platform: who may read the field may read what came out, whatever it was computed from.
    """

    tables: Tables
    access: Access
    base: Joined
    start: sa.FromClause
    few: bool = False
    """Whether the first table has few rows: what they lead to is looked up by key, however small the other tables are."""
    _joined: dict[tuple[tuple[str, ...], int], Joined] = field(default_factory=dict)
    _joins: list[tuple[sa.FromClause, sa.ColumnElement[bool]]] = field(default_factory=list)
    _written: list[str] = field(default_factory=list)
    _levels: dict[tuple[tuple[str, ...], str], sa.ColumnElement[int] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables, access: Access, entity: str, name: str = "r") -> "Sources":
        """Sources that start at the table of an entity."""
        table = tables.entity(entity)
        alias = table.table.alias(name)
        return cls(tables, access, Joined(entity, table, aliased_columns(table, alias)), alias)

    @property
    def snapshot(self) -> Snapshot:
        return self.tables.snapshot

    @property
    def dialect(self) -> str:
        """The kind of database."""
        return self.tables.dialect

    @property
    def columns(self) -> Columns:
        """The columns of the first table by field key."""
        return self.base.columns

    def column(self, path: Path) -> SqlColumn:
        """The column of a path of the expression language; joins what lies between."""
        return self.value(tuple(hop.field_key for hop in path.hops), path.field)

    def at(self, path: str) -> tuple[sa.ColumnElement[Any], ColumnKind]:
        """The column of a dotted path with its kind."""
        *hops, key = path.split(".")
        found = self.value(tuple(hops), key)
        return found.element, found.kind

    def value(self, hops: tuple[str, ...], key: str, asked: int | None = None) -> SqlColumn:
        """The value of a field behind lookups, of which the reader asked for the first `asked`; for all and the field: None."""
        if asked is None:
            found = self.value(hops, key, len(hops))
            return SqlColumn(self.open_to_reader(hops, key, found.element), found.kind)
        joined = self.follow(hops, asked)
        element = joined.columns.get(key)
        if element is not None:
            return SqlColumn(element, joined.table.kinds[key])
        item = Computations.of(self.snapshot).at(joined.entity, key)
        if item is None or item.field.stored:
            raise KeyError(".".join((*hops, key)))
        return written_out(item, self, Behind(self, hops, asked), joined.columns["id"])

    def level(self, hops: tuple[str, ...], key: str) -> sa.ColumnElement[int] | None:
        """How far a field behind lookups that the reader asked for is open on its record; None where all records agree."""
        if (hops, key) not in self._levels:
            self._levels[hops, key] = self._level(self.follow(hops), key)
        return self._levels[hops, key]

    def _level(self, joined: Joined, key: str) -> sa.ColumnElement[int] | None:
        upgrades = self.access.upgrades(joined.entity, key)
        if not upgrades:
            return None
        cases = []
        for level in sorted({upgrade.level for upgrade in upgrades}, reverse=True):
            found = {upgrade.condition.root: upgrade.condition for upgrade in upgrades if upgrade.level == level}
            cases.append((sa.or_(*(holds(self, joined, condition) for condition in found.values())), number_of(level)))
        return sa.case(*cases, else_=number_of(self.access.level(joined.entity, key)))

    def open_to_reader(
        self, hops: tuple[str, ...], key: str, element: sa.ColumnElement[Any], least: Level = Level.READ
    ) -> sa.ColumnElement[Any]:
        """What is known of a field where the reader may read it; null on the records where not."""
        level = self.level(hops, key)
        return element if level is None else sa.case((level >= number_of(least), element))

    def behind(self, hops: tuple[str, ...]) -> "Behind":
        """The columns that a computed field behind lookups reads."""
        return Behind(self, hops, len(hops))

    def exists_in(self, path: Path, value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a field with several values has one."""
        return self.among(tuple(hop.field_key for hop in path.hops), path.field, value)

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        """Whether a field with several values has any."""
        return self.among(tuple(hop.field_key for hop in path.hops), path.field, None)

    def among(
        self, hops: tuple[str, ...], key: str, value: sa.ColumnElement[Any] | None, asked: int | None = None
    ) -> sa.ColumnElement[bool]:
        """Whether a field with several values has one, or with None any."""
        joined = self.follow(hops, len(hops) if asked is None else asked)
        side = joined.table.sides[key].alias()
        found: sa.Select[Any] = sa.select(sa.literal_column("1")).where(side.c.record == joined.columns["id"])
        found = found if value is None else found.where(side.c.value == value)
        level = self.level(hops, key) if asked is None else None
        return sa.exists(found) if level is None else sa.exists(found) & (level >= number_of(Level.READ))

    def prefix(self) -> str:
        """A prefix for constants that nobody else in this statement has."""
        self._written.append(f"v{len(self._written)}_")
        return self.start_name + self._written[-1]

    @property
    def start_name(self) -> str:
        """The name under which the first table stands in the statement."""
        return str(getattr(self.start, "name", "r"))

    def follow(self, hops: tuple[str, ...], asked: int | None = None) -> Joined:
        """The entity at the end of a chain of lookups, of which the reader asked for the first `asked`."""
        if not hops:
            return self.base
        key = (hops, len(hops) if asked is None else min(asked, len(hops)))
        if key not in self._joined:
            self._joined[key] = self._join(*key)
        return self._joined[key]

    def _join(self, hops: tuple[str, ...], asked: int) -> Joined:
        before = self.follow(hops[:-1], asked)
        link = self.snapshot.entity(before.entity).field(hops[-1])
        if link is None or link.target is None:
            raise KeyError(".".join(hops))
        table = self.tables.entity(link.target)
        name = "_".join(("j", *hops))[:50] + str(len(self._joins))
        alias = table.table.alias(name)
        joined = Joined(link.target, table, aliased_columns(table, alias))
        leads = (
            before.columns[hops[-1]] if hops[-1] in before.columns else self.value(hops[:-1], hops[-1], asked).element
        )
        if asked == len(hops):
            leads = self.open_to_reader(hops[:-1], hops[-1], leads)
        on = joined.columns["id"] == leads
        readable = readable_condition(self, joined, len(self._joins) + 1) if asked == len(hops) else None
        return self._joined_where(joined, alias, name, on if readable is None else on & readable)

    def _joined_where(self, joined: Joined, alias: sa.FromClause, name: str, on: sa.ColumnElement[bool]) -> Joined:
        """The entity as part of the statement.

        PostgreSQL would rather read a table of a thousand rows as a whole than look up thirty; the fence keeps it from that.
        """
        if not self.few or self.dialect != POSTGRESQL:
            self._joins.append((alias, on))
            return joined
        found = sa.select(*alias.c).where(on).offset(sa.literal_column("0")).lateral(name)
        self._joins.append((found, sa.true()))
        return replace(joined, columns=aliased_columns(joined.table, found))

    @property
    def joins(self) -> bool:
        """Whether anything was joined."""
        return bool(self._joins)

    def from_clause(self, start: sa.FromClause | None = None) -> sa.FromClause:
        """The table, or `start` that has it, with all joins that were asked for."""
        clause = self.start if start is None else start
        for alias, on in self._joins:
            clause = clause.outerjoin(alias, on)
        return clause


@dataclass(frozen=True, slots=True)
class Behind:
    """The columns that a computed field reads, seen from the record that holds it."""

    sources: Sources
    hops: tuple[str, ...]
    asked: int

    def column(self, path: Path) -> SqlColumn:
        """The column of a path that starts at the holder."""
        return self.sources.value(self._from_start(path), path.field, self.asked)

    def exists_in(self, path: Path, value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a field with several values has one."""
        return self.sources.among(self._from_start(path), path.field, value, self.asked)

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        """Whether a field with several values has any."""
        return self.sources.among(self._from_start(path), path.field, None, self.asked)

    def side(self, path: Path) -> tuple[sa.Table, sa.ColumnElement[Any]]:
        """The table of a field with several values, and the id of the record whose values are meant."""
        joined = self.sources.follow(self._from_start(path), self.asked)
        return joined.table.sides[path.field], joined.columns["id"]

    def _from_start(self, path: Path) -> tuple[str, ...]:
        return (*self.hops, *(hop.field_key for hop in path.hops))


@dataclass(frozen=True, slots=True)
class Entitled:
    """The columns that rights read: they follow lookups with the rights of the platform, so that no right needs another."""

    behind: Behind

    @classmethod
    def of(cls, sources: Sources) -> "Entitled":
        """The columns for rights on the first table."""
        return cls(Behind(sources, (), 0))

    def column(self, path: Path) -> SqlColumn:
        """The column of a path."""
        return self.behind.column(path)

    def exists_in(self, path: Path, value: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a field with several values has one."""
        return self.behind.exists_in(path, value)

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        """Whether a field with several values has any."""
        return self.behind.filled(path)

    def reached(self, node: Reached | MemberOf) -> sa.ColumnElement[bool]:
        """Whether a record or the actor himself is where a right looks."""
        element = self.column(node.path).element if isinstance(node, Reached) else None
        return where_reached(node, element, self.behind.sources.tables)


def written_out(item: Computed, sources: Sources, columns: ColumnSource, record: sa.ColumnElement[Any]) -> SqlColumn:
    """The value of a computed field without a column; raises NotPortable when no database can compute it."""
    dialect = sources.tables.dialect
    if isinstance(item, Formula):
        prefix = sources.prefix()
        found = compile_value(item.expression, columns, dialect, prefix=prefix, formula=True)
        element = filled_in(found.element, item.expression, dialect, prefix)
        return fit(SqlColumn(element, found.kind), item.field.kind, dialect)
    everything = access_of(SYSTEM, sources.snapshot)
    child = Sources.of(sources.tables, everything, item.source.child, sources.prefix() + "k")
    where = with_constants(item.where, child, prefix=child.prefix()) if item.where else None
    return rolled_up(item, child, record, where)


def aliased_columns(table: EntityTable, alias: sa.FromClause) -> Columns:
    """The columns of an entity's table under another name, by field key."""
    return {key: alias.c[column.name] for key, column in table.columns.items()}


def readable_condition(sources: Sources, joined: Joined, number: int) -> sa.ColumnElement[bool] | None:
    """The right to read records of a joined entity, as a condition; None when all may be read."""
    if not sources.access.allows(joined.entity, "read"):
        return sa.false()
    expression = sources.access.condition(joined.entity, "read")
    return None if expression is None else _met(sources, joined, expression, prefix=f"a{number}_")


def holds(sources: Sources, joined: Joined, expression: Expression) -> sa.ColumnElement[bool]:
    """A condition of a right on the records of a table that takes part in a statement."""
    prefix = sources.prefix()
    if joined is sources.base:
        return entitled(expression, sources, prefix=prefix)
    return _met(sources, joined, expression, prefix=prefix)


def _met(sources: Sources, joined: Joined, expression: Expression, *, prefix: str) -> sa.ColumnElement[bool]:
    """A condition of a right on joined records; where it follows lookups itself, asked in a statement of its own."""
    inner = Sources(sources.tables, sources.access, joined, sources.start, _written=sources._written)
    condition = entitled(expression, inner, prefix=prefix)
    if not inner.joins:
        return condition
    inner = Sources.of(sources.tables, sources.access, joined.entity, f"{prefix}{sources.start_name}")
    here = joined.columns["id"]
    condition = entitled(expression, inner, prefix=prefix)
    found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(inner.from_clause())
    return found.where(inner.base.columns["id"] == here, condition).correlate(here.table).exists()


def number_of(level: Level) -> sa.ColumnElement[int]:
    """A level as a number in a statement."""
    return sa.literal_column(str(int(level)), sa.Integer())


def right_condition(sources: Sources, entity: str, action: str, prefix: str = "r_") -> sa.ColumnElement[bool] | None:
    """For which records of `entity` an action is allowed, its constants filled in; None for all. Ask `allows` first."""
    expression = sources.access.condition(entity, action)
    return None if expression is None else entitled(expression, sources, prefix=prefix)


def entitled(expression: Expression, sources: Sources, *, prefix: str) -> sa.ColumnElement[bool]:
    """A condition of a right on the records of the first table, its constants filled in."""
    condition = compile_condition(expression, Entitled.of(sources), sources.dialect, prefix=prefix)
    return filled_in(condition, expression, sources.dialect, prefix, inline=True)


def with_constants(expression: Expression, sources: Sources, *, prefix: str) -> sa.ColumnElement[bool]:
    """A condition of a document: its constants belong to the statement."""
    dialect = sources.tables.dialect
    condition = compile_condition(expression, sources, dialect, prefix=prefix)
    return filled_in(condition, expression, dialect, prefix)


def filled_in(
    element: sa.ColumnElement[Any], expression: Expression, dialect: str, prefix: str, *, inline: bool = False
) -> sa.ColumnElement[Any]:
    """A compiled expression with its constants as part of the statement.

    With `inline` they stand in its text: there may be hundreds of them, which need not be sent each time.
    """
    values = encode_literals(expression, dialect, prefix=prefix)

    def fill(bind: sa.BindParameter[Any]) -> None:
        if bind.key in values:
            bind.value, bind.required = values[bind.key], False
            bind.literal_execute = inline

    return cloned_traverse(element, {}, {"bindparam": fill})


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
