"""A real server with demo data and a real Chromium."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

EMAIL, PASSWORD = "admin@example.com", "a long demo password"
PATIENCE = 60
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SETTLED = """() => document.readyState === "complete" && document.fonts.status === "loaded"
  && !document.querySelector(".htmx-request, [aria-busy=true]")
  && !document.getAnimations().some(one => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity)"""
"""Whether nothing on a page is about to change: no request of htmx under way, fonts loaded, nothing that moves to an end."""


@dataclass(frozen=True)
class Visitor:
    """A browser window on the server; `trouble` collects what the console complained about."""

    page: Page
    address: str
    trouble: list[str]

    def open(self, path: str) -> None:
        """Go to a page."""
        self.page.goto(self.address + path)

    def settle(self) -> None:
        """Wait until nothing on the page is about to change."""
        self.page.wait_for_function(SETTLED)

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Fill in the sign-in form."""
        self.open("/login")
        self.page.fill("#email", email)
        self.page.fill("#password", password)
        self.page.locator("form[action='/login'] button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/login" not in url)


@dataclass(frozen=True)
class Served:
    """A running server: its address, and the settings it runs with."""

    address: str
    settings: dict[str, str]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the packs and the demo data."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    settings = {"PORT": str(port), "TRELLIS_DATA": str(folder), "TRELLIS_ADMIN_PASSWORD": PASSWORD, "TRELLIS_DEMO": "1"}
    log = (folder / "server.log").open("w")
    command = [sys.executable, "-m", "trellis", "serve"]
    with subprocess.Popen(command, env={**os.environ, **settings}, stdout=log, stderr=log) as server:
        try:
            yield Served(_answering(f"http://127.0.0.1:{port}", server, folder / "server.log"), settings)
        finally:
            server.terminate()
            server.wait(20)
            log.close()


def _answering(address: str, server: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return address
    raise AssertionError(f"the server does not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def address(served: Served) -> str:
    """Where the server answers."""
    return served.address


@pytest.fixture(scope="session")
def seller(served: Served) -> tuple[str, str]:
    """The email and the password of somebody who sells."""
    email = "seller@example.com"
    command = [sys.executable, "-m", "trellis", "user", "create", email, "--name", "Sally", "--role", "sales.rep"]
    made = subprocess.run(command, env={**os.environ, **served.settings}, capture_output=True, text=True, check=True)
    return email, made.stdout.split()[-1]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; for each test anew, as its event loop would stand in the way of other tests."""
    path = which("chromium") or which("chromium-browser") or which("google-chrome")
    assert path, "make test installs Chromium where it may; here it has to be installed by hand"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Visitor]]:
    """Opens windows; at the end no console may have complained."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def opening(**options: Any) -> Visitor:
        context = chromium.new_context(**{"viewport": DESK, "locale": "en-US", **options})
        trouble: list[str] = []
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.set_default_timeout(15_000)
        opened.append((context, trouble))
        return Visitor(page, address, trouble)

    yield opening
    for context, trouble in opened:
        context.close()
        refused = [text for text in trouble if "status of 4" not in text]
        assert refused == []
