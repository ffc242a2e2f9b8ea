"""Every page is usable by everyone: axe (WCAG 2.2 A and AA) finds nothing serious."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.conftest import DESK, PHONE, Visitor

pytestmark = pytest.mark.browser

PAGES = (
    "/records/sales.opportunity", "/records/sales.opportunity?filter=amuont > 1", "/records/sales.opportunity?q=zzzzzz",
    "/records/sales.opportunity/bin", "/records/sales.opportunity/new", "{record}", "{record}?tab=related",
    "{record}?tab=history", "{record}/edit", "/search?q=granite", "/account", "/account/tokens", "/menu",
    "/records/sales.account/import", "/nowhere",
)  # fmt: skip
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_axe_finds_nothing_serious(visit: Callable[..., Visitor], theme: str, viewport: dict[str, int]) -> None:
    visitor = visit(bypass_csp=True, viewport=viewport, color_scheme=theme)
    found = _violations(visitor, "/login")
    visitor.sign_in()
    visitor.open("/records/sales.opportunity")
    record = visitor.page.locator("[data-rows] a").first.get_attribute("href") or ""

    for path in PAGES:
        found += _violations(visitor, path.format(record=record))

    assert found == []


def _violations(visitor: Visitor, path: str) -> list[str]:
    visitor.open(path)
    results = Axe().run(visitor.page, options=RULES)
    return [
        f"{path}: {violation['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for violation in results.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
