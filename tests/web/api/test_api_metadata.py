"""The API describes itself: entities, forms, views, and the whole as OpenAPI."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.web.api.conftest import RECORDS, Make
from tests.web.conftest import Server
from trellis.services.identities import forget

META = "/api/v1/metadata"

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def test_every_entity_is_listed_and_described(api: httpx.AsyncClient) -> None:
    items = (await api.get(f"{META}/entities")).json()["items"]

    assert {"core.user", "sales.account", "sales.opportunity"} <= {item["id"] for item in items}
    for item in items:
        described = (await api.get(item["href"])).json()
        assert described["titleField"] in {field["key"] for field in described["fields"]}
        for schema in described["schemas"].values():
            Draft202012Validator.check_schema(schema)


async def test_a_field_says_all_that_a_form_needs(api: httpx.AsyncClient) -> None:
    fields = {field["key"]: field for field in (await api.get(f"{META}/entities/sales.opportunity")).json()["fields"]}

    stage, account, code = fields["stage"], fields["account"], fields["code"]
    assert stage["required"]
    assert {"key": "won", "label": "Won"}.items() <= next(
        option for option in stage["options"] if option["key"] == "won"
    ).items()
    assert {operator["key"] for operator in stage["operators"]} >= {"is", "in", "blank"}
    assert account["target"] == "sales.account"
    assert code["writable"] == {"create": False, "update": False}
    assert fields["amount"]["schema"]["type"] == ["string", "null"]


async def test_a_rep_is_not_told_about_hidden_fields(rep: httpx.AsyncClient) -> None:
    described = (await rep.get(f"{META}/entities/sales.account")).json()

    assert "credit_limit" not in {field["key"] for field in described["fields"]}
    assert "credit_limit" not in described["schemas"]["read"]["properties"]


async def test_a_form_is_a_tree_with_conditions(api: httpx.AsyncClient) -> None:
    form = (await api.get(f"{META}/entities/sales.opportunity/form", params={"use": "create"})).json()

    items = [item for section in form["sections"] for item in section["items"]]
    assert {"name", "account", "stage"} <= {item["field"] for item in items}
    assert any(isinstance(item["visible"], str) or isinstance(item["required"], str) for item in items)
    assert (await api.get(f"{META}/entities/sales.opportunity/form", params={"use": "dance"})).status_code == 400


async def test_views_come_with_their_columns_in_order(api: httpx.AsyncClient) -> None:
    views = {
        view["id"]: view
        for view in (await api.get(f"{META}/views", params={"entity": "sales.account"})).json()["items"]
    }

    assert all(view["entity"] == "sales.account" for view in views.values())
    assert views["sales.account_all"]["columns"][0]["path"] == "name"


async def test_labels_come_in_the_language_of_the_user(server: Server) -> None:
    async with server.client(await server.token("Ada", "core.admin")) as client:
        me = (await client.get("/api/v1/me")).json()
        await client.patch(f"{RECORDS}/core.user/{me['id']}", json={"locale": "zh_cn"})
    forget(server.context.home)
    async with server.client(client.headers["authorization"].partition(" ")[2]) as client:
        described = (await client.get(f"{META}/entities/sales.account")).json()

    assert described["label"] == "客户"


async def test_one_learns_who_one_is(rep: httpx.AsyncClient) -> None:
    me = (await rep.get("/api/v1/me")).json()

    assert (me["name"], me["email"], "sales.rep" in me["roles"], me["workspace"]) == (
        "Rita",
        "rita@example.com",
        True,
        "main",
    )


@pytest.fixture
async def openapi(api: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await api.get("/api/v1/openapi.json")).json()
    return document


async def test_the_openapi_has_paths_and_schemas_for_every_entity(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"] == "3.1.0"
    assert openapi["security"] == [{"token": []}]
    for path in ("", "/{id}", "/{id}/restore", "/{id}/history", "/batch", "/export"):
        assert f"/records/sales.opportunity_line{path}" in openapi["paths"]
    for suffix in ("", "Page", "Create", "Update"):
        Draft202012Validator.check_schema(openapi["components"]["schemas"][f"SalesOpportunityLine{suffix}"])


async def test_every_reference_of_the_openapi_leads_somewhere(openapi: dict[str, Any]) -> None:
    def walk(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [found for value in part.values() for found in walk(value)]
        return [found for value in part for found in walk(value)] if isinstance(part, list) else []

    def target(reference: str) -> Any:
        found: Any = openapi
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found

    assert all(target(reference) for reference in set(walk(openapi)))


async def test_someone_with_fewer_rights_sees_a_smaller_openapi(rep: httpx.AsyncClient) -> None:
    document = (await rep.get("/api/v1/openapi.json")).json()

    assert "post" not in document["paths"].get("/records/core.user", {})
    assert "credit_limit" not in document["components"]["schemas"]["SalesAccountCreate"]["properties"]


async def test_what_the_api_answers_fits_its_own_schema(
    api: httpx.AsyncClient, make: Make, openapi: dict[str, Any]
) -> None:
    account = await make("sales.account", name="Northwind", tags=[], employees=5)
    deal = await make("sales.opportunity", name="Fleet", account=account["id"], amount="5", close_date="2026-12-01")

    for name, record in (("SalesAccount", account), ("SalesOpportunity", deal)):
        Draft202012Validator(openapi["components"]["schemas"][name]).validate(record)
