"""Rules on a form in the browser: defaults and options follow while one types, warnings can be confirmed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def test_a_price_follows_the_product_until_somebody_types_another(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()

    visitor.open("/records/sales.opportunity_line/new")
    for product, price in (("Rugged tablet", "4800.00"), ("Data node", "68000.00")):
        page.fill("#f-product", product)
        page.locator("#f-product-list li", has_text=product).first.click()
        expect(page.locator("#f-unit_price")).to_have_value(price)
    page.fill("#f-unit_price", "60000")
    page.fill("#f-product", "Rugged tablet")
    page.locator("#f-product-list li", has_text="Rugged tablet").first.click()
    expect(page.locator("#f-product")).to_have_value("Rugged tablet")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#f-unit_price")).to_have_value("60000")


def test_who_comes_back_at_once_goes_on_choosing(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.open("/records/sales.opportunity_line/new")
    page.clock.install()

    page.focus("#f-product")
    page.focus("#f-unit_price")
    page.fill("#f-product", "Rugged")
    page.clock.run_for(1_000)

    expect(page.locator("#f-product-list li").filter(has_text="Rugged tablet").first).to_be_visible()
    expect(page.locator("#f-product")).to_have_value("Rugged")


def test_units_and_their_default_follow_the_family(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()

    visitor.open("/records/sales.product/new")
    expect(page.locator("#f-unit")).to_have_value("piece")
    page.select_option("#f-family", "service")

    expect(page.locator("#f-unit")).to_have_value("day")
    assert "piece" not in [option.get_attribute("value") for option in page.locator("#f-unit option").all()]


def test_a_warning_is_read_and_confirmed(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    for name in ("Mirror works", "MIRROR works"):
        visitor.open("/records/sales.account/new")
        page.fill("#f-name", name)
        page.fill("#f-billing_city", "Bonn")
        page.locator("#record-form .t-actions button.btn-primary").click()
        if name == "Mirror works":
            page.wait_for_url(re.compile(r"/records/sales\.account/[0-9a-f-]{36}$"))

    summary = page.locator(".t-summary-doubt")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name="Mirror works")).to_be_visible()
    expect(page.locator("#f-billing_city")).to_have_value("Bonn")
    summary.get_by_role("button", name="Save anyway").click()

    expect(page.locator("h1")).to_have_text("MIRROR works")
