"""Formulas follow what somebody types into a form, before anything is saved."""

import contextlib
import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.application import build
from tests.support.publishing import CLOCK, entity
from tests.support.shop import MONEY, Raw, formula, rollup
from tests.web.conftest import Server
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts, queries
from trellis.services.commands import Create
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

ORDER, COMPANY = "shop.order", "shop.company"
STORED = {"storage": "stored"}


def documents() -> list[Raw]:
    """Orders whose sums depend on each other, on a company, and on a cost that clerks do not see."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    everything = {"create": True, "read": {"scopes": ["all"]}, "edit": {"scopes": ["all"]}}
    return [
        *core,
        {"kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "1", "requires": {"core": ">=0.1"}},
        {
            "kind": "role", "id": "shop.clerk", "label": "Clerk",
            "entities": {
                ORDER: {**everything, "fields": {"*": "edit", "cost": "none"}},
                COMPANY: {"create": True, "read": {"scopes": ["own"]}},
            },
        },
        entity(COMPANY, traits={"owned": True}, fields={
            "rate": {"type": "percent"}, "orders": rollup("integer", "count") | {"over": "shop.order.company"},
        }),
        entity(ORDER, fields={
            "company": {"type": "lookup", "target": COMPANY},
            "quantity": {"type": "integer", "label": "Quantity"},
            "price": MONEY,
            "cost": MONEY,
            "note": {"type": "text"},
            "rebate": {"type": "percent", "default": {"expr": "company.rate"}},
            "total": formula("currency", "quantity * price", **STORED),
            "tax": formula("currency", "round(total * company.rate / 100, 2)", **STORED),
            "gross": formula("currency", "total + tax", storage="virtual"),
            "gain": formula("currency", "total - cost", **STORED),
        }, validations={
            "dear": {"order": 10, "fail": "gross > 1000000", "message": "Too dear.", "at": "price"},
        }),
    ]  # fmt: skip


@contextlib.asynccontextmanager
async def orders(folder: str) -> AsyncIterator[Server]:
    """The application over orders and companies, on SQLite."""
    settings = Settings(data=folder)
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await install_packs(database, workspace, documents(), CLOCK, actor=SYSTEM, note="test")
    workspaces = Workspaces(database, CLOCK)
    yield Server(build(workspaces, settings), workspaces, await (await workspaces.named("main")).context())
    await database.close()


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    async with orders(database_url) as found:
        yield found


@pytest.fixture
async def clerk(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody who sees neither costs nor the companies of others."""
    async with await server.browser("Clerk", "shop.clerk") as client:
        yield client


async def made(server: Server, entity_id: str, **values: Any) -> str:
    (outcome,) = await write(server.context, entity_id, [Create({"name": "N", **values})])
    return outcome.id


async def state(browser: httpx.AsyncClient, path: str, **typed: str) -> dict[str, str]:
    """What the computed fields of a form show after something was typed."""
    page = (await browser.get(path)).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token, page
    record = re.search(r'name="_record" value="([^"]+)"', page)
    fields = {"_csrf_token": token[1], **({"_record": record[1], "_version": "1"} if record else {}), **typed}
    answer = await browser.post(f"/records/{ORDER}/form-state", data=fields)
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return outputs(answer.text)


def outputs(page: str) -> dict[str, str]:
    """What stands in the fields that cannot be typed into."""
    found = re.findall(r'<output[^>]* aria-labelledby="f-(\w+)-label">(.*?)</output>', page, re.S)
    return {key: html.unescape(re.sub(r"<[^>]*>", "", text)).strip() for key, text in found}


async def test_formulas_of_a_new_record_follow_the_inputs(server: Server, browser: httpx.AsyncClient) -> None:
    company = await made(server, COMPANY, rate="10")

    empty = await state(browser, f"/records/{ORDER}/new")
    some = await state(browser, f"/records/{ORDER}/new", quantity="3", price="2.50")
    all_of_it = await state(browser, f"/records/{ORDER}/new", quantity="3", price="2.50", cost="7", company=company)

    assert empty == {"total": "–", "tax": "–", "gross": "–", "gain": "–"}
    assert (some["total"], some["tax"], some["gross"]) == ("¥7.50", "–", "–")
    assert (all_of_it["tax"], all_of_it["gross"], all_of_it["gain"]) == ("¥0.75", "¥8.25", "¥0.50")


async def test_formulas_of_a_record_follow_what_is_changed(server: Server, browser: httpx.AsyncClient) -> None:
    company, other = await made(server, COMPANY, rate="10"), await made(server, COMPANY, rate="20")
    order = await made(server, ORDER, quantity=3, price="2.50", company=company)
    path = f"/records/{ORDER}/{order}/edit"

    untouched = await state(browser, path)
    dearer = await state(browser, path, price="5", quantity="3", company=company)
    elsewhere = await state(browser, path, price="5", quantity="3", company=other)
    emptied = await state(browser, path, price="", quantity="3", company=company)

    assert outputs((await browser.get(path)).text) == untouched
    assert (untouched["total"], untouched["gross"]) == ("¥7.50", "¥8.25")
    assert (dearer["total"], dearer["tax"], dearer["gross"]) == ("¥15.00", "¥1.50", "¥16.50")
    assert (elsewhere["tax"], elsewhere["gross"]) == ("¥3.00", "¥18.00")
    assert (emptied["total"], emptied["tax"], emptied["gross"]) == ("–", "–", "–")
    saved = await queries.get_record(server.context, ORDER, order, ("total",))
    assert str(saved.values["total"]) == "7.50", "nothing was saved"


async def test_what_cannot_be_read_leaves_the_formula_empty(server: Server, browser: httpx.AsyncClient) -> None:
    for price in ("many", "9" * 40, "<script>", "１２"):
        shown = await state(browser, f"/records/{ORDER}/new", quantity="3", price=price)

        assert shown["total"] in ("–", "¥36.00"), price


async def test_only_inputs_of_formulas_ask_anew(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/records/{ORDER}/new")).text

    def asks(key: str) -> bool:
        found = re.search(rf'<div class="t-input[^>]* id="i-{key}">.*?</div>', page, re.S)
        assert found, key
        return "form-state" in found[0]

    assert {key: asks(key) for key in ("quantity", "price", "cost", "company", "note", "name")} == {
        "quantity": True, "price": True, "cost": True, "company": True, "note": False, "name": False,
    }  # fmt: skip


async def test_a_field_that_one_may_not_read_is_not_used(server: Server, clerk: httpx.AsyncClient) -> None:
    order = await made(server, ORDER, quantity=3, price="2.50", cost="4.21")
    path = f"/records/{ORDER}/{order}/edit"

    new = await state(clerk, f"/records/{ORDER}/new", quantity="3", price="2.50", cost="1")
    changed = await state(clerk, path, quantity="3", price="100")

    assert (new["total"], new["gain"]) == ("¥7.50", "–")
    assert (changed["total"], changed["gain"]) == ("¥300.00", "¥3.29"), "it keeps what was saved"
    assert "cost" not in (await clerk.get(path)).text


async def test_a_record_that_one_may_not_see_is_not_used(server: Server, clerk: httpx.AsyncClient) -> None:
    secret = await made(server, COMPANY, rate="37")
    clerk_id = await accounts.user_id(server.context, "clerk@example.com")
    own = await made(server, COMPANY, rate="10", owner=clerk_id)
    order = await made(server, ORDER, quantity=3, price="100", company=secret)

    chosen = await state(clerk, f"/records/{ORDER}/new", quantity="1", price="100", company=own)
    guessed = await state(clerk, f"/records/{ORDER}/new", quantity="1", price="100", company=secret)
    kept = await state(clerk, f"/records/{ORDER}/{order}/edit", quantity="3", price="200", company=secret)

    assert chosen["tax"] == "¥10.00"
    assert (guessed["total"], guessed["tax"], guessed["gross"]) == ("¥100.00", "–", "–")
    assert kept["tax"] == "¥222.00", "as it will be when it is saved"


async def test_no_default_tells_of_a_record_that_one_may_not_see(server: Server, clerk: httpx.AsyncClient) -> None:
    clerk_id = await accounts.user_id(server.context, "clerk@example.com")
    own, secret = await made(server, COMPANY, rate="10", owner=clerk_id), await made(server, COMPANY, rate="37")

    chosen = (await clerk.get(f"/records/{ORDER}/new", params={"company": own})).text
    guessed = (await clerk.get(f"/records/{ORDER}/new", params={"company": secret})).text

    assert 'value="10.00"' in chosen
    assert 'value="37.00"' not in guessed


async def test_what_was_shown_is_what_is_saved(server: Server, browser: httpx.AsyncClient) -> None:
    company = await made(server, COMPANY, rate="19")
    path = f"/records/{ORDER}/new"
    typed = {"name": "Same", "quantity": "7", "price": "1.05", "company": company}
    shown = await state(browser, path, **typed)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get(path)).text)
    assert token

    saved = await browser.post(path, data={"_csrf_token": token[1], **typed})

    assert saved.status_code == 303, saved.text
    record = (await browser.get(saved.headers["location"])).text
    for key in ("total", "tax", "gross"):
        assert shown[key] in html.unescape(record), key


async def test_formulas_follow_without_a_script_too(server: Server, browser: httpx.AsyncClient) -> None:
    path = f"/records/{ORDER}/new"
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get(path)).text)
    assert token

    shown = await browser.post(path, data={"_csrf_token": token[1], "quantity": "3", "price": "2", "_refresh": "1"})

    assert outputs(shown.text)["total"] == "¥6.00"
    assert 'name="_refresh"' in shown.text
