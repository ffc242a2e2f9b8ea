"""What protects every answer, by http and by https."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.pageforms import Form
from tests.web.conftest import Server
from trellis.kernel.settings import Settings
from trellis.services import accounts
from trellis.web.application import build

PASSWORD = "correct horse battery"
PROTECTIVE = {
    "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip
READABLE = {"trellis_locale", "trellis_theme"}
"""Cookies that scripts may read: language and look."""
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
async def safe(server: Server, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of a server that people reach by https."""
    await accounts.create_user(
        server.context, email="ann@example.com", name="Ann", password=PASSWORD, roles=["core.admin"]
    )
    app = build(server.workspaces, replace(settings, https="1"))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        yield client


async def test_all_cookies_are_sent_by_https_only_and_hidden_from_scripts(safe: httpx.AsyncClient) -> None:
    seen: list[str] = []
    safe.event_hooks["response"] = [lambda answer: _keep(seen, answer)]
    form = Form(safe, "/login", (await safe.get("/login")).text, 'action="/login"')
    await form.put("email", "ann@example.com").put("password", PASSWORD).send()
    shown = await safe.get("/account")
    form = Form(safe, "/preferences", shown.text, 'action="/preferences"')
    await form.put("locale", "zh-CN").put("theme", "dark").send()
    await Form(safe, "/logout", (await safe.get("/account")).text, 'action="/logout"').send()

    names = {line.partition("=")[0] for line in seen}
    assert {"__Host-trellis_session", "__Host-trellis_browser", "trellis_csrf", "trellis_locale"} <= names
    for line in seen:
        name = line.partition("=")[0]
        assert "; secure" in line.lower(), line
        assert "; samesite=lax" in line.lower(), line
        assert name in READABLE or "; httponly" in line.lower(), line


async def _keep(seen: list[str], answer: httpx.Response) -> None:
    seen += answer.headers.get_list("set-cookie")


async def test_every_kind_of_answer_is_protected(safe: httpx.AsyncClient) -> None:
    for path in ("/login", "/", "/nowhere", "/api/v1/me", "/api/v1/nowhere", "/health", "/files/x", "/login/oidc/none"):
        answer = await safe.get(path)
        assert PROTECTIVE.items() <= dict(answer.headers).items(), path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in answer.headers


async def test_strangers_cannot_send_much(safe: httpx.AsyncClient) -> None:
    token = (await safe.get("/login")).cookies["trellis_csrf"]
    for path in ("/login", "/login/code", "/forgot", "/password", "/preferences"):
        data = {"email": "a" * 100_000}
        answer = await safe.post(path, data=data, headers={"x-csrftoken": token, "referer": "https://test/login"})
        assert answer.status_code == 413, path


async def test_not_a_byte_of_a_large_body_is_read_from_strangers(server: Server) -> None:
    async def receive() -> Any:
        raise AssertionError("The body was read.")

    answers: list[Any] = []

    async def send(message: Any) -> None:
        answers.append(message)

    for path in ("/records/sales.product/new", "/api/v1/records/sales.product", "/records/sales.account/import"):
        for header in ((b"content-length", b"90000000"), (b"transfer-encoding", b"chunked")):
            shown = [(b"host", b"test"), (b"cookie", b"trellis_session=guess"), (b"authorization", b"Bearer trl_guess")]
            scope = {
                "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
                "headers": [*shown, header], "scheme": "http", "server": ("test", 80), "client": ("10.9.8.7", 1),
                "root_path": "", "http_version": "1.1",
            }  # fmt: skip
            answers.clear()
            await server.app(scope, receive, send)  # type: ignore[arg-type]
            assert answers[0]["status"] in (303, 401)


async def test_who_is_known_may_send_much(server: Server) -> None:
    async with server.client(await server.token("Ann", "sales.manager")) as program:
        answer = await program.post("/api/v1/records/sales.account", json={"name": "a" * 1_500_000})

    assert answer.status_code in (400, 413, 422)
