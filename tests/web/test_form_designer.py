"""The form designer without a script: buttons and plain forms, one operation each, on the draft."""

import html
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.web.conftest import Server
from trellis.metadata.pointers import at
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

FORM, OWN = "core.note_form", "sales.lead_form"
PAGE = f"/studio/forms/{FORM}"
ITEMS = "/sections/basics/items"
HTMX = {"hx-request": "true", "hx-request-type": "partial"}


async def draft(server: Server) -> Draft:
    """What the draft is now."""
    return await drafts.load(server.context)


async def items(server: Server, section: str = "basics", form: str = FORM) -> list[str]:
    """The fields of a section in their order."""
    found = (await draft(server)).raw(form)["sections"][section]["items"]
    return sorted(found, key=lambda key: (found[key].get("order", 0), key))


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page[:500]
    return html.unescape(found[1])


async def post(browser: httpx.AsyncClient, page: str = PAGE, **fields: Any) -> httpx.Response:
    """Post a form of the page as a browser would; `do` is the button that was pressed."""
    shown = (await browser.get(page)).text
    known = {name: hidden(shown, name) for name in ("_csrf_token", "version", "at")}
    return await browser.post(page, data={**known, **fields})


async def done(browser: httpx.AsyncClient, page: str = PAGE, **fields: Any) -> str:
    """Where an operation leads, when it worked."""
    answer = await post(browser, page, **fields)
    assert answer.status_code == 303, answer.text[:3000]
    return str(answer.headers["location"])


async def test_the_designer_shows_the_form_in_pieces(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"{PAGE}?at={ITEMS}/subject")).text

    assert page.count("<h1") == 1
    assert f'data-path="{ITEMS}/subject" data-key="subject" data-current' in page
    assert 'aria-label="Move down"' in page
    assert 'value="op=field&amp;key=owner&amp;' not in page
    assert 'data-type="rollup"' in page


async def test_a_stranger_to_definitions_is_refused(server: Server) -> None:
    rep = await server.browser("Rita", "sales.rep")

    assert (await rep.get(PAGE)).status_code == 403
    assert (await rep.get(f"{PAGE}/preview")).status_code == 403


async def test_buttons_move_fields_up_down_and_to_other_sections(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, do="op=section")
    await done(browser, do=f"op=step&path={quote(ITEMS)}%2Fowner&towards=earlier")
    target = await done(browser, do=f"op=step&path={quote(ITEMS)}%2Fpinned&towards=behind")

    assert await items(server) == ["subject", "note_kind", "happened_on", "owner", "body"]
    assert await items(server, "x_section") == ["pinned"]
    assert target == f"{PAGE}?at=/sections/x_section/items/pinned"


async def test_the_chosen_place_takes_a_field_from_the_palette(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, do=f"op=remove&path={quote(ITEMS)}%2Fbody")
    shown = (await browser.get(f"{PAGE}?at={ITEMS}/subject")).text
    (button,) = re.findall(r'value="(op=field&amp;key=body[^"]*)"', shown)
    await done(browser, do=html.unescape(button))

    assert await items(server) == ["subject", "body", "note_kind", "happened_on", "owner", "pinned"]
    assert (await draft(server)).raw(FORM)["sections"]["basics"]["items"]["body"]["span"] == 2


async def test_undo_and_redo_go_through_the_steps(server: Server, browser: httpx.AsyncClient) -> None:
    before = await items(server)
    await done(browser, do=f"op=remove&path={quote(ITEMS)}%2Fbody")
    await done(browser, do=f"op=remove&path={quote(ITEMS)}%2Fowner")
    await done(browser, do="op=undo")
    assert await items(server) == [key for key in before if key != "body"]
    await done(browser, do="op=undo")
    assert await items(server) == before
    assert (await draft(server)).changes == ()
    await done(browser, do="op=redo")
    assert await items(server) == [key for key in before if key != "body"]


async def test_properties_change_only_what_they_say(server: Server, browser: httpx.AsyncClient) -> None:
    path = f"{ITEMS}/happened_on"
    await done(
        browser, op="change", path=path, label="When", span="2", visible="filled(owner)", required="true", readonly=""
    )

    raw = (await draft(server)).raw(FORM)
    assert at(raw, path) == {"order": 30, "label": "When", "span": 2, "visible": "filled(owner)", "required": True}
    assert (await draft(server)).findings(FORM) == ()


async def test_a_label_is_written_in_each_language(server: Server, browser: httpx.AsyncClient) -> None:
    path = f"{ITEMS}/happened_on"
    await done(browser, op="change", path=path, **{"label": "When", "label@zh-CN": "发生时间"})
    page = (await browser.get(PAGE, params={"at": path}, headers={"accept-language": "zh-CN"})).text

    assert (await draft(server)).raw("x.zh_cn")["entries"] == {f"{FORM}#{path}/label": "发生时间"}
    assert "发生时间" in page
    assert 'value="When"' in page


async def test_what_is_wrong_with_a_condition_stands_at_its_field(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, op="change", path=f"{ITEMS}/body", visible="ownr == me.id")
    page = html.unescape((await browser.get(f"{PAGE}?at={ITEMS}/body")).text)

    assert "data-wrong" in page
    assert page.count("There is no field") >= 1
    assert "Did you mean 'owner'?" in page


async def test_a_new_field_is_made_and_stands_on_the_form(server: Server, browser: httpx.AsyncClient) -> None:
    shown = (await browser.get(f"{PAGE}?type=select")).text
    await done(
        browser,
        op="newfield",
        type="select",
        label="Mood",
        options="Good\nBad",
        into=hidden(shown, "into"),
        before="owner",
    )

    found = await draft(server)
    assert found.raw("core.note")["fields"]["x_mood"] == {
        "type": "select", "label": "Mood",
        "options": {"good": {"order": 10, "label": "Good"}, "bad": {"order": 20, "label": "Bad"}},
    }  # fmt: skip
    assert "x_mood" in await items(server)
    assert [finding for finding in found.findings() if finding.severity == "error"] == []


async def test_what_a_new_field_lacks_is_said_at_its_input(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await post(browser, op="newfield", type="formula", label=" ", expr="", key="Bad key")

    assert answer.status_code == 422
    assert all(f'id="new-{name}-error"' in answer.text for name in ("label", "expr", "key"))
    assert (await draft(server)).changes == ()


async def test_a_related_list_comes_with_columns_and_takes_more(server: Server, browser: httpx.AsyncClient) -> None:
    form = "sales.account_form"
    page = f"/studio/forms/{form}"
    raw = (await draft(server)).raw(form)
    (first,) = [name for name, section in raw["sections"].items() if section.get("relation") == "sales.contact.account"]
    await done(browser, page, do=f"op=remove&path=%2Fsections%2F{first}")
    await done(browser, page, do="op=related&relation=sales.contact.account")
    await done(browser, page, op="column", into="/sections/x_contact/columns", key="created_at")

    section = (await draft(server)).raw(form)["sections"]["x_contact"]
    assert section["relation"] == "sales.contact.account"
    assert max(section["columns"], key=lambda key: section["columns"][key]["order"]) == "created_at"


async def test_a_section_of_the_pack_is_hidden_and_can_come_back(server: Server, browser: httpx.AsyncClient) -> None:
    page = "/studio/forms/sales.opportunity_form"
    await done(browser, page, do="op=remove&path=%2Fsections%2Forigin")
    found = await draft(server)
    assert "origin" not in found.raw("sales.opportunity_form")["sections"]
    assert [source["hide"] for source in found.sources if source["id"].endswith("opportunity_form_ext")] == [
        ["/sections/origin"]
    ]

    await done(browser, page, do="op=back&key=origin")
    assert (await draft(server)).changes == ()


async def test_reset_gives_back_what_the_pack_says(server: Server, browser: httpx.AsyncClient) -> None:
    path = f"{ITEMS}/body"
    await done(browser, op="change", path=path, label="Words")
    assert "changed by you" in (await browser.get(f"{PAGE}?at={path}")).text
    await done(browser, do=f"op=reset&path={quote(path)}")

    assert (await draft(server)).changes == ()


async def test_somebody_faster_is_named_and_what_was_typed_stays(server: Server, browser: httpx.AsyncClient) -> None:
    other = await server.browser("Olga", "core.admin")
    shown = (await browser.get(f"{PAGE}?at={ITEMS}/body")).text
    await done(other, do=f"op=remove&path={quote(ITEMS)}%2Fowner")
    fields = {name: hidden(shown, name) for name in ("_csrf_token", "version", "at")}
    answer = await browser.post(
        PAGE, data={**fields, "op": "change", "path": f"{ITEMS}/body", "label": "Words", "label@zh-CN": "正文内容"}
    )

    assert answer.status_code == 409
    assert "Olga changed this form" in answer.text
    assert 'value="Words"' in answer.text
    assert 'value="正文内容"' in answer.text
    assert "label" not in (await draft(server)).raw(FORM)["sections"]["basics"]["items"]["body"]
    again = await browser.post(
        PAGE,
        data={
            **fields,
            "version": hidden(answer.text, "version"),
            "op": "change",
            "path": f"{ITEMS}/body",
            "label": "Words",
        },
    )
    assert again.status_code == 303


async def test_a_step_of_a_lost_race_can_be_done_again(server: Server, browser: httpx.AsyncClient) -> None:
    other = await server.browser("Olga", "core.admin")
    shown = (await browser.get(PAGE)).text
    await done(other, do=f"op=remove&path={quote(ITEMS)}%2Fowner")
    fields = {name: hidden(shown, name) for name in ("_csrf_token", "version", "at")}
    lost = await browser.post(PAGE, data={**fields, "do": f"op=remove&path={quote(ITEMS)}%2Fbody"})
    (button,) = re.findall(r'value="([^"]*op=remove&amp;path=%2F[^"]*body)"', lost.text)
    await done(browser, do=html.unescape(button))

    assert lost.status_code == 409
    assert await items(server) == ["subject", "note_kind", "happened_on", "pinned"]


async def test_a_step_answers_with_the_designer_when_a_script_asks(browser: httpx.AsyncClient) -> None:
    shown = (await browser.get(PAGE)).text
    fields = {name: hidden(shown, name) for name in ("_csrf_token", "version", "at")}
    answer = await browser.post(
        PAGE, data={**fields, "do": f"op=step&path={quote(ITEMS)}%2Fowner&towards=earlier"}, headers=HTMX
    )

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "“Owner” is now in Note, 4 of 6." in answer.text
    assert 'id="form-actions" hx-swap-oob="true"' in answer.text
    assert answer.headers["hx-replace-url"] == f"{PAGE}?at={ITEMS}/owner"


@pytest.mark.parametrize(
    "do", ["op=nothing", "op=move&path=/sections/nowhere&into=/sections", "op=field&key=nothing", ""]
)
async def test_what_cannot_be_done_is_said(server: Server, browser: httpx.AsyncClient, do: str) -> None:
    answer = await post(browser, do=do)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (await draft(server)).changes == ()


async def test_a_new_form_is_proposed_with_all_fields(server: Server, browser: httpx.AsyncClient) -> None:
    token = hidden((await browser.get(PAGE)).text, "_csrf_token")
    answer = await browser.post(
        "/studio/forms", data={"_csrf_token": token, "entity": "sales.lead", "uses": ["create", "edit"]}
    )
    found = await draft(server)

    assert answer.headers["location"] == "/studio/forms/x.lead_form"
    form = found.raw("x.lead_form")
    fields = [key for section in form["sections"].values() for key in section["items"]]
    assert form["use"] == ["create", "edit"]
    assert sorted(fields) == sorted(found.merged.snapshot.entity("sales.lead").fields)
    assert [item for item in found.findings("x.lead_form") if item.severity == "error"] == []
    assert (await browser.get("/studio/forms/x.lead_form")).status_code == 200


async def test_the_preview_shows_the_draft_as_a_role_sees_it(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, op="newfield", type="text", label="Mood", into=ITEMS, before="")
    await done(browser, op="change", path=f"{ITEMS}/body", visible="note_kind == 'call'")
    (made,) = await write(server.context, "core.note", [Create({"subject": "Rang", "note_kind": "call"})])
    empty = (await browser.get(f"{PAGE}/preview")).text
    filled = (
        await browser.get(f"{PAGE}/preview", params={"record": made.id, "role": "sales.rep", "width": "phone"})
    ).text
    chinese = (await browser.get(f"{PAGE}/preview", params={"locale": "zh-CN"})).text

    assert 'id="f-x_mood"' in empty
    assert 'id="f-body"' not in empty
    assert 'id="f-body"' in filled
    assert 'value="Rang"' in filled
    assert "t-form-preview-phone" in filled
    assert "主题" in chinese


async def test_the_preview_follows_what_is_typed_and_saves_nothing(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, op="change", path=f"{ITEMS}/body", visible="note_kind == 'call'")
    token = hidden((await browser.get(f"{PAGE}/preview")).text, "_csrf_token")
    answer = await browser.post(
        f"{PAGE}/preview", data={"_csrf_token": token, "subject": "x", "note_kind": "call"}, headers=HTMX
    )

    assert 'id="f-body"' in answer.text
    assert "<html" not in answer.text


async def test_a_preview_does_without_conditions_that_are_wrong(browser: httpx.AsyncClient) -> None:
    await done(browser, op="change", path=f"{ITEMS}/body", visible="nothing ==")
    page = (await browser.get(f"{PAGE}/preview")).text

    assert 'id="f-body"' in page
    assert "Conditions with mistakes are left out." in page


async def test_a_form_that_cannot_be_drawn_is_mended_as_a_document(server: Server, browser: httpx.AsyncClient) -> None:
    raw = (await draft(server)).raw(FORM)
    await drafts.save(server.context, {**raw, "sections": {**raw["sections"], "x_odd": {"items": ["subject"]}}})
    answer = await browser.get(PAGE)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/studio/documents/{FORM}"


@pytest.mark.parametrize(
    "place", ["x", "/", "//", "/sections/", "/sections/basics/items/nothing", "/header/facts/0", "/~"]
)
async def test_a_place_that_is_not_there_chooses_the_form(browser: httpx.AsyncClient, place: str) -> None:
    answer = await browser.get(PAGE, params={"at": place})

    assert answer.status_code == 200
    assert 'id="el-form" data-pick data-path="" href="/studio/forms/core.note_form?at="' in answer.text


async def test_undo_does_not_take_back_what_somebody_else_just_did(server: Server, browser: httpx.AsyncClient) -> None:
    other = await server.browser("Olga", "core.admin")
    await done(browser, do=f"op=remove&path={quote(ITEMS)}%2Fbody")
    shown = (await browser.get(PAGE)).text
    await done(other, do=f"op=remove&path={quote(ITEMS)}%2Fowner")
    fields = {name: hidden(shown, name) for name in ("_csrf_token", "version", "at")}

    assert (await browser.post(PAGE, data={**fields, "do": "op=undo"})).status_code == 409
    assert await items(server) == ["subject", "note_kind", "happened_on", "pinned"]


async def test_a_form_can_be_taken_out_or_hidden(server: Server, browser: httpx.AsyncClient) -> None:
    assert await done(browser, op="drop") == "/studio/entities/core.note"

    assert FORM not in (await draft(server)).merged.raw
    assert (await browser.get(PAGE)).status_code == 404


async def test_what_is_moved_and_moved_back_is_no_change(server: Server, browser: httpx.AsyncClient) -> None:
    await done(browser, do=f"op=step&path={quote(ITEMS)}%2Fsubject&towards=later")
    await done(browser, do=f"op=step&path={quote(ITEMS)}%2Fsubject&towards=earlier")

    assert (await draft(server)).changes == ()
