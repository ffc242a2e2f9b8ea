"""Whatever changes in whatever order: tables follow, values stay, and every step can be taken back."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.editing import Editing
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

SEQUENCES = 15
"""For each of ten seeds on each of two databases: 300 in all."""


@pytest.fixture
async def empty(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    yield OpenWorkspace(database, workspace, FixedClock(datetime(2026, 11, 21, 9, 30, tzinfo=UTC)))
    await database.close()


@pytest.mark.parametrize("seed", range(10))
async def test_every_sequence_of_changes_keeps_its_promises(empty: OpenWorkspace, seed: int) -> None:
    editing = Editing(empty, random.Random(seed))
    for _ in range(SEQUENCES):
        await editing.begin()
        for _ in range(3):
            await editing.step()
            if editing.draw.random() < 0.5:
                await editing.change_records()
            if editing.draw.random() < 0.6:
                await editing.roll_back()
