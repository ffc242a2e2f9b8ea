"""Work is done at its time, by one worker, and never lost."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from trellis.kernel.settings import Settings
from trellis.storage import timers
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.moments import to_number
from trellis.storage.timers import LeaseLost, Timer, Wanted, backoff

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


async def enqueue(database: Database, workspace: Workspace, *wanted: Wanted) -> list[str | None]:
    async with database.write(workspace) as connection:
        return [await timers.enqueue(connection, item, NOW) for item in wanted]


async def claim(
    database: Database, workspace: Workspace, owner: str = "a", now: datetime = NOW, limit: int = 100
) -> list[Timer]:
    async with database.write(workspace) as connection:
        return await timers.claim(connection, owner, now, lease=LEASE, limit=limit)


async def test_work_is_claimed_from_its_time_on_in_order(database: Database, workspace: Workspace) -> None:
    later, soon = NOW + timedelta(hours=2), NOW + timedelta(hours=1)
    await enqueue(database, workspace, Wanted("remind", {"day": 2}, later), Wanted("remind", {"day": 1}, soon))

    assert await claim(database, workspace, now=soon - SECOND) == []
    assert [timer.payload for timer in await claim(database, workspace, now=later)] == [{"day": 1}, {"day": 2}]


async def test_claimed_work_is_not_claimed_again(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, *(Wanted("a") for _ in range(3)))

    assert len(await claim(database, workspace, "a", limit=2)) == 2
    assert len(await claim(database, workspace, "b")) == 1
    assert await claim(database, workspace, "c") == []


async def test_the_same_key_is_accepted_once(database: Database, workspace: Workspace) -> None:
    first, second, other = await enqueue(
        database, workspace, Wanted("a", key="k"), Wanted("a", key="k"), Wanted("a", key="l")
    )

    assert first is not None
    assert second is None
    assert other is not None
    assert len(await claim(database, workspace)) == 2


async def test_the_key_of_done_work_is_not_accepted_again(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a", key="k"))
    (timer,) = await claim(database, workspace)
    async with database.write(workspace) as connection:
        await timers.finish(connection, timer)

    assert await enqueue(database, workspace, Wanted("a", key="k")) == [None]
    async with database.write(workspace) as connection:
        assert await timers.remove_done(connection, NOW + SECOND) == 1
    assert await enqueue(database, workspace, Wanted("a", key="k")) != [None]


async def test_work_of_an_undone_transaction_does_not_exist(database: Database, workspace: Workspace) -> None:
    async def fail() -> None:
        async with database.write(workspace) as connection:
            await timers.enqueue(connection, Wanted("a"), NOW)
            raise ValueError("on purpose")

    for _ in range(20):
        with pytest.raises(ValueError, match="on purpose"):
            await fail()

    assert await claim(database, workspace) == []


async def test_done_work_is_not_claimed_again(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a"))
    (timer,) = await claim(database, workspace)

    async with database.write(workspace) as connection:
        await timers.finish(connection, timer)

    assert await claim(database, workspace, now=NOW + 10 * LEASE) == []


async def test_work_whose_lease_ended_is_claimed_by_another(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a"))
    (first,) = await claim(database, workspace, "a")

    assert await claim(database, workspace, "b", NOW + LEASE - SECOND) == []
    (second,) = await claim(database, workspace, "b", NOW + LEASE)
    assert (second.id, first.attempt, second.attempt) == (first.id, 1, 2)


async def test_a_renewed_lease_lasts_longer(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a"))
    held = await claim(database, workspace, "a")

    async with database.write(workspace) as connection:
        await timers.renew(connection, held, NOW + 2 * LEASE)

    assert await claim(database, workspace, "b", NOW + LEASE) == []
    assert len(await claim(database, workspace, "b", NOW + 2 * LEASE)) == 1


@pytest.mark.parametrize("successor", ["b", "a"])
async def test_who_lost_the_lease_can_settle_nothing(database: Database, workspace: Workspace, successor: str) -> None:
    await enqueue(database, workspace, Wanted("a"))
    (lost,) = await claim(database, workspace, "a")
    (held,) = await claim(database, workspace, successor, NOW + LEASE)

    async def finish() -> None:
        async with database.write(workspace) as connection:
            await timers.enqueue(connection, Wanted("effect"), NOW)
            await timers.finish(connection, lost)

    async def postpone(connection: Connection) -> None:
        await timers.postpone(connection, lost, NOW, "x")

    with pytest.raises(LeaseLost):
        await finish()
    async with database.write(workspace) as connection:
        with pytest.raises(LeaseLost):
            await postpone(connection)
        with pytest.raises(LeaseLost):
            await timers.bury(connection, lost, "x")
        await timers.finish(connection, held)
    assert await claim(database, workspace, now=NOW + 2 * LEASE) == []


async def test_failed_work_waits_and_remembers_why(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a"))
    (timer,) = await claim(database, workspace)

    async with database.write(workspace) as connection:
        await timers.postpone(connection, timer, NOW + backoff(timer.attempt), "It rained.")

    assert await claim(database, workspace, now=NOW + SECOND) == []
    (again,) = await claim(database, workspace, now=NOW + backoff(1))
    assert (again.attempt, again.error) == (2, "It rained.")


def test_waiting_doubles_up_to_an_hour() -> None:
    assert [backoff(attempt).total_seconds() for attempt in (1, 2, 3, 11, 12, 50)] == [2, 4, 8, 2048, 3600, 3600]


async def test_buried_work_waits_for_a_person(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a"), Wanted("b"))
    held = await claim(database, workspace)
    async with database.write(workspace) as connection:
        for timer in held:
            await timers.bury(connection, timer, "Broken.")
    assert await claim(database, workspace, now=NOW + 10 * LEASE) == []

    async with database.write(workspace) as connection:
        found = {timer.kind: timer for timer in await timers.dead(connection)}
        assert await timers.revive(connection, found["a"].id, NOW)
        assert await timers.discard(connection, found["b"].id)
        assert not await timers.discard(connection, found["b"].id)

    assert [(timer.kind, timer.attempt) for timer in await claim(database, workspace)] == [("a", 1)]


async def test_work_that_kills_its_workers_dies(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("bomb", max_attempts=2))
    await claim(database, workspace, now=NOW)
    await claim(database, workspace, now=NOW + LEASE)

    assert await claim(database, workspace, now=NOW + 2 * LEASE) == []
    async with database.read(workspace) as connection:
        (timer,) = await timers.dead(connection)
    assert (timer.kind, timer.error) == ("bomb", "The worker did not come back.")


async def test_cancelled_work_is_not_done(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a", key="k"))

    async with database.write(workspace) as connection:
        assert await timers.cancel(connection, "k")
        assert not await timers.cancel(connection, "k")

    assert await claim(database, workspace) == []


async def test_one_can_ask_whether_anything_is_due(database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, Wanted("a", due_at=NOW + LEASE))

    async with database.read(workspace) as connection:
        assert not await timers.is_due(connection, NOW)
        assert await timers.is_due(connection, NOW + LEASE)


async def test_three_workers_do_everything_once(settings: Settings, database: Database, workspace: Workspace) -> None:
    await enqueue(database, workspace, *(Wanted("a", {"number": number}) for number in range(60)))
    done: list[int] = []

    async def work(owner: str) -> None:
        mine = await Database.open(settings)
        while held := await claim(mine, workspace, owner, limit=4):
            for timer in held:
                async with mine.write(workspace) as connection:
                    await timers.finish(connection, timer)
                done.append(timer.payload["number"])
        await mine.close()

    await asyncio.gather(work("a"), work("b"), work("c"))

    assert sorted(done) == list(range(60))


async def test_a_killed_worker_leaves_its_work_to_others(
    database_settings: dict[str, str], database: Database, workspace: Workspace
) -> None:
    await enqueue(database, workspace, Wanted("a"), Wanted("b"))
    script = Path(__file__).with_name("hold_a_timer.py")
    command = [sys.executable, str(script), "killed", str(to_number(NOW)), "30"]
    environment = {**os.environ, **database_settings, "PYTHONPATH": str(ROOT / "platform")}

    def kill_it() -> str:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            said = process.stdout.readline().strip()
            process.send_signal(signal.SIGKILL)
            return said

    assert await asyncio.to_thread(kill_it) == "2"
    assert await claim(database, workspace, "other", NOW + LEASE - SECOND) == []
    taken = await claim(database, workspace, "other", NOW + LEASE)
    assert sorted((timer.kind, timer.attempt) for timer in taken) == [("a", 2), ("b", 2)]
