"""The log is append-only in the database too: triggers refuse changes, unless Trellis says that it is about to remove.

They guard against mistakes. Whoever may change triggers can take them away; that is what the chain of blocks is for.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from trellis.storage.connection import POSTGRESQL, Connection, Prepared
from trellis.storage.preferences import save_setting
from trellis.storage.system import SystemTables, system_statement

REMOVING = "log.removing"
"""The setting (SQLite), and the parameter of the session (PostgreSQL), that lets removals through."""


@asynccontextmanager
async def removing(connection: Connection) -> AsyncIterator[None]:
    """Let rows of the log be removed or emptied inside, within a transaction."""
    await _say(connection, "on")
    yield
    await _say(connection, "")


async def _say(connection: Connection, value: str) -> None:
    if connection.dialect == POSTGRESQL:
        await connection.fetch(_SET, {"value": value})
    elif value:
        await save_setting(connection, REMOVING, value)
    else:
        await connection.execute(_forget(connection))


_SET = Prepared(f"SELECT set_config('{REMOVING}', $1, true)", ("value",))


@system_statement
def _forget(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.setting).where(tables.setting.c.key == REMOVING)
