"""The rows of the log in the order they were numbered, and the blocks that seal them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import POSTGRESQL, Connection, Prepared, prepare
from trellis.storage.system import SystemTables, system_statement, system_tables

HISTORY, AUDIT = "history", "audit"
SOURCES = (HISTORY, AUDIT)
"""The tables that make up the log."""

Row = tuple[Any, ...]
"""The values of a row of the log, its number first."""

COLUMNS = {
    HISTORY: ("seq", "id", "entity", "record", "action", "at", "actor", "causation", "changes"),
    AUDIT: ("seq", "id", "at", "kind", "actor", "impersonator", "entity", "record", "address", "detail"),
}


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that were sealed together.

    `content` is the hash over the tags the rows had then. `tags` are those they have now: others where values were
    forgotten, none where the rows were removed; then `seal` shows who did it.
    """

    number: int
    at: int
    source: str
    ranges: str
    count: int
    previous: str
    content: str
    hash: str = ""
    tags: str = ""
    changed_at: int | None = None
    purged_at: int | None = None
    seal: str | None = None


_BLOCK = tuple(Block.__dataclass_fields__)


async def rows_after(connection: Connection, source: str, seq: int, limit: int) -> list[Row]:
    """The next rows after a number."""
    return await rows_between(connection, source, seq + 1, 2**62, limit)


async def rows_between(connection: Connection, source: str, first: int, last: int, limit: int) -> list[Row]:
    """Rows by their numbers, both included, ascending."""
    params = {"first": first, "last": last, "limit": limit}
    return [tuple(row) for row in await connection.fetch(_rows(connection, source), params)]


async def newest_rows(connection: Connection) -> dict[str, int]:
    """The highest number in each table, 0 where there is none."""
    rows = await connection.fetch(_newest_rows(connection))
    return dict(zip(SOURCES, rows[0], strict=True))


async def transactions(connection: Connection) -> tuple[int, int]:
    """All transactions before the first number have ended, none from the second on has begun; zeros on SQLite."""
    if connection.dialect != POSTGRESQL:
        return 0, 0
    rows = await connection.fetch(_TRANSACTIONS)
    return int(rows[0][0]), int(rows[0][1])


async def blocks_from(connection: Connection, number: int, limit: int) -> list[Block]:
    """Blocks by their numbers, ascending, from one on."""
    return [Block(*row) for row in await connection.fetch(_blocks(connection), {"number": number, "limit": limit})]


async def outlines(connection: Connection, before: int) -> list[Row]:
    """Number, moment, source and ranges of all blocks before one, ascending."""
    return [tuple(row) for row in await connection.fetch(_outlines(connection), {"before": before})]


async def old_blocks(connection: Connection, source: str, before: int, limit: int) -> list[Block]:
    """The oldest blocks of a table that were sealed before a moment and still have their rows."""
    params = {"source": source, "before": before, "limit": limit}
    return [Block(*row) for row in await connection.fetch(_old(connection), params)]


async def block_at(connection: Connection, moment: int) -> int:
    """The number of the first block that was sealed at a moment or after it; one more than the last when none was."""
    ((number,),) = await connection.fetch(_block_at(connection), {"moment": moment})
    return int(number)


async def newest_block(connection: Connection) -> Block | None:
    """The last block of the chain."""
    rows = await connection.fetch(_newest(connection))
    return Block(*rows[0]) if rows else None


async def add_blocks(connection: Connection, blocks: Sequence[Block]) -> None:
    """Put blocks at the end of the chain."""
    await connection.execute_many(_add(connection), [_values(block) for block in blocks])


async def change_block(connection: Connection, block: Block) -> None:
    """Keep what a block is now; what its hash is over stays as it was."""
    await connection.execute(_change(connection), _values(block))


async def remove_rows(connection: Connection, source: str, first: int, last: int) -> int:
    """Delete rows by their numbers, both included; how many there were."""
    return await connection.execute(_remove(connection, source), {"first": first, "last": last})


async def replace_state(connection: Connection, key: str, old: str | None, new: str) -> bool:
    """Replace a setting, if it still is `old`; False when somebody else was faster."""
    if old is None:
        return await connection.execute(_first_state(connection), {"key": key, "new": new}) == 1
    return await connection.execute(_next_state(connection), {"key": key, "old": old, "new": new}) == 1


def _values(block: Block) -> dict[str, object]:
    return {name: getattr(block, name) for name in _BLOCK}


_TRANSACTIONS = Prepared(
    "SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM (SELECT txid_current_snapshot() AS s) AS now"
)


@cache
def _compiled_rows(schema: str | None, dialect: str, source: str) -> Prepared:
    table = system_tables(schema).schema.tables[source if schema is None else f"{schema}.{source}"]
    wanted = sa.select(*(table.c[name] for name in COLUMNS[source])).where(_between(table)).order_by(table.c.seq)
    return prepare(wanted.limit(sa.bindparam("limit", type_=sa.BIGINT)), dialect)


@cache
def _compiled_remove(schema: str | None, dialect: str, source: str) -> Prepared:
    table = system_tables(schema).schema.tables[source if schema is None else f"{schema}.{source}"]
    return prepare(sa.delete(table).where(_between(table)), dialect)


def _between(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.seq.between(sa.bindparam("first", type_=sa.BIGINT), sa.bindparam("last", type_=sa.BIGINT))


def _rows(connection: Connection, source: str) -> Prepared:
    return _compiled_rows(connection.schema, connection.dialect, source)


def _remove(connection: Connection, source: str) -> Prepared:
    return _compiled_remove(connection.schema, connection.dialect, source)


@system_statement
def _newest_rows(tables: SystemTables) -> sa.Executable:
    highest = (sa.func.coalesce(sa.func.max(table.c.seq), 0) for table in (tables.history, tables.audit))
    return sa.select(*(sa.select(one).scalar_subquery() for one in highest))


@system_statement
def _blocks(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    wanted = sa.select(*(table.c[name] for name in _BLOCK)).where(table.c.number >= sa.bindparam("number"))
    return wanted.order_by(table.c.number).limit(sa.bindparam("limit", type_=sa.BIGINT))


@system_statement
def _outlines(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    wanted = sa.select(table.c.number, table.c.at, table.c.source, table.c.ranges)
    return wanted.where(table.c.number < sa.bindparam("before")).order_by(table.c.number)


@system_statement
def _old(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    old = (table.c.source == sa.bindparam("source"), table.c.at < sa.bindparam("before"), table.c.purged_at.is_(None))
    wanted = sa.select(*(table.c[name] for name in _BLOCK)).where(*old)
    return wanted.order_by(table.c.number).limit(sa.bindparam("limit", type_=sa.BIGINT))


@system_statement
def _block_at(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    last = sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0) + 1).scalar_subquery()
    first = sa.select(sa.func.min(table.c.number)).where(table.c.at >= sa.bindparam("moment")).scalar_subquery()
    return sa.select(sa.func.coalesce(first, last))


@system_statement
def _newest(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    return sa.select(*(table.c[name] for name in _BLOCK)).order_by(table.c.number.desc()).limit(1)


@system_statement
def _add(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in _BLOCK})


@system_statement
def _change(tables: SystemTables) -> sa.Executable:
    table = tables.audit_block
    names = ("tags", "changed_at", "purged_at", "seal")
    values = {table.c[name]: sa.bindparam(name, type_=table.c[name].type) for name in names}
    return sa.update(table).where(table.c.number == sa.bindparam("number", type_=sa.BIGINT)).values(values)


@system_statement
def _first_state(tables: SystemTables) -> sa.Executable:
    row = {"key": sa.bindparam("key", type_=sa.TEXT), "value": sa.bindparam("new", type_=sa.TEXT)}
    return insert(tables.setting).values(row).on_conflict_do_nothing()


@system_statement
def _next_state(tables: SystemTables) -> sa.Executable:
    table = tables.setting
    same = (
        table.c.key == sa.bindparam("key", type_=sa.TEXT),
        table.c.value == sa.bindparam("old", type_=sa.TEXT),
    )
    return sa.update(table).where(*same).values(value=sa.bindparam("new", type_=sa.TEXT))
