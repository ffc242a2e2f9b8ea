"""Scripts that somebody stores or puts into an address never run: the attacks of a list, in a real browser."""

import os
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import EMAIL, Served, Visitor
from tests.support.hostile import hostile_strings

pytestmark = pytest.mark.browser

LISTEN = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.ran.push(name);
"""
ACCOUNTS = "/records/sales.account"
MOST = 60


def payloads() -> list[str]:
    """The attacks that would run a script."""
    found = [
        text for text in hostile_strings() if "<" in text or "script:" in text.lower() or "onerror" in text.lower()
    ]
    return [text for text in found if 3 < len(text.strip()) <= 200 and text.isprintable()]


@pytest.fixture(scope="session")
def stored(served: Served) -> list[str]:
    """The ids of accounts that are called like attacks."""
    command = [sys.executable, "-m", "trellis", "user", "token", EMAIL]
    made = subprocess.run(command, env={**os.environ, **served.settings}, capture_output=True, text=True, check=True)
    chosen = payloads()[:: max(1, len(payloads()) // MOST)][:MOST]
    operations = [{"op": "create", "values": {"name": text, "description": text}} for text in chosen]
    answer = httpx.post(
        f"{served.address}/api/v1/records/sales.account/batch", json={"operations": operations, "atomic": False},
        headers={"authorization": f"Bearer {made.stdout.split()[-1]}"},
    )  # fmt: skip
    results = [result for result in answer.json()["results"] if result.get("id")]
    assert len(results) > MOST / 2, answer.text
    return [str(result["id"]) for result in results]


def quiet(page: Page, place: str) -> None:
    """Nothing of what was stored has run."""
    assert page.evaluate("window.ran") == [], place


def test_stored_scripts_do_not_run(visit: Callable[..., Visitor], stored: list[str]) -> None:
    visitor = visit()
    visitor.page.add_init_script(LISTEN)
    visitor.sign_in()
    places = [ACCOUNTS, "/search?q=script", "/search?q=img"]
    places += [f"{ACCOUNTS}/{record}" for record in stored[::6]] + [f"{ACCOUNTS}/{stored[0]}/edit"]
    for place in places:
        visitor.open(place)
        quiet(visitor.page, place)

    assert visitor.trouble == []


def test_scripts_in_addresses_do_not_run(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.add_init_script(LISTEN)
    for text in payloads()[:: max(1, len(payloads()) // 8)]:
        visitor.open(f"/login?next={quote(text, safe='')}")
        quiet(visitor.page, text)
    visitor.sign_in()
    for text in payloads()[:: max(1, len(payloads()) // 12)]:
        escaped = quote(text, safe="")
        for place in (f"/search?q={escaped}", f"{ACCOUNTS}?q={escaped}&filter={escaped}&sort={escaped}", f"/{escaped}"):
            visitor.open(place)
            quiet(visitor.page, place)
