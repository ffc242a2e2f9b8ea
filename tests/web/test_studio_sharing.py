"""Sharing rules in the Studio, in a browser without a script, up to what they do when they are published."""

import re

import httpx

from tests.web.conftest import Server
from tests.web.test_sharing_page import DEAL, deal_of
from tests.web.test_studio_entities import filled, post, raw
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts

LIST, RULE = "/studio/sharing", "/studio/sharing/x.large_deals"


async def test_a_rule_is_made_published_and_removed(server: Server, browser: httpx.AsyncClient) -> None:
    await write(server.context, "core.team", [Create({"name": "North", "code": "north"})])
    made = await post(browser, LIST, await filled(browser, LIST, label="Large deals", entity=DEAL))
    assert (made.status_code, made.headers["location"]) == (303, RULE)
    unfinished = await post(browser, RULE, await filled(browser, RULE, **{"/when": "amount >= "}))
    assert unfinished.status_code == 303  # what is wrong is kept in the draft, and told
    assert re.search(r'id="when-error"', (await browser.get(RULE)).text)

    values = {"/when": "amount >= 10", "to#0": "role:sales.rep", "grant": "comment", "@zh-CN/label": "大额商机"}
    assert (await post(browser, RULE, await filled(browser, RULE, **values))).status_code == 303
    more = {"to#1": "team:north", "below": "1"}
    assert (await post(browser, RULE, await filled(browser, RULE, **more))).status_code == 303
    found = await raw(server, "x.large_deals")
    assert found["to"] == [
        {"kind": "role", "role": "sales.rep"}, {"kind": "team", "team": "north", "includeChildren": True},
    ]  # fmt: skip
    assert (found["when"], found["grant"]) == ("amount >= 10", ["read", "comment"])
    assert (await raw(server, "x.zh_cn"))["entries"] == {"x.large_deals#/label": "大额商机"}
    listed = (await browser.get(LIST)).text
    assert "Sales representative, north" in listed

    async with await server.browser("Sam", "sales.rep") as sam, await server.browser("Rita", "sales.rep") as rita:
        deal = f"/records/{DEAL}/{await deal_of(server, 'sam@example.com')}"
        assert "Large deals" in (await browser.get("/studio/changes")).text
        assert (await rita.get(deal)).status_code == 404
        number = re.search(r"<dt>Records</dt><dd>(\d+)", (await browser.get(RULE)).text)
        assert number is not None
        assert number[1] == "1"
        await publish(browser)
        assert (await rita.get(deal)).status_code == 200
        assert "Big deal" in (await rita.get(f"/records/{DEAL}?scope=shared")).text
        assert "Big deal" not in (await sam.get(f"/records/{DEAL}?scope=shared")).text

        removed = await post(browser, f"{RULE}/remove", await filled(browser, RULE, f"{RULE}/remove"))
        assert removed.status_code == 303
        await publish(browser)
        assert (await rita.get(deal)).status_code == 404


async def publish(browser: httpx.AsyncClient) -> None:
    """Publish the draft as its plan shows it."""
    url = "/studio/changes/publish"
    answer = await post(browser, url, await filled(browser, "/studio/changes", url))
    assert answer.status_code == 303, answer.text[:500]


async def test_a_rule_that_shares_nothing_is_refused_before_it_is_made(
    server: Server, browser: httpx.AsyncClient
) -> None:
    for values in ({"label": "", "entity": DEAL}, {"label": "Deals", "entity": "x.nothing"}):
        refused = await post(browser, LIST, await filled(browser, LIST, **values))
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert (await drafts.load(server.context)).changes == ()
    assert (await browser.get(f"{LIST}/sales.rep")).status_code == 404
