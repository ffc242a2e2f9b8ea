"""What a publish does ahead of its transaction, while others go on writing: room for values, and indexes."""

from datetime import timedelta
from functools import cache

import sqlalchemy as sa

from trellis.kernel.errors import StaleRelease
from trellis.metadata.indexes import IndexShape
from trellis.metadata.ledger import Ledger
from trellis.metadata.plan import Plan
from trellis.storage.connection import POSTGRESQL, Connection, Prepared, prepare
from trellis.storage.ddl import concurrent_index, dropped_index
from trellis.storage.ledger import read_ledger
from trellis.storage.releases import read_pointer
from trellis.storage.workspaces import Workspace

_LOWER = 2**32
_LONGEST = Prepared(
    "SELECT max(extract(epoch FROM clock_timestamp() - a.xact_start))::float8 "
    "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND a.datname = current_database() "
    "AND l.classid::bigint = $1::bigint AND l.objid::bigint = $2::bigint",
    ("upper", "lower"),
)
DDL_PATIENCE = "100ms"
"""How long a change of a table may wait for those who read it before it gives way; others wait behind it."""


async def check_base(connection: Connection, plan: Plan) -> Ledger:
    """The ledger, when release and ledger are those that the plan was made over; else StaleRelease."""
    if (await read_pointer(connection) or 0) != plan.base:
        raise StaleRelease()
    ledger = await read_ledger(connection)
    if ledger.next_uid != plan.next_uid:
        raise StaleRelease()
    return ledger


async def hurry(connection: Connection) -> None:
    """Let the rest of a transaction wait a moment only for tables that others use; SQLite has one writer anyway."""
    if connection.dialect == POSTGRESQL:
        await connection.run_ddl([f"SET LOCAL lock_timeout = '{DDL_PATIENCE}'"])


async def has_more_rows(connection: Connection, table: str, number: int) -> bool:
    """Whether a table has more rows than a number."""
    rows = await connection.fetch(_row_at(connection.schema, table, connection.dialect), {"number": number})
    return bool(rows)


async def longest_write(connection: Connection, workspace: Workspace) -> timedelta:
    """How long the oldest transaction has been going on that writes now; nothing on SQLite, which has one writer."""
    if connection.dialect != POSTGRESQL:
        return timedelta()
    lock = {"upper": workspace.lock // _LOWER % _LOWER, "lower": workspace.lock % _LOWER}
    rows = await connection.fetch(_LONGEST, lock)
    return timedelta(seconds=rows[0][0] or 0.0)


async def build_index(connection: Connection, index: IndexShape) -> None:
    """Build an index while others read and write; raises UniqueViolation, and leaves no broken index behind."""
    await connection.run_ddl([dropped_index(index, connection.schema, connection.dialect)])
    try:
        await connection.run_ddl([concurrent_index(index, connection.schema, connection.dialect)])
    except BaseException:
        await connection.run_ddl([dropped_index(index, connection.schema, connection.dialect)])
        raise


@cache
def _row_at(schema: str | None, name: str, dialect: str) -> Prepared:
    source = sa.table(name, schema=schema)
    one = sa.literal_column("1", sa.Integer)
    place = sa.bindparam("number", type_=sa.BigInteger)
    return prepare(sa.select(one).select_from(source).offset(place).limit(one), dialect)
