"""Programs ask how a value came about; nothing that the reader may not see stands in the answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.test_explaining import CUSTOMER, DEAL, LINE, PRODUCT, documents
from tests.support.application import build
from tests.support.publishing import CLOCK, Publisher
from tests.support.shop import made
from tests.web.api.conftest import RECORDS
from tests.web.conftest import Server
from trellis.kernel.settings import Settings
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database

NOBODY = "01920000-0000-7000-8000-00000000000b"


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """A server of a shop whose clerks do not see everything."""
    url = database_url if database_url.startswith("postgresql:") else ""
    settings = Settings(data=str(tmp_path / "files" if url else database_url), database_url=url)
    database = await Database.open(settings)
    await Publisher(database, await database.create_workspace("main")).publish(*documents())
    workspaces = Workspaces(database, CLOCK)
    context = await (await workspaces.named("main")).context()
    yield Server(build(workspaces, settings), workspaces, context)
    await database.close()


@pytest.fixture
async def ada(shop: Server) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's client."""
    async with shop.client(await shop.token("Ada", "core.admin")) as client:
        yield client


@pytest.fixture
async def carl(shop: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A clerk's client."""
    async with shop.client(await shop.token("Carl", "shop.clerk")) as client:
        yield client


async def created(client: httpx.AsyncClient, entity: str, **values: Any) -> str:
    response = await client.post(f"{RECORDS}/{entity}", json={"name": entity.title(), **values})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def explained(client: httpx.AsyncClient, entity: str, record: str, field: str) -> tuple[dict[str, Any], str]:
    response = await client.get(f"{RECORDS}/{entity}/{record}/explain/{field}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found, response.text


async def test_a_formula_is_told_with_inputs_steps_and_writers(ada: httpx.AsyncClient) -> None:
    product = await created(ada, PRODUCT, name="Pen", price="2.50")
    deal = await created(ada, DEAL)
    line = await created(ada, LINE, deal=deal, product=product, quantity=3)
    me = (await ada.get("/api/v1/me")).json()["id"]

    found, _ = await explained(ada, LINE, line, "amount")

    writer = {"at": "2026-11-21T09:00:00Z", "actor": {"id": me, "name": "Ada"}}
    price = {
        "path": "product.price", "labels": ["Product", "Unit price"], "type": "currency",
        "value": "2.50", "title": None, "hidden": False, "masked": False,
        "record": {"entity": PRODUCT, "id": product, "title": "Pen"},
        "computed": False, "stale": False, "writer": writer,
    }  # fmt: skip
    whole = "round({Quantity} * {Product › Unit price}, 2)"
    assert found["inputs"][1] == price
    assert found["steps"][-1] == {
        "source": "round(quantity * product.price, 2)", "labelled": whole, "type": "money", "value": "7.50", "depth": 0,
        "used": True, "failed": False,
    }  # fmt: skip
    assert {key: value for key, value in found.items() if key not in ("inputs", "steps")} == {
        "record": {"entity": LINE, "id": line, "title": "Shop.Line"}, "field": "amount", "label": "Amount",
        "type": "currency", "kind": "formula", "storage": "stored", "value": "7.50", "title": None, "hidden": False,
        "masked": False, "formula": {"source": "round(quantity * product.price, 2)", "labelled": whole},
        "children": None, "writer": None, "default": None, "stale": None, "differs": False, "fresh": None,
    }  # fmt: skip


async def test_a_roll_up_is_told_with_the_records_it_counts(ada: httpx.AsyncClient, carl: httpx.AsyncClient) -> None:
    product = await created(ada, PRODUCT, name="Pen", price="2.50")
    deal = await created(ada, DEAL)
    await created(ada, LINE, name="Strange", deal=deal, product=product, quantity=1234)
    own = await created(carl, LINE, name="Mine", deal=deal, product=product, quantity=2)

    found, text = await explained(carl, DEAL, deal, "total")

    shown = {"value": "5.00", "title": None, "hidden": False, "masked": False}
    assert found["value"] == "3090.00"
    assert found["children"] == {
        "entity": LINE, "relation": "Account", "aggregate": "sum", "labels": ["Amount"],
        "where": {"source": "quantity > 1", "labelled": "{Quantity} > 1"}, "empty": "0.00",
        "all": 2, "left_out": 0, "without_value": 0, "counted": 2, "unreadable": 1, "more": 0,
        "items": [{"record": {"entity": LINE, "id": own, "title": "Mine"}, **shown}],
    }  # fmt: skip
    assert "Strange" not in text
    assert "3085" not in text


async def test_what_one_may_not_see_stands_nowhere_in_the_answer(
    shop: Server, ada: httpx.AsyncClient, carl: httpx.AsyncClient
) -> None:
    customer = await created(ada, CUSTOMER, name="Confidential", discount="12.5")
    deal = await created(ada, DEAL, customer=customer)
    product = await created(ada, PRODUCT, name="Pen", price="3", cost="77.31", code="code77")
    line = await created(carl, LINE, name="Mine", deal=deal, product=product, quantity=2)

    kind, kind_text = await explained(carl, LINE, line, "kind")
    net, net_text = await explained(carl, DEAL, deal, "net")
    coded, _ = await explained(carl, LINE, line, "coded")

    cost = next(one for one in kind["inputs"] if one["path"] == "product.cost")
    assert (cost["hidden"], cost["value"], cost["writer"], kind["steps"]) == (True, None, None, [])
    discount = next(one for one in net["inputs"] if one["path"] == "customer.discount")
    assert (discount["hidden"], discount["value"], discount["record"]) == (True, None, None)
    assert (net["value"], [step["source"] for step in net["steps"]]) == ("5.25", ["total"])
    for secret in ("77.31", "12.5", "Confidential", customer):
        assert secret not in kind_text + net_text
    code = coded["inputs"][0]
    assert (code["masked"], code["value"]) == (True, "••••")
    assert "code77" not in str((coded["inputs"], coded["steps"]))


async def test_an_entered_value_is_told_with_its_default_and_the_title_behind_it(ada: httpx.AsyncClient) -> None:
    customer = await created(ada, CUSTOMER, name="Ann")
    deal = await created(ada, DEAL, customer=customer)

    due, _ = await explained(ada, DEAL, deal, "due")
    link, _ = await explained(ada, DEAL, deal, "customer")

    assert (due["kind"], due["value"], due["formula"], due["inputs"]) == ("entered", "2026-12-05", None, [])
    assert due["default"] == {"source": "add_days(today(), 14)", "labelled": "add_days(today(), 14)"}
    assert due["writer"]["actor"]["name"] == "Ada"
    assert (link["value"], link["title"]) == (customer, "Ann")


async def test_labels_follow_the_language_of_the_reader(shop: Server, ada: httpx.AsyncClient) -> None:
    line = await made(shop.context, LINE, deal=await made(shop.context, DEAL), quantity=1)

    answer = await ada.get(f"{RECORDS}/{LINE}/{line}/explain/amount", headers={"cookie": "trellis_locale=zh-CN"})

    assert answer.json()["formula"]["labelled"] == "round({数量} * {Product › 单价}, 2)"


async def test_what_is_not_there_or_not_for_the_reader_is_not_found(
    ada: httpx.AsyncClient, carl: httpx.AsyncClient
) -> None:
    customer = await created(ada, CUSTOMER, name="Ann")
    deal = await created(ada, DEAL, secret="psst")

    for address in (
        f"{CUSTOMER}/{customer}/explain/turnover",
        f"{DEAL}/{deal}/explain/secret",
        f"{DEAL}/{deal}/explain/nothing",
        f"{DEAL}/{NOBODY}/explain/total",
        f"{DEAL}/7/explain/total",
        f"shop.nothing/{deal}/explain/total",
    ):
        answer = await carl.get(f"{RECORDS}/{address}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), address
    assert (await carl.get(f"{RECORDS}/{DEAL}/{deal}/explain/total?x=1")).status_code == 400
