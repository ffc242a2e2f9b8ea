"""Signing in with a provider, and looking after providers, in a browser without a script."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyotp
import pytest

from tests.support.pageforms import Form
from tests.support.provider import CLIENT, SECRET, TestProvider, running_provider
from tests.web.conftest import Server
from trellis.kernel.actor import Actor
from trellis.services import accounts, oidc, second_factor
from trellis.services.oidc import Options, Provider
from trellis.web.http import SESSION_COOKIE

BACK = "/login/oidc/corp/callback"
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
async def provider(server: Server) -> AsyncIterator[TestProvider]:
    """A provider that the server may call and that knows Ann."""
    now = server.context.clock.now()
    async with running_provider(now, email="ann@example.com", name="Ann") as found:
        server.context.home.outgoing = found.outgoing()
        yield found


async def keep(server: Server, provider: TestProvider, **options: object) -> None:
    given = Options(**{"create": True, "default_roles": ("core.employee",), **options})  # type: ignore[arg-type]
    await oidc.save(server.context, Provider("corp", "Corp & Co", provider.issuer, CLIENT, given, True, SECRET))


async def agreed(browser: httpx.AsyncClient, provider: TestProvider, start: str = "/login/oidc/corp") -> httpx.Response:
    """Off to the provider, agree there, and back."""
    answer = await browser.get(start)
    assert answer.status_code in (302, 303), answer.text
    away = answer.headers["location"]
    assert away.startswith(f"{provider.issuer}/authorize?")
    return await browser.get(BACK, params=provider.agree(away))


async def test_the_button_leads_to_the_provider_and_back_to_where_one_was(
    server: Server, provider: TestProvider
) -> None:
    await keep(server, provider)
    async with server.client() as browser:
        shown = await browser.get("/login", params={"next": "/search?q=a"})
        (button,) = re.findall(r'href="(/login/oidc/corp[^"]*)"', shown.text)
        assert "Sign in with Corp &amp; Co" in shown.text
        answer = await agreed(browser, provider, button.replace("&amp;", "&"))

        assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=a")
        assert "trellis_journey" not in browser.cookies
        assert "Ann" in (await browser.get("/account")).text
        away = dict(parse_qsl(urlsplit((await browser.get("/login/oidc/corp")).headers["location"]).query))
        assert away["redirect_uri"].endswith(BACK)


async def test_whoever_comes_back_without_having_left_stays_outside(server: Server, provider: TestProvider) -> None:
    await keep(server, provider)
    async with server.client() as victim, server.client() as attacker:
        away = (await attacker.get("/login/oidc/corp")).headers["location"]
        answer = await victim.get(BACK, params=provider.agree(away))

        assert answer.status_code == 422
        assert SESSION_COOKIE not in victim.cookies
        assert "did not work" in answer.text


async def test_the_target_never_leads_elsewhere(server: Server, provider: TestProvider) -> None:
    await keep(server, provider)
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        async with server.client() as browser:
            away = (await browser.get("/login/oidc/corp", params={"next": target})).headers["location"]
            answer = await browser.get(BACK, params=provider.agree(away))
            assert answer.headers["location"] == "/"


async def test_what_a_provider_says_is_not_shown_as_html(server: Server, provider: TestProvider) -> None:
    await keep(server, provider)
    async with server.client() as browser:
        await browser.get("/login/oidc/corp")
        answer = await browser.get(BACK, params={"error": "<script>", "error_description": "<script>alert(1)</script>"})

    assert "<script>alert" not in answer.text


async def test_a_second_factor_is_asked_for_unless_the_provider_does_that(
    server: Server, provider: TestProvider
) -> None:
    await keep(server, provider)
    async with server.client() as browser:
        await agreed(browser, provider)
    user = await accounts.user_id(server.context, "ann@example.com")
    ann = server.context.with_actor(Actor(user, "Ann", "ann@example.com", frozenset({"core.employee"})))
    secret = await second_factor.begin(ann)
    await second_factor.confirm(ann, pyotp.TOTP(secret.text.replace(" ", "")).at(ann.clock.now()))

    async with server.client() as browser:
        assert (await agreed(browser, provider)).headers["location"] == "/login/code?next=/"
        assert SESSION_COOKIE not in browser.cookies
    await keep(server, provider, strong=True)
    async with server.client() as browser:
        assert (await agreed(browser, provider)).headers["location"] == "/"


async def test_an_administrator_adds_tests_and_removes_a_provider(
    server: Server, provider: TestProvider, browser: httpx.AsyncClient
) -> None:
    form = Form(browser, "/", (await browser.get("/admin/sign-in/new")).text, 'action="/admin/sign-in/new"')
    form.put("id", "corp").put("label", "Corp").put("issuer", provider.issuer).put("client_id", CLIENT)
    form.put("client_secret", SECRET).put("domains", "Example.com，example.cn").put("roles_claim", "groups")
    form.put("value", "leads", "").put("role", "sales.manager", "")
    shown = await form.send()
    assert shown.url.path == "/admin/sign-in/corp"
    assert SECRET not in shown.text
    kept = await oidc.provider(server.context, "corp")
    assert kept.options.domains == ("example.com", "example.cn")
    assert kept.options.roles == {"leads": ("sales.manager",)}
    assert "Keys with which it signs: 1" in (await Form(browser, "/", shown.text, '/corp/test"').send()).text

    changed = await Form(browser, "/", shown.text, 'action="/admin/sign-in/corp"').put("label", "").send()
    assert changed.status_code == 422
    assert "Name is required." in changed.text
    gone = await Form(browser, "/", shown.text, '/corp/remove"').send()
    assert "There are no providers." in gone.text


async def test_providers_are_not_for_everybody(server: Server, provider: TestProvider) -> None:
    await keep(server, provider)
    stranger = await server.browser("Bob", "sales.manager")
    async with stranger:
        for path in ("/admin/sign-in", "/admin/sign-in/new", "/admin/sign-in/corp"):
            assert (await stranger.get(path)).status_code == 403


async def test_a_provider_is_unlinked_with_the_password_and_by_an_administrator(
    server: Server, provider: TestProvider, browser: httpx.AsyncClient
) -> None:
    await keep(server, provider)
    async with server.client() as ann:
        await agreed(ann, provider)
        user = await accounts.user_id(server.context, "ann@example.com")
        shown = (await ann.get("/account/security")).text
        assert "This is your only way to sign in" in shown
        assert "/account/security/unlink" not in shown
        await accounts.set_password(server.context, user, "violet harbour 41 lanterns")
        await agreed(ann, provider)
        form = Form(ann, "/", (await ann.get("/account/security")).text, "/account/security/unlink")

        wrong = await form.put("password", "something else").send()
        assert (wrong.status_code, "The current password is wrong." in wrong.text) == (422, True)
        right = await form.put("password", "violet harbour 41 lanterns").send()
        assert (right.status_code, "Corp &amp; Co" in right.text) == (200, False)
        assert await oidc.linked(server.context, user) == ()

        await agreed(ann, provider)
        page = (await browser.get(f"/admin/users/{user}")).text
        done = await Form(browser, "/", page, f"/admin/users/{user}/identities/unlink").send()
        assert "The provider was unlinked." in done.text
        assert (await ann.get("/account")).status_code == 303, "all browsers were signed out"


async def test_programs_see_and_unlink_the_providers_of_others(server: Server, provider: TestProvider) -> None:
    await keep(server, provider)
    async with server.client() as ann:
        await agreed(ann, provider)
    user = await accounts.user_id(server.context, "ann@example.com")
    await accounts.set_password(server.context, user, "violet harbour 41 lanterns")
    own = await accounts.create_token(server.context, user, "test")
    async with server.client(own) as ann, server.client(await server.token("Ada", "core.admin")) as ada:
        (mine,) = (await ann.get("/api/v1/users/me/identities")).json()["items"]
        path = f"/api/v1/users/{user}/identities"

        assert (mine["provider"], mine["label"], mine["email"]) == ("corp", "Corp & Co", "ann@example.com")
        assert (await ann.delete(f"/api/v1/users/me/identities/{mine['id']}")).status_code == 403
        assert (await ada.get(path)).json()["items"] == [mine]
        assert (await ada.delete(f"{path}/nothing")).status_code == 404
        assert (await ada.delete(f"{path}/{mine['id']}")).status_code == 204
        assert (await ada.get(path)).json()["items"] == []
