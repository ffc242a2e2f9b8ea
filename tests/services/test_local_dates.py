"""Stored formulas may read dates in the organisation's zone: they are computed, filled in SQL, verified and filtered by."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.publishing import CLOCK, Publisher, entity
from tests.support.shop import documents, formula, made, seen
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.refreshing import HANDLERS
from trellis.services.verifying import verify
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage.database import Database

LATE = datetime(2024, 2, 29, 16, 30, tzinfo=UTC)
DAY = formula("date", "local_date(at)", storage="stored")
PAUSE = formula("duration", "hours(1.5) + minutes(number)", storage="stored")
SINCE = formula("duration", "at + lasted - at", storage="virtual")


def calls(**more: Any) -> list[dict[str, Any]]:
    fields = {"at": {"type": "datetime"}, "number": {"type": "integer"}, "lasted": {"type": "duration"}, **more}
    return [*documents("virtual"), entity("shop.call", fields=fields)]


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*calls(since=SINCE))
    yield await OpenWorkspace(database, workspace, CLOCK).context()
    await database.close()


async def test_dates_and_durations_are_computed_filled_verified_and_filtered_by(shop: Context) -> None:
    first = await made(shop, "shop.call", name="A", at=LATE, number=10, lasted="1:30")
    await made(shop, "shop.call", name="B", at=datetime(2024, 2, 29, 15, 59, tzinfo=UTC), number=20)
    await Publisher(shop.database, shop.workspace).publish(*calls(since=SINCE, day=DAY, pause=PAUSE))
    release = await shop.home.refresh()
    assert release is not None
    now = shop.with_release(release)

    await Worker(Workspaces(shop.database, shop.clock), HANDLERS, "test").run_due()
    third = await made(now, "shop.call", name="C", at=LATE, lasted=60)

    assert await seen(now, "shop.call", first, "day", "pause", "since") == (date(2024, 3, 1), 6000, 5400)
    assert await seen(now, "shop.call", third, "day", "pause", "since") == (date(2024, 3, 1), None, 60)
    assert sum(len(found.samples) for found in await verify(now, "shop.call")) == 0
    for condition, names in (
        ("day == '2024-03-01'", ["A", "C"]),
        ("local_date(at) == date(2024, 2, 29)", ["B"]),
        ("since > hours(1) and pause < hours(2)", ["A"]),
    ):
        page = await queries.list_records(now, Query("shop.call", ("name",), filter=condition))
        assert sorted(str(record["name"]) for record in page.records()) == names, condition
