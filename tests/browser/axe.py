"""What axe says about a page, once the page has settled."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.browser.conftest import DESK, PHONE, Visitor

LOOKS = [
    pytest.param("light", DESK, marks=pytest.mark.soak),
    pytest.param("dark", DESK, marks=pytest.mark.soak),
    ("light", PHONE),
]
"""Colours and window sizes that pages are looked at in."""

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def serious(visitor: Visitor, place: str, rules: dict[str, Any] = RULES) -> list[str]:
    """What is serious about the page that is open, WCAG 2.2 A and AA; empty when it is usable by everyone."""
    visitor.settle()
    results = Axe().run(visitor.page, options=rules)
    return [
        f"{place}: {violation['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in results.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]
