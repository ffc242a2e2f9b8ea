"""Keeps the logs of all workspaces while a server or a worker runs: sealed, verified, and no longer than is wanted."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import structlog

from trellis.services.audit.log import Log
from trellis.services.audit.nightly import ask, last_time
from trellis.services.audit.retention import Retention, purge
from trellis.services.audit.sealing import seal
from trellis.services.workspaces import Workspaces

EVERY = 1.0
PURGE_EVERY = timedelta(hours=1)
AT_THE_END = 5.0

_log = structlog.get_logger()


@dataclass(eq=False)
class Keeper:
    """Seals about every second, and once more at the end."""

    workspaces: Workspaces
    retention: Retention
    verify_at: time | None = None
    """The time of the day in UTC at which the logs are verified; None for never."""
    _asked: dict[str, datetime] = field(default_factory=dict, repr=False)
    _purged: dict[str, datetime] = field(default_factory=dict, repr=False)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self.keep()
                await asyncio.sleep(EVERY)
        finally:
            await seal_at_the_end(self.workspaces)

    async def keep(self) -> None:
        """Seal what was written; remove what is old, and have the log verified, from time to time."""
        await self.seal()
        for log in self._logs():
            last = self._purged.get(log.workspace.name)
            if last is None or log.now - last >= PURGE_EVERY:
                self._purged[log.workspace.name] = log.now
                await _tried(log, purge(log, self.retention))
            moment = last_time(self.verify_at, log.now) if self.verify_at else None
            if moment and self._asked.get(log.workspace.name) != moment:
                self._asked[log.workspace.name] = moment
                await _tried(log, ask(log, moment))

    async def seal(self) -> None:
        """Seal what was written."""
        for log in self._logs():
            await _tried(log, seal(log))

    def _logs(self) -> list[Log]:
        database, clock = self.workspaces.database, self.workspaces.clock
        return [Log(database, workspace, clock) for workspace in database.workspaces]


async def seal_at_the_end(workspaces: Workspaces) -> None:
    """Seal what this process has written before it goes; what takes longer is left to others."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(Keeper(workspaces, Retention({})).seal(), AT_THE_END)


async def _tried(log: Log, job: Coroutine[object, object, object]) -> None:
    """Others may be in the way, or the database away for a moment: the next round does it."""
    try:
        await job
    except Exception as error:
        _log.warning("audit_keeping_failed", workspace=log.workspace.name, error=type(error).__name__)
