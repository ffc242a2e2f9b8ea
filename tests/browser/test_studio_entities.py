"""The Studio's entities in a browser: usable by everyone (axe, WCAG 2.2 A and AA), and by keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import DESK, PHONE, Visitor
from tests.browser.test_accessibility import _violations

pytestmark = pytest.mark.browser

ACCOUNT = "/studio/entities/sales.account"
PAGES = (
    "/studio", "/studio/new-entity", ACCOUNT, f"{ACCOUNT}/add", f"{ACCOUNT}/add?type=select", f"{ACCOUNT}/fields/tier",
    f"{ACCOUNT}/fields/lifetime_value", f"{ACCOUNT}/rules", f"{ACCOUNT}/settings", "/studio/optionsets",
    "/studio/optionsets/sales.lead_source", "/studio/documents", "/studio/documents/sales.account", "/studio/retired",
)  # fmt: skip


@pytest.mark.parametrize(("theme", "viewport"), [pytest.param("dark", DESK, marks=pytest.mark.soak), ("light", PHONE)])
def test_axe_finds_nothing_serious(visit: Callable[..., Visitor], theme: str, viewport: dict[str, int]) -> None:
    visitor = visit(bypass_csp=True, viewport=viewport, color_scheme=theme)
    visitor.sign_in()

    assert [wrong for path in PAGES for wrong in _violations(visitor, path)] == []


def test_a_panel_opens_beside_the_table_and_closes_again(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.sign_in()
    visitor.open(ACCOUNT)
    page: Any = visitor.page

    page.locator("#fields a", has_text="Tier").focus()
    page.keyboard.press("Enter")
    page.locator("#panel #label").wait_for()
    assert page.url.endswith("/fields/tier")
    assert page.locator("#fields tr[aria-selected]").count() == 1

    page.locator("#panel [data-closes]").first.press("Enter")
    assert page.locator(".t-split-open").count() == 0
    assert page.url.endswith(ACCOUNT)


def test_options_are_added_and_moved_by_keyboard(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.sign_in()
    visitor.open(f"{ACCOUNT}/add?type=select")
    page: Any = visitor.page

    for number, label in enumerate(("Small", "Large"), start=1):
        page.locator("button[value='add:/options']").press("Enter")
        page.locator(f"[data-row]:nth-child({number})").wait_for()
        page.keyboard.type(label)
    page.locator("[data-row]:nth-child(2) [data-grip]").press("ArrowUp")

    labels = page.locator("[data-row] > .t-option-line > input.form-control")
    assert [labels.nth(number).input_value() for number in range(2)] == ["Large", "Small"]


def test_a_key_follows_its_label(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.sign_in()
    visitor.open(f"{ACCOUNT}/add?type=text")

    visitor.page.fill("#label", "Size of the buyer")

    assert visitor.page.input_value("#key") == "x_size_of_the_buyer"
