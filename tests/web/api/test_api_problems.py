"""Whatever is wrong with a request, the API says so as a problem document, and never breaks."""

import json
import re
from typing import Any

import httpx
import pytest

from tests.web.api.conftest import RECORDS, Make
from tests.web.conftest import Server
from trellis.services.commands import Create
from trellis.services.records import write

DEALS = f"{RECORDS}/sales.opportunity"
LATIN = re.compile(r"\b(Accounts?|Contacts?|Products?|WeChat|Support|[Yy]ou)\b")
NOBODY = "00000000-0000-7000-8000-000000000000"

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


def checked(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem in a response, with all members that RFC 9457 names."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["instance"] == response.request.url.path
    assert all(isinstance(body[name], str) and body[name] for name in ("type", "title", "detail"))
    return body


async def test_all_faults_of_a_save_come_at_once_each_at_its_field(api: httpx.AsyncClient) -> None:
    bad = {"name": "", "amount": "abc", "stage": "nowhere", "colour": "red", "close_date": "2026-02-30"}

    body = checked(await api.post(DEALS, json=bad), 422)

    assert {error["pointer"] for error in body["errors"]} == {"/name", "/amount", "/stage", "/colour", "/close_date"}
    assert all(error["code"] and error["message"] for error in body["errors"])


async def test_without_a_token_one_is_asked_for(server: Server, api: httpx.AsyncClient) -> None:
    async with server.client() as nobody, server.client("trl_wrong") as stranger:
        for client in (nobody, stranger):
            response = await client.get(DEALS)
            checked(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")


async def test_rights_hold(rep: httpx.AsyncClient, make: Make) -> None:
    theirs = await make("sales.opportunity", name="Not hers")

    checked(await rep.post(f"{RECORDS}/core.user", json={"name": "Me"}), 403)
    assert (await rep.patch(f"{DEALS}/{theirs['id']}", json={"name": "Mine"})).status_code in (403, 404)
    checked(await rep.get(f"{RECORDS}/sales.account", params={"fields": "credit_limit"}), 422)


@pytest.mark.parametrize(
    "path",
    [
        f"{RECORDS}/sales.nothing", f"{RECORDS}/x", f"{DEALS}/{NOBODY}", f"{DEALS}/nonsense", f"{DEALS}/{NOBODY}/history",
        "/api/v1/nothing", "/api/v2", "/api/v1/metadata/entities/x", "/api/v1/metadata/entities/x/form",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_404(api: httpx.AsyncClient, path: str) -> None:
    checked(await api.get(path), 404)


async def test_a_wrong_method_is_405_and_names_the_right_ones(api: httpx.AsyncClient) -> None:
    response = await api.put(DEALS, json={})

    checked(response, 405)
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("limt=5", 400, None), ("limit=5&limit=6", 400, None), ("filter=%ff", 400, None), ("filter=%00", 400, None),
        ("limit=0", 422, "limit"), ("limit=2001", 422, "limit"), ("limit=ten", 422, "limit"), ("limit=" + "9" * 5000, 422, "limit"),
        ("count=maybe", 422, "count"), ("deleted=x", 422, "deleted"),
        ("fields=nam", 422, "fields"), ("fields=account.nam", 422, "fields"), ("fields=name.x", 422, "fields"),
        ("fields=a.b.c.d.e.f", 422, "fields"), ("sort=nam", 422, "sort"), ("sort=-tags", 422, "sort"),
        ("cursor=xyz", 400, None), ("cursor=AAAA", 400, None), ("cursor=%F0%9F%A6%84", 400, None),
    ],
)  # fmt: skip
async def test_an_odd_query_string_is_explained(
    api: httpx.AsyncClient, query: str, status: int, parameter: str | None
) -> None:
    body = checked(await api.get(f"{DEALS}?{query}"), status)

    if parameter:
        assert [error["parameter"] for error in body["errors"]] == [parameter]


@pytest.mark.parametrize(
    "expression",
    ["amount >", "nam == 1", "amount == 'x' == 3", "__import__('os')", "amount.bit_length()", "(" * 300, "1/0 > amount", "'a' * 999999999 == name"],
)  # fmt: skip
async def test_an_odd_filter_is_explained(api: httpx.AsyncClient, expression: str) -> None:
    response = await api.get(DEALS, params={"filter": expression})

    assert response.status_code in (200, 400, 422), response.text
    if expression != "1/0 > amount":
        checked(response, response.status_code)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400), (b"", "application/json", 400), (b"[]", "application/json", 400),
        (b"null", "application/json", 400), (b'"\xff"', "application/json", 400), (b'{"name": NaN}', "application/json", 400),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "application/json", 400), (b"[" * 100_000, "application/json", 400),
        (b'{"name": "' + b"x" * 1_000_001 + b'"}', "application/json", 413),
        (b"name=x", "application/x-www-form-urlencoded", 415), (b"{}", "", 415),
        (b'{"name": "\\ud800"}', "application/json", 400), (b'{"name": "\\u0000"}', "application/json", 422),
        (b'{"employees": 1' + b"0" * 5000 + b"}", "application/json", 400), (b'{"name": "x", "employees": 1e400}', "application/json", 422),
        (b'{"name": {"a": 1}}', "application/json", 422), (b'{"name": "x", "tags": [[1]]}', "application/json", 422),
        (b'{"": 1}', "application/json", 422), (b'{"id": "x"}', "application/json", 422),
    ],
)  # fmt: skip
async def test_an_odd_body_is_explained(api: httpx.AsyncClient, content: bytes, kind: str, status: int) -> None:
    headers = {"content-type": kind} if kind else {}

    response = await api.post(f"{RECORDS}/sales.account", content=content, headers=headers)

    checked(response, status)


async def test_errors_speak_the_language_of_the_reader(api: httpx.AsyncClient) -> None:
    response = await api.post(DEALS, json={"name": ""}, headers={"accept-language": "zh-CN"})

    assert checked(response, 422)["errors"]


@pytest.mark.parametrize(
    "field", ["name", "description", "close_date", "amount", "account", "stage", "tags", "budget_confirmed", "contacts"]
)
async def test_hostile_values_are_stored_or_refused(api: httpx.AsyncClient, field: str) -> None:
    hostile: list[Any] = [
        "'; DROP TABLE record; --",
        "{{7*7}}",
        "<script>",
        "\u202e",
        "🦄" * 300,
        -1,
        10**30,
        True,
        None,
        [],
        {},
        ["a"],
        1e300,
        "9" * 400,
    ]

    statuses = {(await api.post(DEALS, json={"name": "Fleet", field: value})).status_code for value in hostile}

    assert statuses <= {201, 400, 422}


async def test_every_answer_forbids_guessing_its_type(api: httpx.AsyncClient) -> None:
    assert (await api.get(DEALS)).headers["x-content-type-options"] == "nosniff"


async def test_refusals_name_things_in_the_language_of_the_answer(server: Server) -> None:
    chinese = {"accept-language": "zh-CN,zh;q=0.9"}
    account = (await write(server.context, "sales.account", [Create({"name": "Acme"})]))[0].id
    contact = (await write(server.context, "sales.contact", [Create({"name": "Li", "wechat": "li-2026"})]))[0].id
    async with server.client(await server.token("Sue", "sales.support")) as sue:
        said = [
            (await sue.get(f"{RECORDS}/sales.product/export?format=csv", headers=chinese)).json(),
            (await sue.patch(f"{RECORDS}/sales.account/{account}", json={"name": "Mine"}, headers=chinese)).json(),
            (await sue.post(f"{RECORDS}/sales.account", json={"name": "New"}, headers=chinese)).json(),
            (await sue.get(f"{RECORDS}/sales.account?filter=credit_limit > 1", headers=chinese)).json(),
            (await sue.get(f"{RECORDS}/sales.account?fields=nothing", headers=chinese)).json(),
            (await sue.post(f"{RECORDS}/sales.contact/{contact}/reveal/wechat", headers=chinese)).json(),
            (
                await sue.get(
                    f"/api/v1/access/explain?entity=sales.account&action=edit&record={account}", headers=chinese
                )
            ).json(),
        ]
        english = (await sue.patch(f"{RECORDS}/sales.account/{account}", json={"name": "Mine"})).json()

    assert "Account" in english["detail"]
    assert [one for one in said if LATIN.search(json.dumps(one, ensure_ascii=False))] == []
    assert "客户" in said[1]["detail"]
    assert "微信" in said[5]["detail"]


async def test_errors_of_values_name_fields_in_the_language_of_the_answer(api: httpx.AsyncClient, make: Make) -> None:
    chinese = {"accept-language": "zh-CN"}
    account = await make("sales.account", name="Acme")
    await make("sales.contact", name="Li", account=account["id"])
    operations = [{"op": "create", "values": {"name": ""}}, {"op": "create", "values": {"name": "Fine"}}]

    found = [
        checked(await api.post(DEALS, json={"name": "", "stage": "x"}, headers=chinese), 422),
        checked(await api.delete(f"{RECORDS}/sales.account/{account['id']}", headers=chinese), 409),
        (
            await api.post(
                f"{RECORDS}/sales.account/batch", json={"operations": operations, "atomic": False}, headers=chinese
            )
        ).json(),
    ]

    said = json.dumps(found, ensure_ascii=False)
    assert all(text in said for text in ("请填写商机名称。", "还有 1 条联系人指向这里", "请填写客户名称。")), said
    assert "Name" not in said


async def test_refusals_within_a_batch_name_things_in_that_language(server: Server) -> None:
    account = (await write(server.context, "sales.account", [Create({"name": "Acme"})]))[0].id
    operations = [{"op": "update", "id": account, "values": {"name": "Mine"}}, {"op": "delete", "id": account}]
    async with server.client(await server.token("Sue", "sales.support")) as sue:
        said = (
            await sue.post(
                f"{RECORDS}/sales.account/batch",
                json={"operations": operations, "atomic": False},
                headers={"accept-language": "zh-CN"},
            )
        ).text

    assert said.count("客户") == 2, said
    assert "Account" not in said
