"""A line that moves to another deal while somebody changes the product whose name the deal tells."""

import asyncio

from tests.support.rush import opened, prepare
from tests.support.shop import found, untrue
from tests.support.waiting import Late, until_it_waits
from trellis.kernel.settings import Settings
from trellis.services.commands import Update
from trellis.services.records import write


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
