"""Nothing of a field that is closed on a record comes out of any address, whatever is asked."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.application import build
from tests.support.clinic import CLIENT, NOTE, ORDER, SECRET, documents, made, stocked
from tests.support.pageforms import Form
from tests.support.publishing import CLOCK, Publisher
from tests.web.conftest import Server
from trellis.kernel.settings import Settings
from trellis.services import accounts, queries
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.http import SESSION_COOKIE

PLANTED = (f"{SECRET} Theirs", "77002", "154004")


@dataclass(frozen=True)
class Desk:
    """The browser of an agent, and the records."""

    server: Server
    browser: httpx.AsyncClient
    own: str
    foreign: str
    note: str

    @property
    def addresses(self) -> list[str]:
        """Everything that could tell of a client of somebody else."""
        api, pages, ids = "/api/v1/records", "/records", f"{CLIENT}/{self.foreign}"
        asked = "name,phrase,diary,score,double,shout,tags,doctor,doctor.name"
        filters = ("score - 2 == 77000", "score > 0", f"contains(phrase, '{SECRET}')", "double > 0", "blank(diary)")
        return [
            f"{api}/{CLIENT}", f"{api}/{CLIENT}?fields={asked}&count=exact", f"{api}/{ids}", f"{api}/{ids}/history",
            f"{api}/{ORDER}?fields=cost,client,client.phrase,client.score,client.double,client.doctor.name",
            f"{api}/{NOTE}?fields=order.cost,order.client.diary&sort=-order.client.score", f"{api}/{NOTE}/{self.note}",
            *(f"{api}/{CLIENT}?filter={one}" for one in filters), *(f"{pages}/{CLIENT}?filter={one}" for one in filters),
            *(f"{api}/{CLIENT}?sort={way}{key}&limit=1" for key in ("score", "phrase", "double") for way in ("", "-")),
            *(f"{api}/{CLIENT}?q={word}" for word in ("open", SECRET, "Theirs")),
            *(f"{api}/{ids}/explain/{key}" for key in ("score", "double", "shout", "phrase")),
            *(f"{api}/{CLIENT}/export?format=csv&fields={asked}&raw={raw}" for raw in ("true", "false")),
            f"{pages}/{CLIENT}", f"{pages}/{CLIENT}?q=Theirs", f"{pages}/{CLIENT}?columns={asked}",
            *(f"{pages}/{ids}?tab={tab}" for tab in ("details", "related", "history")), f"{pages}/{ids}/edit",
            *(f"{pages}/{ids}/explain/{key}" for key in ("score", "double", "shout")), f"{pages}/{CLIENT}/bin",
            f"{pages}/{CLIENT}/export?format=csv", f"{pages}/{ORDER}", f"{pages}/{NOTE}/{self.note}", "/search?q=Theirs",
            f"/search?q={SECRET}", f"{pages}/{ORDER}/lookup/client?q=Theirs", f"/api/v1/metadata/entities/{CLIENT}",
        ]  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    settings = Settings(data=str(tmp_path / "data"))
    database = await Database.open(settings)
    await Publisher(database, await database.create_workspace("main")).publish(*documents())
    workspaces = Workspaces(database, CLOCK)
    system = await (await workspaces.named("main")).context()
    server = Server(build(workspaces, settings), workspaces, system)
    user = await accounts.create_user(system, email="ann@example.com", name="Ann", roles=["clinic.agent"])
    other = await made(system, "core.user", name="Zoe", email="zoe@example.com")
    own, foreign, notes = await stocked(system, user, other)
    browser = server.client(await accounts.create_token(system, user, "test"))
    browser.cookies.set(SESSION_COOKIE, await accounts.start_session(system, user))
    yield Desk(server, browser, own, foreign, notes[1])
    await browser.aclose()
    await database.close()


async def test_no_address_tells_what_is_closed(desk: Desk) -> None:
    for address in desk.addresses:
        answer = await desk.browser.get(address)

        assert answer.status_code in (200, 403, 404), (address, answer.text[:400])
        assert not [word for word in PLANTED if word in answer.text], address


async def test_no_answer_to_what_is_sent_tells_what_is_closed(desk: Desk) -> None:
    edit, api = f"/records/{CLIENT}/{desk.foreign}/edit", "/api/v1"
    form = Form(desk.browser, edit, (await desk.browser.get(edit)).text, f'action="{edit}"')
    typed = {**dict(form.pairs), "phrase": "guess", "_record": desk.foreign}
    record = f"{api}/records/{CLIENT}/{desk.foreign}"
    answers = [
        await desk.browser.post(f"/records/{CLIENT}/form-state", data=typed),
        await desk.browser.post(edit, data={**typed, "_version": "1"}),
        *[await desk.browser.patch(record, json={key: value}) for key, value in
          (("phrase", f"{SECRET} Ours"), ("score", 7), ("tags", ["two"]), ("open", "new"), ("diary", "x"))],
        *[
            await desk.browser.post(
                f"{api}/expressions/check", json={"entity": CLIENT, "expr": source, "record": desk.foreign}
            )
            for source in ("phrase", "score", "score * 2 - 1", "double", "diary", "doctor.name", "grade")
        ],
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 422, 422, 422, 422, 200, 422, *([200] * 7)]
    for answer in answers:
        assert not [word for word in (*PLANTED, "154003", '"Doctor"') if word in answer.text], answer.text
    assert [answer.json()["value"] for answer in answers[-7:]] == [None] * 6 + ["B"]


async def test_a_list_tells_hidden_from_empty(desk: Desk) -> None:
    shown = (await desk.browser.get(f"/records/{CLIENT}?columns=name,score,phrase")).text
    rows = {name: row for row in shown.split("<tr>") for name in ("Ours", "Theirs") if f">{name}</a>" in row}

    assert "77,001" in rows["Ours"] or "77001" in rows["Ours"]
    assert "hidden from you" in rows["Theirs"]
    assert "••••" in rows["Theirs"]
    assert "hidden from you" not in rows["Ours"]


async def test_a_form_shows_each_field_as_it_is_open_on_the_record(desk: Desk) -> None:
    url = f"/records/{CLIENT}/{desk.foreign}/edit"
    shown = await desk.browser.get(url)
    form = Form(desk.browser, url, shown.text, f'action="{url}"')

    assert "hidden from you" in shown.text
    assert not {"phrase", "score", "diary"} & {key for key, _ in form.pairs}
    refused = await form.put("phrase", "guess").put("open", "typed").send()
    assert refused.status_code == 422
    assert "You may not change" in refused.text
    again = Form(desk.browser, url, refused.text, f'action="{url}"')
    assert again.value("open") == ["typed"]
    assert (await again.send()).status_code == 200
    kept = await queries.get_record(desk.server.context, CLIENT, desk.foreign, ("phrase", "open"))
    assert (kept.values["phrase"], kept.values["open"]) == (f"{SECRET} Theirs", "typed")


async def test_the_owner_changes_the_same_field(desk: Desk) -> None:
    url = f"/records/{CLIENT}/{desk.own}/edit"
    form = Form(desk.browser, url, (await desk.browser.get(url)).text, f'action="{url}"')

    assert form.value("phrase") == [f"{SECRET} Ours"]
    assert (await form.put("phrase", "new").put("score", "5").send()).status_code == 200
    kept = await queries.get_record(desk.server.context, CLIENT, desk.own, ("phrase", "score"))
    assert (kept.values["phrase"], kept.values["score"]) == ("new", 5)


async def test_the_description_tells_of_levels_that_rise(desk: Desk) -> None:
    described = (await desk.browser.get(f"/api/v1/metadata/entities/{CLIENT}")).json()
    phrase = next(field for field in described["fields"] if field["key"] == "phrase")

    assert (phrase["level"], phrase["sometimes"]) == ("masked", "edit")
    assert phrase["writable"] == {"create": False, "update": True}
    assert "phrase" not in described["schemas"]["create"]["properties"]
    assert "phrase" in described["schemas"]["update"]["properties"]


async def test_a_formula_follows_what_is_typed_where_its_inputs_are_open(desk: Desk) -> None:
    shown = []
    for record in (desk.own, desk.foreign):
        edit = f"/records/{CLIENT}/{record}/edit"
        form = Form(desk.browser, edit, (await desk.browser.get(edit)).text, f'action="{edit}"')
        typed = {**dict(form.pairs), "score": "60", "_record": record}
        shown.append((await desk.browser.post(f"/records/{CLIENT}/form-state", data=typed)).text)

    assert [">120<" in text for text in shown] == [True, False]
    assert [asks_anew(text, "score") for text in shown] == [True, False]


def asks_anew(page: str, key: str) -> bool:
    """Whether a change of an input draws the form again."""
    found = re.search(rf'<div class="t-input[^>]* id="i-{key}">.*?</div>', page, re.S)
    return found is not None and "form-state" in found[0]
