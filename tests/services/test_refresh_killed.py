"""A worker that is killed while it works values out: another one goes on, and they end right."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.support.rush import opened, prepare
from trellis.engine.query import Query
from trellis.kernel.clock import FixedClock, SystemClock
from trellis.kernel.settings import Settings
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.queries import list_records
from trellis.services.records import write
from trellis.services.refreshing import HANDLERS
from trellis.services.verifying import Verified, verify
from trellis.services.worker import LEASE, Worker
from trellis.services.workspaces import Workspaces
from trellis.storage import stale
from trellis.storage.stale import Mark

LINES = 6_000
WORKER = [sys.executable, "-c", "import sys; from trellis.__main__ import main; sys.exit(main(['worker']))"]


@pytest.mark.slow
async def test_a_killed_worker_loses_nothing(database_settings: dict[str, str]) -> None:
    settings = Settings.read(database_settings)
    await prepare(settings)
    async with opened(settings) as context:
        await many_lines_of_one_product(context)
        assert amount(await verify(context, "shop.line")).waiting

        first = subprocess.Popen(WORKER, env=environment(database_settings), stdout=subprocess.DEVNULL)  # noqa: ASYNC220
        done = await killed_halfway(first, context)
        later = FixedClock(SystemClock().now() + LEASE + timedelta(minutes=1))
        await Worker(Workspaces(context.database, later), HANDLERS, "another").run_due()

        assert 0 < done < LINES
        assert await waiting(context) == []
        assert [one for one in await verify(context) if one.differing or one.waiting] == []
        assert amount(await verify(context, "shop.line")).looked_at > LINES


async def many_lines_of_one_product(context: Context) -> None:
    """More than are worked out at once follow the price that is changed at the end."""
    page = await list_records(context, Query("shop.deal", limit=1))
    deal = str(page.rows[0][0])
    (product,) = await write(context, "shop.product", [Create({"name": "Much", "price": "2"})])
    line = {"name": "L", "deal": deal, "product": product.id, "quantity": 3}
    for _ in range(LINES // 1_000):
        await write(context, "shop.line", [Create(line)] * 1_000)
    await write(context, "shop.product", [Update(product.id, {"price": "5"})])


async def killed_halfway(process: "subprocess.Popen[bytes]", context: Context) -> int:
    """Kill a worker once it has worked out some records, and say how many."""
    for _ in range(4_000):
        marks = await waiting(context)
        if any(mark.done for mark in marks):
            break
        assert process.poll() is None, "the worker ended before it could be killed"
        await asyncio.sleep(0.02)
    process.kill()
    process.wait()
    return max((mark.done for mark in await waiting(context)), default=0)


async def waiting(context: Context) -> list[Mark]:
    async with context.database.read(context.workspace) as connection:
        return await stale.marks(connection)


def amount(found: list[Verified]) -> Verified:
    (one,) = [one for one in found if one.key == "amount"]
    return one


def environment(settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(sys.path)}
