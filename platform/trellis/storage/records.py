"""Rows of any entity: locked, inserted, changed; every call goes through the access of the actor."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import Executable

from trellis.engine.access import Access
from trellis.engine.searchtext import index_text, search_texts, searched
from trellis.metadata.documents import Entity, Level
from trellis.metadata.fieldtypes import FieldType
from trellis.storage.codecs import decoder, encoder
from trellis.storage.connection import POSTGRESQL, Connection, Prepared, Row, prepare
from trellis.storage.lists import numbered, rounded
from trellis.storage.locking import to_lock
from trellis.storage.sources import Sources, right_flag
from trellis.storage.statements import Statements
from trellis.storage.tables import SEARCH_TEXT, EntityTable

Values = Mapping[str, object]
RIGHTS = ("read", "edit", "delete", "assign")


@dataclass(frozen=True, slots=True)
class Current:
    """A record as it stands, locked for the rest of the transaction; `rights` are the actions the actor has on it."""

    id: str
    values: dict[str, Any]
    rights: frozenset[str]
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How far the fields are open that are not equally open on every record."""

    @property
    def version(self) -> int:
        return int(self.values["version"])

    @property
    def deleted(self) -> bool:
        return self.values.get("deleted_at") is not None


@dataclass(frozen=True, slots=True)
class Change:
    """New values of one record, by field key."""

    id: str
    values: dict[str, object]


@dataclass(frozen=True)
class RecordStore:
    """The table of one entity, for one actor."""

    statements: Statements
    access: Access
    entity: Entity
    actions: tuple[str, ...] = RIGHTS
    """The actions that are looked at when records are locked."""

    @cached_property
    def table(self) -> EntityTable:
        return self.statements.tables.entity(self.entity.id)

    @property
    def dialect(self) -> str:
        return self.statements.tables.dialect

    async def lock(
        self, connection: Connection, ids: Sequence[str], parameters: Values, many: Collection[str] = ()
    ) -> dict[str, Current]:
        """The records that exist, in the bin or not, locked against other writers; of fields with several values, `many`."""
        await to_lock(connection, self.statements.tables.snapshot, self.entity.id, ids)
        padded = rounded(list(dict.fromkeys(ids)))
        key = ("lock", self.entity.id, len(padded), self.actions, self.access.key)
        prepared = self.statements.get(key, lambda: prepare(self._locking(len(padded)), self.dialect))
        rows = await connection.fetch(prepared, {**parameters, **numbered("id", padded)})
        keys, decoders = self._codec("decode")
        found = {row[0]: self._current(row, keys, decoders) for row in rows}
        for spec in self._many():
            if spec.key in many:
                await self._add_many(connection, spec, found)
        return found

    def _locking(self, count: int) -> sa.Select[Any]:
        sources = Sources.of(self.statements.tables, self.access, self.entity.id)
        binds = [sa.bindparam(f"id{number}", type_=sources.base.columns["id"].type) for number in range(count)]
        rights = [right_flag(sources, self.entity.id, action).label(f"may_{action}") for action in self.actions]
        levels = [level for key in self._leveled if (level := sources.level((), key)) is not None]
        statement = sa.select(*sources.base.columns.values(), *rights, *levels).select_from(sources.from_clause())
        statement = statement.where(sources.base.columns["id"].in_(binds))
        if self.dialect == POSTGRESQL:
            statement = statement.order_by(sources.base.columns["id"]).with_for_update(of=sources.start)
        return statement

    def _current(self, row: Row, keys: Sequence[str], decoders: Sequence[Any]) -> Current:
        values = {
            key: decode(value) if decode is not None else value
            for key, decode, value in zip(keys, decoders, row[: len(keys)], strict=True)
        }
        held, levels = row[len(keys) : len(keys) + len(self.actions)], row[len(keys) + len(self.actions) :]
        rights = frozenset(action for action, may in zip(self.actions, held, strict=True) if may)
        return Current(
            row[0], values, rights, {key: Level(level) for key, level in zip(self._leveled, levels, strict=True)}
        )

    @cached_property
    def _leveled(self) -> tuple[str, ...]:
        """The fields whose levels rise on some records."""
        return self.access.raised(self.entity.id)

    def _codec(self, way: str) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """The keys of all columns in order, with the function that decodes (or encodes) each."""
        make = decoder if way == "decode" else encoder
        table = self.table
        return self.statements.get(
            (way, self.entity.id),
            lambda: (tuple(table.columns), tuple(make(table.kinds[key], self.dialect) for key in table.columns)),
        )

    def _many(self) -> list[FieldType]:
        return [field for field in self.entity.fields.values() if field.multiple]

    async def _add_many(self, connection: Connection, field: FieldType, found: dict[str, Current]) -> None:
        if not found:
            return
        side = self.table.sides[field.key]
        ids = rounded(list(found))
        prepared = self.statements.get(
            ("many", self.entity.id, field.key, len(ids)),
            lambda: prepare(
                sa.select(side.c.record, side.c.value)
                .where(side.c.record.in_([sa.bindparam(f"id{n}", type_=side.c.record.type) for n in range(len(ids))]))
                .order_by(side.c.record, side.c.position),
                self.dialect,
            ),
        )
        values: dict[str, list[object]] = {record: [] for record in found}
        for record, value in await connection.fetch(prepared, numbered("id", ids)):
            values[record].append(value)
        for record, current in found.items():
            current.values[field.key] = tuple(values[record])

    async def insert(self, connection: Connection, rows: Sequence[dict[str, object]]) -> None:
        """New records with all their values, system fields included."""
        prepared = self.statements.get(("insert", self.entity.id), lambda: prepare(self._inserting(), self.dialect))
        keys, encoders = self._codec("encode")
        columns = [self.table.columns[key].name for key in keys]
        encoded = []
        for row in rows:
            values: dict[str, object] = {
                name: encode(row.get(key)) if encode is not None else row.get(key)
                for key, name, encode in zip(keys, columns, encoders, strict=True)
            }
            if self.table.search_text is not None:
                values[SEARCH_TEXT] = self._search_text(row)
            encoded.append(values)
        await self._run(connection, prepared, encoded)
        await self._insert_many(connection, [Change(str(row["id"]), row) for row in rows])
        await self._index(connection, [(str(row["id"]), self._search_text(row)) for row in rows])

    def _inserting(self) -> sa.Insert:
        table = self.table
        columns = [*table.columns.values(), *([table.search_text] if table.search_text is not None else [])]
        return sa.insert(table.table).values(
            {column.name: sa.bindparam(column.name, type_=column.type) for column in columns}
        )

    async def _run(self, connection: Connection, prepared: Prepared, rows: list[dict[str, object]]) -> None:
        if len(rows) == 1:
            await connection.execute_later(prepared, rows[0])
        elif rows:
            await connection.execute_many(prepared, rows)

    async def change(self, connection: Connection, changes: Sequence[Change], current: Mapping[str, Current]) -> None:
        """New values for locked records; `values` holds what changes, system fields included."""
        groups: dict[tuple[str, ...], list[Change]] = {}
        for change in changes:
            groups.setdefault(tuple(sorted(change.values)), []).append(change)
        for keys, members in groups.items():
            await self._change_group(connection, keys, members)
        await self._insert_many(connection, changes, replace=True)
        await self._reindex(connection, changes, current)

    async def _change_group(self, connection: Connection, keys: tuple[str, ...], members: Sequence[Change]) -> None:
        own = [key for key in keys if key in self.table.columns]
        prepared = self.statements.get(
            ("update", self.entity.id, tuple(own)), lambda: prepare(self._updating(own), self.dialect)
        )
        encoders = [encoder(self.table.kinds[key], self.dialect) for key in own]
        rows = [
            {"record_id": change.id}
            | {
                f"v_{key}": encode(change.values[key]) if encode is not None else change.values[key]
                for key, encode in zip(own, encoders, strict=True)
            }
            for change in members
        ]
        await self._run(connection, prepared, rows)

    def _updating(self, keys: Sequence[str]) -> sa.Update:
        columns = self.table.columns
        values = {columns[key].name: sa.bindparam(f"v_{key}", type_=columns[key].type) for key in keys}
        return (
            sa.update(self.table.table)
            .values(values)
            .where(columns["id"] == sa.bindparam("record_id", type_=columns["id"].type))
        )

    async def _insert_many(self, connection: Connection, changes: Sequence[Change], *, replace: bool = False) -> None:
        """The side tables of fields with several values."""
        for spec in self._many():
            members = [change for change in changes if spec.key in change.values]
            if members:
                await self._set_many(connection, spec.key, members, replace=replace)

    async def _set_many(self, connection: Connection, key: str, members: Sequence[Change], *, replace: bool) -> None:
        if replace:
            clear = self._prepared(("clear", key), lambda: self._clearing(self.table.sides[key]))
            await self._run(connection, clear, [{"record_id": change.id} for change in members])
        rows: list[dict[str, object]] = []
        for change in members:
            values: Any = change.values[key] or ()
            rows += [{"record": change.id, "position": place, "value": value} for place, value in enumerate(values)]
        if rows:
            await self._run(connection, self._prepared(("add", key), lambda: self._adding(self.table.sides[key])), rows)

    def _prepared(self, key: tuple[str, ...], write: Callable[[], Executable]) -> Prepared:
        """A statement of this entity, written and compiled at first use."""
        return self.statements.get((*key, self.entity.id), lambda: prepare(write(), self.dialect))

    def _clearing(self, side: sa.Table) -> sa.Delete:
        return sa.delete(side).where(side.c.record == sa.bindparam("record_id", type_=side.c.record.type))

    def _adding(self, side: sa.Table) -> sa.Insert:
        binds = {name: sa.bindparam(name, type_=side.c[name].type) for name in ("record", "position", "value")}
        return sa.insert(side).values(binds)

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """The fields whose text can be searched."""
        return searched(self.entity)

    def _search_text(self, values: Values) -> str:
        return index_text(search_texts(self.entity, values))

    async def _index(self, connection: Connection, texts: Sequence[tuple[str, str]]) -> None:
        if self.table.search is not None:
            rows: list[dict[str, object]] = [{"record_id": record, "text": text} for record, text in texts]
            await self._run(connection, self._prepared(("index",), self._indexing), rows)

    def _indexing(self) -> sa.Insert:
        table, search = self.table, self.table.search
        if search is None or table.row_number is None:
            raise KeyError(self.entity.id)
        identity = table.columns["id"]
        found = sa.select(table.row_number, identity, sa.bindparam("text", type_=sa.Text))
        found = found.where(identity == sa.bindparam("record_id", type_=sa.Text))
        return sa.insert(search).from_select(["rowid", "id", "text"], found)

    def _unindexing(self) -> sa.Delete:
        table, search = self.table, self.table.search
        if search is None or table.row_number is None:
            raise KeyError(self.entity.id)
        number = sa.select(table.row_number).where(table.columns["id"] == sa.bindparam("record_id", type_=sa.Text))
        return sa.delete(search).where(search.c.rowid == number.scalar_subquery())

    def _search_updating(self) -> sa.Update:
        table = self.table
        same = table.columns["id"] == sa.bindparam("record_id", type_=table.columns["id"].type)
        return sa.update(table.table).values({SEARCH_TEXT: sa.bindparam("text", type_=sa.Text)}).where(same)

    async def _reindex(self, connection: Connection, changes: Sequence[Change], current: Mapping[str, Current]) -> None:
        touched = [change for change in changes if any(key in change.values for key in self.searched)]
        texts = [(change.id, self._search_text({**current[change.id].values, **change.values})) for change in touched]
        if not texts:
            return
        if self.table.search is not None:
            gone: list[dict[str, object]] = [{"record_id": record} for record, _ in texts]
            await self._run(connection, self._prepared(("unindex",), self._unindexing), gone)
            await self._index(connection, texts)
        elif self.table.search_text is not None:
            rows: list[dict[str, object]] = [{"record_id": record, "text": text} for record, text in texts]
            await self._run(connection, self._prepared(("search text",), self._search_updating), rows)

    async def erase(self, connection: Connection, ids: Sequence[str]) -> None:
        """Remove records for good, for entities without a bin; their side rows and search text go with them."""
        rows: list[dict[str, object]] = [{"record_id": record} for record in ids]
        for key, side in self.table.sides.items():
            await self._run(connection, self._prepared(("clear", key), partial(self._clearing, side)), rows)
        if self.table.search is not None:
            await self._run(connection, self._prepared(("unindex",), self._unindexing), rows)
        await self._run(connection, self._prepared(("erase",), self._erasing), rows)

    def _erasing(self) -> sa.Delete:
        identity = self.table.columns["id"]
        return sa.delete(self.table.table).where(identity == sa.bindparam("record_id", type_=identity.type))
