"""Numbers that are given once: one counter for each scope and period."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection
from trellis.storage.system import SystemTables, system_statement


async def next_numbers(connection: Connection, scope: str, period: str, count: int) -> int:
    """The first of `count` numbers for the caller alone, from 1; nothing is lost when the transaction is rolled back."""
    rows = await connection.fetch(_advance(connection), {"scope": scope, "period": period, "count": count})
    last: int = rows[0][0]
    return last - count + 1


async def lift(connection: Connection, scope: str, period: str, number: int) -> None:
    """Numbers up to `number` are taken already, by records that came with theirs."""
    await connection.execute(_lift(connection), {"scope": scope, "period": period, "number": number})


@system_statement
def _advance(tables: SystemTables) -> sa.Executable:
    counter = tables.counter
    count = sa.bindparam("count", type_=sa.BIGINT)
    new = insert(counter).values(scope=sa.bindparam("scope"), period=sa.bindparam("period"), value=count)
    changed = new.on_conflict_do_update(
        index_elements=[counter.c.scope, counter.c.period], set_={"value": counter.c.value + count}
    )
    return changed.returning(counter.c.value)


@system_statement
def _lift(tables: SystemTables) -> sa.Executable:
    counter = tables.counter
    number = sa.bindparam("number", type_=sa.BIGINT)
    new = insert(counter).values(scope=sa.bindparam("scope"), period=sa.bindparam("period"), value=number)
    return new.on_conflict_do_update(
        index_elements=[counter.c.scope, counter.c.period], set_={"value": number}, where=counter.c.value < number
    )
