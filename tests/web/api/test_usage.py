"""The API says where a definition is used."""

import httpx
import pytest

USAGE = "/api/v1/metadata/usage"

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


async def test_a_field_is_found_in_forms_lists_roles_and_translations(api: httpx.AsyncClient) -> None:
    found = (await api.get(USAGE, params={"of": "sales.account#/fields/tier"})).json()

    kinds = [item["kind"] for item in found["items"]]
    assert found["label"] == "Tier"
    assert kinds == sorted(kinds, key=["form", "view", "role", "translation"].index)
    assert {
        "document": "sales.account_form", "kind": "form", "pointer": "/sections/basics/items/tier", "use": "item",
        "label": "Form Account · section Basics", "href": "/studio/forms/sales.account_form",
    } in found["items"]  # fmt: skip
    assert found["removal"]["stage"] == "deprecate"
    assert not found["removal"]["possible"]


async def test_it_speaks_the_language_of_the_reader(api: httpx.AsyncClient) -> None:
    asked = {"of": "sales.account#/fields/tier"}

    found = (await api.get(USAGE, params=asked, headers={"cookie": "trellis_locale=zh-CN"})).json()

    assert found["label"] == "客户分级"
    assert any("表单“客户”" in item["label"] for item in found["items"])


async def test_functions_and_options_are_found_too(api: httpx.AsyncClient) -> None:
    today = (await api.get(USAGE, params={"of": "function:today"})).json()
    option = (await api.get(USAGE, params={"of": "sales.opportunity_stage#/options/won"})).json()

    assert {item["use"] for item in today["items"]} >= {"formula", "filter", "validation"}
    assert {item["document"] for item in option["items"]} >= {"sales.opportunity", "sales.opportunity_won"}


async def test_only_designers_are_told(rep: httpx.AsyncClient) -> None:
    assert (await rep.get(USAGE, params={"of": "sales.account"})).status_code == 403
    assert (await rep.get(USAGE, params={"of": "sales.nothing"})).status_code == 403


async def test_what_is_not_there_is_said(api: httpx.AsyncClient) -> None:
    assert (await api.get(USAGE, params={"of": "sales.nothing"})).status_code == 404
    assert (await api.get(USAGE, params={"of": "sales.account#/fields/nothing"})).status_code == 404
    assert (await api.get(USAGE)).status_code == 400
