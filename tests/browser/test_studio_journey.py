"""An administrator who has never seen the Studio builds, publishes, changes and takes back, in both languages."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, Visitor
from tests.support.journeys import Studio, Wanted, unseen

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Words:
    """What people type and read, in one language."""

    locale: str
    name: str
    label: str
    plural: str
    fields: dict[str, str]
    options: str
    urgent: str
    role: str
    renamed: str
    missing: str


WORDS = {
    "en": Words(
        "en-US", "delivery", "Delivery", "Deliveries",
        {
            "name": "Reference", "customer": "Customer", "price": "Price", "pieces": "Pieces", "total": "Total",
            "kind": "Kind", "date": "Day", "email": "Email", "duration": "Hours", "phone": "Phone",
            "boolean": "Insured", "longtext": "Note",
        },
        "Normal\nExpress", "Urgent", "Dispatcher", "Boxes", "1 record has no value.",
    ),
    "zh": Words(
        "zh-CN", "peisong", "配送单", "配送单",
        {
            "name": "编号", "customer": "客户", "price": "单价", "pieces": "件数", "total": "合计",
            "kind": "类型", "date": "日期", "email": "邮箱", "duration": "工时", "phone": "电话",
            "boolean": "已投保", "longtext": "备注",
        },
        "普通\n加急", "加急信息", "调度员", "箱数", "1 条记录没有值",
    ),
}  # fmt: skip


@pytest.fixture(params=["en", pytest.param("zh", marks=pytest.mark.soak)])
def words(request: pytest.FixtureRequest) -> Words:
    """What people type, in either language."""
    return WORDS[request.param]


def test_an_administrator_builds_publishes_changes_and_takes_back(
    visit: Callable[..., Visitor], served: Served, words: Words
) -> None:
    walk(visit, served, words)


def walk(visit: Callable[..., Visitor], served: Served, words: Words, look: Callable[[str], None] = unseen) -> None:
    """The whole journey; `look` is told at each stop."""
    visitor = arrived(visit, words)
    studio = Studio(visitor.page, look)
    visitor.page.locator(".t-rail a[href='/studio']").click()
    look("studio")
    build_fields(studio, words)
    sections = build_form(studio, words)
    build_list(studio, words)
    build_menu(studio, words)
    role = build_role(studio, words)
    look("role")
    studio.page.locator("#draft-actions .btn-primary").click()
    expect(studio.page.locator(".t-plan-main")).to_contain_text(words.fields["customer"])
    look("plan")
    first = studio.publish(words.plural)
    look("published")

    seller = arrived(visit, words, *account(served, words, role))
    file_record(seller.page, words, sections, look)
    before = shown(seller.page)
    assert {before[words.fields[key]] for key in ("pieces", "total")} == {"4", "¥50.00"}

    change_and_publish(studio, words, sections[1][1])
    seller.page.reload()
    settled(seller.page, {words.renamed: "4", **{key: text for key, text in before.items() if text != "4"}})
    look("renamed")

    studio.section("/studio/releases")
    look("releases")
    studio.page.locator(f"a[href$='/releases/{first}/restore']").click()
    expect(studio.page.locator(".t-plan-main")).to_contain_text(words.fields["pieces"])
    look("roll-back")
    studio.publish(words.plural)
    seller.page.reload()
    settled(seller.page, before)
    look("rolled-back")


def arrived(visit: Callable[..., Visitor], words: Words, *account: str) -> Visitor:
    """A window of somebody who has signed in and reads the language."""
    visitor = visit(locale=words.locale)
    visitor.open("/login")
    if words.locale == "zh-CN":
        visitor.page.locator("button[name=locale][value=zh-CN]").click()
    visitor.sign_in(*account)
    return visitor


def account(served: Served, words: Words, role: str) -> tuple[str, str]:
    """The email and password of somebody who sells and has one more role."""
    email = f"{words.name}@example.com"
    command = [sys.executable, "-m", "trellis", "user", "create", email, "--role", "sales.rep", "--role", role]
    made = subprocess.run(command, env={**os.environ, **served.settings}, capture_output=True, text=True, check=True)
    return email, made.stdout.split()[-1]


def build_fields(studio: Studio, words: Words) -> None:
    """An entity with its title and four more fields, one of them computed, one a lookup."""
    named = words.fields
    studio.make_entity(words.label, words.plural, words.name, named["name"])
    studio.look("entity")
    studio.add_field(Wanted("lookup", named["customer"], "customer", {"/target": "sales.account"}))
    studio.add_field(Wanted("currency", named["price"], "price"))
    studio.add_field(Wanted("integer", named["pieces"], "pieces"))
    studio.add_field(Wanted("formula", named["total"], "total", {"/returns": "currency", "/expr": "price * pieces"}))
    studio.look("fields")


def build_form(studio: Studio, words: Words) -> list[list[str]]:
    """A form of two sections, with seven new fields and a condition; the keys in each section."""
    page, named = studio.page, words.fields
    studio.open_form()
    studio.look("form-empty")
    for key in ("customer", "price", "pieces", "total"):
        studio.put_field(key, "main")
    studio.put_new_field("select", named["kind"], "main", words.options)
    for type in ("date", "email"):
        studio.put_new_field(type, named[type], "main")
    studio.drag("[data-offers=section] li:first-child", "#el-section-main-box", down=0.99)
    for type in ("duration", "phone", "boolean", "longtext"):
        studio.put_new_field(type, named[type], "section")
    first, second = studio.on_the_form()
    assert first[:6] == ["name", "owner", "customer", "price", "pieces", "total"]
    assert (len(first), len(second)) == (9, 4)

    studio.answered(page.locator("#el-section-section").click)
    page.locator("[data-autosave] [name='label']").fill(words.urgent)
    studio.answered(lambda: page.keyboard.press("Tab"))
    page.locator("[name=visible]").press_sequentially(f"{first[6]} == ")
    page.locator("[role=listbox]:visible li", has_text=words.options.splitlines()[1]).click()
    look_up = page.locator("[name=visible]").input_value()
    assert re.fullmatch(first[6] + r" == '\w+'", look_up.strip())
    studio.answered(page.locator("[name=visible]").blur)
    studio.look("form")
    expect(page.locator("#el-section-section-box .t-when")).to_contain_text(first[6])
    expect(page.locator(".t-finding")).to_have_count(0)
    return [first, second]


def build_list(studio: Studio, words: Words) -> None:
    """A list with columns in an order of one's own."""
    page = studio.page
    page.locator("a.t-crumb").first.click()
    page.locator(".t-sub-tabs a[href$='/lists']").click()
    page.locator("#content .t-table td a").first.click()
    for key in ("customer", "total", "pieces"):
        studio.answered(page.locator(f".t-leaf[value='add:{key}']").click)
    studio.drag("[id='column:total'] [data-grip]", "[data-sortable]:has([name=column])", down=0.02)
    studio.look("list")
    columns = page.eval_on_selector_all("[name=column]", "inputs => inputs.map(input => input.value)")
    assert columns == ["total", "name", "owner", "updated_at", "customer", "pieces"]


def build_menu(studio: Studio, words: Words) -> None:
    """An entry on top of the menu of those who sell."""
    page = studio.page
    studio.section("/studio/navigation")
    page.locator("a[href='/studio/navigation/sales.main_nav']").click()
    page.fill("#entry-new-name", words.plural)
    page.select_option("#entry-new-goal", f"view:x.{words.name}_all")
    studio.answered(page.locator(".t-entry-new button").click)
    studio.drag(
        "#content [data-row]:last-child [data-grip]",
        "#content [data-sortable]:has(> [data-row] + [data-row])",
        down=0.02,
    )
    studio.look("menu")
    expect(page.locator("#content [data-row]").first).to_contain_text(words.plural)


def build_role(studio: Studio, words: Words) -> str:
    """A role that may do more than those who sell; its id."""
    page = studio.page
    studio.section("/studio/roles")
    page.fill("#new-role", words.role)
    page.locator("form:has(#new-role) button").click()
    for action, scope in {"create": "yes", "read": "own", "edit": "own"}.items():
        page.select_option(f"[id='cell:x.{words.name}:{action}']", scope)
    studio.answered(page.locator("#designer .btn-primary").click)
    return page.url.rpartition("/")[2]


def file_record(page: Page, words: Words, sections: list[list[str]], look: Callable[[str], None]) -> None:
    """What a sales user types into the new form."""
    page.locator(".t-rail a", has_text=words.plural).click()
    look("seller-list")
    page.locator("a[href*='/new']").first.click()
    page.fill("#f-name", "R-1")
    page.fill("#f-customer", "Granite")
    page.locator("#f-customer-list li", has_text="Granite").first.click()
    page.fill("#f-price", "12.50")
    page.fill("#f-pieces", "4")
    hours = sections[1][0]
    expect(page.locator(f"#f-{hours}")).to_have_count(0)
    page.select_option(f"#f-{sections[0][6]}", label=words.options.splitlines()[1])
    page.fill(f"#f-{hours}", "1:30")
    look("seller-form")
    page.locator("#record-form .t-actions button.btn-primary").click()
    expect(page.locator("h1")).to_have_text("R-1")
    look("seller-record")


def change_and_publish(studio: Studio, words: Words, required: str) -> None:
    """Another label and another key for a field, another one required; published after the plan was read."""
    studio.open_entity(words.plural)
    studio.change_field("pieces", "/label", words.renamed)
    studio.change_key("pieces", "boxes")
    studio.change_field(required, "/required", "yes")
    studio.page.locator("#draft-actions .btn-primary").click()
    expect(studio.page.locator(".t-plan-main")).to_contain_text(words.missing)
    studio.look("plan-required")
    studio.publish(words.renamed)


def shown(page: Page) -> dict[str, str]:
    """What a record says, by label."""
    page.locator(".t-record dl").first.wait_for()
    script = "all => all.map(one => [one.querySelector('dt').firstChild.textContent.trim(), one.querySelector('dd').textContent])"
    return dict(page.eval_on_selector_all(".t-record-main .t-field", script))


def settled(page: Page, wanted: dict[str, str]) -> None:
    """A record says something, at the latest when all values have been worked out anew."""
    for _ in range(20):
        if shown(page) == wanted:
            break
        page.wait_for_timeout(500)
        page.reload()
    assert shown(page) == wanted
