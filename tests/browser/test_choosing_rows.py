"""Rows of a list are chosen by keyboard and mouse, given away, deleted and shared, and everything is taken back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import RULES, serious
from tests.browser.conftest import PHONE, Visitor

pytestmark = pytest.mark.browser
LEADS = "/records/sales.lead"
COUNT = ".t-bulk-count"


def names(page: Page) -> list[str]:
    """The leads on the page."""
    return page.locator("[data-rows] a[id]").all_inner_texts()


def press(page: Page, keys: str) -> None:
    """Keys one after the other."""
    for key in keys:
        page.keyboard.press(key)


def test_rows_are_chosen_and_something_is_done_with_them(visit: Callable[..., Visitor]) -> None:
    visitor = visit(bypass_csp=True)
    page = visitor.page
    visitor.sign_in()
    visitor.open(LEADS)
    before = names(page)

    expect(page.locator("#chosen")).to_be_hidden()
    press(page, "jxjjx")
    expect(page.locator(COUNT)).to_have_text("2 chosen")
    page.locator("[data-rows] [name=id]").nth(5).click(modifiers=["Shift"])
    expect(page.locator(COUNT)).to_have_text("5 chosen")
    press(page, "kx")
    expect(page.locator(COUNT)).to_have_text("4 chosen")
    expect(page.locator("[data-rows] tr").nth(4).locator("[name=id]")).not_to_be_checked()
    page.locator("thead [data-choose-page]").check()
    expect(page.locator(".t-bulk-all")).to_be_visible()
    assert serious(visitor, "with all rows chosen", RULES) == []
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator("[data-rows] [name=id]").first).to_be_focused()

    press(page, "jx")
    page.get_by_role("button", name="Give to…").click()
    page.fill("#owner", "Admin")
    page.get_by_role("button", name="Give away").click()
    expect(page.locator("#handover-state")).to_contain_text("Handed over")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#handover-state")).to_contain_text("Taken back", timeout=15_000)

    visitor.open(LEADS)
    press(page, "jxjx")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".t-toast")).to_contain_text("Moved to the bin: 2.")
    assert names(page)[:10] == before[2:12]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".t-toast")).to_contain_text("Taken back: 2.")
    assert names(page) == before

    press(page, "jxjx")
    page.get_by_role("button", name="Change…").click()
    page.select_option("#more-field", "rating")
    page.get_by_role("button", name="Add").click()
    page.select_option("#f-rating", "hot")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#trial")).to_contain_text("Will be changed: 2")
    assert serious(visitor, "changing several", RULES) == []
    page.get_by_role("button", name="Change now").click()
    expect(page.locator(".t-toast")).to_contain_text("Changed: 2.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".t-toast")).to_contain_text("Taken back: 2.")

    press(page, "jx")
    page.get_by_role("button", name="Share…").click()
    page.locator("#grantee").fill("Priya")
    page.locator("#grantee-list [role=option]").first.click()
    assert serious(visitor, "sharing several", RULES) == []
    page.locator(".t-form-actions button").click()
    expect(page.locator(".t-toast")).to_contain_text("Shared: 1.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".t-toast")).to_contain_text("Taken back: 1.")


def test_rows_are_chosen_without_a_script_and_on_a_phone(visit: Callable[..., Visitor]) -> None:
    visitor = visit(java_script_enabled=False, viewport=PHONE)
    page = visitor.page
    visitor.sign_in()
    visitor.open(LEADS)
    before = names(page)
    box = page.locator("[data-rows] .t-choose label").nth(1)
    size = box.bounding_box()
    assert size
    assert min(size["width"], size["height"]) >= 44

    expect(page.locator("#chosen")).to_be_hidden()
    box.click()
    expect(page.locator("#chosen")).to_be_visible()
    expect(page.locator(".t-bulk-all")).to_be_hidden()
    bar, below = page.locator("#chosen").bounding_box(), page.locator(".t-bottom-nav").bounding_box()
    assert bar
    assert below
    assert bar["y"] + bar["height"] <= below["y"] + 1
    page.get_by_role("button", name="Share…").click()
    expect(page.locator("[name=id]:checked")).to_have_count(1)
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(re.compile(f"{LEADS}$"))
    page.locator("[data-rows] .t-choose label").nth(1).click()
    page.get_by_role("button", name="Delete").click()
    assert names(page)[:3] == [before[0], *before[2:4]]
    page.get_by_role("button", name="Undo").click()
    assert names(page) == before
