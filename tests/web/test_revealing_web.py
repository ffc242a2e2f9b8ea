"""The eye beside a masked value: shown in its place or on a page of its own, refused without a trace, in the API as well."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.support.application import build
from tests.support.clinic import CLIENT, SECRET, client, documents
from tests.support.counting import CountingDatabase
from tests.support.pageforms import Form
from tests.support.publishing import CLOCK, Publisher
from tests.web.conftest import Server
from trellis.kernel.settings import Settings
from trellis.services import accounts
from trellis.services.audit.timeline import Search, timeline
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.http import SESSION_COOKIE
from trellis.web.security import CSRF_COOKIE, CSRF_HEADER

pytestmark = pytest.mark.anyio
NEVER = "01a1fd70-f1c0-7000-8000-000000000000"
VALUE = f"{SECRET} Theirs"
RECORDED = "This was recorded."


@dataclass(frozen=True)
class Desk:
    """The browser and the token of somebody who may have values shown, a client, and one that he may not see."""

    server: Server
    browser: httpx.AsyncClient
    record: str
    unseen: str
    database: CountingDatabase

    @property
    def page(self) -> str:
        return f"/records/{CLIENT}/{self.record}"

    async def post(self, key: str, record: str = "", **headers: str) -> httpx.Response:
        """Press the eye."""
        forged = {CSRF_HEADER: str(self.browser.cookies.get(CSRF_COOKIE) or "")}
        return await self.browser.post(
            f"/records/{CLIENT}/{record or self.record}/reveal/{key}", headers={**forged, **headers}
        )

    async def told(self) -> int:
        """How often the log tells of a value that was shown."""
        return len((await timeline(self.server.context, Search(kind="field"))).entries)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    url = database_url if database_url.startswith("postgresql:") else ""
    settings = Settings(data=str(tmp_path / "files" if url else database_url), database_url=url)
    database = await Database.open(settings)
    await Publisher(database, await database.create_workspace("main")).publish(*documents())
    counting = CountingDatabase(database)
    workspaces = Workspaces(cast(Database, counting), CLOCK)
    system = await (await workspaces.named("main")).context()
    server = Server(build(workspaces, settings), workspaces, system)
    user = await accounts.create_user(system, email="dee@example.com", name="Dee", roles=["clinic.desk"])
    theirs, unseen = [await client(system, None, name) for name in ("Theirs", "Unseen")]
    browser = server.client(await accounts.create_token(system, user, "test"))
    browser.cookies.set(SESSION_COOKIE, await accounts.start_session(system, user))
    yield Desk(server, browser, theirs, unseen, counting)
    await browser.aclose()
    await database.close()


async def test_the_eye_shows_the_value_in_its_place_or_on_a_page_of_its_own(desk: Desk) -> None:
    shown = (await desk.browser.get(desk.page)).text
    form = Form(desk.browser, desk.page, shown, f'action="{desk.page}/reveal/phrase"')
    swapped = await desk.post("phrase", **{"hx-request-type": "partial"})
    whole = await form.send()

    assert (VALUE in shown, "••••" in shown, 'aria-label="Show Phrase"' in shown) == (False, True, True)
    assert "/reveal/score" not in shown
    assert (VALUE in swapped.text, RECORDED in swapped.text, "<html" in swapped.text) == (True, True, False)
    assert (whole.status_code, VALUE in whole.text, RECORDED in whole.text, "<html" in whole.text) == (
        200,
        True,
        True,
        True,
    )
    assert {answer.headers["cache-control"] for answer in (swapped, whole)} == {"no-store"}
    assert VALUE not in (await desk.browser.get(desk.page)).text
    assert (str(whole.url).endswith("/reveal/phrase"), VALUE in (await desk.browser.get(whole.url)).text) == (
        True,
        False,
    )
    assert VALUE not in (await desk.browser.get(f"/records/{CLIENT}?columns=name,phrase")).text
    assert await desk.told() == 2


async def test_a_form_keeps_what_was_typed_and_shows_the_value_beside_it(desk: Desk) -> None:
    url = f"{desk.page}/edit"
    shown = (await desk.browser.get(url)).text
    form = Form(desk.browser, url, shown, f'action="{url}"')

    answer = await form.put("open", "typed").put("_reveal", "phrase").send()

    assert re.search(r'name="_reveal" value="phrase" formnovalidate hx-post="[^"]+/reveal/phrase"', shown)
    assert (answer.status_code, VALUE in answer.text, RECORDED in answer.text) == (200, True, True)
    refused = await form.put("_reveal", "score").send()
    assert (
        refused.status_code,
        "none of your roles" in refused.text,
        ">typed<" in refused.text or 'value="typed"' in refused.text,
    ) == (403, True, True)
    again = Form(desk.browser, url, answer.text, f'action="{url}"')
    assert (again.value("open"), 'name="_reveal" value="shout"' in answer.text) == (["typed"], True)
    assert await desk.told() == 1


async def test_what_is_refused_says_why_and_leaves_no_trace(desk: Desk) -> None:
    await desk.browser.get(desk.page)
    whole, swapped = await desk.post("score"), await desk.post("score", **{"hx-request-type": "partial"})
    forged = await desk.post("phrase", **{CSRF_HEADER: "forged"})
    gone = await desk.post("phrase", desk.unseen, **{"hx-request-type": "partial"})

    assert [answer.status_code for answer in (whole, swapped, forged, gone)] == [403, 403, 403, 404]
    assert all("none of your roles lets you show it" in answer.text for answer in (whole, swapped))
    assert ("<html" in whole.text, "<html" in swapped.text, SECRET in gone.text) == (True, False, False)
    assert await desk.told() == 0


async def test_programs_get_the_value_with_a_token_only(desk: Desk) -> None:
    api = f"/api/v1{desk.page}/reveal"
    found = await desk.browser.post(f"{api}/phrase")
    refused, nothing = await desk.browser.post(f"{api}/score"), await desk.browser.post(f"{api}/sealed")
    described = (await desk.browser.get(f"/api/v1/metadata/entities/{CLIENT}")).json()["fields"]
    openapi = (await desk.browser.get("/api/v1/openapi.json")).json()

    assert found.json() == {
        "field": "phrase", "label": "Phrase", "type": "text", "value": VALUE, "title": None, "recorded": True,
    }  # fmt: skip
    assert found.headers["cache-control"] == "no-store"
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert nothing.status_code == 404
    assert {field["key"] for field in described if field.get("reveal")} == {"phrase", "shout", "tags", "doctor"}
    assert openapi["paths"][f"/records/{CLIENT}/{{id}}/reveal/{{field}}"]["post"]["responses"].keys() >= {"200", "429"}
    async with desk.server.client() as stranger:
        stranger.cookies.set(SESSION_COOKIE, str(desk.browser.cookies.get(SESSION_COOKIE)))
        assert (await stranger.post(f"{api}/phrase")).status_code == 401
    assert await desk.told() == 1


async def test_a_hidden_record_is_answered_like_none(desk: Desk) -> None:
    await desk.browser.get(desk.page)
    seen = []
    for record in (desk.unseen, NEVER, desk.unseen, NEVER):
        with desk.database.counting() as tally:
            page = await desk.post("phrase", record)
            api = await desk.browser.post(f"/api/v1/records/{CLIENT}/{record}/reveal/phrase")
        body = re.sub(f"{record}|[A-Za-z0-9_-]{{43,}}|[0-9a-f]{{64,}}", "…", page.text + api.text)
        seen.append((page.status_code, api.status_code, body, len(tally)))

    assert seen[2] == seen[3]
    assert seen[0][:2] == (404, 404)


async def test_a_refusal_names_whom_to_ask(desk: Desk) -> None:
    who = await accounts.create_user(
        desk.server.context, email="eve@example.com", name="Eve", roles=["clinic.desk", "core.employee"]
    )
    await accounts.create_user(desk.server.context, email="root@example.com", name="Root", roles=["core.admin"])
    desk.browser.cookies.set(SESSION_COOKIE, await accounts.start_session(desk.server.context, who))
    url = f"{desk.page}/edit"
    form = Form(desk.browser, url, (await desk.browser.get(url)).text, f'action="{url}"')

    pages = [
        await desk.post("score"),
        await desk.post("score", **{"hx-request-type": "partial"}),
        await form.put("_reveal", "score").send(),
    ]
    token = await accounts.create_token(desk.server.context, who, "test")
    async with desk.server.client(token) as program:
        problem = (await program.post(f"/api/v1{desk.page}/reveal/score")).json()

    assert all("You can ask Root, who looks after users and roles." in page.text for page in pages)
    assert problem["advice"] == ["You can ask Root, who looks after users and roles."]
