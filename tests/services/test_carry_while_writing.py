"""Values that are still being written when a publish carries those that everybody sees already."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.publishing import CLOCK, Publisher, entity
from tests.support.shop import made, seen
from tests.support.waiting import Late, until_it_waits
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services import carrying, preparing
from trellis.services.publishing import install_packs
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.preparing import longest_write

THING = "x.thing"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def home(postgresql_url: str, tmp_path: Path) -> OpenWorkspace:
    """A workspace with things whose size is a text; on SQLite nobody else writes while values are carried."""
    database = await Database.open(Settings(data=str(tmp_path), database_url=postgresql_url))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(entity(THING, fields={"size": {"type": "text"}}))
    return OpenWorkspace(database, workspace, CLOCK)


async def test_what_was_being_written_for_long_is_carried_too(
    home: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = await home.context()
    records = [await made(context, THING, size=size) for size in ("1", "2", None)]
    late = Late(context)
    writing: list[asyncio.Task[Any]] = []

    async def after_a_minute(connection: Connection, workspace: Workspace) -> timedelta:
        if not writing:
            assert not await longest_write(connection, workspace)
            writing.append(late.begin(THING, records[2], size="3"))
            await late.ready.wait()
        passed = await longest_write(connection, workspace)
        assert timedelta() < passed < MINUTE
        return passed + MINUTE

    monkeypatch.setattr(preparing, "FEW", 1)
    monkeypatch.setattr(carrying, "longest_write", after_a_minute)
    later = FixedClock(CLOCK.now() + MINUTE)
    numbers = entity(THING, fields={"size": {"type": "integer"}})
    async with asyncio.TaskGroup() as group:
        group.create_task(install_packs(home.database, home.workspace, [numbers], later, actor=SYSTEM, note=""))
        await late.ready.wait()
        await until_it_waits(context)
        late.told.set()
    await asyncio.gather(*writing)

    await home.refresh()
    context = await home.context()
    assert [await seen(context, THING, record, "size") for record in records] == [(1,), (2,), (3,)]
    await home.database.close()
