"""Users, their accounts and tokens over the API."""

import httpx
import pytest

from tests.support.letters import Postbox
from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.workspaces import OpenWorkspace

USERS = "/api/v1/users"


async def test_a_program_invites_closes_and_opens(server: Server, api: httpx.AsyncClient) -> None:
    made = await api.post(
        USERS, json={"name": "Bob", "email": "bob@example.com", "roles": ["sales.rep"], "locale": "zh_cn"}
    )
    assert made.status_code == 201
    bob = made.json()
    assert (bob["state"], bob["roles"], bob["kind"]) == ("invited", ["sales.rep"], "user")
    home = server.context.home
    assert isinstance(home, OpenWorkspace)
    assert [letter["Subject"] for letter in await Postbox().empty(home)] == ["Ada 邀请您使用 Trellis"]

    here = f"{USERS}/{bob['id']}"
    assert (await api.delete(f"{here}/invitation")).status_code == 204
    assert (await api.delete(f"{here}/invitation")).status_code == 404
    assert (await api.post(f"{here}/invitation")).json()["state"] == "invited"
    assert (await api.put(f"{here}/roles", json={"roles": ["core.employee"]})).json()["roles"] == ["core.employee"]
    assert (await api.post(f"{here}/disable")).json()["state"] == "disabled"
    assert (await api.post(f"{here}/enable")).json()["state"] == "without"
    assert (await api.delete(f"{here}/sessions")).status_code == 204
    listed = (await api.get(USERS, params={"q": "bob"})).json()
    assert (listed["total"], [item["name"] for item in listed["items"]]) == (1, ["Bob"])


async def test_service_accounts_have_tokens_with_some_of_their_roles(server: Server, api: httpx.AsyncClient) -> None:
    roles = ["sales.rep", "core.employee"]
    made = (await api.post(USERS, json={"kind": "service", "name": "Importer", "roles": roles})).json()
    tokens = f"{USERS}/{made['id']}/tokens"

    given = {"name": "nightly", "roles": ["sales.rep"], "expires_at": "2026-12-01T00:00:00+08:00"}
    token = (await api.post(tokens, json=given)).json()

    assert token["expiresAt"] == "2026-11-30T16:00:00Z"
    async with server.client(token["secret"]) as program:
        assert (await program.get("/api/v1/me")).json()["roles"] == ["sales.rep"]
        wider = await program.post(f"{USERS}/me/tokens", json={"name": "wider", "roles": ["core.employee"]})
        assert wider.status_code == 422
        same = (await program.post(f"{USERS}/me/tokens", json={"name": "same"})).json()
        assert same["roles"] == ["sales.rep"]
    listed = (await api.get(tokens)).json()["items"]
    assert {item["name"] for item in listed} == {"nightly", "same"}
    assert token["secret"] not in str(listed)
    assert (await api.delete(f"{tokens}/{token['id']}")).status_code == 204
    assert (await api.delete(f"{tokens}/{token['id']}")).status_code == 404
    async with server.client(token["secret"]) as program:
        assert (await program.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "X", "email": "x@example.com", "roles": ["no.role"]}, "roles"),
        ({"name": "X"}, "email"),
        ({"name": "X", "email": "ada@example.com"}, "email"),
        ({"name": "X", "email": "x@example.com", "kind": "robot"}, "kind"),
        ({"name": "X", "email": "x@example.com", "team": "nothing"}, "team"),
        ({"name": "X", "email": "x@example.com", "admin": True}, "admin"),
    ],
)
async def test_what_is_wrong_is_said_at_its_place(api: httpx.AsyncClient, body: dict[str, object], path: str) -> None:
    answer = await api.post(USERS, json=body)

    assert answer.status_code == 422
    assert path in str(answer.json()["errors"])


async def test_only_who_manages_users_gets_anything(
    server: Server, api: httpx.AsyncClient, rep: httpx.AsyncClient
) -> None:
    ada = (await api.get("/api/v1/me")).json()["id"]

    for method, path, body in (
        ("GET", "", None), ("GET", f"/{ada}", None), ("GET", f"/{ada}/tokens", None), ("POST", f"/{ada}/disable", None),
        ("POST", "", {"name": "X", "email": "x@example.com"}), ("PUT", f"/{ada}/roles", {"roles": []}),
        ("DELETE", f"/{ada}/sessions", None), ("POST", f"/{ada}/tokens", {"name": "x"}),
    ):  # fmt: skip
        answer = await rep.request(method, USERS + path, json=body)
        assert answer.status_code == 403
        assert "Ada" not in answer.text
    assert (await rep.get(f"{USERS}/me/tokens")).status_code == 200


@pytest.mark.parametrize("user", ["nothing", "0" * 32, "%00", "01a202f0-be02-7a73-91fd-5bdd287d7cfc"])
async def test_there_is_nothing_about_nobody(api: httpx.AsyncClient, user: str) -> None:
    for method, path, body in (
        ("GET", "", None), ("POST", "/disable", None), ("POST", "/invitation", None), ("DELETE", "/sessions", None),
        ("PUT", "/roles", {"roles": ["sales.rep"]}), ("POST", "/tokens", {"name": "x"}), ("DELETE", "/tokens/x", None),
    ):  # fmt: skip
        assert (await api.request(method, f"{USERS}/{user}{path}", json=body)).status_code == 404


async def test_people_make_their_own_tokens_only(server: Server, api: httpx.AsyncClient) -> None:
    user = await accounts.create_user(server.context, email="bob@example.com", name="Bob", roles=["sales.rep"])

    assert (await api.post(f"{USERS}/{user}/tokens", json={"name": "for Bob"})).status_code == 403


async def test_every_address_is_described(api: httpx.AsyncClient) -> None:
    described = (await api.get("/api/v1/openapi.json")).json()

    found = {path: set(methods) - {"parameters"} for path, methods in described["paths"].items() if "/users" in path}
    assert found["/users"] == {"get", "post"}
    assert found["/users/{user}/tokens"] == {"get", "post"}
    assert len(found) == 11
