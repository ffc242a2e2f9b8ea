"""A line that moves to another deal while somebody changes the product whose name the deal tells."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.rush import opened, prepare
from tests.support.waiting import until_it_waits
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Outcome, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.verifying import verify
from trellis.storage.connection import Connection


@dataclass
class Late:
    """A write that has done all its work and commits only when it is told to."""

    context: Context
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, entity: str, record: str, **values: object) -> "asyncio.Task[list[Outcome]]":
        return asyncio.create_task(write(self.context, entity, [Update(record, values)], also=self._also))

    async def _also(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        self.ready.set()
        await self.told.wait()


async def test_the_deal_that_a_line_moves_to_tells_the_new_name_of_its_product(
    database_settings: dict[str, str],
) -> None:
    settings = Settings.read(database_settings)
    await prepare(settings)
    async with opened(settings) as context:
        line, product = await found(context, "shop.line", "N0"), await found(context, "shop.product", "N0")
        late = Late(context)
        moving = late.begin("shop.line", line, deal=await found(context, "shop.deal", "N1"))
        await late.ready.wait()
        renaming = asyncio.create_task(write(context, "shop.product", [Update(product, {"name": "New"})]))
        await until_it_waits(context)
        late.told.set()
        await asyncio.gather(moving, renaming)

        assert await untrue(context) == []


async def test_so_it_does_when_the_line_gets_another_product_meanwhile(database_settings: dict[str, str]) -> None:
    settings = Settings.read(database_settings)
    await prepare(settings)
    async with opened(settings) as context:
        line, product = await found(context, "shop.line", "N0"), await found(context, "shop.product", "N2")
        first, second = Late(context), Late(context)
        swapping = first.begin("shop.line", line, product=product)
        await first.ready.wait()
        moving = second.begin("shop.line", line, deal=await found(context, "shop.deal", "N1"))
        await until_it_waits(context)
        first.told.set()
        await second.ready.wait()
        renaming = asyncio.create_task(write(context, "shop.product", [Update(product, {"name": "New"})]))
        await until_it_waits(context)
        second.told.set()
        await asyncio.gather(swapping, moving, renaming)

        assert await untrue(context) == []


async def found(context: Context, entity: str, name: str) -> str:
    """The id of the record with a name."""
    page = await queries.list_records(context, Query(entity, filter=f"name == '{name}'", limit=1))
    return str(page.rows[0][0])


async def untrue(context: Context) -> list[tuple[str, object]]:
    """The stored fields that are not what they should be."""
    return [(one.key, one.samples) for one in await verify(context) if one.differing or one.waiting]
