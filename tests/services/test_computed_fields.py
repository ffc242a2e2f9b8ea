"""Computed fields: what lists, filters and sorts say of them, and that stored ones follow every change."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.publishing import CLOCK, Publisher
from tests.support.shop import documents, formula, made, rollup, scene, seen
from trellis.engine.query import Query, SortKey
from trellis.kernel.settings import Settings
from trellis.services import computed, queries, refreshing
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.refreshing import HANDLERS
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage import stale
from trellis.storage.database import Database


@pytest.fixture(params=["virtual", "stored"])
async def shop(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Everything a system may do in a workspace with a shop."""
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents(request.param))
    yield await OpenWorkspace(database, workspace, CLOCK).context()
    await database.close()


async def test_computed_values_are_there_as_soon_as_a_record_is_saved(shop: Context) -> None:
    ids = await scene(shop)
    deal = await seen(shop, "shop.deal", ids["deal"], "total", "lines", "average", "dearest", "first", "last", "names")
    assert deal == (Decimal("807.50"), 2, Decimal("403.75"), Decimal("800.00"), 3, 2, "Ink, Pen")
    assert await seen(shop, "shop.deal", ids["deal"], "net", "label", "good", "shout") == (
        Decimal("797.50"),
        "Big: Ann",
        False,
        "Big!",
    )
    assert await seen(shop, "shop.line", ids["first"], "price", "amount") == (Decimal("2.50"), Decimal("7.50"))
    assert await seen(shop, "shop.customer", ids["customer"], "turnover", "rank") == (Decimal("807.50"), 2)


async def test_a_price_reaches_lines_deals_and_customers(shop: Context) -> None:
    ids = await scene(shop)
    await write(shop, "shop.product", [Update(ids["ink"], {"price": "1000"})])
    assert await seen(shop, "shop.line", ids["second"], "price", "amount") == (Decimal("1000.00"), Decimal("2000.00"))
    assert await seen(shop, "shop.deal", ids["deal"], "total", "net", "good", "dearest") == (
        Decimal("2007.50"),
        Decimal("1997.50"),
        True,
        Decimal("2000.00"),
    )
    assert await seen(shop, "shop.customer", ids["customer"], "turnover", "rank") == (Decimal("2007.50"), 1)


async def test_lines_that_move_or_go_change_both_deals(shop: Context) -> None:
    ids = await scene(shop)
    other = await made(shop, "shop.deal", name="Small", customer=ids["customer"])
    await write(shop, "shop.line", [Update(ids["second"], {"deal": other})])
    assert await seen(shop, "shop.deal", ids["deal"], "total", "lines") == (Decimal("7.50"), 1)
    assert await seen(shop, "shop.deal", other, "total", "lines", "net") == (Decimal("800.00"), 1, Decimal("800.00"))
    await write(shop, "shop.line", [Delete(ids["first"])])
    assert await seen(shop, "shop.deal", ids["deal"], "total", "lines", "average") == (Decimal("0.00"), 0, None)
    await write(shop, "shop.line", [Restore(ids["first"])])
    await write(shop, "shop.line", [Update(ids["second"], {"cancelled": True})])
    assert await seen(shop, "shop.deal", other, "total", "lines") == (Decimal("0.00"), 1)
    await write(shop, "shop.deal", [Delete(other)])
    assert await seen(shop, "shop.customer", ids["customer"], "turnover") == (Decimal("7.50"),)
    await write(shop, "shop.deal", [Restore(other)])
    await write(shop, "shop.line", [Update(ids["second"], {"cancelled": False})])
    assert await seen(shop, "shop.customer", ids["customer"], "turnover") == (Decimal("807.50"),)


async def test_computed_fields_filter_and_sort(shop: Context) -> None:
    ids = await scene(shop)
    await made(shop, "shop.deal", name="Empty", customer=ids["customer"])
    for condition in (
        "good",
        "lines == 2",
        "label == 'Big: Ann'",
        "total > 800",
        "customer.rank == 2",
        "contains(names, 'Pen')",
    ):
        query = Query("shop.deal", ("name", "total", "lines"), filter=condition)
        expected = [] if condition == "good" else ["Big"] if "rank" not in condition else ["Big", "Empty"]
        found = await queries.list_records(shop, query)
        assert sorted(str(record["name"]) for record in found.records()) == expected, condition
    for key in ("lines", "total", "average", "label"):
        query = Query("shop.deal", ("name",), sort=(SortKey(key, True),), labels=True, limit=1)
        page = await queries.list_records(shop, query)
        assert [record["name"] for record in page.records()] == (["Empty"] if key == "label" else ["Big"])
        again = await queries.list_records(shop, Query("shop.deal", ("name",), sort=query.sort, cursor=page.next))
        assert len(again.rows) == 1


async def test_nobody_writes_a_computed_field(shop: Context) -> None:
    from trellis.kernel.errors import Invalid

    with pytest.raises(Invalid) as problem:
        await write(shop, "shop.deal", [Create({"name": "N", "total": "5"})])
    assert [error.path for error in problem.value.errors] == ["total"]


async def worked(context: Context) -> int:
    """What the worker does."""
    workspaces = Workspaces(context.database, context.clock)
    return await Worker(workspaces, HANDLERS, "test").run_due()


async def test_too_many_followers_go_to_the_background(shop: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await scene(shop)
    monkeypatch.setattr(computed, "INLINE", 2)
    names = [Create({"name": f"L{n}", "deal": ids["deal"], "product": ids["ink"], "quantity": 1}) for n in range(5)]
    await write(shop, "shop.line", names)
    await write(shop, "shop.product", [Update(ids["ink"], {"price": "1"})])
    assert await seen(shop, "shop.deal", ids["deal"], "total") == (Decimal("2807.50"),)
    async with shop.database.read(shop.workspace) as connection:
        assert {key for mark in await stale.marks(connection) for key in mark.keys} >= {"amount"}

    assert await worked(shop) >= 1

    assert await seen(shop, "shop.deal", ids["deal"], "total") == (Decimal("14.50"),)
    async with shop.database.read(shop.workspace) as connection:
        assert await stale.marks(connection) == []


async def test_a_changed_formula_is_filled_again(shop: Context) -> None:
    ids = await scene(shop)
    documents_now = [dict(raw) for raw in shop.snapshot.raw.values()]
    for raw in documents_now:
        if raw["id"] == "shop.deal":
            fields = dict(raw["fields"])
            fields["net"] = formula("currency", "total + total", storage="stored")
            fields["double"] = formula("currency", "net * 2", storage="stored")
            fields["many"] = rollup("integer", "count", storage="stored")
            raw["fields"] = fields
    await Publisher(shop.database, shop.workspace).publish(*documents_now)
    release = await shop.home.refresh()
    assert release is not None
    now = shop.with_release(release)
    assert await seen(now, "shop.deal", ids["deal"], "net", "double") == (Decimal("797.50"), None)

    assert await worked(now) >= 1

    expected = (Decimal("1615.00"), Decimal("3230.00"), 2)
    assert await seen(now, "shop.deal", ids["deal"], "net", "double", "many") == expected


@pytest.mark.parametrize("at_once", [1, 5_000])
async def test_changed_formulas_are_filled_with_the_values_of_each_record(
    shop: Context, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(refreshing, "IN_SQL", at_once)
    ids = await scene(shop)
    bea = await made(shop, "shop.customer", name="Bea", bonus=5)
    small = await made(shop, "shop.deal", name="Small", customer=bea, discount=3)
    documents_now = [dict(raw) for raw in shop.snapshot.raw.values()]
    for raw in documents_now:
        if raw["id"] == "shop.deal":
            added = {
                "half": formula("currency", "discount * 5", storage="stored"),
                "bonus": formula("integer", "customer.bonus + 1", storage="stored"),
                "pieces": rollup("integer", "sum", "quantity", storage="stored"),
            }
            raw["fields"] = {**raw["fields"], **added}
    await Publisher(shop.database, shop.workspace).publish(*documents_now)
    release = await shop.home.refresh()
    assert release is not None
    now = shop.with_release(release)

    assert await worked(now) >= 1

    assert await seen(now, "shop.deal", ids["deal"], "half", "bonus", "pieces") == (Decimal("50.00"), None, 5)
    assert await seen(now, "shop.deal", small, "half", "bonus", "pieces") == (Decimal("15.00"), 6, None)
