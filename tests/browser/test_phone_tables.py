"""On a phone the tables of the Studio and the administration lose nothing: no cell, no button, no width."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import PHONE, Visitor

pytestmark = pytest.mark.browser

PAGES = ("/studio", "/studio/packs", "/studio/documents", "/studio/releases", "/studio/roles", "/admin/users", "/admin/teams")  # fmt: skip
LOST = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth ? ["wider than the window"] : [];
  const box = (one) => one.getBoundingClientRect();
  const cells = [...document.querySelectorAll(".t-stacked td")].filter((one) => one.innerText.trim());
  const buttons = [...document.querySelectorAll(".t-stacked .btn")];
  return [
    ...wide,
    ...cells.filter((one) => !box(one).height || box(one).right > innerWidth).map((one) => `cell: ${one.innerText}`),
    ...cells.filter((one) => one.dataset.label && getComputedStyle(one, "::before").content === "none").map((one) => `bare: ${one.innerText}`),
    ...buttons.filter((one) => box(one).height < 44 || box(one).right > innerWidth).map((one) => `button: ${one.innerText}`),
  ];
}"""


def test_tables_lose_nothing_on_a_phone(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=PHONE)
    visitor.sign_in()
    for path in PAGES:
        visitor.open(path)
        visitor.settle()

        assert visitor.page.locator(".t-stacked tbody tr").count() > 0, path
        assert visitor.page.evaluate(LOST) == [], path
