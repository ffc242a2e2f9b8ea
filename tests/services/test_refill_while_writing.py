"""A field that is filled anew while somebody changes what it is computed from."""

import asyncio
from collections.abc import Sequence

from tests.support.publishing import Publisher
from tests.support.rush import opened, prepare, work_off
from tests.support.shop import documents, rollup
from tests.support.waiting import until_it_waits
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Create, Outcome
from trellis.services.records import write
from trellis.services.verifying import verify
from trellis.storage.connection import Connection


async def test_a_line_that_is_being_added_is_counted(database_settings: dict[str, str]) -> None:
    settings = Settings.read(database_settings)
    await prepare(settings)
    async with opened(settings) as before:
        await Publisher(before.database, before.workspace).publish(*with_count())
    async with opened(settings) as context:
        added, filled = asyncio.Event(), asyncio.Event()

        async def commit_late(connection: Connection, outcomes: Sequence[Outcome]) -> None:
            added.set()
            await filled.wait()

        page = await queries.list_records(context, Query("shop.deal", limit=1))
        line = Create({"name": "Late", "deal": page.rows[0][0], "quantity": 1})
        writing = asyncio.create_task(write(context, "shop.line", [line], also=commit_late))
        await added.wait()
        filling = asyncio.create_task(work_off(context))
        await until_it_waits(context)
        filled.set()
        await asyncio.gather(writing, filling)

        assert [one for one in await verify(context) if one.differing or one.waiting] == []


def with_count() -> list[dict[str, object]]:
    """The shop with one more roll-up, which has to be filled."""
    found = documents("stored")
    for raw in found:
        if raw["id"] == "shop.deal":
            raw["fields"] = {**raw["fields"], "many": rollup("integer", "count", storage="stored")}
    return found
