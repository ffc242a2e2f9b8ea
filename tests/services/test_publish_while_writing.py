"""Writers and readers of two processes never notice that releases are published: no request fails, no value gets lost.

`make soak` does the same with ten processes and 200,000 records.
"""

import asyncio
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.support.publishing import entity
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import SystemClock
from trellis.kernel.settings import Settings
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.services import preparing, publishing, queries
from trellis.services.commands import Create, Update
from trellis.services.publishing import Order
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

THING = "x.thing"
SIZES: tuple[dict[str, Any], ...] = (
    {"type": "decimal", "precision": 14, "scale": 2},
    {"type": "text"},
    {"type": "decimal", "precision": 14, "scale": 4},
)


@dataclass
class Writer:
    """Changes records of its own until it is told to stop, and remembers what it wrote last."""

    home: OpenWorkspace
    records: list[str]
    draw: random.Random
    last: dict[str, str] = field(default_factory=dict)
    stopped: bool = False

    async def run(self) -> None:
        while not self.stopped:
            record, value = self.draw.choice(self.records), f"{self.draw.randint(1, 9999)}.25"
            context = await self.home.context()
            await write(context, THING, [Update(record, {"size": value})])
            self.last[record] = value
            await queries.get_record(await self.home.context(), THING, self.draw.choice(self.records), ("size",))
            await asyncio.sleep(0)


@pytest.mark.slow
async def test_nobody_notices_that_releases_are_published(
    database_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FEW", 5)
    settings = Settings.read(database_settings)
    first, second = await Database.open(settings), await Database.open(settings)
    workspace = await first.create_workspace("main")
    await second.list_workspaces()
    fields: dict[str, Any] = {"size": SIZES[0], "spot0": {"type": "text"}}

    async def publish(intent: Intent) -> None:
        planned = await publishing.plan(first, workspace, [entity(THING, fields=fields)], intent)
        await publishing.publish(first, workspace, planned, SystemClock(), Order(SYSTEM, ""))

    await publish(NO_INTENT)
    homes = [OpenWorkspace(database, workspace, SystemClock()) for database in (first, second, second)]
    made = await write(await homes[0].context(), THING, [Create({"name": f"N{number}"}) for number in range(30)])
    ids = [outcome.id for outcome in made]
    writers = [Writer(home, ids[number::3], random.Random(number)) for number, home in enumerate(homes)]
    working = [asyncio.create_task(writer.run()) for writer in writers]
    for turn in range(1, 10):
        if turn % 3 == 1:
            fields[f"added{turn}"] = {"type": "integer"}
            await publish(NO_INTENT)
        elif turn % 3 == 2:
            before = next(key for key in fields if key.startswith("spot"))
            fields = {f"spot{turn}" if key == before else key: spec for key, spec in fields.items()}
            await publish(Intent({f"{THING}#/fields/{before}": f"{THING}#/fields/spot{turn}"}))
        else:
            fields["size"] = SIZES[turn // 3 % len(SIZES)]
            await publish(NO_INTENT)
    for writer in writers:
        writer.stopped = True
    await asyncio.gather(*working)

    await homes[0].refresh()
    context = await homes[0].context()
    for record, value in {key: said for writer in writers for key, said in writer.last.items()}.items():
        found = await queries.get_record(context, THING, record, ("size",))
        assert Decimal(str(found.values["size"])) == Decimal(value)
    await first.close()
    await second.close()
