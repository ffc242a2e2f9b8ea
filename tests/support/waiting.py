"""Waiting in tests until somebody else waits, so that what meets by chance meets each time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from trellis.services.commands import Outcome, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.storage.connection import POSTGRESQL, Connection, Prepared

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


@dataclass
class Late:
    """A write that has done all its work and commits only when it is told to."""

    context: Context
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, entity: str, record: str, **values: object) -> "asyncio.Task[list[Outcome]]":
        return asyncio.create_task(write(self.context, entity, [Update(record, values)], also=self._also))

    async def _also(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        self.ready.set()
        await self.told.wait()
