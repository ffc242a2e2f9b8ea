"""The editors of views, menus and roles, as an administrator without a script uses them."""

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.pageforms import Form, opened
from tests.web.conftest import Server
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts
from trellis.services.studio.navigationedits import read_menu
from trellis.services.studio.roletrial import try_role
from trellis.services.studio.translations import labels_of
from trellis.services.studio.viewedits import read_view

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

MENU = "/studio/navigation/sales.main_nav"
OPEN = "/studio/views/sales.opportunity_open"


async def deal(server: Server, **values: object) -> None:
    await write(server.context, "sales.opportunity", [Create({"name": "Big", **values})])


async def raw(server: Server, document: str) -> dict[str, Any]:
    context = server.context.as_system()
    return dict((await drafts.load(context)).raw(document))


async def test_the_designer_of_a_view_shows_the_list_as_it_would_be(server: Server, browser: httpx.AsyncClient) -> None:
    await deal(server, name="Harbour", amount="1500", stage="proposal")

    shown = (await browser.get(OPEN)).text

    assert "<h1>List view Open</h1>" in shown
    assert 'value="up:account.name"' in shown
    assert "Harbour" in shown
    assert "¥1,500.00" in shown


async def test_saving_an_untouched_view_changes_nothing(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await (await opened(browser, OPEN)).send()

    assert answer.status_code == 200
    assert (await drafts.load(server.context.as_system())).changes == ()


async def test_a_column_is_added_moved_and_removed_with_buttons(server: Server, browser: httpx.AsyncClient) -> None:
    await (await opened(browser, OPEN)).send("add:account.tier")
    await (await opened(browser, OPEN)).send("up:account.tier")
    await (await opened(browser, OPEN)).send("remove:probability")

    columns = read_view(await raw(server, "sales.opportunity_open"), lambda path: None).columns

    assert [column.path for column in columns][-2:] == ["account.tier", "close_date"]
    assert "probability" not in [column.path for column in columns]


async def test_fields_over_lookups_are_found_step_by_step(browser: httpx.AsyncClient) -> None:
    answer = await (await opened(browser, OPEN)).send("at:account")
    deeper = await browser.get(f"{OPEN}/fields?at=account.owner.team")
    nowhere = await browser.get(f"{OPEN}/fields?at=account.nobody")

    assert 'value="add:account.industry"' in answer.text
    assert 'value="add:account.owner.team.name"' in deeper.text
    assert "<html" not in deeper.text
    assert 'value="at:account.owner.team.' not in deeper.text
    assert 'value="add:amount"' in nowhere.text


async def test_conditions_are_picked_and_the_list_below_follows(server: Server, browser: httpx.AsyncClient) -> None:
    await deal(server, name="Small", amount="10", stage="proposal")
    await deal(server, name="Large", amount="5000", stage="proposal")
    form = await opened(browser, OPEN)
    form.put("filter-1-field", "amount").put("filter-1-op", "gt").put("filter-1-value", "100")

    answer = await form.send()

    assert (await raw(server, "sales.opportunity_open"))["filter"].endswith("and amount > 100")
    assert "Large" in answer.text
    assert ">Small<" not in answer.text


async def test_a_value_that_does_not_fit_is_told_and_what_was_typed_stays(browser: httpx.AsyncClient) -> None:
    form = await opened(browser, OPEN)
    form.put("filter-1-field", "amount").put("filter-1-op", "gt").put("filter-1-value", "many").put(
        "label", "Very open"
    )

    answer = await form.send()

    assert answer.status_code == 422
    assert 'class="t-error" role="alert"' in answer.text
    again = Form(browser, OPEN, answer.text, 'id="designer"')
    assert again.value("label") == ["Very open"]
    assert again.value("filter-1-value") == ["many"]


async def test_a_lost_race_keeps_what_was_typed_and_says_who_was_faster(
    server: Server, browser: httpx.AsyncClient
) -> None:
    form = await opened(browser, OPEN)
    async with await server.browser("Bea", "core.admin") as other:
        await (await opened(other, OPEN)).put("label", "Hers").send()

    answer = await form.put("label", "His").send()

    assert answer.status_code == 422
    assert "Bea changed this while you were editing." in answer.text
    assert (await raw(server, "sales.opportunity_open"))["label"] == "Hers"
    again = Form(browser, OPEN, answer.text, 'id="designer"')
    assert again.value("label") == ["His"]
    assert (await again.send()).status_code == 200
    assert (await raw(server, "sales.opportunity_open"))["label"] == "His"


async def test_names_in_other_languages_go_along(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, OPEN)
    form.put("@zh-CN/label", "进行中").put("quick--label", "Huge")
    form.put("quick--0-field", "amount").put("quick--0-op", "ge").put("quick--0-value", "9")

    await form.send()

    quick = (await raw(server, "sales.opportunity_open"))["quickFilters"]
    assert quick["x_huge"]["filter"] == "amount >= 9"
    assert (
        labels_of(await drafts.load(server.context.as_system()), "sales.opportunity_open#/label")["zh-CN"] == "进行中"
    )


async def test_what_was_changed_goes_back_to_the_pack_at_its_place(server: Server, browser: httpx.AsyncClient) -> None:
    await (await opened(browser, OPEN)).put("label", "Mine").put("page_size", "20").send("quick-remove:big")
    shown = await browser.get(OPEN)
    await (await opened(browser, OPEN)).send("quick-show:big")
    await (await opened(browser, OPEN)).send("reset:/paging")

    after = await raw(server, "sales.opportunity_open")

    assert 'value="quick-show:big"' in shown.text
    assert 'value="reset:/paging"' in shown.text
    assert after["label"] == "Mine"
    assert after["paging"] == {"size": 50}
    assert "big" in after["quickFilters"]


async def test_views_are_made_copied_hidden_and_had_back(server: Server, browser: httpx.AsyncClient) -> None:
    made = (
        await (await opened(browser, "/studio/new-view?entity=sales.lead", 'action="/studio/new-view"'))
        .put("label", "Fresh leads")
        .send()
    )
    copied = await (await opened(browser, OPEN, 'action="/studio/views/sales.opportunity_open/copy"')).send()
    await (await opened(browser, OPEN, 'action="/studio/views/sales.opportunity_open/remove"')).send()

    draft = await drafts.load(server.context.as_system())

    assert str(made.url).endswith("/studio/views/x.fresh_leads")
    assert str(copied.url).endswith("/studio/views/x.opportunity_open")
    assert draft.raw("x.opportunity_open")["label"] == "Copy of Open"
    assert "sales.opportunity_open" not in draft.merged.raw
    assert draft.findings("x.fresh_leads") == ()
    lists = "/studio/entities/sales.opportunity/lists"
    await (await opened(browser, lists, 'action="/studio/reset/sales.opportunity_open"')).send()
    assert "sales.opportunity_open" in (await drafts.load(server.context.as_system())).merged.raw


async def test_a_field_that_is_not_published_is_an_empty_column(server: Server, browser: httpx.AsyncClient) -> None:
    await deal(server, name="Harbour", stage="proposal")
    context = server.context.as_system()
    entity = await raw(server, "sales.opportunity")
    fields = {**entity["fields"], "x_region": {"type": "text", "label": "Region"}}
    await drafts.save(context, {**entity, "fields": fields})

    answer = await (await opened(browser, OPEN)).send("add:x_region")

    assert "Not published yet, so still empty: Region" in answer.text
    assert "Harbour" in answer.text
    assert 't-fresh" data-label="Region"></td>' in answer.text


async def test_only_designers_come_in(server: Server) -> None:
    async with await server.browser("Rita", "sales.rep") as rita:
        for url in (OPEN, f"{OPEN}/fields", "/studio/new-view", "/studio/navigation", MENU):
            assert (await rita.get(url)).status_code == 403, url


async def entries(server: Server) -> list[str]:
    rows = read_menu(await raw(server, "sales.main_nav")).rows
    return ["  " * row.depth + row.path[-1] for row in rows]


async def test_menu_entries_are_moved_nested_hidden_and_shown_again(server: Server, browser: httpx.AsyncClient) -> None:
    await (await opened(browser, MENU)).send("up:contacts")
    await (await opened(browser, MENU)).send("nest:accounts")
    await (await opened(browser, MENU)).send("remove:products")

    assert await entries(server) == ["leads", "contacts", "  x_accounts", "opportunities"]
    await (await opened(browser, MENU)).send("raise:contacts/x_accounts")
    await (await opened(browser, MENU)).send("show:products")
    assert await entries(server) == ["leads", "contacts", "accounts", "opportunities", "products"]


async def test_a_nested_entry_keeps_its_name_in_other_languages(server: Server, browser: httpx.AsyncClient) -> None:
    await (await opened(browser, MENU)).send("nest:contacts")

    words = labels_of(
        await drafts.load(server.context.as_system()), "sales.main_nav#/items/accounts/children/x_contacts/label"
    )

    assert words["zh-CN"] == "联系人"


async def test_an_entry_is_added_with_its_goal(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, MENU)
    names, goals = form.value("name"), form.value("goal")
    form.put("name", *names[:-1], "All deals").put("goal", *goals[:-1], "view:sales.opportunity_all")

    answer = await form.send()

    assert (await raw(server, "sales.main_nav"))["items"]["x_all_deals"]["view"] == "sales.opportunity_all"
    assert "yours" in answer.text


async def test_menus_are_made_and_put_in_order(server: Server, browser: httpx.AsyncClient) -> None:
    menus = "/studio/navigation"
    made = await (await opened(browser, menus, "t-inline-form")).put("label", "Service").send("new")
    await (await opened(browser, menus, 'id="menus"')).send("up:x.service")
    await (await opened(browser, MENU, 'action="/studio/navigation/sales.main_nav/remove"')).send()
    hidden = await browser.get(menus)
    await (await opened(browser, menus, 'id="menus"')).send("show:sales.main_nav")

    draft = await drafts.load(server.context.as_system())

    assert str(made.url).endswith("/studio/navigation/x.service")
    assert 'value="show:sales.main_nav"' in hidden.text
    assert list(draft.merged.snapshot.navigations) == ["core.main_nav", "x.service", "sales.main_nav", "core.admin_nav"]


REP = "/studio/roles/sales.rep"


async def test_rights_are_taken_away_in_the_matrix(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, f"{REP}?entity=sales.account")
    form.put("cell:sales.lead:delete", "").put("level:sales.account:phone", "masked").put("system", *[])

    answer = await form.send()

    role = await raw(server, "sales.rep")
    assert "delete" not in role["entities"]["sales.lead"]
    assert role["entities"]["sales.account"]["fields"]["phone"] == "masked"
    assert role["system"]["tokens"] is False
    assert "?entity=sales.account" in str(answer.url)


async def test_a_masked_field_may_be_shown_where_the_editor_says_so(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, f"{REP}?entity=sales.account")

    answer = await form.put("level:sales.account:phone", "masked+reveal").send()

    role = await raw(server, "sales.rep")
    assert role["entities"]["sales.account"]["fields"]["phone"] == {"level": "masked", "reveal": True}
    shown = (await browser.get(f"{REP}?entity=sales.account")).text
    assert '<option value="masked+reveal" selected>masked, may be shown</option>' in shown
    assert answer.status_code == 200


async def test_what_a_pack_forbids_comes_back_at_its_cell(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, REP)
    form.put("cell:sales.lead:read", "all").put("cell:sales.lead:edit", "").put("description", "Typed before")

    answer = await form.send()

    assert answer.status_code == 422
    assert re.search(r'id="cell:sales\.lead:read"[^>]*aria-invalid="true"', answer.text)
    assert 't-error" id="cell:sales.lead:read-error">' in answer.text
    again = Form(browser, REP, answer.text, 'id="designer"')
    assert again.value("cell:sales.lead:edit") == [""]
    assert again.value("description") == ["Typed before"]
    assert (await raw(server, "sales.rep"))["entities"]["sales.lead"]["read"] == {"scopes": ["own", "shared"]}


async def test_a_role_of_ones_own_is_made_and_given_rights(server: Server, browser: httpx.AsyncClient) -> None:
    made = await (await opened(browser, "/studio/roles", "t-inline-form")).put("label", "Key accounts").send()
    form = Form(browser, str(made.url), made.text, 'id="designer"')
    form.put("cell:sales.account:read", "own").put("inherits", "core.employee").put("system", "audit", "tokens")
    form.put("export", "limited").put("export-limit", "500").put("second-factor", "1")
    form.put("navigation", "sales.main_nav").put("@zh-CN/label", "大客户")

    await form.send()

    draft = await drafts.load(server.context.as_system())
    role = draft.raw("x.key_accounts")
    assert role["entities"]["sales.account"] == {"read": {"scopes": ["own"]}}
    assert role["inherits"] == ["core.employee"]
    assert role["system"] == {"tokens": True, "audit": True, "export": "limited:500"}
    assert role["signIn"] == {"secondFactor": True}
    assert draft.findings("x.key_accounts") == ()
    assert labels_of(draft, "x.key_accounts#/label")["zh-CN"] == "大客户"


async def test_saving_an_untouched_role_changes_nothing(server: Server, browser: httpx.AsyncClient) -> None:
    for entity in ("", "?entity=sales.lead", "?entity=core.note", "?entity=*"):
        answer = await (await opened(browser, REP + entity)).send()

        assert answer.status_code == 200
    assert (await drafts.load(server.context.as_system())).changes == ()


async def own_role(browser: httpx.AsyncClient, entity: str) -> Form:
    """The editor of a role of one's own, with an entity open beside the matrix."""
    made = await (await opened(browser, "/studio/roles", "t-inline-form")).put("label", "Key accounts").send()
    return await opened(browser, f"{str(made.url).partition('?')[0]}?entity={entity}")


async def test_scopes_conditions_and_levels_are_set_beside_the_matrix(
    server: Server, browser: httpx.AsyncClient
) -> None:
    form = await own_role(browser, "sales.account")
    form.put("scope:sales.account:edit", "shared", "team").put("if:sales.account:edit", "tier == 'key'")
    form.put("scope:sales.account:assign", "own").put("to:sales.account:assign", "team", "subordinates")
    form.put("level:sales.account:name", "").put("higher:sales.account:phone", "edit")
    form.put("level:sales.account:*", "read").put("on:sales.account:phone", "owner == me.id")

    answer = await form.send()

    draft = await drafts.load(server.context.as_system())
    assert draft.raw("x.key_accounts")["entities"] == {
        "sales.account": {
            "edit": {"scopes": ["team", "shared"], "where": "tier == 'key'"},
            "assign": {"scopes": ["own"], "to": ["team", "subordinates"]},
            "fields": {
                "*": "read",
                "phone": {"level": "read", "upgrade": {"level": "edit", "where": "owner == me.id"}},
            },
        }
    }
    assert draft.findings("x.key_accounts") == ()
    again = Form(browser, "", answer.text, 'id="designer"')
    assert again.value("scope:sales.account:edit") == ["team", "shared"]
    assert again.value("if:sales.account:edit") == ["tier == 'key'"]
    assert again.value("on:sales.account:phone") == ["owner == me.id"]

    await again.put("scope:sales.account:edit").put("if:sales.account:edit", "").send()
    taken = await opened(browser, "/studio/roles/x.key_accounts")
    assert "edit" not in (await raw(server, "x.key_accounts"))["entities"]["sales.account"]
    await taken.send("undo")
    assert "edit" in (await raw(server, "x.key_accounts"))["entities"]["sales.account"]


async def test_a_scope_picked_in_the_matrix_keeps_the_condition(server: Server, browser: httpx.AsyncClient) -> None:
    form = await own_role(browser, "sales.lead")
    await form.put("scope:sales.lead:read", "own").put("if:sales.lead:read", "status == 'new'").send()

    shown = await opened(browser, "/studio/roles/x.key_accounts")
    await shown.put("cell:sales.lead:read", "all").send()

    assert (await raw(server, "x.key_accounts"))["entities"]["sales.lead"]["read"] == {
        "scopes": ["all"], "where": "status == 'new'",
    }  # fmt: skip


async def test_what_is_wrong_with_a_right_stands_at_its_place(server: Server, browser: httpx.AsyncClient) -> None:
    form = await own_role(browser, "sales.lead")
    form.put("scope:sales.lead:read", "own").put("if:sales.lead:read", "statis == 'new'")

    answer = await form.send()
    limited = await (await opened(browser, "/studio/roles/x.key_accounts")).put("export", "limited").put(
        "export-limit", "many"
    ).send()  # fmt: skip

    assert answer.status_code == 200
    assert re.search(r'id="sales\.lead:read-error">[^<]*statis', answer.text)
    assert limited.status_code == 422
    assert 'id="export-error"' in limited.text
    assert Form(browser, "", limited.text, 'id="designer"').value("export-limit") == ["many"]
    assert "export" not in (await raw(server, "x.key_accounts"))["system"]


async def test_an_entity_goes_back_to_what_the_pack_says(server: Server, browser: httpx.AsyncClient) -> None:
    form = await opened(browser, f"{REP}?entity=sales.lead")
    form.put("scope:sales.lead:delete").put("scope:sales.lead:read", "own").put("if:sales.lead:edit", "status == 'new'")
    changed = await form.put("cell:sales.account:delete", "").send()

    assert 'value="reset:/entities/sales.lead"' in changed.text
    await Form(browser, "", changed.text, 'id="designer"').send("reset:/entities/sales.lead")

    role = await raw(server, "sales.rep")
    assert "delete" not in role["entities"]["sales.account"]
    assert role["entities"]["sales.lead"]["read"] == {"scopes": ["own", "shared"]}
    assert role["entities"]["sales.lead"]["delete"] == {"scopes": ["own"]}
    assert "where" not in role["entities"]["sales.lead"]["edit"]


async def test_a_drafted_role_is_tried_in_somebodys_place(server: Server, browser: httpx.AsyncClient) -> None:
    await (await server.browser("Rita", "sales.rep")).aclose()
    await deal(server, name="Small", amount="10", stage="proposal")
    await deal(server, name="Large", amount="5000", stage="proposal")
    form = await own_role(browser, "sales.opportunity")
    form.put("scope:sales.opportunity:read", "all").put("if:sales.opportunity:read", "amount > 100")
    await form.put("scope:sales.opportunity:edit", "own").send()
    url = "/studio/roles/x.key_accounts/try"

    asked = await browser.get(url)
    tried = await browser.get(url, params={"user": "Rita"})
    together = await browser.get(url, params={"user": "Rita", "roles": "all"})
    nobody = await browser.get(url, params={"user": "Nobody at all"})

    assert "t-trial-table" not in asked.text
    assert counted(tried.text, "Opportunities") == ["no", "1", "0", "0", "2"]
    assert counted(tried.text, "Accounts") == ["no", "0", "0", "0", "0"]
    assert counted(together.text, "Opportunities") == ["yes", "1", "0", "0", "2"]
    assert "Rita as Key accounts, Sales representative" in together.text
    assert "Nothing is found for “Nobody at all”." in nobody.text


async def test_trying_a_role_in_anothers_place_takes_the_right_to_look_after_users(server: Server) -> None:
    context = server.context.as_system()
    rita = await accounts.create_user(context, email="rita@example.com", name="Rita", roles=["sales.rep"])
    dora = Actor("01890a5d-ac96-774b-bcce-b302099a8057", "Dora", roles=frozenset({"sales.manager"}))
    draft = replace(await drafts.load(context), context=context.with_actor(dora))

    with pytest.raises(Forbidden):
        await try_role(draft, "sales.rep", rita, alone=True)
    oneself = await try_role(draft, "sales.rep", dora.id, alone=True)

    assert oneself.roles == ("sales.rep",)
    assert {one.entity for one in oneself.extents} == set(context.snapshot.entities)


def counted(page: str, entity: str) -> list[str]:
    """What stands in the line of an entity."""
    (row,) = re.findall(rf"</svg>{entity}</span></td>(.*?)</tr>", page, re.S)
    return re.findall(r"<td[^>]*>([^<]*)</td>", row)


async def test_what_is_inherited_and_who_has_a_role_is_shown(server: Server, browser: httpx.AsyncClient) -> None:
    await (await server.browser("Rita", "sales.rep")).aclose()

    shown = (await browser.get(REP)).text
    listed = (await browser.get("/studio/roles")).text

    assert re.search(r'cell:core\.task:read.*?t-effective">.*?own \+ shared · Employee', shown, re.S)
    assert "1 person has this role." in shown
    assert re.search(r'/studio/roles/sales\.rep">Sales representative</a>.*?data-label="People">1<', listed, re.S)


async def test_a_role_goes_unless_people_have_it(server: Server, browser: httpx.AsyncClient) -> None:
    await (await server.browser("Rita", "sales.rep")).aclose()
    made = await (await opened(browser, "/studio/roles", "t-inline-form")).put("label", "Temp").send()
    token = {"_csrf_token": Form(browser, "", made.text, 'id="designer"').value("_csrf_token")[0]}

    await browser.post("/studio/roles/x.temp/remove", data=token)
    await browser.post("/studio/roles/sales.rep/remove", data=token)

    kept = (await drafts.load(server.context.as_system())).merged.raw
    assert "x.temp" not in kept
    assert "sales.rep" in kept
