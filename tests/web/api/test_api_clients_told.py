"""Whoever changes a field is told which programs read and wrote it: in the plan, where it is used, and when it is retired."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server
from trellis.commands.plantext import lines
from trellis.services import accounts
from trellis.services.apiclients.keeping import keep_all
from trellis.services.context import Context
from trellis.services.packs.planning import PackPlan
from trellis.services.studio import drafts, plans
from trellis.services.studio.retired import retired
from trellis.storage.releases import find_release

META = "/api/v1/metadata"
PROJECT = "x.project"
DOCUMENT: dict[str, Any] = {
    "kind": "entity", "id": PROJECT, "label": "Project", "titleField": "name",
    "fields": {
        "name": {"type": "text", "label": "Name"}, "size": {"type": "text", "label": "Size"},
        "age": {"type": "formula", "label": "Age", "returns": "integer", "expr": "days_between(today(), today())", "storage": "virtual"},
        "kept": {"type": "text", "label": "Kept"},
    },
}  # fmt: skip
ROLE: dict[str, Any] = {
    "kind": "role", "id": "x.maker", "label": "Maker", "system": {"designer": True},
    "entities": {PROJECT: {"create": True, "read": {"scopes": ["all"]}, "edit": {"scopes": ["all"]}, "fields": {"*": "edit", "kept": "none"}}},
}  # fmt: skip


@pytest.fixture
async def program(server: Server, api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A program that has read and written projects."""
    for document in (DOCUMENT, ROLE):
        answer = await api.put(f"{META}/draft/documents/{document['id']}", json=document)
        assert answer.status_code < 300, answer.text
    await published(api)
    context = await fresh(server)
    user = await accounts.create_user(context, email="erp@example.com", name="Erp Team", roles=["x.maker"])
    client = server.client(await accounts.create_token(context, user, "ERP sync"))
    made = await client.post(f"/api/v1/records/{PROJECT}", json={"name": "Bridge", "size": "big"})
    assert made.status_code == 201, made.text
    asked = {"fields": "name,size,age"}
    assert (await client.get(f"/api/v1/records/{PROJECT}", params=asked)).status_code == 200
    await keep_all(server.workspaces)
    return client


async def fresh(server: Server) -> Context:
    home = await server.workspaces.named("main")
    await home.refresh()
    return await home.context()


async def published(api: httpx.AsyncClient) -> dict[str, Any]:
    """The plan of the draft, which is published."""
    plan: dict[str, Any] = (await api.get(f"{META}/plan")).json()
    body = {"fingerprint": plan["fingerprint"], "consents": plan["consents"]}
    done = await api.post(f"{META}/publish", json=body)
    assert done.status_code == 201, done.text
    return plan


async def rename(api: httpx.AsyncClient, field: str, to: str) -> None:
    done = await api.post(f"{META}/draft/documents/{PROJECT}/rename", json={"field": field, "to": to})
    assert done.status_code == 200, done.text


async def clients(api: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    found = await api.get(f"{META}/usage", params={"of": path})
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["clients"]
    return items


async def test_a_plan_says_who_used_what_it_renames_and_they_are_found_after_it(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    for field, to in (("size", "volume"), ("age", "years")):
        await rename(api, field, to)
    plan = await published(api)
    told = {one["of"]: one for one in plan["clients"]}
    assert set(told) == {f"{PROJECT}#/fields/size", f"{PROJECT}#/fields/age"}
    size = told[f"{PROJECT}#/fields/size"]
    assert (size["name"], size["owner"], size["because"]) == ("ERP sync", "Erp Team", "renamed")
    assert (size["read"], size["read_all"], size["wrote"]) == ("2026-11-21", None, "2026-11-21")
    assert size["message"] == (
        "API client ERP sync (Erp Team) read “Size” last on 2026-11-21, and wrote it last on 2026-11-21. "
        "The API knows it only as “volume” after this."
    )

    for path, thing in (("volume", "Size"), ("years", "Age")):
        (after,) = await clients(api, f"{PROJECT}#/fields/{path}")
        assert after["message"].startswith(f"API client ERP sync (Erp Team) read “{thing}” last on 2026-11-21")
    assert await clients(api, f"{PROJECT}#/fields/kept") == []


async def test_naming_no_fields_counts_for_what_the_program_may_see(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    await program.get(f"/api/v1/records/{PROJECT}")
    await keep_all(server.workspaces)
    (name,) = await clients(api, f"{PROJECT}#/fields/name")
    assert (name["read"], name["read_all"], name["wrote"]) == ("2026-11-21",) * 3
    assert await clients(api, f"{PROJECT}#/fields/kept") == []
    (whole,) = await clients(api, PROJECT)
    assert whole["message"].startswith("API client ERP sync (Erp Team) read “Project” last on 2026-11-21")


async def test_what_goes_is_told_in_the_plan_at_the_command_and_when_it_is_retired(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    fields = {key: field for key, field in DOCUMENT["fields"].items() if key != "size"}
    await drafts.save(await fresh(server), {**DOCUMENT, "fields": fields})
    printed = "\n".join(lines(PackPlan(await plans.plan_draft(await fresh(server)), ())))
    assert "Affected:" in printed
    assert f"{PROJECT}#/fields/size: API client ERP sync (Erp Team) read “Size” last on 2026-11-21" in printed
    plan = await published(api)
    assert [(one["of"], one["because"]) for one in plan["clients"]] == [(f"{PROJECT}#/fields/size", "removed")]

    (part,) = await retired(await fresh(server))
    assert [(one.client.name, one.because) for one in part.clients] == [("ERP sync", None)]
    (listed,) = (await api.get(f"{META}/retired")).json()["items"]
    assert listed["clients"][0]["wrote"] == "2026-11-21"


async def test_another_type_hiding_and_the_end_of_an_entity_are_told(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    fields = DOCUMENT["fields"]
    changed = {"size": {**fields["size"], "type": "longtext"}, "name": {**fields["name"], "hidden": True}}
    await drafts.save(await fresh(server), {**DOCUMENT, "fields": {**fields, **changed}})
    told = {(one["of"].rpartition("/")[2], one["because"]) for one in (await published(api))["clients"]}
    assert told == {("size", "retyped"), ("name", "hidden")}
    assert len(await clients(api, f"{PROJECT}#/fields/size")) == 1

    for document in (PROJECT, ROLE["id"]):
        assert (await api.delete(f"{META}/draft/documents/{document}")).status_code in (200, 204)
    (whole,) = (await api.get(f"{META}/plan")).json()["clients"]
    assert (whole["of"], whole["because"], whole["wrote"]) == (PROJECT, "removed", "2026-11-21")


async def test_whose_it_is_stays_hidden_from_who_may_not_see_users(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    (told,) = await clients(program, f"{PROJECT}#/fields/size")
    assert (told["name"], told["owner"]) == ("ERP sync", None)
    await rename(api, "size", "volume")
    await published(api)
    release = (await api.get(f"{META}/releases")).json()["items"][0]["release"]
    async with server.context.database.read(server.context.workspace) as connection:
        kept = await find_release(connection, release)
    assert kept is not None
    assert "ERP sync" in (kept.plan or "")
    assert "Erp Team" not in (kept.plan or "")


async def test_a_process_that_has_not_seen_the_rename_yet_tells_under_the_new_name(
    server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    clock = server.workspaces.clock
    clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    assert (await program.get(f"/api/v1/records/{PROJECT}", params={"fields": "size"})).status_code == 200
    await rename(api, "size", "volume")
    await published(api)
    await keep_all(server.workspaces)
    (told,) = await clients(api, f"{PROJECT}#/fields/volume")
    assert (told["read"], told["wrote"]) == ("2026-11-22", "2026-11-21")


async def test_the_pages_show_it(server: Server, api: httpx.AsyncClient, program: httpx.AsyncClient) -> None:
    browser = await server.browser("Bea", "core.admin")
    page = (await browser.get(f"/studio/entities/{PROJECT}/fields/size/usage")).text
    assert "API client ERP sync (Erp Team) read “Size” last on 2026-11-21, and wrote it last on 2026-11-21." in page
    await rename(api, "size", "volume")
    page = (await browser.get(f"/studio/entities/{PROJECT}/fields/volume/usage")).text
    assert "API client ERP sync (Erp Team) read “Size” last on 2026-11-21, and wrote it last on 2026-11-21." in page
    page = (await browser.get("/studio/changes")).text
    assert "The API knows it only as “volume” after this." in page
