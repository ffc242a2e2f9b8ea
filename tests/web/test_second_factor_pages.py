"""Setting up a second factor and signing in with it, in a browser without a script."""

import re
from datetime import timedelta
from typing import cast

import httpx
import pyotp
import pytest

from tests.support.pageforms import Form
from tests.web.conftest import NOW, Server
from trellis.kernel.actor import SYSTEM, Actor
from trellis.kernel.clock import FixedClock
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts, second_factor
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.web.http import SESSION_COOKIE

PASSWORD = "correct horse battery"
HOME = "/account/security"
one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


async def ann(server: Server, *roles: str) -> Context:
    user = await accounts.create_user(
        server.context, email="ann@example.com", name="Ann", password=PASSWORD, roles=roles or ["core.employee"]
    )
    return server.context.with_actor(Actor(user, "Ann", "ann@example.com", frozenset(roles or ["core.employee"])))


def later(server: Server) -> None:
    cast(FixedClock, server.context.clock).advance(timedelta(seconds=30))


def code(server: Server, key: str) -> str:
    return pyotp.TOTP(key.replace(" ", "")).at(server.context.clock.now())


async def signed_in(server: Server, browser: httpx.AsyncClient) -> httpx.Response:
    shown = await browser.get("/login")
    form = Form(browser, "/login", shown.text, 'action="/login"')
    return await form.put("email", "ann@example.com").put("password", PASSWORD).send()


async def set_up(
    server: Server, browser: httpx.AsyncClient, shown: httpx.Response
) -> tuple[str, list[str], httpx.Response]:
    """Press the button, read the key, type the first code: the key, the recovery codes and the last page."""
    shown = await Form(browser, HOME, shown.text, 'action="/account/security/start"').send()
    (key,) = re.findall(r'<code class="t-secret">([A-Z2-7 ]+)</code>', shown.text)
    shown = (
        await Form(browser, HOME, shown.text, 'action="/account/security/confirm"')
        .put("code", code(server, key))
        .send()
    )
    return key, re.findall(r"<li><code>([a-z2-7-]+)</code>", shown.text), shown


async def test_who_has_set_it_up_signs_in_with_password_and_code(server: Server) -> None:
    await ann(server)
    async with server.client() as browser:
        await signed_in(server, browser)
        key, codes, _ = await set_up(server, browser, await browser.get(HOME))
        assert len(codes) == 10
        assert codes[0] not in (await browser.get(HOME)).text
        await browser.post("/logout")

    later(server)
    async with server.client() as browser:
        asked = await signed_in(server, browser)
        assert asked.url.path == "/login/code"
        for path in ("/", "/account", HOME, "/records/sales.account", "/api/v1/me"):
            assert (await browser.get(path)).status_code in (302, 303, 401)
        form = Form(browser, "/login/code", asked.text, 'action="/login/code"')
        wrong = await form.put("code", "000000x").send()
        assert wrong.status_code == 422
        assert "The code is wrong" in wrong.text
        right = await form.put("code", code(server, key)).send()
        assert right.url.path != "/login/code"
        assert (await browser.get("/account")).status_code == 200
        assert "trellis_code" not in browser.cookies


@one_database
async def test_a_recovery_code_opens_the_door_once(server: Server) -> None:
    user = await ann(server)
    secret = await second_factor.begin(user)
    codes = await second_factor.confirm(user, code(server, secret.text))

    for expected in (200, 422):
        async with server.client() as browser:
            asked = await signed_in(server, browser)
            form = Form(browser, "/login/code", asked.text, 'action="/login/code"')
            assert (await form.put("code", codes[0]).send()).status_code == expected


@one_database
async def test_the_question_for_a_code_ends_after_ten_minutes_and_is_asked_once(server: Server) -> None:
    user = await ann(server)
    secret = await second_factor.begin(user)
    await second_factor.confirm(user, code(server, secret.text))
    async with server.client() as browser:
        assert (await browser.get("/login/code")).headers["location"] == "/login"
        asked = await signed_in(server, browser)
        pending = browser.cookies["trellis_code"]
        cast(FixedClock, server.context.clock).advance(timedelta(minutes=11))
        form = Form(browser, "/login/code", asked.text, 'action="/login/code"')
        assert "This took too long" in (await form.put("code", code(server, secret.text)).send()).text

        asked = await signed_in(server, browser)
        assert browser.cookies["trellis_code"] != pending
        assert (await form.put("code", code(server, secret.text)).send()).status_code == 200


@one_database
async def test_turning_it_off_takes_the_password_and_a_code(server: Server) -> None:
    await ann(server)
    async with server.client() as browser:
        await signed_in(server, browser)
        key, _, _ = await set_up(server, browser, await browser.get(HOME))
        later(server)
        shown = await browser.get(HOME)
        off = Form(browser, HOME, shown.text, 'action="/account/security/off"')
        assert "password is wrong" in (await off.put("password", "guess").put("code", code(server, key)).send()).text
        assert "The code is wrong" in (await off.put("password", PASSWORD).put("code", "000000").send()).text
        later(server)
        done = await off.put("password", PASSWORD).put("code", code(server, key)).send()

    assert "The second factor is off." in done.text
    assert "Set up an authenticator app" in done.text


@pytest.fixture
async def strict(server: Server) -> Server:
    """A server where employees need a second factor; other roles inherit from theirs."""
    documents = [
        {**document, "signIn": {"secondFactor": True}} if document["id"] == "core.employee" else document
        for document in load_folder(packs_folder()).documents
    ]
    home = server.context.home
    await install_packs(home.database, home.workspace, documents, FixedClock(NOW), actor=SYSTEM, note="test")
    await home.refresh()
    server.context = await (await server.workspaces.named("main")).context()
    return server


@one_database
async def test_a_role_that_demands_it_leads_there_before_anything_else(strict: Server) -> None:
    user = await ann(strict, "sales.rep")
    early = await accounts.create_token(user, user.actor.id, "early")
    async with strict.client(early) as program:
        assert (await program.get("/api/v1/me")).status_code == 401
    async with strict.client() as browser:
        shown = await signed_in(strict, browser)
        assert shown.url.path == HOME
        for path in ("/", "/account", "/records/sales.account", "/account/tokens"):
            assert (await browser.get(path)).headers["location"].startswith(f"{HOME}?next=")
        assert (await browser.get("/api/v1/me")).status_code == 401
        before = browser.cookies[SESSION_COOKIE]
        _, codes, _ = await set_up(strict, browser, shown)

        assert len(codes) == 10
        assert browser.cookies[SESSION_COOKIE] != before
        shown = await browser.get(HOME)
        assert "cannot be turned off" in shown.text
        made = (
            await Form(browser, "/", (await browser.get("/account/tokens")).text, 'action="/account/tokens"')
            .put("name", "late")
            .send()
        )
        (late,) = re.findall(r"trl_[\w-]{20,}", made.text)
    async with strict.client(late) as program:
        assert (await program.get("/api/v1/me")).status_code == 200


@one_database
async def test_a_session_without_a_code_is_asked_for_one_when_a_role_comes_to_demand_it(strict: Server) -> None:
    user = await ann(strict, "sales.rep")
    secret = await second_factor.begin(user)
    await second_factor.confirm(user, code(strict, secret.text))
    later(strict)
    async with strict.client() as browser:
        browser.cookies.set(
            SESSION_COOKIE, await accounts.start_session(strict.context, user.actor.id, method="password")
        )
        asked = await browser.get("/account", follow_redirects=True)
        form = Form(browser, HOME, asked.text, 'action="/account/security/raise"')
        assert (await form.put("code", "000000").send()).status_code == 422
        shown = await form.put("code", code(strict, secret.text)).send()

    assert shown.url.path == "/account"


@one_database
async def test_the_picture_breaks_no_content_policy(server: Server) -> None:
    await ann(server)
    async with server.client() as browser:
        await signed_in(server, browser)
        shown = await Form(browser, HOME, (await browser.get(HOME)).text, 'action="/account/security/start"').send()

    (picture,) = re.findall(r"<svg[^>]*t-qr.*?</svg>", shown.text, re.S)
    assert "style=" not in picture
    assert "data:" not in picture
    assert shown.headers["cache-control"] == "no-store"
