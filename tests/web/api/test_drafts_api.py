"""The draft over the API: versions against lost changes, steps, findings, problems."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.web.conftest import Server

DRAFT = "/api/v1/metadata/draft"
DOCUMENTS = f"{DRAFT}/documents"
PROJECT: dict[str, Any] = {
    "kind": "entity",
    "id": "x.project",
    "label": "Project",
    "titleField": "name",
    "fields": {"name": {"type": "text", "label": "Name"}},
}

pytestmark = pytest.mark.anyio


async def saved(api: httpx.AsyncClient, raw: dict[str, Any], version: int | None = None) -> httpx.Response:
    headers = {} if version is None else {"if-match": f'"{version}"'}
    return await api.put(f"{DOCUMENTS}/{raw['id']}", json=raw, headers=headers)


async def test_a_document_is_saved_read_and_listed(api: httpx.AsyncClient) -> None:
    first = await saved(api, PROJECT, 0)
    assert first.status_code == 200, first.text
    assert first.json()["document"] == PROJECT

    read = await api.get(f"{DOCUMENTS}/x.project")
    assert read.headers["etag"] == first.headers["etag"] == f'"{read.json()["version"]}"'
    assert read.json() == first.json()
    (change,) = (await api.get(DRAFT)).json()["changes"]
    assert (change["document"], change["kind"], change["what"], change["conflict"]) == (
        "x.project", "entity", "added", False,
    )  # fmt: skip


async def test_a_late_save_is_refused_and_told_the_version(api: httpx.AsyncClient) -> None:
    version = (await saved(api, PROJECT)).json()["version"]
    newer = (await saved(api, {**PROJECT, "label": "Work"}, version)).json()["version"]

    late = await saved(api, {**PROJECT, "label": "Job"}, version)

    assert late.status_code == 412
    assert late.json()["type"] == "urn:trellis:problem:conflict"
    assert late.json()["current"] == newer
    assert late.headers["etag"] == f'"{newer}"'
    assert (await api.get(f"{DOCUMENTS}/x.project")).json()["document"]["label"] == "Work"


async def test_steps_are_taken_back_and_done_again(api: httpx.AsyncClient) -> None:
    await saved(api, PROJECT)
    await saved(api, {**PROJECT, "label": "Work"})

    undone = (await api.post(f"{DOCUMENTS}/x.project/undo")).json()
    assert (undone["document"]["label"], undone["can_undo"], undone["can_redo"]) == ("Project", True, True)
    assert (await api.post(f"{DOCUMENTS}/x.project/undo")).json()["document"] is None
    redone = (await api.post(f"{DOCUMENTS}/x.project/redo")).json()
    assert redone["document"]["label"] == "Project"
    assert (await api.post(f"{DOCUMENTS}/x.project/discard")).json()["document"] is None
    assert (await api.get(f"{DOCUMENTS}/x.project")).status_code == 404
    assert (await api.get(DRAFT)).json()["changes"] == []


async def test_all_changes_are_discarded_at_once(api: httpx.AsyncClient) -> None:
    await saved(api, PROJECT)
    await saved(api, {**PROJECT, "id": "x.other"})

    assert (await api.delete(DRAFT)).status_code == 204
    assert (await api.get(DRAFT)).json()["changes"] == []


async def test_a_change_of_a_pack_has_its_origin_and_a_way_back(api: httpx.AsyncClient) -> None:
    account = (await api.get(f"{DOCUMENTS}/sales.account")).json()["document"]

    changed = (await saved(api, {**account, "label": "Client"}, 0)).json()
    (origin,) = changed["origins"]
    assert origin == {
        "pointer": "/label", "layer": "x", "verb": "change",
        "extension": origin["extension"], "below": account["label"],
    }  # fmt: skip
    back = await api.post(f"{DOCUMENTS}/sales.account/reset", params={"at": "/label"})
    assert back.json()["document"] == account
    assert back.json()["change"] is None


async def test_what_a_pack_forbids_has_one_entry_for_each_place(api: httpx.AsyncClient) -> None:
    account = (await api.get(f"{DOCUMENTS}/sales.account")).json()["document"]
    account["fields"]["name"]["type"] = "longtext"

    refused = await saved(api, account)

    assert refused.status_code == 422
    assert [entry["pointer"] for entry in refused.json()["errors"]] == ["/fields/name/type"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"kind": "entity", "label": 1.5}', "/label"),
        ('{"kind": "entity", "kind": "form"}', "/kind"),
        ('{"label": "Project"}', "/kind"),
        ('{"kind": "entity", "id": "x.other"}', "/id"),
    ],
)
async def test_what_is_no_document_is_refused_at_its_place(api: httpx.AsyncClient, body: str, pointer: str) -> None:
    headers = {"content-type": "application/json"}
    refused = await api.put(f"{DOCUMENTS}/x.project", content=body, headers=headers)

    assert refused.status_code == 422
    assert [entry["pointer"] for entry in refused.json()["errors"]] == [pointer]


async def test_findings_come_with_the_document(api: httpx.AsyncClient) -> None:
    broken = {**PROJECT, "titleField": "nothing"}

    found = (await saved(api, broken)).json()["findings"]

    assert [(entry["document"], entry["pointer"]) for entry in found] == [("x.project", "/titleField")]
    assert (await api.get(DRAFT)).json()["findings"] == found


async def test_documents_in_force_are_read_without_the_draft(api: httpx.AsyncClient) -> None:
    await saved(api, PROJECT)

    assert (await api.get("/api/v1/metadata/documents/x.project")).status_code == 404
    read = (await api.get("/api/v1/metadata/documents/sales.account")).json()
    assert read["document"]["id"] == "sales.account"
    assert read["origins"] == []


async def test_a_field_is_renamed_and_the_decision_told(api: httpx.AsyncClient) -> None:
    await saved(api, PROJECT)

    renamed = await api.post(f"{DOCUMENTS}/x.project/rename", json={"field": "name", "to": "title"})
    assert renamed.json()["document"]["titleField"] == "title"
    refused = await api.post(f"{DOCUMENTS}/x.project/rename", json={"field": "title", "to": "id"})
    assert [entry["pointer"] for entry in refused.json()["errors"]] == ["/fields/title"]
    told = await api.put(f"{DRAFT}/decisions", json={"separate": ["x.project#/fields/title"]})
    assert told.json() == {"renames": {}, "separate": ["x.project#/fields/title"], "restores": {}}
    assert (await api.put(f"{DRAFT}/decisions", json={"renames": [], "more": 1})).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("PUT", "/decisions"),
        ("GET", "/documents/sales.account"),
        ("PUT", "/documents/sales.account"),
        ("DELETE", "/documents/sales.account"),
        *(("POST", f"/documents/sales.account/{step}") for step in ("undo", "redo", "discard", "keep", "reset")),
        ("POST", "/documents/sales.account/rename"),
    ],
)
async def test_only_designers_come_in(server: Server, rep: httpx.AsyncClient, method: str, path: str) -> None:
    bodies: dict[str, Any] = {
        "/documents/sales.account": {"kind": "entity", "id": "sales.account"},
        "/documents/sales.account/rename": {"field": "name", "to": "title"},
    }
    sent = {"json": bodies.get(path, {})} if method in ("PUT", "POST") else {}

    assert (await rep.request(method, DRAFT + path, **sent)).status_code == 403
    async with server.client() as anybody:
        assert (await anybody.request(method, DRAFT + path, **sent)).status_code == 401


async def test_a_rep_reads_no_documents(rep: httpx.AsyncClient) -> None:
    assert (await rep.get("/api/v1/metadata/documents/sales.account")).status_code == 403


async def test_answers_are_as_described(api: httpx.AsyncClient) -> None:
    described = (await api.get("/api/v1/openapi.json")).json()
    registry = Registry().with_resource("urn:api", DRAFT202012.create_resource(described))

    def fits(name: str, value: Any) -> None:
        schema = {"$ref": f"urn:api#/components/schemas/{name}"}
        Draft202012Validator(schema, registry=registry).validate(value)

    fits("DraftDocument", (await saved(api, {**PROJECT, "titleField": "nothing"})).json())
    fits("DraftDocument", (await api.get(f"{DOCUMENTS}/sales.account")).json())
    fits("Draft", (await api.get(DRAFT)).json())
