"""Plans and releases over the API, and that each of these routes asks for its right."""

from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from tests.web.conftest import Server
from trellis.web.api import decisions, drafts, packs, plans
from trellis.web.api.router import PREFIX

PROJECT: dict[str, Any] = {
    "kind": "entity", "id": "x.project", "label": "Project", "titleField": "name",
    "fields": {"name": {"type": "text", "label": "Name"}},
}  # fmt: skip
MODULES = (drafts, decisions, plans, packs)
NAMES = {"document": "sales.account", "pack": "sales", "layer": "x", "number": "1"}
AGREED = {"fingerprint": "0"}
DOCUMENTS = {"documents": [PROJECT]}
BODIES: dict[str, dict[str, Any]] = {
    "/metadata/draft/documents/{document:str}": {**PROJECT, "id": "sales.account"},
    "/metadata/draft/documents/{document:str}/rename": {"field": "name", "to": "title"},
    "/metadata/draft/decisions": {},
    "/metadata/publish": AGREED,
    "/metadata/releases/{number:int}/rollback": AGREED,
    "/metadata/packs/plan": DOCUMENTS,
    "/metadata/packs/publish": {**DOCUMENTS, **AGREED},
    "/metadata/packs/{pack:str}/disable": AGREED,
    "/metadata/packs/{pack:str}/enable": AGREED,
}
QUERIES = {
    "/metadata/draft/documents/{document:str}/reset": "?at=/label",
    "/metadata/packs/{pack:str}/plan": "?action=disable",
}

pytestmark = pytest.mark.anyio


def routes(server: Server) -> list[tuple[str, str]]:
    """Every method and path of the modules about changing definitions."""
    known = {module.__name__ for module in MODULES}
    return sorted(
        (method, route.path.removeprefix(PREFIX))
        for route in server.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.fn.__module__ in known
        for method in handler.http_methods
        if method not in ("OPTIONS", "HEAD")
    )


async def asked(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    address = path
    for name, value in NAMES.items():
        address = address.replace(f"{{{name}:str}}", value).replace(f"{{{name}:int}}", value)
    query = QUERIES.get(path, "?fingerprint=0" if (method, path) == ("DELETE", "/metadata/packs/{pack:str}") else "")
    return await client.request(method, f"{PREFIX}{address}{query}", json=BODIES.get(path))


async def test_every_route_asks_for_its_right(server: Server, rep: httpx.AsyncClient) -> None:
    found = routes(server)
    assert len(found) > 25

    async with server.client() as stranger:
        for method, path in found:
            for client, status in ((rep, 403), (stranger, 401)):
                answer = await asked(client, method, path)
                assert answer.status_code == status, (method, path, answer.text)
                assert answer.json()["status"] == status


async def test_every_route_is_described(server: Server, api: httpx.AsyncClient) -> None:
    described = (await api.get(f"{PREFIX}/openapi.json")).json()["paths"]

    for method, path in routes(server):
        plain = path.replace(":str", "").replace(":int", "")
        assert method.lower() in described[plain], (method, path)


async def test_a_draft_is_planned_published_listed_and_rolled_back(api: httpx.AsyncClient) -> None:
    await api.put(f"{PREFIX}/metadata/draft/documents/x.project", json=PROJECT)
    plan = (await api.get(f"{PREFIX}/metadata/plan")).json()
    assert [step["op"] for step in plan["schema"]][:1] == ["createTable"]

    rehearsed = await api.post(f"{PREFIX}/metadata/rehearsal")
    assert rehearsed.json()["refused"] == 0
    stale = await api.post(f"{PREFIX}/metadata/publish", json={"fingerprint": "0"})
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:trellis:problem:plan_changed")
    body = {"fingerprint": plan["fingerprint"], "consents": plan["consents"], "note": "Projects"}
    assert (await api.post(f"{PREFIX}/metadata/publish", json=body)).json() == {"release": 2}

    releases = (await api.get(f"{PREFIX}/metadata/releases")).json()["items"]
    assert [(line["release"], line["note"], line["by"]) for line in releases][:1] == [(2, "Projects", "Ada")]
    changes = (await api.get(f"{PREFIX}/metadata/releases/2")).json()["changes"]
    assert "Project" in changes[0]["message"]
    back = (await api.get(f"{PREFIX}/metadata/releases/1/plan")).json()
    body = {"fingerprint": back["fingerprint"]}
    assert (await api.post(f"{PREFIX}/metadata/releases/1/rollback", json=body)).json() == {"release": 3}
    assert (await api.get(f"{PREFIX}/metadata/releases/99/plan")).status_code == 404
    assert (await api.post(f"{PREFIX}/metadata/publish", json={})).status_code == 422
