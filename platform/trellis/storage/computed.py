"""What keeping computed fields true needs of the database: inputs as they stand, records that follow, columns rewritten.

Everything here is done with the rights of the platform and counts records in the bin as well, so that they are right when
they come back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from trellis.engine.access import Access, access_of
from trellis.engine.computed import Computations, Formula, Rollup
from trellis.engine.dependencies import Dependant
from trellis.engine.expr.nodes import Hop, Path
from trellis.kernel.actor import SYSTEM
from trellis.storage.codecs import decoder
from trellis.storage.connection import POSTGRESQL, Connection, Prepared, prepare
from trellis.storage.expressions import SqlColumn
from trellis.storage.lists import numbered, rounded
from trellis.storage.locking import to_lock
from trellis.storage.manyvalues import list_decoder, side_values
from trellis.storage.sources import Joined, Sources, written_out
from trellis.storage.statements import Statements
from trellis.storage.tables import EntityTable

Values = Mapping[str, object]
AT_ONCE = 512
"""Records that one statement reads."""
TURNS = 8
"""In how many transactions PostgreSQL rewrites a stretch of records."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The records behind `after` up to `until`, by id; with a `turn` only those of that one of the `TURNS`."""

    after: str | None
    until: str
    turn: int | None = None

    @property
    def shape(self) -> tuple[bool, bool]:
        """What a statement about it depends on."""
        return self.after is None, self.turn is None

    @property
    def values(self) -> dict[str, object]:
        """What a statement about it needs."""
        given = {"after": self.after, "until": self.until, "turn": self.turn}
        return {name: value for name, value in given.items() if value is not None}

    def holds(self, identity: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a record is one of them."""
        rules = [identity <= sa.bindparam("until", type_=identity.type)]
        if self.after is not None:
            rules.append(identity > sa.bindparam("after", type_=identity.type))
        if self.turn is not None:
            share = sa.func.uuid_hash(identity).op("&")(sa.literal_column(str(TURNS - 1)))
            rules.append(share == sa.bindparam("turn", type_=sa.Integer))
        return sa.and_(*rules)


@dataclass(frozen=True)
class ComputedStore:
    """The computed fields of one entity."""

    statements: Statements
    entity: str
    parameters: Values = field(default_factory=dict)
    """What formulas read beside records, as statements take it."""

    @property
    def dialect(self) -> str:
        return self.statements.tables.dialect

    @cached_property
    def table(self) -> EntityTable:
        return self.statements.tables.entity(self.entity)

    @cached_property
    def access(self) -> Access:
        return access_of(SYSTEM, self.statements.tables.snapshot)

    async def lock(self, connection: Connection, ids: Sequence[str], *, shared: bool = False) -> None:
        """Keep others from changing these records until the end of the transaction, in the order of their ids."""
        wanted = await to_lock(connection, self.statements.tables.snapshot, self.entity, ids, shared=shared)
        for part in parts(wanted):
            prepared = self._kept(("lock computed", shared, len(part)), partial(self._locking, len(part), shared))
            await connection.fetch(prepared, numbered("id", part))

    def _locking(self, count: int, shared: bool) -> sa.Select[Any]:
        identity = self.table.columns["id"]
        found = sa.select(identity).where(identity.in_(binds("id", count, identity))).order_by(identity)
        return found.with_for_update(read=shared)

    async def lock_range(self, connection: Connection, stretch: Stretch) -> None:
        """The same for a stretch of records.

        A statement that rewrites them must come after this one: it would wait for a record that somebody else changes, and
        then write what it saw of other records before.
        """
        if self.dialect == POSTGRESQL:
            prepared = self._kept(("lock range", stretch.shape), lambda: self._locking_range(stretch))
            await connection.fetch(prepared, stretch.values)

    def _locking_range(self, stretch: Stretch) -> sa.Select[Any]:
        identity = self.table.columns["id"]
        held = sa.select(identity).where(stretch.holds(identity)).order_by(identity).with_for_update().subquery("held")
        return sa.select(sa.func.count()).select_from(held)  # thousands of ids need not travel

    async def read(
        self, connection: Connection, ids: Sequence[str], paths: Sequence[str], rollups: Sequence[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """The values of dotted paths, and of roll-ups counted anew, for each record that is there."""
        found: dict[str, dict[str, Any]] = {}
        names, counted = tuple(paths), tuple(rollups)
        for part in parts(sorted(set(ids))):
            key = ("read computed", names, counted, len(part))
            prepared, decoders = self.statements.get(
                (*key, self.entity),
                partial(self._reading, names, counted, len(part)),
            )
            for row in await connection.fetch(prepared, {**self.parameters, **numbered("id", part)}):
                values = (decode(raw) if decode else raw for raw, decode in zip(row[1:], decoders, strict=True))
                found[str(row[0])] = dict(zip((*names, *map(fresh_name, counted)), values, strict=True))
        return found

    def _reading(self, paths: Sequence[str], rollups: Sequence[str], count: int) -> tuple[Prepared, list[Any]]:
        sources = self._sources()
        columns: list[sa.ColumnElement[Any]] = [sources.base.columns["id"]]
        decoders: list[Any] = []
        for path in paths:
            element, decode = self._value(sources, path)
            columns.append(element)
            decoders.append(decode)
        for key in rollups:
            fresh = self.fresh(sources, key)
            columns.append(fresh.element)
            decoders.append(decoder(fresh.kind, self.dialect))
        identity = sources.base.columns["id"]
        statement = sa.select(*(column.label(f"o{place}") for place, column in enumerate(columns)))
        statement = statement.select_from(sources.from_clause()).where(identity.in_(binds("id", count, identity)))
        return prepare(statement, self.dialect), decoders

    def _value(self, sources: Sources, path: str) -> tuple[sa.ColumnElement[Any], Any]:
        field = sources.snapshot.field_at(self.entity, path)
        if field is not None and field.multiple:
            *hops, key = path.split(".")
            joined = sources.follow(tuple(hops))
            side = joined.table.sides[key]
            return side_values(side, joined.columns["id"], self.dialect), list_decoder("domain")
        element, kind = sources.at(path)
        return element, decoder(kind, self.dialect)

    def fresh(self, sources: Sources, key: str) -> SqlColumn:
        """A stored field computed anew in SQL; raises NotPortable when no database can."""
        item = Computations.of(sources.snapshot).at(self.entity, key)
        if item is None:
            raise KeyError(key)
        return written_out(item, sources, sources, sources.base.columns["id"])

    async def followers(
        self,
        connection: Connection,
        dependant: Dependant,
        ids: Sequence[str] | None,
        *,
        after: str | None = None,
        limit: int,
    ) -> list[str]:
        """Records of this entity, by id, that follow a change of the records `ids` (all records when None)."""
        asked = rounded(sorted(set(ids))) if ids is not None else None
        size = len(asked) if asked is not None else None
        key = ("followers", dependant if asked is not None else None, size, after is None)
        prepared = self._kept(key, lambda: self._following(dependant, size, after is not None))
        params = {**(numbered("id", asked) if asked else {}), "limit": limit, **({"after": after} if after else {})}
        return [str(row[0]) for row in await connection.fetch(prepared, params)]

    def _following(self, dependant: Dependant, count: int | None, after: bool) -> sa.Select[Any]:
        identity = self.table.columns["id"]
        if count is None:
            statement = sa.select(identity)
        elif dependant.link is None:
            statement = sa.select(identity).where(self._leads(self.entity, dependant.hops, count, self.table.table))
        else:
            child = self.statements.tables.entity(dependant.child or "")
            rows = child.table.alias("c")
            identity = rows.c[child.columns[dependant.link].name]
            statement = sa.select(identity).distinct()
            statement = statement.where(
                identity.is_not(None), self._leads(child.entity.id, dependant.hops, count, rows)
            )
        if after:
            statement = statement.where(identity > sa.bindparam("after", type_=identity.type))
        return statement.order_by(identity).limit(sa.bindparam("limit", type_=sa.Integer))

    def _leads(self, entity: str, hops: Sequence[Hop], count: int, rows: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether the lookups lead from rows of an entity to one of `count` records."""
        table = self.statements.tables.entity(entity)
        if not hops:
            identity = rows.c[table.columns["id"].name]
            return identity.in_(binds("id", count, identity))
        link = rows.c[table.columns[hops[0].field_key].name]
        if len(hops) == 1:
            return link.in_(binds("id", count, link))
        target = self.statements.tables.snapshot.entity(entity).field(hops[0].field_key)
        other = self.statements.tables.entity((target.target if target else None) or "")
        further = other.table.alias(f"f{len(hops)}")
        there = self._leads(other.entity.id, hops[1:], count, further)
        return link.in_(sa.select(further.c[other.columns["id"].name]).where(there))

    async def diverging(self, connection: Connection, key: str, *, after: str | None, until: str) -> list[str]:
        """The records behind `after` up to `until`, by id, whose stored value is not what SQL computes.

        Raises NotPortable when no database can compute it.
        """
        prepared = self._kept(("diverging", key, after is None), lambda: self._diverging(key, after is not None))
        params = {**self.parameters, "until": until, **({"after": after} if after else {})}
        return [str(row[0]) for row in await connection.fetch(prepared, params)]

    def _diverging(self, key: str, after: bool) -> sa.Select[Any]:
        sources = self._sources()
        fresh, kept = self.fresh(sources, key), sources.base.columns[key]
        identity = sources.base.columns["id"]
        statement = sa.select(identity).select_from(sources.from_clause())
        statement = statement.where(kept.is_distinct_from(fresh.element))
        statement = statement.where(identity <= sa.bindparam("until", type_=identity.type))
        if after:
            statement = statement.where(identity > sa.bindparam("after", type_=identity.type))
        return statement.order_by(identity)

    @property
    def turns(self) -> int:
        """In how many transactions a long stretch of records is best refilled.

        PostgreSQL writes a changed row beside the old one if the page has room, else far away and into every index anew.
        The first turn takes an eighth of the rows of each page elsewhere, and each later one finds the room they left.
        """
        return TURNS if self.dialect == POSTGRESQL else 1

    def reads_others(self, keys: Sequence[str]) -> bool:
        """Whether a field is computed from more than the columns of its own record."""
        computations = Computations.of(self.statements.tables.snapshot)
        items = [computations.at(self.entity, key) for key in keys]
        return not all(
            isinstance(item, Formula) and all(not path.hops and path.field in self.table.columns for path in item.paths)
            for item in items
        )

    async def refill(self, connection: Connection, keys: Sequence[str], stretch: Stretch) -> int:
        """Compute stored fields anew in SQL for a stretch of records; how many changed.

        Raises NotPortable when no database can compute one of them.
        """
        wanted = tuple(keys)
        prepared = self.statements.get(
            ("refill", self.entity, wanted, stretch.shape), lambda: self._refilling(wanted, stretch)
        )
        return await connection.execute(prepared, {**self.parameters, **stretch.values})

    def _refilling(self, keys: Sequence[str], stretch: Stretch) -> Prepared:
        table = self.table
        values: dict[str, sa.ColumnElement[Any]] = {}
        differs = []
        for number, key in enumerate(keys):
            sources = self._rows(f"r{number}")
            fresh, column = self.fresh(sources, key).element, table.columns[key]
            if sources.joins:
                select = sa.select(fresh).select_from(sources.from_clause())
                fresh = select.correlate(table.table).scalar_subquery()
            elif isinstance(self._item(key), Formula):
                differs.append(column.is_distinct_from(fresh))
            values[column.name] = fresh
        statement = sa.update(table.table).values(values).where(stretch.holds(table.columns["id"]))
        if len(differs) == len(values):  # what is looked up elsewhere is not looked up twice
            statement = statement.where(sa.or_(*differs))
        return prepare(statement, self.dialect)

    def _rows(self, name: str) -> Sources:
        """The very rows that a statement writes; where lookups are followed, they are joined to one row without columns."""
        nothing = sa.select(sa.literal_column("1").label("one")).subquery(name)
        rows = Joined(self.entity, self.table, self.table.columns)
        return Sources(self.statements.tables, self.access, rows, nothing)

    async def last_of(self, connection: Connection, after: str | None, limit: int) -> tuple[str | None, int]:
        """The id of the last of the next `limit` records, and how many there are."""
        prepared = self._kept(("next computed", after is None), lambda: self._next(after is not None))
        rows = await connection.fetch(prepared, {"limit": limit, **({"after": after} if after else {})})
        return (str(rows[0][0]), int(rows[0][1])) if rows and rows[0][0] is not None else (None, 0)

    def _next(self, after: bool) -> sa.Select[Any]:
        identity = self.table.columns["id"]
        ids = sa.select(identity.label("id"))
        if after:
            ids = ids.where(identity > sa.bindparam("after", type_=identity.type))
        ids_ = ids.order_by(identity).limit(sa.bindparam("limit", type_=sa.Integer)).subquery("n")
        number = sa.select(sa.func.count()).select_from(ids_).scalar_subquery()
        return sa.select(ids_.c.id, number).order_by(ids_.c.id.desc()).limit(sa.literal_column("1"))

    def _sources(self) -> Sources:
        return Sources.of(self.statements.tables, self.access, self.entity)

    def _item(self, key: str) -> Formula | Rollup | None:
        return Computations.of(self.statements.tables.snapshot).at(self.entity, key)

    def _kept(self, key: tuple[object, ...], write: Any) -> Prepared:
        return self.statements.get((*key, self.entity), lambda: prepare(write(), self.dialect))


def binds(name: str, count: int, column: sa.ColumnElement[Any]) -> list[sa.BindParameter[Any]]:
    """Places for a list of values."""
    return [sa.bindparam(f"{name}{number}", type_=column.type) for number in range(count)]


def parts(ids: Sequence[str]) -> list[list[str]]:
    """A long list in pieces that statements take."""
    return [rounded(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE)]


def fresh_name(key: str) -> str:
    """The name under which a roll-up that was counted anew stands beside its stored value."""
    return f"{key} anew"


def path_name(path: Path) -> str:
    """A path as dotted text from the record it starts at."""
    return ".".join([*(hop.field_key for hop in path.hops), path.field])
