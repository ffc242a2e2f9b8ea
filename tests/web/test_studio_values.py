"""Values that did not fit are put right on pages, and people see what is worked out after a publish."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.refreshing import HANDLERS
from trellis.services.studio import drafts, plans
from trellis.services.worker import Worker

PROJECT = "x.project"
PLACE = f"/studio/putaside/{PROJECT}"
TEXT = {"type": "text", "label": "Text"}
TYPES: dict[str, dict[str, Any]] = {
    "size": {"type": "integer", "label": "Size in m"},
    "kind": {"type": "select", "label": "Kind", "options": {"road": {"label": "Road"}, "rail": {"label": "Rail"}}},
    "done": {"type": "boolean", "label": "Done"},
    "account": {"type": "lookup", "label": "Account", "target": "sales.account"},
    "partners": {"type": "multilookup", "label": "Partners", "target": "sales.account"},
}


def project(**fields: Mapping[str, Any]) -> dict[str, Any]:
    """The entity with other fields than texts."""
    known = {key: {**TEXT, "label": key} for key in TYPES}
    name = {"type": "text", "label": "Name"}
    return {
        "kind": "entity", "id": PROJECT, "label": "Project", "labelPlural": "Projects", "titleField": "name",
        "fields": {"name": name, **known, **fields},
    }  # fmt: skip


async def publish(context: Context, raw: Mapping[str, Any]) -> Context:
    """A release with this document, made over the draft."""
    await drafts.save(context, raw)
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "")
    newest = await context.home.refresh()
    assert newest is not None
    return context.with_release(newest)


@pytest.fixture
async def context(server: Server) -> Context:
    """Two projects whose values did not fit the new types of their fields."""
    context = await publish(server.context, project())
    wrong = dict.fromkeys(TYPES, "about 5")
    await write(context, PROJECT, [Create({"name": "Bridge", **wrong}), Create({"name": "Tower", "size": "<tall>"})])
    return await publish(context, project(**TYPES))


@pytest.fixture
async def ada(server: Server, context: Context) -> httpx.AsyncClient:
    return await server.browser("Ada", "core.admin")


def forms(page: httpx.Response) -> dict[str, str]:
    """Where the forms of the rows lead to, by the name of the record."""
    rows = re.findall(
        r'<td[^>]*><a href="/records/[^"]*">([^<]*)</a>.*?<form[^>]* action="([^"]*)"', page.text, re.DOTALL
    )
    return dict(rows)


async def value(context: Context, name: str, key: str) -> object:
    (choice,) = [one for one in await queries.choices(context, PROJECT) if one.label == name]
    return (await queries.get_record(context, PROJECT, choice.id)).values[key]


async def post(browser: httpx.AsyncClient, address: str, **texts: Any) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get("/account")).text)
    return await browser.post(address, data={**({"_csrf_token": token[1]} if token else {}), **texts})


async def test_people_find_what_waits_and_put_it_right(context: Context, ada: httpx.AsyncClient) -> None:
    places = [
        f"/studio/releases/{context.release.number}",
        f"/studio/entities/{PROJECT}/fields/size",
        "/studio/putaside",
    ]
    for place in places:
        assert f"{PLACE}/size" in (await ada.get(place)).text
    found = forms(page := await ada.get(f"{PLACE}/size"))
    assert set(found) == {"Bridge", "Tower"}
    assert "&lt;tall&gt;" in page.text

    saved = await post(ada, found["Bridge"], size="5")

    assert (saved.status_code, saved.headers["location"]) == (303, f"{PLACE}/size")
    assert await value(context, "Bridge", "size") == 5
    assert set(forms(await ada.get(f"{PLACE}/size"))) == {"Tower"}
    assert (await post(ada, found["Bridge"], size="6")).status_code == 303
    assert await value(context, "Bridge", "size") == 5


async def test_a_refused_value_stays_with_its_reason(context: Context, ada: httpx.AsyncClient) -> None:
    found = forms(await ada.get(f"{PLACE}/size"))

    refused = await post(ada, found["Tower"], size="six")

    assert refused.status_code == 422
    assert 'value="six" autocomplete="off" aria-describedby=' in refused.text
    assert refused.text.count('role="alert"') == 1
    assert 'value="about 5"' in refused.text


@pytest.mark.parametrize(("key", "text", "right"), [("kind", "rail", "rail"), ("done", "false", False)])
async def test_each_field_has_its_own_input(
    context: Context, ada: httpx.AsyncClient, key: str, text: str, right: object
) -> None:
    page = await ada.get(f"{PLACE}/{key}")
    assert f'<select class="form-select" id="v-1" name="{key}"' in page.text

    await post(ada, forms(page)["Bridge"], **{key: text})

    assert await value(context, "Bridge", key) == right


async def test_links_are_chosen_without_a_script(context: Context, ada: httpx.AsyncClient) -> None:
    made = await write(context, "sales.account", [Create({"name": name}) for name in ("Northwind", "Contoso")])
    (one, other) = (made[0].id, made[1].id)
    link = forms(await ada.get(f"{PLACE}/account"))["Bridge"]
    several = forms(await ada.get(f"{PLACE}/partners"))["Bridge"]

    asked = await post(ada, link, _choose="account", _q="north")
    assert f'value="account:{one}"' in asked.text
    assert other not in asked.text
    assert (await post(ada, link, _pick=f"account:{one}")).status_code == 303
    shown = await post(ada, several, _pick=f"partners:{other}", partners=[one])
    assert shown.status_code == 200
    assert "Northwind" in shown.text
    assert (await post(ada, several, partners=["", one, other])).status_code == 303

    assert await value(context, "Bridge", "account") == one
    assert set(await value(context, "Bridge", "partners")) == {one, other}  # type: ignore[call-overload]


async def test_values_are_dismissed_one_by_one_or_together(context: Context, ada: httpx.AsyncClient) -> None:
    found = forms(await ada.get(f"{PLACE}/size"))
    await post(ada, found["Bridge"], _dismiss="1", size="7")
    assert await value(context, "Bridge", "size") is None
    assert "Its record stays without a value." in (await ada.get(f"{PLACE}/size/dismiss")).text

    gone = await post(ada, f"{PLACE}/size/dismiss")

    assert gone.headers["location"] == "/studio/putaside"
    assert "Nothing is put aside here any more" in (await ada.get(f"{PLACE}/size")).text
    assert (await ada.get(f"{PLACE}/size/dismiss")).status_code == 303


async def test_all_values_of_a_field_come_as_a_file(ada: httpx.AsyncClient) -> None:
    file = await ada.get(f"{PLACE}/size/values.csv")

    assert file.headers["content-disposition"] == 'attachment; filename="project-size.csv"'
    assert sorted(line.partition(",")[2] for line in file.text.splitlines()) == [
        "Bridge,about 5", "Name,Size in m", "Tower,<tall>",
    ]  # fmt: skip


async def test_only_who_may_design_comes_in(server: Server, ada: httpx.AsyncClient) -> None:
    rita = await server.browser("Rita", "core.employee", "sales.rep")
    places = [
        "/studio/putaside",
        f"{PLACE}/size",
        f"{PLACE}/size/values.csv",
        f"{PLACE}/size/dismiss",
        "/studio/background",
    ]

    assert {place: (await rita.get(place)).status_code for place in places} == dict.fromkeys(places, 403)
    assert (await post(rita, f"{PLACE}/size/dismiss")).status_code == 403
    assert (await ada.get(f"{PLACE}/nothing")).status_code == 404


async def test_a_publish_says_what_it_put_aside(server: Server, ada: httpx.AsyncClient, context: Context) -> None:
    await drafts.save(context, project(**{**TYPES, "name": {"type": "integer", "label": "Name"}}))
    view = await plans.plan_draft(context)
    agreed = {"fingerprint": view.fingerprint, "consent": [step.consent for step in view.consents]}

    told = await post(ada, "/studio/changes/publish", **agreed)

    page = await ada.get(told.headers["location"])
    assert "2 values were put aside." in page.text
    assert "2 values of Name of Project did not fit and were put aside." in page.text


async def test_formulas_that_are_being_filled_are_watched(
    server: Server, ada: httpx.AsyncClient, context: Context
) -> None:
    assert 'id="background"' in (await ada.get("/studio/releases")).text
    score = {"type": "formula", "label": "Score", "expr": "size * 2", "returns": "integer"}
    context = await publish(context, project(**TYPES, score=score))

    page = await ada.get(f"/studio/releases/{context.release.number}")
    assert "Score of 2 Projects is worked out anew: 0 done." in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert "In the background" in (await ada.get("/studio/background")).text
    await Worker(server.workspaces, HANDLERS, "test").run_due()

    part = await ada.get("/studio/background", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert "Everything is worked out." in part.text
    assert "hx-trigger" not in part.text
