"""List views and menus are put together by dragging and by keys alone; everything saves itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

OPEN = "/studio/views/sales.lead_all"
MENU = "/studio/navigation/sales.main_nav"


@pytest.fixture
def designer(visit: Callable[..., Visitor]) -> Iterator[Visitor]:
    """An administrator; what is changed is thrown away in the end."""
    visitor = visit()
    visitor.sign_in()
    yield visitor
    visitor.open("/studio/discard")
    button = visitor.page.locator("main form button[type=submit]")
    if button.count():
        button.first.click()


def columns(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("input[name=column]", "all => all.map(input => input.value)")
    return found


@contextmanager
def saving(page: Page) -> Iterator[None]:
    """Waits until what is done has been saved and shown."""
    number = page.locator("#designer input[name=_version]")
    before = number.input_value()
    yield
    expect(number).not_to_have_value(before)


def test_columns_are_dragged_into_their_order(designer: Visitor) -> None:
    page = designer.page
    designer.open(OPEN)
    before = columns(page)

    grip = page.locator("li[data-row] [data-grip]")
    with saving(page):
        grip.nth(2).drag_to(grip.nth(0))

    assert set(columns(page)) == set(before)
    assert columns(page)[0] == before[2]
    page.reload()
    assert columns(page)[0] == before[2]


def test_a_view_is_changed_with_the_keyboard_alone(designer: Visitor) -> None:
    page = designer.page
    designer.open(OPEN)
    before = columns(page)
    page.locator("li[data-row] [data-grip]").nth(1).focus()

    with saving(page):
        page.keyboard.press("ArrowUp")
    focused = page.evaluate("document.activeElement.closest('[data-row]').id")
    page.locator(f"button[value='remove:{before[0]}']").focus()
    with saving(page):
        page.keyboard.press("Enter")

    assert focused == f"column:{before[1]}"
    assert columns(page) == [before[1], *before[2:]]
    expect(page.locator("#draft-bar")).to_contain_text("1 change")


def test_the_list_below_follows_a_condition(designer: Visitor) -> None:
    page = designer.page
    designer.open(OPEN)
    row = page.locator("#filter-rules [data-rule]").last

    row.locator("[data-rule-field]").select_option("status")
    offered = row.locator("[data-rule-op] option:not([disabled])").all_inner_texts()
    with saving(page):
        row.locator("[data-rule-value]").select_option("converted")

    assert "contains" not in offered
    shown = page.locator("#preview tbody").inner_text()
    assert "Converted" in shown or "No" in page.locator("#preview h2").inner_text()


def test_an_entry_goes_below_another_one_with_the_arrow_keys(designer: Visitor) -> None:
    page = designer.page
    designer.open(MENU)
    upper, lower = (page.locator("[data-row]:has(> .t-entry-line)").nth(place).get_attribute("id") for place in (0, 1))
    page.locator("[data-row] > .t-entry-line [data-grip]").nth(1).focus()

    with saving(page):
        page.keyboard.press("ArrowRight")

    inner = page.locator(".t-ordered-inner [data-row]")
    expect(inner).to_have_count(1)
    outer, _, moved = str(inner.get_attribute("id")).partition("/")
    assert (outer, moved.removeprefix("x_")) == (upper, str(lower).removeprefix("x_"))
    assert designer.trouble == []


def test_what_is_typed_while_it_is_being_saved_stays(designer: Visitor) -> None:
    page = designer.page
    designer.open(MENU)
    with saving(page):
        page.fill("#label", "Selling")
        page.keyboard.press("Tab")
        page.wait_for_timeout(320)
        page.locator("#entry-new-name").press_sequentially("A new name", delay=5)
    page.wait_for_timeout(500)

    assert page.input_value("#entry-new-name") == "A new name"
