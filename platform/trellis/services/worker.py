"""Does the work of timers whose time has come, in all workspaces."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from trellis.kernel.errors import NotFound, TrellisError
from trellis.services import throttling
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage import accountlinks, attempts, idempotency, sessions, shares, timers, tokenuses
from trellis.storage.connection import Connection
from trellis.storage.timers import LeaseLost, Timer, backoff

AT_ONCE = 8
LEASE = timedelta(seconds=30)
LOOK_EVERY = 1.0
TIDY_EVERY = timedelta(hours=1)
KEEP_ANSWERS = timedelta(hours=24)
KEEP_DONE = timedelta(days=7)
KEEP_USES = timedelta(days=400)
"""How long it is known that a program used a field."""
LONGEST_ERROR = 1_000

_log = structlog.get_logger()


@dataclass
class Job:
    """One attempt at the work of a timer, for its handler."""

    context: Context
    timer: Timer
    finished: bool = False

    async def finish(self, connection: Connection, outcomes: Sequence[Outcome] = ()) -> None:
        """The work is done, in the very transaction of what it did: hand this to the write path as `also`."""
        await timers.finish(connection, self.timer)
        self.finished = True


Handler = Callable[[Job], Awaitable[None]]


@dataclass(eq=False)
class Worker:
    """Runs handlers by kind of timer; `owner` must be another for every worker there ever is."""

    workspaces: Workspaces
    handlers: Mapping[str, Handler]
    owner: str
    _tidied: dict[str, datetime] = field(default_factory=dict, repr=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def run(self) -> None:
        """Work until cancelled; what was begun then goes back."""
        while True:
            self._woken.clear()
            if not await self._look():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), LOOK_EVERY)

    def wake(self) -> None:
        """Look now: something was just added."""
        self._woken.set()

    async def run_due(self) -> int:
        """Do everything that is due by the clock, and what it brings about; the number of attempts."""
        attempts = 0
        while done := await self._round():
            attempts += done
        return attempts

    async def _look(self) -> int:
        try:
            return await self._round()
        except TrellisError as error:
            _log.warning("worker_round_failed", code=error.code)
            return 0

    async def _round(self) -> int:
        attempts = 0
        for workspace in await self.workspaces.database.list_workspaces():
            with contextlib.suppress(NotFound):  # nothing is published there yet
                home = await self.workspaces.named(workspace.name)
                await self._tidy(home)
                attempts += await self._work_on(home)
        return attempts

    async def _work_on(self, home: OpenWorkspace) -> int:
        held = await self._claim(home)
        if held:
            context = await home.context()
            async with _renewing(home, held), asyncio.TaskGroup() as group:
                for timer in held:
                    group.create_task(self._attempt(Job(context, timer)))
        return len(held)

    async def _claim(self, home: OpenWorkspace) -> list[Timer]:
        now = home.clock.now()
        async with home.database.read(home.workspace) as connection:
            if not await timers.is_due(connection, now):
                return []
        async with home.database.write(home.workspace) as connection:
            return await timers.claim(connection, self.owner, now, lease=LEASE, limit=AT_ONCE)

    async def _attempt(self, job: Job) -> None:
        try:
            await self._do(job)
        except LeaseLost:
            _log.warning("timer_lease_lost", kind=job.timer.kind, timer=job.timer.id)
        except asyncio.CancelledError:
            await asyncio.shield(_settle(job, None))
            raise
        except Exception as error:
            _log.warning("timer_failed", kind=job.timer.kind, timer=job.timer.id, error=type(error).__name__)
            await _settle(job, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])

    async def _do(self, job: Job) -> None:
        handler = self.handlers.get(job.timer.kind)
        if handler is None:
            raise LookupError(f"nothing here does {job.timer.kind}")
        await handler(job)
        if not job.finished:
            async with job.context.database.write(job.context.workspace) as connection:
                await job.finish(connection)

    async def _tidy(self, home: OpenWorkspace) -> None:
        now = home.clock.now()
        last = self._tidied.get(home.workspace.name)
        if last is not None and now - last < TIDY_EVERY:
            return
        self._tidied[home.workspace.name] = now
        await tidy(await home.context())


async def tidy(context: Context) -> None:
    """Forget what nobody needs any more: done work, old answers and uses, ended sessions, shares that are over."""
    async with context.database.write(context.workspace) as connection:
        await idempotency.forget_before(connection, context.now() - KEEP_ANSWERS)
        await timers.remove_done(connection, context.now() - KEEP_DONE)
        await sessions.remove_expired_sessions(connection, context.now())
        await accountlinks.remove_before(connection, context.now() - KEEP_DONE)
        await attempts.remove_before(connection, context.now() - throttling.KEEP)
        await shares.remove_expired(connection, context.now())
        await tokenuses.forget_before(connection, context.today() - KEEP_USES)


async def _settle(job: Job, error: str | None) -> None:
    """Put the work back for later, or give it up after the last attempt; without an error somebody else may go on."""
    timer, now = job.timer, job.context.clock.now()
    with contextlib.suppress(LeaseLost):
        async with job.context.database.write(job.context.workspace) as connection:
            if error is None:
                await timers.postpone(connection, timer, now, None)
            elif timer.attempt >= timer.max_attempts:
                await timers.bury(connection, timer, error)
            else:
                await timers.postpone(connection, timer, now + backoff(timer.attempt), error)


@contextlib.asynccontextmanager
async def _renewing(home: OpenWorkspace, held: Sequence[Timer]) -> AsyncIterator[None]:
    """Keep the leases for as long as the block runs."""
    keeper = asyncio.create_task(_renew(home, held))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.wait({keeper})  # not `await keeper`: whoever cancels us meanwhile must be heard


async def _renew(home: OpenWorkspace, held: Sequence[Timer]) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)
        with contextlib.suppress(TrellisError):
            async with home.database.write(home.workspace) as connection:
                await timers.renew(connection, held, home.clock.now() + LEASE)
