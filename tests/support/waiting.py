"""Waiting in tests until somebody else waits, so that what meets by chance meets each time."""

import asyncio

from trellis.services.context import Context
from trellis.storage.connection import POSTGRESQL, Prepared

WAITING = Prepared(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1"
)


async def until_it_waits(context: Context) -> None:
    """On PostgreSQL until somebody waits for a lock; SQLite lets nobody else write anyway."""
    while context.database.dialect == POSTGRESQL:
        async with context.database.read(context.workspace) as connection:
            if await connection.fetch(WAITING):
                return
        await asyncio.sleep(0)
