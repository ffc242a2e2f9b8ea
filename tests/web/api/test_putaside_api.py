"""Programs put values right that did not fit, and deal with what was retired; each with the right for it."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.web.test_studio_values import PROJECT, TYPES, context, project, publish, value
from trellis.services.context import Context

__all__ = ["context"]

BASE = "/api/v1/metadata"
SIZE = f"{BASE}/putaside/{PROJECT}/size"


async def entries(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return {item["label"]: item for item in (await api.get(SIZE)).json()["items"]}


async def test_values_are_put_right_and_dismissed(context: Context, api: httpx.AsyncClient) -> None:
    listed = (await api.get(f"{BASE}/putaside")).json()["items"]
    assert {item["field"]: item["count"] for item in listed} == {**dict.fromkeys(TYPES, 1), "size": 2}
    first = (await api.get(SIZE, params={"limit": 1})).json()
    second = (await api.get(SIZE, params={"limit": 1, "after": first["next"]})).json()
    assert {item["value"] for item in (*first["items"], *second["items"])} == {"about 5", "<tall>"}
    known = await entries(api)

    assert (await api.post(f"{SIZE}/{known['Bridge']['id']}", json={"value": 5})).status_code == 204
    assert (await api.delete(f"{SIZE}/{known['Tower']['id']}")).status_code == 204

    assert await value(context, "Bridge", "size") == 5
    assert (await api.post(f"{SIZE}/{known['Bridge']['id']}", json={"value": 6})).status_code == 404
    assert (await api.get(SIZE)).json() == {"items": [], "next": None}
    assert (await api.delete(SIZE.replace("size", "kind"))).json() == {"dismissed": 1}


async def test_what_does_not_fit_is_refused(context: Context, api: httpx.AsyncClient) -> None:
    address = f"{SIZE}/{(await entries(api))['Bridge']['id']}"

    for body in ({"value": "five"}, {"value": None}, {}, {"value": 5, "more": 1}):
        assert (await api.post(address, json=body)).status_code == 422, body
    assert (await api.post(address.replace("size", "kind"), json={"value": "road"})).status_code == 404
    assert (await api.get(SIZE, params={"limit": "many"})).status_code == 400
    assert len(await entries(api)) == 2


async def test_what_was_retired_comes_back_or_goes_for_good(context: Context, api: httpx.AsyncClient) -> None:
    changed = project(**TYPES)
    del changed["fields"]["kind"]
    await publish(context, changed)
    parts = (await api.get(f"{BASE}/retired")).json()["items"]
    part = next(item for item in parts if item["name"] == "size")
    kind = next(item for item in parts if item["name"] == "kind" and item["restorable"])

    assert (await api.post(f"{BASE}/retired/{kind['uid']}/restore")).status_code == 204
    drafted = (await api.get(f"{BASE}/draft/documents/{PROJECT}")).json()
    assert drafted["document"]["fields"]["kind"]["label"] == "Kind"
    early = await api.post(f"{BASE}/retired/{part['uid']}/purge", json={"confirm": "size"})
    assert early.status_code == 422
    assert early.json()["errors"][0]["code"] == "too_early"
    gone = await api.post(f"{BASE}/retired/{part['uid']}/purge", json={"confirm": "size", "now": "size"})
    assert gone.status_code == 204
    assert part["uid"] not in [item["uid"] for item in (await api.get(f"{BASE}/retired")).json()["items"]]
    assert (await api.post(f"{BASE}/retired/{part['uid']}/restore")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/putaside"), ("GET", f"/putaside/{PROJECT}/size"), ("DELETE", f"/putaside/{PROJECT}/size"),
        ("DELETE", f"/putaside/{PROJECT}/size/1"), ("GET", "/retired"), ("POST", "/retired/1/restore"),
    ],
)  # fmt: skip
async def test_who_may_not_design_is_refused(context: Context, rep: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await rep.request(method, BASE + path)).status_code == 403


async def test_purging_needs_a_right_of_its_own(context: Context, rep: httpx.AsyncClient) -> None:
    assert (await rep.post(f"{BASE}/retired/1/purge", json={"confirm": "size"})).status_code == 403
    assert (await rep.post(f"{SIZE}/1", json={"value": 5})).status_code == 403


async def test_answers_are_as_described(context: Context, api: httpx.AsyncClient) -> None:
    described = (await api.get("/api/v1/openapi.json")).json()

    for path, address in (
        ("/metadata/putaside", f"{BASE}/putaside"),
        ("/metadata/putaside/{entity}/{field}", SIZE),
        ("/metadata/retired", f"{BASE}/retired"),
    ):
        answer = described["paths"][path]["get"]["responses"]["200"]
        schema = {**answer["content"]["application/json"]["schema"], "components": described["components"]}
        body = (await api.get(address)).json()
        assert body["items"], address
        Draft202012Validator(schema).validate(body)
