"""Every page is usable by everyone: axe (WCAG 2.2 A and AA) finds nothing serious."""

from collections.abc import Callable

import pytest

from tests.browser.axe import LOOKS, RULES, serious
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser

PAGES = (
    "/records/sales.opportunity", "/records/sales.opportunity?filter=amuont > 1", "/records/sales.opportunity?q=zzzzzz",
    "/records/sales.opportunity/bin", "/records/sales.opportunity/new", "{record}", "{record}?tab=related",
    "{record}?tab=history", "{record}/edit", "{record}/access", "/admin/access?user=Admin&entity=sales.opportunity&action=edit", "/search?q=granite", "/account", "/account/tokens", "/menu", "/forgot", "/admin/users",
    "/records/sales.account/import", "/nowhere", "/expressions", "{desk}&expr=round(amount * probability / 100, 2)",
    "{desk}&expr=amuont * (", "{record}/explain/weighted_amount", "{record}/explain/products_total",
    "/studio/views/sales.opportunity_open", "/studio/navigation", "/studio/navigation/sales.main_nav", "/studio/roles",
    "/studio/roles/sales.rep?entity=sales.lead", "/studio/roles/sales.rep/try?user=Admin", "/studio/translations", "/studio/translations/zh-CN?document=sales.lead",
    "/studio/packs",
)  # fmt: skip
PROPOSALS = {**RULES, "rules": {"scrollable-region-focusable": {"enabled": False}}}
"""Arrow keys scroll the proposals from the field; axe exempts such lists too, but knows them only by one-line fields."""


@pytest.mark.parametrize(("theme", "viewport"), LOOKS)
def test_axe_finds_nothing_serious(visit: Callable[..., Visitor], theme: str, viewport: dict[str, int]) -> None:
    visitor = visit(bypass_csp=True, viewport=viewport, color_scheme=theme)
    found = _violations(visitor, "/login")
    visitor.sign_in()
    visitor.open("/records/sales.opportunity")
    record = visitor.page.locator("[data-rows] a").first.get_attribute("href") or ""

    for path in PAGES:
        found += _violations(visitor, path.format(record=record, desk=_desk(record)))
    found += _while_writing(visitor) + _in_a_dialog(visitor, record)

    assert found == []


def _desk(record: str) -> str:
    return f"/expressions?entity=sales.opportunity&record={record.rpartition('/')[2]}"


def _while_writing(visitor: Visitor) -> list[str]:
    """With what is proposed, and with a mistake that can be mended."""
    visitor.open("/expressions?entity=sales.opportunity")
    visitor.page.locator("#desk-source").focus()
    visitor.page.keyboard.type("amuont * am")
    visitor.page.locator("[data-fix]").first.wait_for()
    visitor.page.locator("#desk-source-list [role=option]").first.wait_for()
    return serious(visitor, "while writing", PROPOSALS)


def _in_a_dialog(visitor: Visitor, record: str) -> list[str]:
    visitor.open(record)
    visitor.page.locator("a[href$='/explain/weighted_amount']").click()
    visitor.page.locator("dialog[open] .t-why").wait_for()
    return serious(visitor, "the dialog")


def _violations(visitor: Visitor, path: str) -> list[str]:
    visitor.open(path)
    return serious(visitor, path)
