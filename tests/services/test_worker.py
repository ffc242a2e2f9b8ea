"""The worker does what is due, and nothing that fails is lost."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from trellis.kernel.clock import FixedClock
from trellis.services import worker as worker_module
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.worker import Job, Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage import timers
from trellis.storage.timers import Timer, Wanted, backoff

pytestmark = pytest.mark.anyio


def worker(home: OpenWorkspace, **handlers: object) -> Worker:
    return Worker(Workspaces(home.database, home.clock), handlers, "worker")  # type: ignore[arg-type]


async def enqueue(context: Context, *wanted: Wanted) -> None:
    async with context.database.write(context.workspace) as connection:
        for item in wanted:
            await timers.enqueue(connection, item, context.clock.now())


async def dead(context: Context) -> list[Timer]:
    async with context.database.read(context.workspace) as connection:
        return await timers.dead(connection)


def clock(context: Context) -> FixedClock:
    assert isinstance(context.clock, FixedClock)
    return context.clock


async def test_what_is_due_is_done_once_by_its_handler(home: OpenWorkspace, system: Context) -> None:
    done: list[object] = []

    async def remind(job: Job) -> None:
        done.append(job.timer.payload["day"])

    later = system.clock.now() + timedelta(days=1)
    await enqueue(system, Wanted("remind", {"day": 1}), Wanted("remind", {"day": 2}, later))
    mine = worker(home, remind=remind)

    assert await mine.run_due() == 1
    clock(system).advance(timedelta(days=1))
    assert await mine.run_due() == 1
    assert await mine.run_due() == 0
    assert done == [1, 2]


async def test_a_failure_is_tried_again_later_and_given_up_at_the_end(home: OpenWorkspace, system: Context) -> None:
    tries: list[int] = []

    async def fail(job: Job) -> None:
        tries.append(job.timer.attempt)
        raise ValueError("It rained.")

    await enqueue(system, Wanted("fail", max_attempts=3))
    mine = worker(home, fail=fail)

    for attempt in (1, 2, 3, 4):
        await mine.run_due()
        clock(system).advance(backoff(attempt))

    assert tries == [1, 2, 3]
    assert [timer.error for timer in await dead(system)] == ["ValueError: It rained."]


async def test_one_failure_does_not_hold_up_the_others(home: OpenWorkspace, system: Context) -> None:
    done: list[str] = []

    async def fail(job: Job) -> None:
        raise ValueError

    async def work(job: Job) -> None:
        await asyncio.sleep(0)
        done.append(job.timer.id)

    await enqueue(system, Wanted("fail"), Wanted("work"), Wanted("unknown"), Wanted("work"))

    assert await worker(home, fail=fail, work=work).run_due() == 4
    assert len(done) == 2


async def test_what_a_job_writes_and_its_end_are_one_transaction(home: OpenWorkspace, system: Context) -> None:
    async def make(job: Job) -> None:
        await write(job.context, "core.team", [Create({"name": "East"})], also=job.finish)

    async def lose(job: Job) -> None:
        clock(system).advance(timedelta(minutes=5))
        async with system.database.write(system.workspace) as connection:
            await timers.claim(connection, "thief", system.clock.now(), lease=timedelta(minutes=1), limit=1)
        await write(job.context, "core.team", [Create({"name": "West"})], also=job.finish)

    await enqueue(system, Wanted("make"))
    await worker(home, make=make).run_due()
    await enqueue(system, Wanted("lose"))
    await worker(home, lose=lose).run_due()

    table = system.tables.entity("core.team")
    async with system.database.read(system.workspace) as connection:
        import sqlalchemy as sa

        from trellis.storage.connection import prepare

        rows = await connection.fetch(prepare(sa.select(table.columns["name"]), connection.dialect))
    assert [row[0] for row in rows] == ["East"]


async def test_a_stopped_worker_gives_its_work_back(home: OpenWorkspace, system: Context) -> None:
    begun = asyncio.Event()

    async def hang(job: Job) -> None:
        begun.set()
        await asyncio.Event().wait()

    await enqueue(system, Wanted("hang"))
    task = asyncio.create_task(worker(home, hang=hang).run())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    done: list[int] = []

    async def note(job: Job) -> None:
        done.append(job.timer.attempt)

    await worker(home, hang=note).run_due()
    assert done == [2]


async def test_a_worker_that_is_cancelled_while_it_lets_go_of_its_leases_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    letting_go = asyncio.Event()

    async def slowly(home: object, held: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            letting_go.set()
            await asyncio.sleep(0.01)

    async def working() -> None:
        async with worker_module._renewing(cast(OpenWorkspace, None), []):
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    monkeypatch.setattr(worker_module, "_renew", slowly)
    task = asyncio.create_task(working())
    await letting_go.wait()
    task.cancel()

    done, _ = await asyncio.wait({task}, timeout=1)

    assert done == {task}
    assert task.cancelled()
