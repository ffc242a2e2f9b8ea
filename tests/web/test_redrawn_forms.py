"""Forms that are open while definitions change keep what was typed, and ask to look again only when they changed."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio import drafts, plans
from trellis.services.workspaces import Workspaces
from trellis.web.application import build

PROJECTS = "/records/x.project"
NAME, SIZE = {"type": "text", "label": "Name"}, {"type": "integer", "label": "Size"}
NOTICE = "This form has changed since you opened it."
PROJECT: dict[str, Any] = {
    "kind": "entity", "id": "x.project", "label": "Project", "titleField": "name",
    "fields": {"name": NAME, "size": SIZE},
}  # fmt: skip


async def publish(context: Context, *changed: Mapping[str, Any]) -> None:
    """A release with these documents, made over the draft."""
    for raw in changed:
        await drafts.save(context, raw)
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "")


@pytest.fixture
async def ada(server: Server) -> httpx.AsyncClient:
    """An administrator's browser, when there are projects."""
    await publish(server.context, PROJECT)
    return await server.browser("Ada", "core.admin")


def opened(page: httpx.Response) -> dict[str, str]:
    """What a browser would post of the form of a record."""
    start = page.text.index('id="record-form"')
    tags = re.findall(r"<input[^>]*>", page.text[start : page.text.index("</form>", start)])
    return {_member(tag, "name"): _member(tag, "value") for tag in tags if _member(tag, "name")}


def _member(tag: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', tag)
    return found[1] if found else ""


async def projects(context: Context) -> list[str]:
    return [choice.label for choice in await queries.choices(context, "x.project")]


async def test_a_form_that_changed_is_shown_again_with_what_was_typed(server: Server, ada: httpx.AsyncClient) -> None:
    form = opened(await ada.get(f"{PROJECTS}/new"))
    await publish(
        server.context, {**PROJECT, "fields": {**PROJECT["fields"], "city": {"type": "text", "label": "City"}}}
    )

    asked = await ada.post(f"{PROJECTS}/new", data={**form, "name": "Bridge", "size": "7"})

    assert asked.status_code == 409
    assert NOTICE in asked.text
    again = opened(asked)
    assert (again["name"], again["size"], again["city"]) == ("Bridge", "7", "")
    saved = await ada.post(f"{PROJECTS}/new", data={**again, "city": "Bonn"})
    assert saved.status_code == 303
    assert await projects(await (await server.workspaces.named("main")).context()) == ["Bridge"]


async def test_a_change_elsewhere_disturbs_nobody(server: Server, ada: httpx.AsyncClient) -> None:
    form = opened(await ada.get(f"{PROJECTS}/new"))
    await publish(server.context, {**PROJECT, "id": "x.other"})

    assert (await ada.post(f"{PROJECTS}/new", data={**form, "name": "Bridge"})).status_code == 303


async def test_what_was_typed_moves_to_the_new_key_of_its_field(server: Server, ada: httpx.AsyncClient) -> None:
    made = await ada.post(f"{PROJECTS}/new", data={**opened(await ada.get(f"{PROJECTS}/new")), "name": "Bridge"})
    address = made.headers["location"] + "/edit"
    form = opened(await ada.get(address))
    await drafts.rename_field(server.context, "x.project", "size", "scope")
    await publish(server.context)

    asked = await ada.post(address, data={**form, "size": "12"})

    assert asked.status_code == 409
    assert opened(asked)["scope"] == "12"
    assert (await ada.post(address, data=opened(asked))).status_code == 303


async def test_what_no_longer_fits_is_kept_with_its_mistake(server: Server, ada: httpx.AsyncClient) -> None:
    form = opened(await ada.get(f"{PROJECTS}/new"))
    text = {**PROJECT, "fields": {"name": NAME, "size": {"type": "date", "label": "Size"}}}
    await publish(server.context, text)

    asked = await ada.post(f"{PROJECTS}/new", data={**form, "name": "Bridge", "size": "12"})

    assert NOTICE in asked.text
    assert opened(asked)["size"] == "12"


async def test_a_form_that_does_not_tell_is_taken_as_it_is(server: Server, ada: httpx.AsyncClient) -> None:
    form = opened(await ada.get(f"{PROJECTS}/new"))
    del form["_drawn"]
    await publish(
        server.context, {**PROJECT, "fields": {**PROJECT["fields"], "city": {"type": "text", "label": "City"}}}
    )

    assert (await ada.post(f"{PROJECTS}/new", data={**form, "name": "Bridge"})).status_code == 303


async def test_a_process_that_is_behind_looks_before_it_complains(server: Server, ada: httpx.AsyncClient) -> None:
    """Its clock stands still, so that it would not look by itself."""
    home = await server.workspaces.named("main")
    behind = Workspaces(home.database, server.workspaces.clock)
    await (await behind.named("main")).context()
    await publish(
        server.context, {**PROJECT, "fields": {**PROJECT["fields"], "city": {"type": "text", "label": "City"}}}
    )
    form = opened(await ada.get(f"{PROJECTS}/new"))

    transport = httpx.ASGITransport(app=build(behind, server.app.state.site.settings))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test", cookies=ada.cookies) as other:
        saved = await other.post(f"{PROJECTS}/new", data={**form, "name": "Bridge", "city": "Bonn"})

    assert saved.status_code == 303
