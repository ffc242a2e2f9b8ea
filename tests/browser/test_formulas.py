"""Formulas in the browser: written with the keyboard, followed while one types, explained where they are shown."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_journeys import WINDOWS

pytestmark = pytest.mark.browser

DEAL, LINE = "/records/sales.opportunity", "/records/sales.opportunity_line"


@pytest.fixture
def selling(visit: Callable[..., Visitor], seller: tuple[str, str], window: str) -> Visitor:
    """Somebody who sells, in one of the windows."""
    visitor = visit(**WINDOWS[window])
    if window == "chinese":
        visitor.open("/login")
        visitor.page.locator("button[name=locale][value=zh-CN]").click()
    visitor.sign_in(*seller)
    return visitor


def save(page: Page) -> None:
    page.locator("#record-form .t-actions button.btn-primary").click()
    page.wait_for_url(re.compile(r"/[0-9a-f-]{36}$"))


def new_deal(visitor: Visitor, name: str, amount: str) -> str:
    """The address of a new deal."""
    page = visitor.page
    visitor.open(f"{DEAL}/new")
    page.fill("#f-name", name)
    page.fill("#f-close_date", "2027-03-01")
    page.fill("#f-amount", amount)
    save(page)
    return page.url.removeprefix(visitor.address)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_filter_is_written_with_the_keyboard(selling: Visitor, window: str) -> None:
    page = selling.page
    small, large = f"Minnow {window}", f"Whale {window}"
    new_deal(selling, small, "5000")
    new_deal(selling, large, "120000")
    selling.open(DEAL)

    page.locator("[data-filter] > summary").press("Enter")
    page.locator(".t-expression > summary").press("Enter")
    field = page.locator("#rule-expression")
    field.focus()
    page.keyboard.type("amuont >= 100000")
    fix = page.locator("#rule-expression-verdict [data-fix='amount']")
    expect(page.locator("#rule-expression-verdict mark")).to_have_text("amuont")
    fix.press("Enter")
    expect(field).to_have_value("amount >= 100000")
    expect(field).to_be_focused()
    expect(page.locator("#rule-expression-verdict mark")).to_have_count(0)

    page.keyboard.press("Control+a")
    page.keyboard.type("am")
    options = page.locator("#rule-expression-list:not([aria-busy]) [role=option]")
    expect(options.first).to_contain_text("amount")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(field).to_have_value("amount")
    page.keyboard.type(" >= 100000")
    page.locator(".t-filter-panel button[type=submit]").press("Enter")
    page.wait_for_url(re.compile("filter=amount"))

    expect(page.locator("[data-rows]")).to_contain_text(large)
    expect(page.locator("[data-rows]")).not_to_contain_text(small)


def test_a_slip_is_mended_where_it_stands(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.open("/expressions?entity=sales.opportunity")
    field = page.locator("#desk-source")

    field.fill("'😀'\n+ nmae + name")
    page.locator("[data-fix='name']").click()
    expect(field).to_have_value("'😀'\n+ name + name")
    page.keyboard.type("!")
    expect(field).to_have_value("'😀'\n+ name! + name")

    field.fill("nmae + name")
    fix = page.locator("[data-fix='name']")
    fix.wait_for()
    page.route("**/expressions/check*", lambda route: None)
    field.fill("name + nmae")
    fix.click()
    expect(field).to_have_value("name + nmae")


@pytest.mark.parametrize("window", WINDOWS)
def test_a_weighted_amount_follows_and_is_explained(selling: Visitor, window: str) -> None:
    page = selling.page
    deal = new_deal(selling, f"Follower {window}", "120000")
    weighted = page.get_by_role("link", name="加权金额" if window == "chinese" else "Weighted amount")

    selling.open(f"{deal}/edit")
    shown = page.locator("#i-weighted_amount output")
    expect(shown).to_have_text("¥12,000.00")
    page.fill("#f-probability", "60")
    page.keyboard.press("Tab")
    expect(shown).to_have_text("¥72,000.00")
    page.fill("#f-amount", "200000")
    page.keyboard.press("Tab")
    expect(shown).to_have_text("¥120,000.00")
    save(page)
    expect(page.locator(".t-fields")).to_contain_text(["¥120,000.00"])

    weighted.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_have_text(
        "加权金额" if window == "chinese" else "Weighted amount"
    )
    expect(dialog.locator("output").first).to_have_text("¥120,000.00")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(weighted).to_be_focused()


@pytest.mark.parametrize("window", WINDOWS)
def test_an_explanation_is_followed_down_inside_the_dialog(selling: Visitor, window: str) -> None:
    page = selling.page
    deal = new_deal(selling, f"Steps {window}", "1000")
    selling.open(f"{LINE}/new?opportunity={deal.rpartition('/')[2]}")
    page.fill("#f-product", "Rugged tablet")
    page.locator("#f-product-list li", has_text="Rugged tablet").first.click()
    page.fill("#f-quantity", "2")
    page.keyboard.press("Tab")
    expect(page.locator("#i-line_total output")).to_have_text("¥9,600.00")
    save(page)

    link = page.locator("a[href$='/explain/gross_total']")
    link.press("Enter")
    dialog = page.get_by_role("dialog")
    title = dialog.get_by_role("heading", level=2)
    expect(title).to_have_text("含税小计" if window == "chinese" else "Total with tax")
    inner = dialog.locator("a[href$='/explain/line_total']")
    inner.press("Enter")
    expect(title).to_have_text("小计" if window == "chinese" else "Total")
    assert page.evaluate("document.querySelector('dialog[open]').contains(document.activeElement)")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


def test_an_explanation_is_a_page_without_a_script(visit: Callable[..., Visitor]) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    visitor.sign_in()
    visitor.open(DEAL)
    page.locator("[data-rows] a").first.click()

    page.locator("a[href$='/explain/weighted_amount']").click()

    expect(page.locator(".t-why h2").first).to_have_text("Weighted amount")
    page.locator(".t-crumb").click()
    expect(page.locator("a[href$='/explain/weighted_amount']")).to_be_visible()
