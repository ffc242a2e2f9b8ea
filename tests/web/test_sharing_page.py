"""The page of a record's shares, with plain forms; and the list of what others share."""

import re

import httpx

from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.records import write

DEAL = "sales.opportunity"


async def deal_of(server: Server, owner: str) -> str:
    user = await accounts.user_id(server.context, owner)
    values = {"name": "Big deal", "owner": user, "amount": 10, "close_date": "2026-12-24"}
    (account,) = await write(server.context, "sales.account", [Create({"name": "Acme"})])
    (outcome,) = await write(server.context, DEAL, [Create({**values, "account": account.id})])
    return outcome.id


async def post(browser: httpx.AsyncClient, url: str, html: str, **data: str | list[str]) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', html)
    assert token
    return await browser.post(url, data={**data, "_csrf_token": token[1]})


async def test_sharing_without_a_script(server: Server) -> None:
    async with await server.browser("Sam", "sales.rep") as sam, await server.browser("Rita", "sales.rep") as rita:
        deal = await deal_of(server, "sam@example.com")
        access = f"/records/{DEAL}/{deal}/access"
        assert (await rita.get(access)).status_code == 404
        assert "Big deal" not in (await rita.get(f"/records/{DEAL}?scope=shared")).text
        html = (await sam.get(access)).text
        assert "It is not shared with anybody else." in html

        searched = await post(sam, access, html, _choose="grantee", _q="rit", part="Consultant", actions=["edit"])
        assert searched.status_code == 200
        (found,) = re.findall(r'name="grantee" value="([^"]*)"', searched.text)
        assert re.search(r'value="edit" checked', searched.text)
        for grantee in ("u:\x00", "z:1", "r:<script>alert(1)</script>", "u:", "b:" + "x" * 5000):
            hostile = await post(sam, access, html, grantee=grantee, until="9999-12-31T23:59", part="<b>\x00")
            assert (hostile.status_code, "<script>alert" in hostile.text) == (422, False), grantee
        refused = await post(sam, access, html, grantee=found, until="2020-01-01T00:00")
        assert (refused.status_code, "This moment is over already." in refused.text) == (422, True)
        terms: dict[str, str | list[str]] = {"part": "Consultant", "actions": ["edit"], "until": "2030-01-01T08:00"}
        shared = await post(sam, access, html, grantee=found, **terms)
        assert (shared.status_code, shared.headers["location"]) == (303, access)

        assert "Big deal" in (await rita.get(f"/records/{DEAL}?scope=shared")).text
        page = (await rita.get(f"/records/{DEAL}/{deal}")).text
        assert "Consultant" in page
        assert f"{access}/" not in page
        listed = (await sam.get(access)).text
        (change,) = re.findall(r"\?change=([^#\"]+)", listed)
        form = (await sam.get(f"{access}?change={change}")).text
        assert re.search(r'value="2030-01-01T08:00"', form)
        assert "Share with Rita" in form

        assert (await post(rita, f"{access}/{change}/revoke", page)).status_code == 403
        ended = await post(sam, f"{access}/{change}/revoke", listed)
        assert ended.status_code == 303
        assert (await rita.get(f"/records/{DEAL}/{deal}")).status_code == 404


async def test_who_can_be_chosen(server: Server) -> None:
    async with await server.browser("Sam", "sales.rep") as sam, await server.browser("Rita", "core.employee") as rita:
        deal = await deal_of(server, "sam@example.com")
        await write(server.context, "core.team", [Create({"name": "Sales team"})])
        found = (await sam.get(f"/records/{DEAL}/{deal}/access/grantees?q=sa")).json()["choices"]

        assert [(one["label"], *one["facts"]) for one in found[:3]] == [
            ("Sales team", "Team"), ("Sales team", "Team and those below it"), ("Sales manager", "Everybody with this role"),
        ]  # fmt: skip
        assert (await rita.get(f"/records/{DEAL}/{deal}/access/grantees")).status_code in (403, 404)
        assert "Shared with me" in (await sam.get(f"/records/{DEAL}")).text
        assert "Shared with me" not in (await sam.get("/records/sales.product")).text
