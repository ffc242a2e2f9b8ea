"""Running numbers follow their pattern, begin again with their period, and are given once however many ask at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.publishing import entity
from trellis.engine.query import Query
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Invalid
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

TICKET = "desk.ticket"
FIELDS = {
    "endless": {"type": "autonumber", "pattern": "T{seq:4}"},
    "yearly": {"type": "autonumber", "pattern": "{yyyy}/{seq}", "reset": "yearly"},
    "monthly": {"type": "autonumber", "pattern": "OP-{yyyy}{MM}-{seq:5}", "reset": "monthly"},
    "daily": {"type": "autonumber", "pattern": "{yy}-{MM}-{dd}:{seq:2}", "reset": "daily"},
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 12, 30, 9, 0, tzinfo=UTC))


@pytest.fixture
async def context(database_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Context]:
    """A workspace with one entity that is numbered in every way."""
    url = database_url if database_url.startswith("postgresql:") else ""
    database = await Database.open(Settings(data=str(tmp_path / "files") if url else database_url, database_url=url))
    workspace = await database.create_workspace("main")
    pack = {"kind": "pack", "format": 1, "id": "desk", "label": "Desk", "version": "1.0.0"}
    documents = [pack, entity(TICKET, fields=FIELDS)]
    await install_packs(database, workspace, documents, clock, actor=SYSTEM, note="test")
    yield await OpenWorkspace(database, workspace, clock).context()
    await database.close()


async def numbers(context: Context, *keys: str) -> list[tuple[object, ...]]:
    page = await queries.list_records(context, Query(TICKET, keys, limit=2000))
    return sorted(row[2:] for row in page.rows)


async def test_numbers_follow_their_pattern_and_begin_again_with_their_period(
    context: Context, clock: FixedClock
) -> None:
    for days in (0, 0, 1, 1):
        clock.advance(timedelta(days=days))
        await write(context, TICKET, [Create({"name": "A"})])
    clock.advance(timedelta(days=40))
    await write(context, TICKET, [Create({"name": "A"}), Create({"name": "B"})])

    assert await numbers(context, "endless", "yearly", "monthly", "daily") == [
        ("T0001", "2026/1", "OP-202612-00001", "26-12-30:01"),
        ("T0002", "2026/2", "OP-202612-00002", "26-12-30:02"),
        ("T0003", "2026/3", "OP-202612-00003", "26-12-31:01"),
        ("T0004", "2027/1", "OP-202701-00001", "27-01-01:01"),
        ("T0005", "2027/2", "OP-202702-00001", "27-02-10:01"),
        ("T0006", "2027/3", "OP-202702-00002", "27-02-10:02"),
    ]


async def test_the_period_is_that_of_the_organisation(context: Context, clock: FixedClock) -> None:
    clock.moment = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai

    await write(context, TICKET, [Create({"name": "A"})])

    assert await numbers(context, "daily") == [("27-01-01:01",)]


async def test_many_at_once_get_numbers_without_gap_or_double(context: Context) -> None:
    async def batch(size: int) -> None:
        await write(context, TICKET, [Create({"name": f"{place}"}) for place in range(size)])

    await asyncio.gather(*(batch(size) for size in (1, 2, 3, 5, 8, 13, 1, 7)))

    assert await numbers(context, "endless") == [(f"T{number:04}",) for number in range(1, 41)]


async def test_what_is_refused_takes_no_number(context: Context) -> None:
    with pytest.raises(Invalid):
        await write(context, TICKET, [Create({"name": "A"}), Create({"name": "x" * 2000})])
    good, bad = await write(context, TICKET, [Create({"name": "A"}), Create({"name": "x" * 2000})], atomic=False)

    assert (good.error, isinstance(bad.error, Invalid)) == (None, True)
    assert await numbers(context, "endless") == [("T0001",)]


async def test_a_number_longer_than_its_places_goes_on(context: Context) -> None:
    await write(context, TICKET, [Create({"name": "A"}) for _ in range(101)])

    assert (await numbers(context, "daily"))[9:11] == [("26-12-30:10",), ("26-12-30:100",)]
