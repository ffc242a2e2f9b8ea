"""Stored computed values are compared with what they should be, and put right."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.publishing import CLOCK, Publisher
from tests.support.shop import documents, made, scene, seen
from trellis.__main__ import main
from trellis.commands.verify import compare
from trellis.kernel.errors import NotFound
from trellis.kernel.settings import Settings
from trellis.services import computed, verifying
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.verifying import Verified, repair, verify
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """A workspace with a shop whose computed fields are stored."""
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents("stored"))
    yield await OpenWorkspace(database, workspace, CLOCK).context()
    await database.close()


async def spoil(context: Context, entity: str, key: str, value: str, record: str) -> None:
    """Change a value behind the back of the platform."""
    publisher = Publisher(context.database, context.workspace)
    table = context.tables.entity(entity)
    name, column = publisher.named(table.table.name), table.columns[key].name
    await publisher.run(f"UPDATE {name} SET \"{column}\" = {value} WHERE id = '{record}' RETURNING id")


def of(found: list[Verified], key: str) -> Verified:
    (one,) = [one for one in found if one.key == key]
    return one


async def test_what_is_true_is_found_true(shop: Context) -> None:
    await scene(shop)

    found = await verify(shop)

    assert sum(one.differing for one in found) == 0
    assert {one.key: one.looked_at for one in found if one.entity == "shop.line"} == {"price": 2, "amount": 2}
    assert [one.key for one in await verify(shop, "shop.customer")] == ["turnover", "rank"]


async def test_a_spoilt_value_is_found_and_put_right_with_all_that_follows(
    shop: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = await scene(shop)
    stored = "1" if shop.tables.dialect == "postgresql" else "100"
    await spoil(shop, "shop.line", "amount", stored, ids["first"])
    await spoil(shop, "shop.deal", "names", "NULL", ids["deal"])

    found = await verify(shop)
    amount = of(found, "amount")

    assert (amount.looked_at, amount.differing) == (2, 1)
    assert [(one.id, one.stored, one.computed) for one in amount.samples] == [
        (ids["first"], Decimal("1.00"), Decimal("7.50"))
    ]
    assert of(found, "total").differing == 1, "the total is that of the right lines"
    assert await compare(shop, None, repairing=False) == 1
    assert "shop.deal.names: 1 record, 1 differ\n" in capsys.readouterr().out

    assert await compare(shop, None, repairing=True) == 0

    printed = capsys.readouterr().out
    assert f"  {ids['deal']}: nothing is stored, Ink, Pen is right\n" in printed
    assert printed.endswith("nothing is wrong.\n")
    assert await seen(shop, "shop.line", ids["first"], "amount") == (Decimal("7.50"),)
    assert await seen(shop, "shop.deal", ids["deal"], "total", "names") == (Decimal("807.50"), "Ink, Pen")


async def test_a_repair_reaches_what_was_computed_from_the_wrong_value(shop: Context) -> None:
    ids = await scene(shop)
    stored = "5000" if shop.tables.dialect == "postgresql" else "500000"
    await spoil(shop, "shop.deal", "total", stored, ids["deal"])
    await write(shop, "shop.deal", [Update(ids["deal"], {"discount": 20})])
    assert await seen(shop, "shop.deal", ids["deal"], "net") == (Decimal("4980.00"),)

    assert await repair(shop, "shop.deal") == 1

    assert await seen(shop, "shop.deal", ids["deal"], "total", "net") == (Decimal("807.50"), Decimal("787.50"))
    assert await seen(shop, "shop.customer", ids["customer"], "turnover", "rank") == (Decimal("807.50"), 2)
    assert not any(one.wrong for one in await verify(shop))


async def test_many_records_are_looked_at_page_by_page(shop: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "PAGE", 4)
    ids = await scene(shop)
    lines = [Create({"name": f"L{n}", "deal": ids["deal"], "product": ids["ink"], "quantity": n}) for n in range(20)]
    outcomes = await write(shop, "shop.line", lines)
    for outcome in outcomes[:9]:
        await spoil(shop, "shop.line", "amount", "NULL", outcome.id)

    amount = of(await verify(shop, "shop.line"), "amount")

    assert (amount.looked_at, amount.differing, len(amount.samples)) == (22, 9, 5)
    assert await repair(shop) == 9


async def test_what_waits_to_be_worked_out_is_not_wrong(
    shop: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = await scene(shop)
    monkeypatch.setattr(computed, "INLINE", 1)
    await made(shop, "shop.line", deal=ids["deal"], product=ids["ink"], quantity=3)
    await write(shop, "shop.product", [Update(ids["ink"], {"price": "1"})])

    amount = of(await verify(shop), "amount")

    assert (amount.waiting, amount.differing, amount.wrong) == (True, 2, 0)
    assert await compare(shop, "shop.line", repairing=True) == 0
    assert "shop.line.amount: 3 records, being worked out\n" in capsys.readouterr().out
    assert of(await verify(shop), "amount").differing == 2


async def test_an_unknown_entity_is_said(shop: Context) -> None:
    with pytest.raises(NotFound, match=r"There is no entity “shop\.nothing”\."):
        await verify(shop, "shop.nothing")


def test_the_command_says_2_when_it_cannot_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRELLIS_DATA", str(tmp_path))
    monkeypatch.delenv("TRELLIS_DATABASE_URL", raising=False)

    assert main(["verify", "--workspace", "nobody"]) == 2
    assert capsys.readouterr().err.startswith("trellis: ")
