"""Whether the live tables are what the release and its ledger say; for tests and for an administrator who doubts it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.sqlite import pysqlite as sqlite
from sqlalchemy.engine import Dialect

from trellis.metadata.indexes import indexes_of
from trellis.metadata.ledger import Ledger, State
from trellis.metadata.shape import EntityShape, shape_of
from trellis.metadata.snapshot import Snapshot
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.tables import EntityTable, entity_table

Columns = Mapping[str, str]
"""Type by column name, in lower case and without blanks."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is `missing`, `unexpected`, or of `another type` in the database."""

    what: str
    name: str


@dataclass(frozen=True, slots=True)
class _Live:
    tables: Mapping[str, Columns]
    indexes: frozenset[str]


async def drift(connection: Connection, snapshot: Snapshot, ledger: Ledger) -> tuple[Difference, ...]:
    """Every difference between the database and a release with the whole ledger; empty when all is well."""
    live = await _live(connection)
    shapes = {key: shape_of(entity, ledger) for key, entity in snapshot.entities.items()}
    found = [*_of_indexes(snapshot, ledger, shapes, live.indexes)]
    known: set[str] = set()
    for key, shape in shapes.items():
        table = entity_table(snapshot.entities[key], shape, connection.schema, connection.dialect)
        found += _of_entity(table, ledger, live, connection.dialect)
        known |= {shape.table, *(side.table for side in shape.sides.values())}
    known |= {entry.physical for entry in ledger.entries if entry.state is not State.PURGED}
    found += [Difference("unexpected", name) for name in live.tables if _is_ours(name) and name not in known]
    return tuple(found)


def _of_entity(table: EntityTable, ledger: Ledger, live: _Live, dialect: str) -> Iterator[Difference]:
    wanted = [table.table, *table.sides.values(), *([table.search] if table.search is not None else [])]
    for one in wanted:
        yield from _of_table(one, live.tables.get(one.name), _retired(table.entity.id, ledger), dialect)


def _of_table(table: sa.Table, columns: Columns | None, retired: frozenset[str], dialect: str) -> Iterator[Difference]:
    if columns is None:
        yield Difference("missing", table.name)
        return
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if column.name not in columns:
            if column.name != "rowid":
                yield Difference("missing", name)
        elif columns[column.name] not in ("", _type(column, dialect)):
            yield Difference("another type", name)
    wanted = {column.name for column in table.columns} | retired
    yield from (Difference("unexpected", f"{table.name}.{name}") for name in columns if name not in wanted)


def _of_indexes(
    snapshot: Snapshot, ledger: Ledger, shapes: Mapping[str, EntityShape], live: frozenset[str]
) -> Iterator[Difference]:
    wanted = {
        index.name
        for key, shape in shapes.items()
        for index in indexes_of(snapshot.entities[key], snapshot.views_of(key), shape)
    }
    kept = {entry.physical for entry in ledger.live.values() if "#/indexes/" in entry.path}
    yield from (Difference("missing", name) for name in sorted((wanted | kept) - live))
    numbered = {name for name in live if name.startswith("ix_") and name[3:4].isdigit()}
    yield from (Difference("unexpected", name) for name in sorted(numbered - (wanted & kept)))


def _retired(entity: str, ledger: Ledger) -> frozenset[str]:
    return frozenset(
        entry.physical for entry in ledger.entries if entry.entity == entity and entry.state is not State.PURGED
    )


def _is_ours(name: str) -> bool:
    """Whether a table's name is one that the ledger gives: e_…, m0001_…, f0001_… but not the parts of a search table."""
    if name.startswith("e_"):
        return True
    numbered = name[:1] in "mf" and name[1:5].isdigit()
    return numbered and not (name[0] == "f" and not name.endswith("_search"))


_DIALECTS: dict[str, Callable[[], Dialect]] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def _type(column: sa.Column[object], dialect: str) -> str:
    text = column.type.compile(dialect=_DIALECTS[dialect]())
    return _plain(text.partition(" COLLATE")[0])


def _plain(text: str) -> str:
    return text.lower().replace(" ", "")


async def _live(connection: Connection) -> _Live:
    params = {"schema": connection.schema} if connection.schema else {}
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in await connection.fetch(_columns(connection.dialect), params):
        tables.setdefault(table, {})[column] = _plain(kind)
    indexes = await connection.fetch(_indexes(connection.dialect), params)
    return _Live(tables, frozenset(name for (name,) in indexes))


@cache
def _columns(dialect: str) -> Prepared:
    if dialect == "sqlite":
        master = _catalogue("sqlite_master", "name", "type")
        info = sa.func.pragma_table_info(master.c.name).table_valued("name", "type", name="info")
        wanted = sa.select(master.c.name, info.c.name, info.c.type).select_from(master.join(info, sa.true()))
        return prepare(wanted.where(master.c.type == sa.literal_column("'table'")), dialect)
    relation = _catalogue("pg_class", "oid", "relname", "relnamespace", "relkind", schema="pg_catalog")
    space = _catalogue("pg_namespace", "oid", "nspname", schema="pg_catalog")
    attribute = _catalogue("pg_attribute", "attrelid", "attname", "atttypid", "atttypmod", "attnum", "attisdropped")
    kind = sa.func.format_type(attribute.c.atttypid, attribute.c.atttypmod)
    wanted = sa.select(relation.c.relname, attribute.c.attname, kind).select_from(
        relation.join(space, relation.c.relnamespace == space.c.oid).join(
            attribute, attribute.c.attrelid == relation.c.oid
        )
    )
    return prepare(
        wanted.where(
            space.c.nspname == sa.bindparam("schema", type_=sa.Text),
            relation.c.relkind == sa.literal_column("'r'"),
            attribute.c.attnum > sa.literal_column("0"),
            sa.not_(sa.type_coerce(attribute.c.attisdropped, sa.Boolean)),
        ),
        dialect,
    )


@cache
def _indexes(dialect: str) -> Prepared:
    if dialect == "sqlite":
        master = _catalogue("sqlite_master", "name", "type")
        return prepare(sa.select(master.c.name).where(master.c.type == sa.literal_column("'index'")), dialect)
    indexes = _catalogue("pg_indexes", "schemaname", "indexname", schema="pg_catalog")
    schema = sa.bindparam("schema", type_=sa.Text)
    return prepare(sa.select(indexes.c.indexname).where(indexes.c.schemaname == schema), dialect)


def _catalogue(name: str, *columns: str, schema: str | None = None) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema)
