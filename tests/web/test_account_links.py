"""Links in letters, and that no page tells whether an address belongs to anybody."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from tests.support.letters import Postbox, link_in
from tests.web.conftest import Server
from trellis.kernel.clock import FixedClock
from trellis.services import accounts
from trellis.services.invitations import invite
from trellis.services.throttling import ACCOUNT
from trellis.services.workspaces import OpenWorkspace
from trellis.web.http import SESSION_COOKIE

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ada@example.com", "quiet violet tractor"


async def post(client: httpx.AsyncClient, path: str, fields: dict[str, str], page: str = "") -> httpx.Response:
    """Post a form as a browser without a script does: the page gives the token."""
    shown = await client.get(page or path)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text)
    assert token
    return await client.post(path, data={"_csrf_token": token[1], **fields})


async def letters(server: Server) -> list[str]:
    home = server.context.home
    assert isinstance(home, OpenWorkspace)
    return [link_in(letter) for letter in await Postbox().empty(home) if "link" in letter.as_string()]


async def test_an_invitation_leads_to_the_first_page(server: Server) -> None:
    await invite(server.context, email=EMAIL, name="Ada", roles=["sales.rep"])
    (link,) = await letters(server)
    async with server.client() as stranger:
        opened = await stranger.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/password")
        assert "httponly" in opened.headers["set-cookie"].lower()
        shown = await stranger.get("/password")
        assert "Welcome to Trellis" in shown.text
        assert link.rpartition("/")[2] not in shown.text
        refused = await post(stranger, "/password", {"name": "Ada", "password": "short"})
        assert (refused.status_code, "at least 12 characters" in refused.text) == (422, True)

        inside = await post(stranger, "/password", {"name": "Ada L", "password": PASSWORD})

        assert (inside.status_code, inside.headers["location"]) == (303, "/")
        assert "Ada L" in (await stranger.get("/account")).text
        assert (await stranger.get("/password")).status_code == 404


async def test_a_reset_leads_to_the_sign_in(server: Server) -> None:
    user = await accounts.create_user(server.context, email=EMAIL, name="Ada", password="an older password")
    old = await accounts.start_session(server.context, user)
    async with server.client() as stranger:
        await post(stranger, "/forgot", {"email": EMAIL})
        (link,) = await letters(server)
        await stranger.get(link)
        answer = await post(stranger, "/password", {"password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")

        answer = await post(stranger, "/login", {"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 303
    assert await accounts.session(server.context, old) is None


async def test_no_page_tells_whether_an_address_is_known(server: Server) -> None:
    await accounts.create_user(server.context, email=EMAIL, name="Ada", password=PASSWORD)
    await accounts.create_user(server.context, email="off@example.com", name="Off")
    pages = []
    for email in (EMAIL, "off@example.com", "who@example.com"):
        async with server.client() as stranger:
            answers = [await post(stranger, "/forgot", {"email": email}) for _ in range(5)]
            answers += [
                await post(stranger, "/login", {"email": email, "password": "x"}) for _ in range(ACCOUNT.free + 1)
            ]
        pages.append([(answer.status_code, _alike(answer.text, email)) for answer in answers])
        clock = server.context.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(hours=2))

    assert pages[0][-1][0] == 429
    assert pages[0] == pages[1] == pages[2]


async def test_a_session_is_new_at_each_sign_in(server: Server) -> None:
    await accounts.create_user(server.context, email=EMAIL, name="Ada", password=PASSWORD)
    async with server.client() as browser:
        await post(browser, "/login", {"email": EMAIL, "password": PASSWORD})
        first = browser.cookies[SESSION_COOKIE]
        token = re.search(r'name="_csrf_token" value="([^"]+)"', (await browser.get("/account")).text)
        assert token
        fields = {"_csrf_token": token[1], "email": EMAIL, "password": PASSWORD}
        await browser.post("/login", data=fields)

    assert browser.cookies[SESSION_COOKIE] != first
    assert await accounts.session(server.context, first) is None


async def test_who_signs_in_with_a_password_for_once_chooses_another(server: Server) -> None:
    user = await accounts.create_user(server.context, email=EMAIL, name="Ada", password="given by an admin")
    await accounts.set_password(server.context, user, "given by an admin", must_change=True)
    async with server.client() as browser:
        answer = await post(browser, "/login", {"email": EMAIL, "password": "given by an admin"})
        assert answer.headers["location"] == "/password"
        assert SESSION_COOKIE not in browser.cookies

        inside = await post(browser, "/password", {"password": PASSWORD})

        assert inside.headers["location"] == "/"
        assert (await browser.get("/account")).status_code == 200


def _alike(text: str, email: str) -> str:
    """A page without what differs for everybody."""
    return re.sub(r'name="_csrf_token" value="[^"]+"|x-csrftoken": "[^"]+', "", text).replace(email, "EMAIL")


async def test_over_https_cookies_are_bound_to_this_host(server: Server) -> None:
    await accounts.create_user(server.context, email=EMAIL, name="Ada", password=PASSWORD)
    site = server.app.state.site
    server.app.state.site = replace(site, settings=replace(site.settings, https="1"))
    async with server.client() as browser:
        browser.base_url = httpx.URL("https://test")
        answer = await post(browser, "/login", {"email": EMAIL, "password": PASSWORD})

        cookies = [header for header in answer.headers.get_list("set-cookie") if "trellis_" in header]
        assert {header.partition("=")[0] for header in cookies} == {"__Host-trellis_session", "__Host-trellis_browser"}
        for header in cookies:
            assert {"httponly", "secure", "path=/"} <= {part.strip().lower() for part in header.split(";")}
            assert "domain" not in header.lower()
        assert (await browser.get("/account")).status_code == 200
