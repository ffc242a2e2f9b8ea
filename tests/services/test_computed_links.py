"""Links that are computed and stored: what is read behind them follows the link and what it leads to."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.publishing import Publisher
from tests.support.rush import opened
from tests.support.shop import Raw, documents, formula, made, rollup, scene, seen, untrue
from tests.support.waiting import Late, until_it_waits
from trellis.kernel.settings import Settings
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.storage.database import Database


def with_buyers() -> list[Raw]:
    """The shop with the customer of each line, and what customers and deals tell through it; deals tell no customer."""
    found = documents("stored")
    more: dict[str, Raw] = {
        "shop.line": {
            "buyer": formula("lookup:shop.customer", "deal.customer", storage="stored"),
            "buyer_name": formula("text", "buyer.name", storage="stored"),
        },
        "shop.deal": {"buyers": rollup("text", "concat", "buyer.name", storage="stored")},
        "shop.customer": {
            "wares": rollup("text", "concat", "product.name", storage="stored") | {"over": "shop.line.buyer"}
        },
    }
    for raw in found:
        fields = {key: field for key, field in raw.get("fields", {}).items() if key not in ("label", "good")}
        if raw["id"] in more:
            raw["fields"] = fields | more[raw["id"]]
    return found


@pytest.fixture
async def shop(database_settings: dict[str, str]) -> AsyncIterator[Context]:
    settings = Settings.read(database_settings)
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*with_buyers())
    await database.close()
    async with opened(settings) as context:
        yield context


async def test_what_is_behind_a_computed_link_is_there_at_once(shop: Context) -> None:
    ids = await scene(shop)
    assert await seen(shop, "shop.line", ids["first"], "buyer", "buyer_name") == (ids["customer"], "Ann")
    assert await seen(shop, "shop.deal", ids["deal"], "buyers") == ("Ann",)

    bea = await made(shop, "shop.customer", name="Bea")
    await write(shop, "shop.deal", [Update(ids["deal"], {"customer": bea})])
    assert await seen(shop, "shop.line", ids["first"], "buyer", "buyer_name") == (bea, "Bea")
    assert await seen(shop, "shop.customer", bea, "wares") == ("Ink, Pen",)

    other = await made(shop, "shop.deal", name="Small", customer=ids["customer"])
    await write(shop, "shop.line", [Update(ids["first"], {"deal": other})])
    await write(shop, "shop.customer", [Update(ids["customer"], {"name": "Anna"})])
    assert await seen(shop, "shop.line", ids["first"], "buyer_name") == ("Anna",)
    assert await seen(shop, "shop.deal", other, "buyers") == ("Anna",)
    assert await untrue(shop) == []


async def test_a_computed_link_that_is_being_set_is_seen_by_whoever_changes_what_is_behind(shop: Context) -> None:
    ids = await scene(shop)
    bea, late = await made(shop, "shop.customer", name="Bea"), Late(shop)
    linking = late.begin("shop.deal", ids["deal"], customer=bea)
    await late.ready.wait()
    renaming = asyncio.create_task(write(shop, "shop.product", [Update(ids["pen"], {"name": "New"})]))
    await until_it_waits(shop)
    late.told.set()
    await asyncio.gather(linking, renaming)

    assert await untrue(shop) == []
    assert await seen(shop, "shop.customer", bea, "wares") == ("Ink, New",)
