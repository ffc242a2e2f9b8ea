"""A file becomes an entity through pages that work without a script."""

import re
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server
from tests.web.test_transfer_pages import post, work
from trellis.kernel.actor import SYSTEM
from trellis.services.publishing import install_packs
from trellis.services.studio import drafts

PLACE = "/studio/spreadsheet"
CSV = "\n".join(
    [
        "Asset No.;Name;Bought on;Price;In use;Kind",
        *(f"A-{n:04};Desk {n};{n % 28 + 1}.03.2026;{n},50;{'ja' if n % 2 else ''};{'Desk' if n % 3 else 'Chair'}" for n in range(1, 61)),
    ]
).replace("ja", "yes").encode()  # fmt: skip

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def uploaded(browser: httpx.AsyncClient, content: bytes = CSV, name: str = "assets.csv") -> str:
    """The address of the proposal for a file."""
    response = await post(browser, PLACE, {}, files={"file": (name, content)})
    assert response.status_code == 303, response.text
    return response.headers["location"]


def filled(html: str) -> dict[str, Any]:
    """The form of a proposal as a browser would send it."""
    form = html[html.index('id="sheet-form"') :]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1]
    for name_, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name_] = chosen[1] if chosen else ""
    return fields


async def publish(server: Server) -> None:
    """Publish the draft."""
    context, home = server.context, await server.workspaces.named("main")
    draft = await drafts.load(await home.context(SYSTEM))
    await install_packs(context.database, context.workspace, draft.sources, context.clock, actor=SYSTEM, note="test")
    await home.refresh()


async def test_types_options_and_confidence_are_proposed(browser: httpx.AsyncClient) -> None:
    html = (await browser.get(await uploaded(browser))).text

    fields = filled(html)
    assert [fields[f"type-{place}"] for place in range(6)] == ["text", "text", "date", "currency", "boolean", "select"]
    assert (fields["label"], fields["plural"], fields["name"]) == ("Asset", "Assets", "x.asset")
    assert (fields["title"], fields["key"]) == ("1", "0")
    assert "2 options" in html
    assert 'value="92"' in html
    assert "The header says so." in html


async def test_what_is_typed_is_checked_and_kept(browser: httpx.AsyncClient) -> None:
    address = await uploaded(browser)
    fields = filled((await browser.get(address)).text)

    refused = await post(browser, address, {**fields, "key-2": "name", "label-3": "Cost", "action": "draft"})
    again = await browser.get(address)

    assert refused.status_code == 422
    assert "Two fields have this key." in refused.text
    assert filled(again.text)["label-3"] == "Cost"


async def test_a_file_becomes_a_draft_is_published_and_imported(server: Server, browser: httpx.AsyncClient) -> None:
    address = await uploaded(browser)
    fields = filled((await browser.get(address)).text)

    opened = await post(browser, address, {**fields, "type-5": "text", "action": "draft"})
    assert opened.headers["location"] == address
    waiting = (await browser.get(address)).text
    assert "/studio/changes?then=" in waiting
    await publish(server)
    ready = (await browser.get(address)).text
    assert "Import 60 rows from assets.csv" in ready
    assert f'action="{address}/import"' in (await browser.get("/records/x.asset")).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', ready)
    assert token
    begun = await browser.post(f"{address}/import", data={"_csrf_token": token[1]})
    assert begun.headers["location"].startswith("/records/x.asset/import/")
    await work(server)

    listed = (await browser.get("/records/x.asset")).text
    assert "Desk 1" in listed
    assert "60" in listed
    assert (await browser.get(address)).headers["location"] == begun.headers["location"]


async def test_a_file_that_is_no_table_is_refused_in_words(browser: httpx.AsyncClient) -> None:
    response = await post(browser, PLACE, {}, files={"file": ("empty.csv", b"")})

    assert response.status_code == 422
    assert "This file is empty." in response.text


async def test_others_may_not_come_in(server: Server) -> None:
    async with await server.browser("Sam", "sales.manager") as client:
        assert (await client.get(PLACE)).status_code == 403


async def test_the_api_proposes_without_keeping_anything(server: Server) -> None:
    async with server.client(await server.token("Ada", "core.admin")) as program:
        answer = await program.post("/api/v1/metadata/proposals", files={"file": ("assets.csv", CSV)})
        kept = await program.get("/api/v1/metadata/draft")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["id"], body["title"], body["key"], body["rows"]) == ("x.asset", "Name", ["Asset No."], 60)
    assert [column["type"] for column in body["columns"]] == ["text", "text", "date", "currency", "boolean", "select"]
    assert [document["kind"] for document in body["documents"]] == ["entity", "form", "view"]
    assert body["mapping"]["columns"]["Bought on"] == {"field": "bought_on", "format": "%d.%m.%Y"}
    assert kept.status_code == 404 or not kept.json()["changes"]


async def test_the_api_refuses_others(server: Server) -> None:
    async with server.client(await server.token("Sam", "sales.manager")) as program:
        refused = await program.post("/api/v1/metadata/proposals", files={"file": ("assets.csv", CSV)})
    async with server.client(await server.token("Ada", "core.admin")) as program:
        no_file = await program.post("/api/v1/metadata/proposals", json={})

    assert (refused.status_code, no_file.status_code) == (403, 415)
