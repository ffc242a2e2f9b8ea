"""The Studio in a browser without a script: entities, their fields, and the panel of each."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services.studio import drafts

DEAL = "/studio/entities/sales.opportunity"


class Form(HTMLParser):
    """What a browser would post from the form that goes to an address."""

    def __init__(self, page: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.select, self.area = action, False, "", ""
        self.chosen: list[str] | None = None
        self.options: list[str] = []
        self.values: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.action and given.get("method") == "post"
        if not self.inside or "disabled" in given:
            return
        if tag == "input" and given.get("name"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.values.append((str(given["name"]), given.get("value") or ""))
        elif tag == "select":
            self.select, self.chosen, self.options = str(given.get("name")), None, []
        elif tag == "option" and self.select:
            self.options.append(given.get("value") or "")
            if "selected" in given:
                self.chosen = [given.get("value") or ""]
        elif tag == "textarea":
            self.area = str(given["name"])
            self.values.append((self.area, ""))

    def handle_data(self, data: str) -> None:
        if self.area and self.inside:
            self.values[-1] = (self.area, self.values[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = ""
        elif tag == "select" and self.select and self.inside:
            self.values.append((self.select, (self.chosen or self.options[:1] or [""])[0]))
            self.select = ""


async def post(browser: httpx.AsyncClient, url: str, values: list[tuple[str, str]]) -> httpx.Response:
    body = urlencode(values)
    return await browser.post(url, content=body, headers={"content-type": "application/x-www-form-urlencoded"})


async def filled(browser: httpx.AsyncClient, url: str, action: str = "", **changed: str) -> list[tuple[str, str]]:
    """What the form of a page would post, with some texts replaced or added."""
    page = await browser.get(url)
    assert page.status_code == 200, page.text
    values = Form(page.text, action or url).values
    known = {name for name, _ in values}
    replaced = [(name, changed.get(name, value)) for name, value in values]
    return [*replaced, *((name, value) for name, value in changed.items() if name not in known)]


async def raw(server: Server, document: str) -> Any:
    return (await drafts.load(server.context)).raw(document)


async def test_only_designers_see_the_studio(server: Server, browser: httpx.AsyncClient) -> None:
    rep = await server.browser("Rita", "sales.rep")

    assert (await browser.get("/studio")).status_code == 200
    assert (await rep.get("/studio")).status_code == 403
    assert "/studio" not in (await rep.get("/records/sales.account")).text


async def test_a_field_is_added_to_the_draft_and_the_bar_tells(server: Server, browser: httpx.AsyncClient) -> None:
    types = await browser.get(f"{DEAL}/add")
    assert "Running number" in types.text

    values = await filled(browser, f"{DEAL}/add?type=text", f"{DEAL}/add", **{"/label": "Region of sale"})
    answer = await post(browser, f"{DEAL}/add", values)

    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/fields/x_region_of_sale")
    assert (await raw(server, "sales.opportunity"))["fields"]["x_region_of_sale"] == {
        "type": "text", "label": "Region of sale",
    }  # fmt: skip
    page = (await browser.get(DEAL)).text
    assert "Draft · 1 change" in page
    assert "Ada" in page
    assert "x_region_of_sale" in page


async def test_what_is_wrong_stands_at_its_input(server: Server, browser: httpx.AsyncClient) -> None:
    values = await filled(browser, f"{DEAL}/add?type=text", f"{DEAL}/add", **{"/label": "Region", "/maxLength": "many"})

    answer = await post(browser, f"{DEAL}/add", values)

    assert answer.status_code == 422
    wrong = re.search(r'id="maxLength-error">(.*?)</div>', answer.text, re.DOTALL)
    assert wrong
    assert "whole number" in unescape(wrong[1])
    assert 'value="many"' in answer.text


async def test_members_that_a_pack_has_locked_cannot_be_typed_into(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"{DEAL}/fields/account")).text

    assert re.search(r'<select[^>]*name="/target"[^>]*disabled', page)
    assert "The pack decides this" in page


async def test_a_stricter_value_is_taken_and_a_laxer_one_is_refused(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/amount"
    strict = await post(browser, url, await filled(browser, url, **{"/min": "100"}))
    lax = await post(browser, url, await filled(browser, url, **{"/min": "-5"}))

    assert strict.status_code == 303
    assert lax.status_code == 422
    assert 'id="min-error"' in lax.text


async def test_a_changed_member_can_be_reset(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/amount"
    await post(browser, url, await filled(browser, url, **{"/label": "Volume"}))
    page = (await browser.get(url)).text
    assert "The pack says “Amount”." in page
    assert "changed by you" in page

    await post(browser, url, await filled(browser, url, _reset="/label"))

    assert (await raw(server, "sales.opportunity"))["fields"]["amount"]["label"] == "Amount"
    assert "No changes" in (await browser.get(url)).text


async def test_texts_in_another_language_are_kept_beside(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/amount"

    await post(browser, url, await filled(browser, url, **{"@zh-CN/label": "成交额"}))

    entries = (await raw(server, "x.zh_cn"))["entries"]
    assert entries == {"sales.opportunity#/fields/amount/label": "成交额"}


async def test_somebody_elses_change_is_not_overwritten(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/amount"
    slow = await filled(browser, url, **{"/label": "Mine"})
    await post(browser, url, await filled(browser, url, **{"/label": "Theirs"}))

    answer = await post(browser, url, slow)

    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    assert 'value="Mine"' in answer.text
    assert (await raw(server, "sales.opportunity"))["fields"]["amount"]["label"] == "Theirs"


async def test_options_are_added_moved_and_saved(server: Server, browser: httpx.AsyncClient) -> None:
    add = f"{DEAL}/add"
    values = await filled(browser, f"{add}?type=select", add, **{"/label": "Size", "_act": "add:/options"})
    one = await post(browser, add, values)
    values = [*Form(one.text, add).values]
    row = next(name for name, _ in values if name.endswith("/label") and "#" in name)
    again = await post(browser, add, [(n, "Small" if n == row else v) for n, v in values] + [("_act", "add:/options")])
    values = Form(again.text, add).values
    rows = [name for name, _ in values if name.startswith("/options#") and name.endswith("/label")]
    texts = [(name, "Large" if name == rows[1] else value) for name, value in values]
    second = rows[1].partition("#")[2].partition("/")[0]
    moved = await post(browser, add, [*texts, ("_act", f"up:/options:{second}")])
    answer = await post(browser, add, Form(moved.text, add).values)

    assert answer.status_code == 303, answer.text
    options = (await raw(server, "sales.opportunity"))["fields"]["x_size"]["options"]
    assert [(key, item["label"]) for key, item in sorted(options.items(), key=lambda item: item[1]["order"])] == [
        ("large", "Large"), ("small", "Small"),
    ]  # fmt: skip


async def test_a_field_of_a_pack_is_hidden_and_offered_again(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/campaign"
    gone = await post(browser, f"{url}/remove", await filled(browser, url, f"{url}/remove"))
    assert gone.status_code == 303
    assert (await raw(server, "sales.opportunity"))["fields"]["campaign"]["hidden"] is True

    await post(browser, f"{url}/show", await filled(browser, url, f"{url}/show"))

    assert "hidden" not in (await raw(server, "sales.opportunity"))["fields"]["campaign"]


async def test_an_own_field_is_removed_and_taken_back(server: Server, browser: httpx.AsyncClient) -> None:
    await post(
        browser, f"{DEAL}/add", await filled(browser, f"{DEAL}/add?type=date", f"{DEAL}/add", **{"/label": "Due"})
    )
    url = f"{DEAL}/fields/x_due"

    await post(browser, f"{url}/remove", await filled(browser, url, f"{url}/remove"))
    assert "x_due" not in (await raw(server, "sales.opportunity"))["fields"]
    token = await filled(browser, "/studio/discard", "/preferences")
    await post(browser, "/studio/undo/sales.opportunity", token)

    assert "x_due" in (await raw(server, "sales.opportunity"))["fields"]


async def test_another_type_keeps_what_both_have(server: Server, browser: httpx.AsyncClient) -> None:
    add, url = f"{DEAL}/add", f"{DEAL}/fields/x_size"
    await post(browser, add, await filled(browser, f"{add}?type=text", add, **{"/label": "Size", "/maxLength": "9"}))

    asked = await post(browser, url, await filled(browser, url, type="integer"))
    assert asked.status_code == 200
    assert 'name="/min"' in asked.text
    await post(browser, url, Form(asked.text, url).values)

    assert (await raw(server, "sales.opportunity"))["fields"]["x_size"] == {"type": "integer", "label": "Size"}


async def test_everything_is_discarded_after_a_question(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/fields/amount"
    await post(browser, url, await filled(browser, url, **{"/label": "Volume"}))

    answer = await post(browser, "/studio/discard", await filled(browser, "/studio/discard"))

    assert answer.status_code == 303
    assert (await drafts.load(server.context)).changes == ()


@pytest.mark.parametrize("entity", ["sales.opportunity", "sales.account", "core.user"])
async def test_every_panel_gives_back_what_it_shows(server: Server, browser: httpx.AsyncClient, entity: str) -> None:
    before = await raw(server, entity)

    for key in before["fields"]:
        url = f"/studio/entities/{entity}/fields/{key}"
        answer = await post(browser, url, await filled(browser, url))
        assert answer.status_code == 303, (key, answer.text)

    assert (await drafts.load(server.context)).changes == ()


async def test_a_new_entity_is_usable_at_once(server: Server, browser: httpx.AsyncClient) -> None:
    url = "/studio/new-entity"
    answer = await post(browser, url, await filled(browser, url, label="Company car", plural="Company cars"))

    assert answer.status_code == 303
    assert answer.headers["location"] == "/studio/entities/x.company_car"
    draft = await drafts.load(server.context)
    assert [change.document for change in draft.changes] == [
        "x.company_car", "x.company_car_all", "x.company_car_form", "x.menu",
    ]  # fmt: skip
    assert draft.findings() == ()
    page = (await browser.get("/studio")).text
    table = page.partition('id="entities"')[2]
    assert table.index("Company cars") < table.index("Accounts")
    assert "Draft · 4 changes" in page


async def test_an_entity_that_exists_is_not_made_again(server: Server, browser: httpx.AsyncClient) -> None:
    url = "/studio/new-entity"
    await post(browser, url, await filled(browser, url, label="Car"))

    answer = await post(browser, url, await filled(browser, url, label="Car", name="car"))
    empty = await post(browser, url, await filled(browser, url, label=""))

    assert answer.status_code == 422
    assert "There is a document with this id already." in answer.text
    assert empty.status_code == 422
    assert "Label is required." in empty.text


async def test_an_own_entity_goes_with_all_that_was_made_for_it(server: Server, browser: httpx.AsyncClient) -> None:
    url = "/studio/new-entity"
    await post(browser, url, await filled(browser, url, label="Car"))
    page = "/studio/entities/x.car/settings"

    await post(browser, "/studio/entities/x.car/remove", await filled(browser, page, "/studio/entities/x.car/remove"))

    assert (await drafts.load(server.context)).changes == ()


async def test_settings_give_back_what_they_show(server: Server, browser: httpx.AsyncClient) -> None:
    for entity in ("sales.account", "sales.opportunity_line", "core.user"):
        url = f"/studio/entities/{entity}/settings"
        assert (await post(browser, url, await filled(browser, url))).status_code == 303

    assert (await drafts.load(server.context)).changes == ()


async def test_settings_are_changed_and_reset(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/settings"
    await post(browser, url, await filled(browser, url, **{"/labelPlural": "Chances"}))
    assert (await raw(server, "sales.opportunity"))["labelPlural"] == "Chances"

    await post(browser, url, await filled(browser, url, _reset="/labelPlural"))

    assert (await drafts.load(server.context)).changes == ()


async def test_an_entity_is_taken_out_of_the_menus(server: Server, browser: httpx.AsyncClient) -> None:
    url = f"{DEAL}/settings"

    await post(browser, f"{DEAL}/hide", await filled(browser, url, f"{DEAL}/hide"))

    assert "sales.opportunity" not in str((await raw(server, "sales.main_nav"))["items"])


@pytest.mark.parametrize("place", ["rules", "indexes"])
async def test_rules_and_indexes_give_back_what_they_show(
    server: Server, browser: httpx.AsyncClient, place: str
) -> None:
    page = (await browser.get(f"/studio/entities/sales.account/{place}")).text
    urls = set(re.findall(r'href="(/studio/entities/sales.account/parts/\w+/\w+)"', page))
    assert urls

    for url in urls:
        assert (await post(browser, url, await filled(browser, url))).status_code == 303

    assert (await drafts.load(server.context)).changes == ()


async def test_a_rule_is_made_changed_and_removed(server: Server, browser: httpx.AsyncClient) -> None:
    add = f"{DEAL}/parts/validations"
    given = {"/fail": "amount > 1000000", "/message": "Ask the board.", "/at": "amount"}
    made = await post(browser, add, await filled(browser, add, **given))
    url = made.headers["location"]
    assert url.endswith("/validations/x_amount")
    assert (await raw(server, "sales.opportunity"))["validations"]["x_amount"]["message"] == "Ask the board."

    await post(browser, f"{url}/remove", await filled(browser, url, f"{url}/remove"))

    assert (await drafts.load(server.context)).changes == ()


async def test_a_rule_without_what_it_needs_is_refused_at_its_inputs(browser: httpx.AsyncClient) -> None:
    add = f"{DEAL}/parts/validations"

    answer = await post(browser, add, await filled(browser, add, **{"/message": "Ask the board."}))

    assert answer.status_code == 422
    assert "Refused when is required." in answer.text.partition('id="fail-error"')[2].partition("</div>")[0]


async def test_an_own_field_gets_another_key_everywhere(server: Server, browser: httpx.AsyncClient) -> None:
    add, url = f"{DEAL}/add", f"{DEAL}/fields/x_due"
    await post(browser, add, await filled(browser, f"{add}?type=date", add, **{"/label": "Due"}))
    rule = f"{DEAL}/parts/validations"
    await post(browser, rule, await filled(browser, rule, **{"/fail": "blank(x_due)", "/message": "When?"}))

    taken = await post(browser, f"{url}/rename", await filled(browser, url, f"{url}/rename", _new_key="amount"))
    answer = await post(browser, f"{url}/rename", await filled(browser, url, f"{url}/rename", _new_key="x_deadline"))

    assert taken.status_code == 422
    assert answer.headers["location"].endswith("/fields/x_deadline")
    (own,) = [rule for key, rule in (await raw(server, "sales.opportunity"))["validations"].items() if key[:2] == "x_"]
    assert own["fail"] == "blank(x_deadline)"


async def test_where_a_field_is_used_is_told(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"{DEAL}/fields/stage/usage")).text

    assert "/studio/forms/sales.opportunity_form" in page
    assert "/studio/views/" in page


async def test_nothing_is_retired_at_first(browser: httpx.AsyncClient) -> None:
    assert "Nothing is retired" in (await browser.get("/studio/retired")).text


async def test_expressions_are_checked_before_their_entity_is_published(
    server: Server, browser: httpx.AsyncClient
) -> None:
    field = {"type": "integer", "label": "Pieces"}
    parcel = {
        "kind": "entity",
        "id": "x.parcel",
        "label": "Parcel",
        "titleField": "pieces",
        "fields": {"pieces": field},
    }
    await drafts.save(server.context, parcel)

    where = {"entity": "x.parcel", "purpose": "formula", "field": "new"}
    right = await browser.get("/studio/expressions/check", params={"expr": "pieces * 2", **where})
    wrong = await browser.get("/studio/expressions/check", params={"expr": "peaces * 2", **where})

    assert right.status_code == wrong.status_code == 200
    assert "t-slip" not in right.text
    assert "t-slip" in wrong.text
