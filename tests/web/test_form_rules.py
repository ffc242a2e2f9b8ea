"""Forms tell warnings before they save, keep what was typed, offer what can be chosen, and fill in what follows."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.services.conftest import person
from tests.support.ruled import COMPANY, ORDER, ruled
from tests.web.conftest import Server
from tests.web.test_transfer_pages import post
from trellis.engine.query import Count, Query
from trellis.kernel.settings import Settings
from trellis.services import accounts, queries
from trellis.services.commands import Create, Delete, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import Workspaces
from trellis.web.application import build
from trellis.web.http import SESSION_COOKIE

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

COMPANIES, ORDERS = f"/records/{COMPANY}", f"/records/{ORDER}"


@pytest.fixture
async def server(database_url: str, tmp_path: Path) -> AsyncIterator[Server]:
    """The application over entities with rules."""
    async with ruled(database_url, tmp_path) as home:
        workspaces = Workspaces(home.database, home.clock)
        context = await (await workspaces.named("main")).context()
        yield Server(build(workspaces, Settings(data=database_url)), workspaces, context)


async def count(context: Context, entity: str) -> int | None:
    return await queries.count(context, Query(entity, count=Count.EXACT))


async def company(server: Server, name: str, **values: object) -> str:
    (outcome,) = await write(server.context, COMPANY, [Create({"name": name, **values})])
    return outcome.id


def confirmation(page: httpx.Response) -> str:
    found = re.search(r'name="_confirm" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def options(page: httpx.Response, key: str) -> list[str]:
    """What can be chosen in a field."""
    found = re.search(rf'<select[^>]* name="{key}".*?</select>', page.text, re.S)
    assert found, page.text
    return re.findall(r'<option value="(\w+)"', found[0])


def typed(page: httpx.Response, key: str) -> str:
    """What stands in a field."""
    found = re.search(rf'<input[^>]* name="{key}"[^>]* value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


async def test_a_duplicate_is_shown_with_its_link_and_saved_when_confirmed(
    server: Server, browser: httpx.AsyncClient
) -> None:
    first = await company(server, "Northwind")

    asked = await post(browser, f"{COMPANIES}/new", {"name": "NORTHWIND", "city": "Bonn"})

    assert asked.status_code == 422
    assert f'href="{COMPANIES}/{first}"' in asked.text
    assert "There is already a record with this Name." in asked.text
    assert 'id="name-warning"' in asked.text
    assert typed(asked, "city") == "Bonn"
    assert await count(server.context, COMPANY) == 1

    fields = {"name": "NORTHWIND", "city": "Bonn", "_confirm": confirmation(asked)}
    saved = await post(browser, f"{COMPANIES}/new", fields)

    assert saved.status_code == 303
    assert await count(server.context, COMPANY) == 2


async def test_a_confirmation_is_for_exactly_these_warnings(server: Server, browser: httpx.AsyncClient) -> None:
    await company(server, "Northwind")
    await company(server, "Southwind")
    asked = await post(browser, f"{COMPANIES}/new", {"name": "northwind"})

    again = await post(browser, f"{COMPANIES}/new", {"name": "southwind", "_confirm": confirmation(asked)})

    assert again.status_code == 422
    assert confirmation(again) != confirmation(asked)


async def test_save_and_new_stays_that_after_a_warning(server: Server, browser: httpx.AsyncClient) -> None:
    await company(server, "Northwind")
    asked = await post(browser, f"{COMPANIES}/new", {"name": "northwind", "_again": "1"})

    saved = await post(browser, f"{COMPANIES}/new", {"name": "northwind", "_confirm": confirmation(asked)})

    assert saved.headers["location"] == f"{COMPANIES}/new"


async def test_a_record_that_one_may_not_see_is_not_named(server: Server) -> None:
    await company(server, "Secret & Sons")
    clerk = await person(server.context, "Clerk")
    await accounts.assign_roles(server.context, clerk.actor.id, ["shop.clerk"])
    async with server.client() as browser:
        browser.cookies.set(SESSION_COOKIE, await accounts.start_session(server.context, clerk.actor.id))
        asked = await post(browser, f"{COMPANIES}/new", {"name": "secret sons"})

    assert "another record that you may not see" in asked.text
    assert "Secret &amp; Sons" not in asked.text


async def test_a_restore_that_is_refused_says_why(server: Server, browser: httpx.AsyncClient) -> None:
    gone = await company(server, "Old", code="x1")
    await write(server.context, COMPANY, [Delete(gone)])
    await company(server, "New", code="X1")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get(f"{COMPANIES}/new")).text)
    assert token

    answer = await browser.post(f"{COMPANIES}/{gone}/restore", data={"_csrf_token": token[1]}, follow_redirects=True)

    assert str(answer.url).endswith(f"{COMPANIES}/bin")
    assert "There is already a record with this Code." in answer.text


async def test_warnings_speak_chinese(server: Server, browser: httpx.AsyncClient) -> None:
    browser.cookies.set("trellis_locale", "zh-CN")

    asked = await post(browser, f"{ORDERS}/new", {"amount": "501", "price": "1"})

    assert "大订单。" in asked.text
    assert "仍然保存" in asked.text


async def test_only_options_that_are_possible_are_offered(server: Server, browser: httpx.AsyncClient) -> None:
    key = await company(server, "Northwind", tier="key")
    fields = {"company": "", "channel": "", "_refresh": "1"}

    empty = await browser.get(f"{ORDERS}/new")
    chosen = await post(browser, f"{ORDERS}/new", {**fields, "company": key})

    assert options(empty, "channel") == ["web"]
    assert options(chosen, "channel") == ["web", "desk", "fair"]
    assert 'hx-post="/records/shop.order/form-state"' in empty.text


async def test_a_choice_that_is_no_longer_possible_stays_in_view(server: Server, browser: httpx.AsyncClient) -> None:
    key = await company(server, "Northwind", tier="key")
    (made,) = await write(server.context, ORDER, [Create({"company": key, "channel": "desk"})])
    await write(server.context, COMPANY, [Update(key, {"tier": None})])
    path = f"{ORDERS}/{made.id}/edit"

    shown = await browser.get(path)
    refused = await post(browser, path, {"channel": "desk", "company": "", "_version": "1"})

    assert options(shown, "channel") == ["web", "desk", "fair"]
    assert "Service desk (not possible here)" in shown.text
    assert refused.status_code == 422
    assert "“Service desk” cannot be chosen with this Company, Amount." in refused.text


async def test_a_default_behind_a_lookup_follows_it_until_it_is_touched(
    server: Server, browser: httpx.AsyncClient
) -> None:
    cheap, dear = await company(server, "Cheap", price="2"), await company(server, "Dear", price="90")
    path = f"{ORDERS}/new"
    empty = await browser.get(path)
    assert (typed(empty, "price"), typed(empty, "total")) == ("1.00", "2.00")
    as_shown = {"price": "1.00", "total": "2.00", "_default-price": "1.00", "_default-total": "2.00", "_refresh": "1"}

    first = await post(browser, path, {**as_shown, "company": cheap})
    assert (typed(first, "price"), typed(first, "total")) == ("2.00", "4.00")
    assert typed(first, "_default-price") == "2.00"

    second = await post(browser, path, {**as_shown, "company": dear, "price": "7.5"})
    assert (typed(second, "price"), typed(second, "total")) == ("7.5", "15.00")

    emptied = await post(browser, path, {**as_shown, "company": dear, "total": ""})
    assert (typed(emptied, "price"), typed(emptied, "total")) == ("90.00", "")


async def test_what_was_not_touched_is_saved_as_it_follows(server: Server, browser: httpx.AsyncClient) -> None:
    dear = await company(server, "Dear", price="90")
    fields = {"company": dear, "price": "1.00", "total": "2.00", "_default-price": "1.00", "_default-total": "2.00"}

    saved = await post(browser, f"{ORDERS}/new", fields)

    assert saved.status_code == 303, saved.text
    record = await queries.get_record(server.context, ORDER, saved.headers["location"].rpartition("/")[2])
    assert (str(record.values["price"]), str(record.values["total"])) == ("90.00", "180.00")


async def test_what_the_address_says_is_no_default(server: Server, browser: httpx.AsyncClient) -> None:
    shown = await browser.get(f"{ORDERS}/new", params={"price": "8"})

    assert typed(shown, "price") == "8"
    assert "_default-price" not in shown.text
    assert typed(shown, "_default-total") == typed(shown, "total") == "16.00"
