"""How often something was tried lately, by a key that says by whom or for what; it holds no name in plain text."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection
from trellis.storage.moments import to_number
from trellis.storage.system import SystemTables, system_statement


async def count(connection: Connection, key: str, now: datetime, since: datetime) -> int | None:
    """One more try; how many it makes since then without a pause, or None while the key is locked."""
    row = {"key": key, "now": to_number(now), "since": to_number(since)}
    rows = await connection.fetch(_count(connection), row)
    return int(rows[0][0]) if rows else None


async def lock(connection: Connection, key: str, until: datetime) -> None:
    """Count no more tries until then."""
    await connection.execute(_lock(connection), {"chosen": key, "until": to_number(until)})


async def forget(connection: Connection, key: str) -> None:
    """The tries do not matter any more."""
    await connection.execute(_forget(connection), {"chosen": key})


async def take_back(connection: Connection, key: str) -> None:
    """The last try does not count."""
    await connection.execute(_take_back(connection), {"chosen": key})


async def remove_before(connection: Connection, moment: datetime) -> int:
    """Forget what is long ago."""
    return await connection.execute(_remove_before(connection), {"moment": to_number(moment)})


_KEY = sa.bindparam("chosen", type_=sa.TEXT)


@system_statement
def _count(tables: SystemTables) -> sa.Executable:
    table, now = tables.attempt, sa.bindparam("now", type_=sa.BIGINT)
    since = sa.bindparam("since", type_=sa.BIGINT)
    first = {"key": sa.bindparam("key", type_=sa.TEXT), "count": sa.literal_column("1"), "seen_at": now}
    again = sa.case((table.c.seen_at < since, 1), else_=table.c.count + 1)
    free = sa.or_(table.c.locked_until.is_(None), table.c.locked_until <= now)
    added = insert(table).values(first)
    set_ = {"count": again, "seen_at": now, "locked_until": sa.null()}
    return added.on_conflict_do_update(index_elements=[table.c.key], set_=set_, where=free).returning(table.c.count)


@system_statement
def _lock(tables: SystemTables) -> sa.Executable:
    table = tables.attempt
    return sa.update(table).where(table.c.key == _KEY).values(locked_until=sa.bindparam("until", type_=sa.BIGINT))


@system_statement
def _forget(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.attempt).where(tables.attempt.c.key == _KEY)


@system_statement
def _take_back(tables: SystemTables) -> sa.Executable:
    table = tables.attempt
    return sa.update(table).where(table.c.key == _KEY, table.c.count > 0).values(count=table.c.count - 1)


@system_statement
def _remove_before(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.attempt).where(tables.attempt.c.seen_at < sa.bindparam("moment", type_=sa.BIGINT))
