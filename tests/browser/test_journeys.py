"""A working day in the browser: find, create, correct, delete, take back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser

WINDOWS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "chinese": {"viewport": DESK, "locale": "zh-CN"},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("window", WINDOWS)
def test_a_deal_is_found_made_corrected_deleted_and_taken_back(visit: Callable[..., Visitor], window: str) -> None:
    visitor = visit(**WINDOWS[window])
    page = visitor.page
    if window == "chinese":
        visitor.open("/login")
        page.locator("button[name=locale][value=zh-CN]").click()
    visitor.sign_in()
    company, deal = f"Zebra {window}", f"Stripes for {window}"

    visitor.open("/records/sales.opportunity")
    page.locator("[data-filter] > summary").click()
    page.select_option("[data-rule-field]", "stage")
    page.select_option("[data-rule-op]", "is")
    page.select_option("[data-rule-value]", "negotiation")
    page.locator(".t-filter-panel button[type=submit]").click()
    expect(page.locator(".t-chip:not(.t-chip-quick)")).to_have_count(1)
    expect(page.locator("[data-rows] tr").first).to_be_visible()

    visitor.open("/records/sales.opportunity/new")
    page.fill("#f-name", deal)
    page.fill("#f-close_date", "2027-03-01")
    _create_account(page, company)
    page.locator("#record-form .t-actions button.btn-primary").click()
    page.wait_for_url(re.compile(r"/records/sales\.opportunity/[0-9a-f-]{36}$"))
    expect(page.locator("h1")).to_have_text(deal)
    expect(page.get_by_role("link", name=company).first).to_be_visible()

    page.locator("[data-key='e']").click()
    page.fill("#f-discount", "500")
    page.locator("#record-form .t-actions button.btn-primary").click()
    expect(page.locator(".t-summary")).to_be_focused()
    expect(page.locator("#f-discount")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-discount")).to_have_value("500")
    page.fill("#f-discount", "5")
    page.locator("#record-form .t-actions button.btn-primary").click()
    expect(page.locator("h1")).to_have_text(deal)

    page.locator("form[action$='/delete'] button").click()
    page.wait_for_url(re.compile(r"/records/sales\.opportunity$"))
    page.locator("[data-toast] button").click()
    expect(page.locator("h1")).to_have_text(deal)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN" if window == "chinese" else "en")


def _create_account(page: Page, company: str) -> None:
    """Make an account that is not there yet out of the lookup."""
    page.fill("#f-account", company)
    page.locator("#f-account-list li", has_text=company).click()
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("[name=name]")).to_have_value(company)
    dialog.locator("button.btn-primary").click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#f-account")).to_have_value(company)


def test_parts_of_a_form_come_and_go_and_keep_what_was_typed(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.open("/records/sales.opportunity/new")

    page.fill("#f-name", "Half typed")
    page.select_option("#f-stage", "lost")
    expect(page.locator("#f-lost_reason")).to_be_visible()
    page.select_option("#f-lost_reason", "other")
    expect(page.locator("#f-lost_note")).to_be_visible()
    page.select_option("#f-stage", "discovery")

    expect(page.locator("#f-lost_reason")).to_have_count(0)
    expect(page.locator("#f-name")).to_have_value("Half typed")


def test_the_keyboard_alone_is_enough(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.open("/records/sales.account")

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("[data-rows] tr").nth(1).locator("a").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(second)
    page.keyboard.press("e")
    page.wait_for_url(re.compile("/edit$"))
    page.locator("#f-parent, #f-owner").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=listbox]:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text(second)
    page.keyboard.press("Control+k")
    page.keyboard.type("Granite")
    expect(page.locator("#palette-results a").first).to_be_visible()


def test_everything_works_without_a_script(visit: Callable[..., Visitor]) -> None:
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    visitor.sign_in()

    visitor.open("/records/sales.opportunity")
    page.locator("[data-filter] > summary").click()
    page.select_option("[data-rule-field]", "stage")
    page.select_option("[data-rule-op]", "is")
    page.fill("[data-rule-value]", "won")
    page.locator(".t-filter-panel button[type=submit]").click()
    expect(page.locator(".t-chip:not(.t-chip-quick)")).to_have_count(1)
    visitor.open("/records/sales.opportunity/new")
    page.fill("#f-name", "No script")
    page.locator("#i-account button[name=_choose]").click()
    page.fill("#picker-q", "Granite")
    page.locator("button[name=_choose]").click()
    page.locator("button[name=_pick]").first.click()
    expect(page.locator("#f-name")).to_have_value("No script")
    expect(page.locator("#f-account")).to_have_value(re.compile("Granite"))
    page.select_option("#f-stage", "lost")
    page.locator("button[name=_refresh]").click()
    expect(page.locator("#f-lost_reason")).to_be_visible()
    page.select_option("#f-stage", "discovery")
    page.fill("#f-close_date", "2027-03-01")
    page.locator("#record-form .t-actions button.btn-primary").click()
    expect(page.locator("h1")).to_have_text("No script")
    page.locator("form[action$='/delete'] button").click()
    page.locator("[data-toast] button").click()
    expect(page.locator("h1")).to_have_text("No script")
    page.locator(".t-rail .t-menu > summary").click()
    page.locator(".t-rail button[name=locale][value=zh-CN]").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_two_people_do_not_overwrite_each_other(visit: Callable[..., Visitor]) -> None:
    first, second = visit(), visit()
    for visitor in (first, second):
        visitor.sign_in()
    first.open("/records/sales.product")
    first.page.locator("[data-rows] a").first.click()
    first.page.locator("[data-key='e']").click()
    first.page.wait_for_url(re.compile("/edit$"))
    second.page.goto(first.page.url)

    first.page.fill("#f-name", "Named by the first")
    first.page.locator("#record-form .t-actions button.btn-primary").click()
    expect(first.page.locator("h1")).to_have_text("Named by the first")
    second.page.fill("#f-name", "Named by the second")
    second.page.locator("#record-form .t-actions button.btn-primary").click()

    expect(second.page.locator(".t-conflict")).to_contain_text("Named by the first")
    expect(second.page.locator("#f-name")).to_have_value("Named by the second")
    second.page.locator("#record-form .t-actions button.btn-primary").click()
    expect(second.page.locator("h1")).to_have_text("Named by the second")
