"""Somebody presses the eye beside a masked number; the number stands in its place, and the log tells the administrator."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import serious
from tests.browser.conftest import Served, Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def support(served: Served) -> tuple[str, str]:
    """The email and the password of somebody who sees masked numbers."""
    email = "support@example.com"
    command = [sys.executable, "-m", "trellis", "user", "create", email, "--name", "Sue", "--role", "sales.support"]
    made = subprocess.run(command, env={**os.environ, **served.settings}, capture_output=True, text=True, check=True)
    return email, made.stdout.split()[-1]


def test_the_eye_puts_the_value_in_the_place_of_the_mask(
    visit: Callable[..., Visitor], support: tuple[str, str]
) -> None:
    sue = visit()
    page = sue.page
    sue.sign_in(*support)
    sue.open("/records/sales.contact")
    page.locator("tbody a[href^='/records/sales.contact/']").first.click()
    eye = page.get_by_role("button", name="Show Mobile").first
    expect(eye).to_be_visible()
    assert serious(sue, "masked") == []

    eye.focus()
    page.keyboard.press("Enter")

    shown = page.locator(".t-masked:focus")
    expect(shown).to_contain_text("This was recorded.")
    expect(shown.locator("a[href^='tel:']")).to_be_visible()
    expect(shown).not_to_contain_text("****")
    assert serious(sue, "shown") == []
    admin = visit()
    admin.sign_in()
    admin.open("/admin/audit?kind=field")
    expect(admin.page.locator("main")).to_contain_text("Sue saw the masked Mobile of Contact")


def test_the_eye_in_a_form_sends_nothing_of_the_form(visit: Callable[..., Visitor], support: tuple[str, str]) -> None:
    sue = visit()
    page = sue.page
    sue.sign_in(*support)
    sue.open("/records/sales.contact")
    record = page.locator("tbody a[href^='/records/sales.contact/']").first.get_attribute("href")
    sue.open("/records/sales.contact/new")
    page.fill("#f-name", "typed")
    page.evaluate(
        """address => {
          const form = document.querySelector("form[data-form]");
          form.insertAdjacentHTML("beforeend", `<span class="t-masked"><button class="t-reveal" type="submit" name="_reveal"
            value="mobile" formnovalidate hx-post="${address}" hx-target="closest .t-masked">Eye</button></span>`);
          htmx.process(form);
        }""",
        f"{record}/reveal/mobile",
    )

    with page.expect_request("**/reveal/mobile") as asked:
        page.get_by_role("button", name="Eye").click()

    expect(page.locator(".t-masked").last).to_contain_text("This was recorded.")
    assert "typed" not in (asked.value.post_data or "")
    assert asked.value.headers["x-csrftoken"]
