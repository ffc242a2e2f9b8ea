"""The statements that carry values from one place of an entity to another."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from trellis.metadata.shape import ColumnShape, SideShape
from trellis.metadata.storagekinds import ColumnKind, DateTimeKind, IdKind, TextKind
from trellis.storage.columntypes import column_type
from trellis.storage.connection import POSTGRESQL, Connection, Prepared, prepare
from trellis.storage.lists import numbered
from trellis.storage.manyvalues import side_values
from trellis.storage.tables import ROW_NUMBER, side_table

AT_ONCE = 512
_CHANGED = "updated_at"


class Places(Protocol):
    """What statements need to know of a move."""

    @property
    def table(self) -> str: ...
    @property
    def source(self) -> ColumnShape | SideShape: ...
    @property
    def target(self) -> ColumnShape | SideShape: ...
    @property
    def linked(self) -> str | None: ...


def statements_of(connection: Connection, move: Places) -> "RetypingStatements":
    """The statements of a move on a database; kept for the batches that follow."""
    return _statements(connection.schema, connection.dialect, move.table, move.source, move.target, move.linked)


@dataclass(frozen=True)
class RetypingStatements:
    """The statements between two places; the ways to write differ by database."""

    schema: str | None
    dialect: str
    name: str
    source: ColumnShape | SideShape
    target: ColumnShape | SideShape
    linked: str | None
    at_once: int = AT_ONCE
    _kept: dict[Hashable, Prepared] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def table(self) -> sa.TableClause:
        """The table of the entity with what is read of it."""
        columns: dict[str, ColumnKind] = {"id": IdKind(), _CHANGED: DateTimeKind()}
        places = [place for place in (self.source, self.target) if isinstance(place, ColumnShape)]
        columns |= {place.name: place.kind for place in places}
        own = [sa.column(name, column_type(kind, self.dialect)) for name, kind in columns.items()]
        numbered_rows = [] if self.dialect == POSTGRESQL else [sa.column(ROW_NUMBER, sa.Integer())]
        return sa.table(self.name, *own, *numbered_rows, schema=self.schema)

    @property
    def _row(self) -> sa.ColumnElement[Any]:
        """By what a row is found again fastest."""
        return self.table.c["id" if self.dialect == POSTGRESQL else ROW_NUMBER]

    @cached_property
    def count(self) -> Prepared:
        """All rows."""
        return self._prepared(sa.select(sa.func.count()).select_from(self.table))

    def window(self, after: str | None) -> Prepared:
        """The last of the next `limit` records."""
        return self._get("window", after is None, make=lambda: self._window(after))

    def _window(self, after: str | None) -> sa.Select[Any]:
        identity = self.table.c.id
        records = sa.select(identity).where(*self._after(after)).order_by(identity).limit(self._limit()).subquery("w")
        return sa.select(records.c.id).order_by(records.c.id.desc()).limit(sa.literal_column("1"))

    def different(self, after: str | None) -> Prepared:
        """The different values of the records behind `after` up to `until`, and how many have each."""
        return self._get("different", after is None, make=lambda: self._different(after))

    def _different(self, after: str | None) -> sa.Select[Any]:
        identity = self.table.c.id
        until = identity <= sa.bindparam("until", type_=identity.type)
        rows = sa.select(self._value(self.source).label("value"))
        rows = rows.where(*self._after(after), until, self._holds(self.source))
        held = rows.subquery("w")
        return sa.select(held.c.value, sa.func.count()).group_by(held.c.value)

    def batch(self, after: str | None, since: datetime | None) -> Prepared:
        """The next `limit` records with a value in either place: id, both values, row; locked in the order of their ids."""
        return self._get("batch", after is None, since is None, make=lambda: self._next(after, since, lock=True))

    def peek(self, after: str | None, since: datetime | None) -> Prepared:
        """The same without a lock."""
        return self._get("peek", after is None, since is None, make=lambda: self._next(after, since, lock=False))

    def _next(self, after: str | None, since: datetime | None, *, lock: bool) -> sa.Select[Any]:
        identity, old, new = self.table.c.id, self._value(self.source), self._value(self.target)
        wanted = sa.select(identity, old.label("old"), new.label("new"), self._row.label("row"))
        wanted = wanted.where(*self._after(after), sa.or_(self._holds(self.source), self._holds(self.target)))
        if since is not None:
            changed = self.table.c[_CHANGED]
            wanted = wanted.where(changed >= sa.bindparam("since", type_=changed.type))
        wanted = wanted.order_by(identity).limit(self._limit())
        if lock and self.dialect == POSTGRESQL:
            wanted = wanted.with_for_update(key_share=True, of=self.table)
        return wanted

    @cached_property
    def update(self) -> Prepared:
        """New values of a column: by `row` one by one on SQLite, out of the lists `rows` and `values` on PostgreSQL."""
        assert isinstance(self.target, ColumnShape)
        column = self.table.c[self.target.name]
        if self.dialect != POSTGRESQL:
            this = self._row == sa.bindparam("row", type_=self._row.type)
            new = sa.bindparam("new", type_=column.type)
            return self._prepared(sa.update(self.table).where(this).values({column.name: new}))
        given, identity = self._lists(rows=IdKind(), values=self.target.kind), self.table.c.id
        # without the ends, PostgreSQL would read the whole table for each batch
        first, last = (sa.bindparam(name, type_=identity.type) for name in ("first", "last"))
        change = sa.update(self.table).values({column.name: given.c["values"]})
        return self._prepared(change.where(identity == given.c["rows"], identity.between(first, last)))

    @cached_property
    def clear(self) -> Prepared:
        """Take all values of records away from a side table."""
        side = self._side(self.target)
        if self.dialect == POSTGRESQL:
            records = sa.bindparam("records", type_=postgresql.ARRAY(sa.Uuid(as_uuid=False)))
            return self._prepared(sa.delete(side).where(side.c.record == sa.any_(records)))
        return self._prepared(sa.delete(side).where(side.c.record == sa.bindparam("held_by", type_=side.c.record.type)))

    @cached_property
    def insert(self) -> Prepared:
        """Values into a side table."""
        side = self._side(self.target)
        names = ["record", "position", "value"]
        if self.dialect == POSTGRESQL:
            given = self._lists(records=IdKind(), places=None, values=self.target.kind)
            return self._prepared(sa.insert(side).from_select(names, sa.select(*given.c)))
        binds = zip(names, ("held_by", "place", "new"), strict=True)
        return self._prepared(sa.insert(side).values({to: sa.bindparam(of, type_=side.c[to].type) for to, of in binds}))

    @cached_property
    def present(self) -> Prepared:
        """Which of some records are there."""
        assert self.linked is not None
        identity = column_type(IdKind(), self.dialect)
        linked = sa.table(self.linked, sa.column("id", identity), schema=self.schema)
        if self.dialect == POSTGRESQL:
            asked = sa.bindparam("asked", type_=postgresql.ARRAY(sa.Uuid(as_uuid=False)))
            return self._prepared(sa.select(linked.c.id).where(linked.c.id == sa.any_(asked)))
        binds = [sa.bindparam(f"asked{number}", type_=identity) for number in range(self.at_once)]
        return self._prepared(sa.select(linked.c.id).where(linked.c.id.in_(binds)))

    def asked(self, records: Sequence[str]) -> dict[str, object]:
        """The parameters of `present`."""
        if self.dialect == POSTGRESQL:
            return {"asked": list(records)}
        return numbered("asked", [*records, *([records[-1]] * (self.at_once - len(records)))])

    def _value(self, place: ColumnShape | SideShape) -> sa.ColumnElement[Any]:
        if isinstance(place, ColumnShape):
            return self.table.c[place.name]
        return side_values(self._side(place), self.table.c.id, self.dialect)

    def _holds(self, place: ColumnShape | SideShape) -> sa.ColumnElement[bool]:
        if isinstance(place, ColumnShape):
            return self.table.c[place.name].is_not(None)
        side = self._side(place)
        return sa.exists().where(side.c.record == self.table.c.id).correlate(self.table)

    def _side(self, place: ColumnShape | SideShape) -> sa.Table:
        assert isinstance(place, SideShape)
        return side_table(place.table, place.kind, self.schema, self.dialect)

    def _after(self, after: str | None) -> list[sa.ColumnElement[bool]]:
        identity = self.table.c.id
        return [] if after is None else [identity > sa.bindparam("after", type_=identity.type)]

    def _limit(self) -> sa.BindParameter[int]:
        return sa.bindparam("limit", type_=sa.Integer)

    def _lists(self, **kinds: ColumnKind | None) -> sa.TableValuedAlias:
        """Lists of values of equal length as the rows of a table."""
        binds = [sa.bindparam(name, type_=postgresql.ARRAY(_plain(kind))) for name, kind in kinds.items()]
        return sa.func.unnest(*binds).table_valued(*kinds, name="given").render_derived()

    def _get(self, *key: Hashable, make: Callable[[], sa.Executable]) -> Prepared:
        if key not in self._kept:
            self._kept[key] = self._prepared(make())
        return self._kept[key]

    def _prepared(self, statement: sa.Executable) -> Prepared:
        return prepare(statement, self.dialect)


def _plain(kind: ColumnKind | None) -> TypeEngine[Any]:
    """The type of a value that is sent to PostgreSQL; None is a place in a list."""
    if kind is None:
        return sa.Integer()
    return sa.Text() if isinstance(kind, TextKind) else column_type(kind, POSTGRESQL)


_statements = lru_cache(200)(RetypingStatements)
