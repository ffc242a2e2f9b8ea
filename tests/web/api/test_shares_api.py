"""Shares of records over the API."""

from typing import Any

import httpx

from tests.web.api.conftest import RECORDS, Make
from tests.web.conftest import Server

DEAL = "sales.opportunity"


async def found(client: httpx.AsyncClient, query: str = "") -> list[str]:
    return [item["name"] for item in (await client.get(f"{RECORDS}/{DEAL}?fields=name{query}")).json()["items"]]


async def test_sharing_over_the_api(server: Server, api: httpx.AsyncClient, rep: httpx.AsyncClient, make: Make) -> None:
    account = await make("sales.account", name="Acme")
    deal = await make(DEAL, name="Big deal", account=account["id"], amount="10.00", close_date="2026-12-24")
    other = await make(DEAL, name="Small deal", account=account["id"], amount="1.00", close_date="2026-12-24")
    rita = (await rep.get("/api/v1/me")).json()["id"]
    shares = f"{RECORDS}/{DEAL}/{deal['id']}/shares"
    body: dict[str, Any] = {"grantee": {"kind": "user", "id": rita}, "actions": ["edit"]}
    assert (await rep.get(shares)).status_code == 404
    role = {"kind": "role", "id": "sales.manager"}
    assert (await rep.post(shares, json={"grantee": role})).status_code == 404

    shared = await api.post(shares, json={**body, "part": "Consultant", "expires_at": "2026-12-31T10:00:00+08:00"})
    assert shared.status_code == 201
    item = shared.json()
    assert shared.headers["location"] == f"{shares}/{item['id']}"
    assert (item["grantee"]["name"], item["actions"], item["part"]) == ("Rita", ["read", "edit"], "Consultant")
    assert (item["expires_at"], item["created_by"]["name"]) == ("2026-12-31T02:00:00Z", "Ada")
    assert (await api.get(shares)).json() == {"items": [item]}
    assert await found(rep) == await found(rep, "&shared=true") == ["Big deal"]
    assert (await rep.delete(f"{shares}/{item['id']}")).status_code == 403

    assert (await api.delete(f"{RECORDS}/{DEAL}/{other['id']}/shares/{item['id']}")).status_code == 404
    assert (await api.delete(f"{shares}/{item['id']}")).status_code == 204
    assert await found(rep) == []
    many = await api.post(f"{RECORDS}/{DEAL}/shares", json={**body, "ids": [deal["id"], other["id"]]})
    assert many.json() == {"count": 2}
    assert sorted(await found(rep, "&shared=true")) == ["Big deal", "Small deal"]


async def test_what_is_wrong_with_a_share_is_said_at_its_place(api: httpx.AsyncClient, make: Make) -> None:
    team = await make("core.team", name="North")
    account = await make("sales.account", name="Acme")
    shares = f"{RECORDS}/sales.account/{account['id']}/shares"
    grantee = {"kind": "team", "id": team["id"]}
    wrong: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({}, [("/grantee", "type")]),
        ({"grantee": {"kind": "moon", "id": ""}}, [("/grantee", "type")]),
        ({"grantee": {"kind": "role", "id": "x.gone"}}, [("/grantee", "unknown_grantee")]),
        ({"grantee": grantee, "more": 1, "actions": "edit"}, [("/more", "unknown_member"), ("/actions", "type")]),
        ({"grantee": grantee, "actions": ["create"]}, [("/actions", "unknown_action")]),
        ({"grantee": grantee, "part": "x" * 61}, [("/part", "too_long")]),
        ({"grantee": grantee, "part": "a\x00b"}, [("/part", "text_control")]),
        ({"grantee": grantee, "expires_at": "2027-01-01"}, [("/expires_at", "type")]),
        ({"grantee": grantee, "expires_at": "2001-01-01T00:00:00Z"}, [("/expires_at", "past")]),
    ]
    for body, errors in wrong:
        answer = await api.post(shares, json=body)

        assert answer.status_code == 422, body
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == errors, body
    assert (await api.get(shares)).json() == {"items": []}
    assert (await api.delete(f"{shares}/%00")).status_code == 404
