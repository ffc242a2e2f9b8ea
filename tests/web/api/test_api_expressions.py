"""Programs check, try and complete expressions as the pages do."""

from typing import Any

import httpx
import pytest

from tests.web.api.conftest import RECORDS, Make
from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.identities import forget
from trellis.web.http import SESSION_COOKIE

CHECK, COMPLETE = "/api/v1/expressions/check", "/api/v1/expressions/complete"
DEAL, ACCOUNT = "sales.opportunity", "sales.account"
NOBODY = "01920000-0000-7000-8000-00000000000b"


async def checked(client: httpx.AsyncClient, expr: str, entity: str = DEAL, **more: Any) -> dict[str, Any]:
    response = await client.post(CHECK, json={"entity": entity, "expr": expr, **more})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def chinese_token(server: Server) -> str:
    """The token of an administrator who reads Chinese."""
    token = await server.token("Ying", "core.admin")
    async with server.client(token) as client:
        me = (await client.get("/api/v1/me")).json()
        await client.patch(f"{RECORDS}/core.user/{me['id']}", json={"locale": "zh_cn"})
    forget(server.context.home)
    return token


async def test_a_good_expression_is_described(api: httpx.AsyncClient) -> None:
    found = await checked(api, "amount > 1000 and account.tier == 'key'", purpose="filter")

    assert found == {
        "ok": True, "type": "bool", "type_text": "bool", "evaluated": False, "value": None, "value_text": "",
        "sql": {"class": "A", "filter": True, "reason": None},
        "cost": {"nodes": 7, "depth": 3, "paths": 2, "joins": 1, "score": 17},
        "reads": [{"path": "amount", "label": "Amount"}, {"path": "account.tier", "label": "Account › Tier"}],
        "volatile": False, "errors": [],
    }  # fmt: skip


async def test_what_is_wrong_stands_with_its_place_and_what_could_be_meant(api: httpx.AsyncClient) -> None:
    found = await checked(api, "amuont > 1000")

    assert (found["ok"], found["type"], found["sql"]) == (False, None, None)
    assert found["errors"] == [
        {
            "code": "name", "span": [0, 6], "message": "There is no field 'amuont' on Opportunity.",
            "hint": "Did you mean 'amount'?", "suggestions": ["amount"],
        }
    ]  # fmt: skip


async def test_a_value_is_given_as_data_and_as_text(api: httpx.AsyncClient, make: Make) -> None:
    account = await make(ACCOUNT, name="Northwind", tier="key", annual_revenue="1234.50", customer_since="2026-01-31")

    async def value(expr: str) -> tuple[Any, str]:
        found = await checked(api, expr, ACCOUNT, record=account["id"])
        return found["value"], found["value_text"]

    assert await value("annual_revenue * 2") == ("2469.00", "¥2,469.00")
    assert await value("customer_since") == ("2026-01-31", "Jan 31, 2026")
    assert await value("tier") == ("key", "Key")
    assert await value("tier == 'key'") == (True, "Yes")
    assert await value("length(name) / 2") == ("4.5", "4.5")
    assert await value("parent") == (None, "")
    assert await value("owner") == (account["owner"], "Ada")


async def test_sentences_and_labels_are_in_the_language_of_the_reader(server: Server) -> None:
    async with server.client(await chinese_token(server)) as client:
        wrong = await checked(client, "金额 > 'x'")
        right = await checked(client, "account.tier == 'key'")
        response = await client.post(COMPLETE, json={"entity": DEAL, "expr": "四舍"})

    assert wrong["errors"][0]["message"] == "商机没有字段“金额”。"
    assert "amount" in wrong["errors"][0]["suggestions"]
    assert right["type_text"] == "是/否"
    assert right["reads"] == [{"path": "account.tier", "label": "客户 › 客户分级"}]
    item = response.json()["items"][0]
    assert (item["insert"], item["kind"]) == ("round(", "function")
    assert "四舍五入" in item["doc"]


async def test_completions_come_alone_or_with_a_check(api: httpx.AsyncClient) -> None:
    source = "account.tier == 'k' and amount > 1"
    alone = (await api.post(COMPLETE, json={"entity": DEAL, "expr": source, "cursor": 18})).json()
    with_check = await checked(api, source, cursor=18)

    assert alone["items"][0] == {
        "insert": "'key'", "label": "Key", "detail": "option 'key'", "kind": "option", "doc": None
    }  # fmt: skip
    assert (alone["from"], alone["to"], alone["call"]) == (16, 19, None)
    assert with_check["completions"] == alone


async def test_a_rep_learns_nothing_of_hidden_fields(rep: httpx.AsyncClient) -> None:
    hidden = await checked(rep, "credit_limit > 1", ACCOUNT, cursor=12)
    behind = await checked(rep, "account.credit_limit > 1", cursor=20)
    invented = await checked(rep, "account.credit_limix > 1", cursor=20)

    for found in (hidden, behind, invented):
        (mistake,) = found["errors"]
        assert mistake["code"] == "name"
        assert "credit_limit" not in mistake["suggestions"]
        assert "credit_limit" not in str(mistake["hint"])
        assert found["reads"] == []
        assert not any("credit" in item["insert"] for item in found["completions"]["items"])
    assert behind["errors"][0]["message"] == invented["errors"][0]["message"].replace("limix", "limit")


async def test_only_records_that_may_be_read_are_tried(
    api: httpx.AsyncClient, rep: httpx.AsyncClient, make: Make
) -> None:
    account = await make(ACCOUNT, name="Northwind")
    deal = await make(DEAL, name="Big", account=account["id"], stage="qualified", amount="5")

    for record in (deal["id"], NOBODY):
        response = await rep.post(CHECK, json={"entity": DEAL, "expr": "amount", "record": record})
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert (await checked(api, "amount", record=deal["id"]))["value"] == "5.00"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"entity": "sales.dance", "expr": "true"}, 404, "not_found"),
        ({"entity": "core.role_assignment", "expr": "true"}, 404, "not_found"),
        ({"entity": DEAL}, 422, "/expr"),
        ({"entity": DEAL, "expr": 7}, 422, "/expr"),
        ({"entity": DEAL, "expr": "true", "record": "7"}, 422, "/record"),
        ({"entity": DEAL, "expr": "true", "expect": "dance"}, 422, "/expect"),
        ({"entity": DEAL, "expr": "true", "expect": "field:dance"}, 422, "/expect"),
        ({"entity": DEAL, "expr": "true", "purpose": ["filter"]}, 422, "/purpose"),
        ({"entity": DEAL, "expr": "true", "purpose": "lookup_filter", "field": "amount"}, 422, "/field"),
        ({"entity": DEAL, "expr": "true", "cursor": -1}, 422, "/cursor"),
        ({"entity": DEAL, "expr": "true", "dance": 1}, 422, "/dance"),
        ({"entity": DEAL, "expr": "true", "nulls": "dance"}, 422, "/nulls"),
        ({"entity": DEAL, "expr": "x" * 200_000}, 413, "too_large"),
    ],
)
async def test_a_request_that_makes_no_sense_is_a_problem(
    api: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    response = await api.post(CHECK, json=body)

    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert code in (problem["type"].rpartition(":")[2], *(error["pointer"] for error in problem.get("errors", ())))


async def test_who_may_not_read_the_entity_is_refused(server: Server) -> None:
    async with server.client(await server.token("Sam", "core.employee")) as client:
        for address in (CHECK, COMPLETE):
            assert (await client.post(address, json={"entity": DEAL, "expr": "true"})).status_code == 403


async def test_a_token_is_needed_and_a_session_is_not_enough(server: Server) -> None:
    user = await accounts.create_user(server.context, email="eve@example.com", name="Eve", roles=["core.admin"])
    secret = await accounts.start_session(server.context, user)
    async with server.client() as client:
        client.cookies.set(SESSION_COOKIE, secret)
        for address in (CHECK, COMPLETE):
            assert (await client.post(address, json={"entity": DEAL, "expr": "true"})).status_code == 401


@pytest.mark.parametrize(
    "expr", ["", " ", "x" * 4_001, "(" * 100, "\x00", "'\ud7ff", "amount.__class__", "1 if", "🙂 > 1", "'a' * 10"]
)
async def test_any_source_gets_an_answer(api: httpx.AsyncClient, expr: str) -> None:
    found = await checked(api, expr, cursor=len(expr))

    assert found["errors"]
    assert all(0 <= mistake["span"][0] <= mistake["span"][1] <= len(expr) for mistake in found["errors"])
