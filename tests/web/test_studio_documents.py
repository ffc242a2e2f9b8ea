"""Documents as JSON in the Studio, in a browser without a script."""

import json

import httpx

from tests.web.conftest import Server
from tests.web.test_studio_entities import Form, filled, post, raw
from trellis.metadata.documents import KINDS
from trellis.services.studio import drafts
from trellis.services.studio.templates import EDITABLE

VIEW = "/studio/documents/core.task_mine"


async def test_a_document_gives_back_what_it_shows(server: Server, browser: httpx.AsyncClient) -> None:
    for key in ("core.task_mine", "sales.opportunity", "sales.zh_cn", "core.admin", "sales"):
        url = f"/studio/documents/{key}"
        assert (await post(browser, url, await filled(browser, url))).status_code == 303

    assert (await drafts.load(server.context)).changes == ()


async def test_what_is_written_is_kept_and_its_layer_is_shown(server: Server, browser: httpx.AsyncClient) -> None:
    wanted = {**await raw(server, "core.task_mine"), "label": "Open tasks"}

    answer = await post(browser, VIEW, await filled(browser, VIEW, text=json.dumps(wanted)))

    assert answer.status_code == 303
    assert (await raw(server, "core.task_mine"))["label"] == "Open tasks"
    layer = Form((await browser.get(f"{VIEW}?tab=layer")).text, VIEW).values
    assert '"change"' in dict(layer)["text"]
    origin = (await browser.get(f"{VIEW}?tab=origin")).text
    assert "Open tasks" in origin
    assert "My open tasks" in origin


async def test_mistakes_are_shown_with_their_line(browser: httpx.AsyncClient) -> None:
    broken = await post(browser, VIEW, await filled(browser, VIEW, text='{\n  "kind": "view",\n  "id" "x"\n}'))
    twice = await post(browser, VIEW, await filled(browser, VIEW, text='{\n  "id": "a",\n  "id": "b"\n}'))

    assert broken.status_code == twice.status_code == 422
    assert "Line 3, column" in broken.text
    assert "Line 3, column 3" in twice.text or "Line 2, column 3" in twice.text


async def test_a_wrong_shape_is_saved_and_told(server: Server, browser: httpx.AsyncClient) -> None:
    wanted = {**await raw(server, "core.task_mine"), "filter": "asignee == me.id"}
    await post(browser, VIEW, await filled(browser, VIEW, text=json.dumps(wanted)))

    page = (await browser.get(VIEW)).text

    assert "data-jump" in page
    assert "asignee" in page
    assert "1 finding" in page


async def test_the_id_of_a_document_stays(browser: httpx.AsyncClient) -> None:
    answer = await post(browser, VIEW, await filled(browser, VIEW, text='{"kind": "view", "id": "x.other"}'))

    assert answer.status_code == 422
    assert "cannot be changed" in answer.text


async def test_every_kind_has_a_document_to_begin_with(server: Server, browser: httpx.AsyncClient) -> None:
    for kind in EDITABLE:
        url = f"/studio/new-document?kind={kind}"
        answer = await post(browser, "/studio/new-document", await filled(browser, url, "/studio/new-document"))
        assert answer.status_code == 303, (kind, answer.text)

    draft = await drafts.load(server.context)
    assert [finding for finding in draft.findings() if finding.severity == "error"] == []
    assert len(draft.changes) == len(EDITABLE)


async def test_documents_are_found_by_kind_and_name(browser: httpx.AsyncClient) -> None:
    views = (await browser.get("/studio/documents?kind=view")).text
    found = (await browser.get("/studio/documents?q=opportunity_stage")).text

    assert "core.task_mine" in views
    assert "sales.opportunity_stage" not in views.partition("<tbody>")[2]
    assert "sales.opportunity_stage" in found
    assert all(kind in views for kind in KINDS if kind != "extension")


async def test_a_document_can_be_downloaded(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"{VIEW}/download")

    assert json.loads(answer.text) == await raw(server, "core.task_mine")
    assert "core.task_mine.json" in answer.headers["content-disposition"]


async def test_a_list_of_a_pack_is_hidden(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await post(browser, f"{VIEW}/remove", await filled(browser, VIEW, f"{VIEW}/remove"))

    assert answer.status_code == 303
    assert "core.task_mine" not in (await drafts.load(server.context)).merged.raw
