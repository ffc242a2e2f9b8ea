"""The pages on which administrators look after users."""

import re

import httpx
import pytest

from tests.support.letters import Postbox
from tests.web.conftest import Server
from trellis.services import accounts
from trellis.services.workspaces import OpenWorkspace
from trellis.web.http import SESSION_COOKIE

pytestmark = pytest.mark.anyio

PASSWORD = "quiet violet tractor"


async def post(client: httpx.AsyncClient, path: str, page: str = "", **fields: str | list[str]) -> httpx.Response:
    """Post a form as a browser without a script does: the page gives the token."""
    shown = await client.get(page or "/admin/users")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text) or re.search(
        r'x-csrftoken": "([^"]+)"', shown.text
    )
    assert token
    return await client.post(path, data={"_csrf_token": token[1], **fields})


async def known(server: Server, name: str, *roles: str) -> str:
    email = f"{name.lower()}@example.com"
    return await accounts.create_user(server.context, email=email, name=name, password=PASSWORD, roles=roles)


async def test_an_invitation_is_sent_from_the_list(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await post(
        browser, "/admin/users/invite", email="bob@example.com", name="Bob", locale="zh_cn", roles=["sales.rep"]
    )
    assert answer.status_code == 303
    shown = (await browser.get(answer.headers["location"])).text
    listed = (await browser.get("/admin/users", params={"state": "invited", "role": "sales.rep"})).text

    assert "Invited" in shown
    assert "Invite again" in shown
    assert ">Bob<" in listed.replace("</span>", "") or "Bob</a>" in listed
    home = server.context.home
    assert isinstance(home, OpenWorkspace)
    assert [letter["To"] for letter in await Postbox().empty(home)] == ["bob@example.com"]


async def test_what_is_wrong_with_an_invitation_comes_back(server: Server, browser: httpx.AsyncClient) -> None:
    await known(server, "Bob")

    answer = await post(browser, "/admin/users/invite", email="bob@example.com", name="Bob 2", roles=["sales.rep"])

    assert answer.status_code == 422
    assert 'value="Bob 2"' in answer.text
    assert re.search(r'value="sales.rep" checked', answer.text)


async def test_roles_person_and_state_are_changed_on_the_page_of_a_user(
    server: Server, browser: httpx.AsyncClient
) -> None:
    user = await known(server, "Bob", "core.employee")
    here = f"/admin/users/{user}"

    assert (await post(browser, f"{here}/roles", roles=["sales.rep"])).status_code == 303
    assert (
        await post(browser, here, name="Bob B", email="bob@example.com", manager="ada@example.com")
    ).status_code == 303
    shown = (await browser.get(here)).text
    assert "Bob B" in shown
    assert 'value="ada@example.com"' in shown
    assert await accounts.roles_of(server.context, user) == {"sales.rep"}
    refused = await post(browser, here, name="Bob", manager="nobody@example.com")
    assert (refused.status_code, "no user with the address nobody@example.com" in refused.text) == (422, True)
    assert (await post(browser, f"{here}/disable")).status_code == 303
    assert "Enable the account" in (await browser.get(here)).text
    assert (await post(browser, f"{here}/enable")).status_code == 303


async def test_the_last_administrator_is_told_why_not(server: Server, browser: httpx.AsyncClient) -> None:
    ada = await accounts.user_id(server.context, "ada@example.com")
    await accounts.set_password(server.context, ada, PASSWORD)
    browser.cookies.set(SESSION_COOKIE, await accounts.start_session(server.context, ada))

    roles = await post(browser, f"/admin/users/{ada}/roles", roles=["sales.rep"])
    closed = await post(browser, f"/admin/users/{ada}/disable")

    assert (roles.status_code, closed.status_code) == (422, 422)
    assert "last administrator" in roles.text
    assert "Nobody closes the own account" in closed.text


async def test_a_service_account_gets_a_token_that_is_shown_once(server: Server, browser: httpx.AsyncClient) -> None:
    made = await post(browser, "/admin/users/new-service", name="Importer", roles=["sales.rep", "core.employee"])
    here = made.headers["location"]

    shown = await post(browser, f"{here}/tokens", name="nightly", days="30", scope="some", roles=["sales.rep"])
    secret = re.search(r"trl_[\w-]{20,}", shown.text)

    assert secret
    again = (await browser.get(here)).text
    assert secret[0] not in again
    assert "only Sales representative" in again
    async with server.client(secret[0]) as program:
        me = (await program.get("/api/v1/me")).json()
    assert (me["name"], me["roles"]) == ("Importer", ["sales.rep"])


async def test_a_password_for_once_is_shown_once(server: Server, browser: httpx.AsyncClient) -> None:
    user = await known(server, "Bob")

    shown = await post(browser, f"/admin/users/{user}/password")
    password = re.search(r'<code class="t-secret">([\w-]+)</code>', shown.text)

    assert password
    assert await accounts.sign_in(server.context, "bob@example.com", password[1]) == user
    assert "for once, must be changed" in (await browser.get(f"/admin/users/{user}")).text


async def test_browsers_and_tokens_are_taken_back(server: Server, browser: httpx.AsyncClient) -> None:
    user = await known(server, "Bob", "sales.rep")
    session = await accounts.start_session(server.context, user, "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    token = await accounts.create_token(server.context, user, "script")
    here = f"/admin/users/{user}"
    shown = (await browser.get(here)).text
    assert "Firefox · Linux" in shown
    (found,) = await accounts.tokens(server.context, user)

    await post(browser, f"{here}/sessions/end", session="all")
    await post(browser, f"{here}/tokens/revoke", token=found.id)

    assert await accounts.session(server.context, session) is None
    assert await accounts.authenticate_token(server.context, token) is None


async def test_acting_for_somebody_shows_it_on_every_page_and_opens_no_account(
    server: Server, browser: httpx.AsyncClient
) -> None:
    user = await known(server, "Bob", "sales.rep")

    begun = await post(browser, f"/admin/users/{user}/act")
    assert (begun.status_code, begun.headers["location"]) == (303, "/")
    for path in ("/records/sales.account", "/search", "/menu"):
        assert "You act in the place of Bob" in (await browser.get(path)).text
    for path in ("/account", "/account/tokens", "/admin/users", "/admin"):
        assert (await browser.get(path)).status_code == 403
    stopped = await post(browser, "/acting/stop", page="/menu")

    assert stopped.headers["location"] == f"/admin/users/{user}"
    shown = (await browser.get(stopped.headers["location"])).text
    assert "You act in the place of" not in shown
    assert "Ada" in shown


@pytest.mark.parametrize("roles", [["sales.rep"], ["core.employee"]])
async def test_others_see_nothing_of_it(server: Server, roles: list[str]) -> None:
    user = await known(server, "Bob", "core.admin")
    async with await server.browser("Rep", *roles) as browser:
        for path in ("/admin", "/admin/users", "/admin/users/invite", f"/admin/users/{user}"):
            answer = await browser.get(path)
            assert answer.status_code == 403
            assert "Bob" not in answer.text
        for path in ("roles", "disable", "password", "act", "reset", "sessions/end"):
            assert (await post(browser, f"/admin/users/{user}/{path}", page="/menu")).status_code == 403
        assert 'href="/admin"' not in (await browser.get("/menu")).text
    assert await accounts.roles_of(server.context, user) == {"core.admin"}


async def test_names_with_markup_stay_text(server: Server, browser: httpx.AsyncClient) -> None:
    email = "bob@example.com"
    user = await accounts.create_user(server.context, email=email, name="<script>alert(1)</script>")

    for path in ("/admin/users", f"/admin/users/{user}"):
        assert "<script>alert" not in (await browser.get(path)).text
