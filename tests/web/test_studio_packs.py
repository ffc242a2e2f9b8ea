"""The pages of packs: listing, plans, publishing, decisions and files, without a script."""

import re
from typing import Any

import httpx
import pytest

from tests.support.salestwo import sales_two
from tests.web.conftest import Server
from trellis.services.packs.archives import unzipped, zipped
from trellis.services.packs.layerfiles import _path, _text
from trellis.services.studio import drafts, plans

pytestmark = pytest.mark.anyio
PACKS = "/studio/packs"


def token(page: httpx.Response) -> str:
    return re.search(r'name="_csrf_token"[^>]*value="([^"]+)"', page.text)[1]  # type: ignore[index]


def hidden(page: httpx.Response) -> dict[str, Any]:
    """What the form that publishes a plan sends."""
    form = page.text.rpartition("t-plan-actions")[2]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


async def confirmed(browser: httpx.AsyncClient, address: str) -> httpx.Response:
    page = await browser.get(address)
    assert page.status_code == 200, page.text
    return await browser.post(address, data={**hidden(page), "_csrf_token": token(page), "note": "test"})


async def sent(browser: httpx.AsyncClient, content: bytes) -> httpx.Response:
    page = await browser.get(PACKS)
    files = {"file": ("layer.zip", content, "application/zip")}
    return await browser.post(PACKS, data={"_csrf_token": token(page)}, files=files)


async def customised(server: Server) -> None:
    home = await server.workspaces.named("main")
    context = await home.context()
    product = (await drafts.load(context)).raw("sales.product")
    fields = {**product["fields"], "x_shelf": {"type": "text", "label": "Shelf"}}
    await drafts.save(context, {**product, "label": "Article", "fields": fields})
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [], "test")


async def test_packs_are_listed_and_one_is_shown(browser: httpx.AsyncClient) -> None:
    page = await browser.get(PACKS)
    assert page.status_code == 200
    assert "/studio/packs/sales/change/disable" in page.text
    assert "/studio/packs/core/change/uninstall" not in page.text
    sales = await browser.get(f"{PACKS}/sales")
    assert "/studio/entities/sales.account" in sales.text
    assert (await browser.get(f"{PACKS}/nothing")).status_code == 404


async def test_a_pack_is_switched_off_on_and_removed(browser: httpx.AsyncClient) -> None:
    for action in ("disable", "enable", "uninstall"):
        done = await confirmed(browser, f"{PACKS}/sales/change/{action}")
        assert done.status_code == 303, done.text
    assert "/studio/packs/sales/change/install" in (await browser.get(PACKS)).text
    assert (await confirmed(browser, f"{PACKS}/sales/change/install")).status_code == 303


async def test_a_newer_version_comes_in_and_asks(server: Server, browser: httpx.AsyncClient) -> None:
    await customised(server)
    first = await sent(browser, zipped({_path(raw): _text(raw) for raw in sales_two().values()}))
    assert first.status_code == 303, first.text
    plan = await browser.get(first.headers["location"])
    assert "t-upgrade" in plan.text
    assert "both changed" in plan.text
    stale = await browser.post(
        first.headers["location"], data={"_csrf_token": token(plan), "fingerprint": "0", "note": ""}
    )
    assert stale.status_code == 409
    done = await confirmed(browser, first.headers["location"])
    assert done.status_code == 303, done.text

    page = await browser.get(f"{PACKS}/sales")
    assert "Keep mine" in page.text
    data = {"_csrf_token": token(page), "target": "sales.product", "pointer": "/label", "whose": "theirs"}
    assert (await browser.post(f"{PACKS}/sales/decide", data=data)).status_code == 303
    context = await (await server.workspaces.named("main")).context()
    assert (await drafts.load(context)).raw("sales.product")["label"] == "Good"


async def test_the_layer_of_the_customer_is_a_file_that_comes_in_again(
    server: Server, browser: httpx.AsyncClient
) -> None:
    assert (await browser.get(f"{PACKS}/x/download")).status_code == 404
    await customised(server)
    file = await browser.get(f"{PACKS}/x/download")
    assert [*unzipped(file.content)] == ["x/extensions/sales_product_ext.json"]
    back = await sent(browser, file.content)
    assert "There is nothing to publish." in (await browser.get(back.headers["location"])).text
    refused = await sent(browser, b"nonsense")
    assert (refused.status_code, "zip file" in refused.text) == (422, True)


async def test_others_only_look_or_stay_away(server: Server) -> None:
    async with await server.browser("Rita", "sales.rep") as rep:
        for address in (PACKS, f"{PACKS}/sales", f"{PACKS}/sales/change/disable", f"{PACKS}/x/download"):
            assert (await rep.get(address)).status_code == 403, address
