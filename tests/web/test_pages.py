"""What pages promise whoever asks: rights, protection, language, input that is not lost."""

import re

import httpx
import pytest

from tests.support.samples import sample
from tests.web.conftest import Server
from tests.web.test_transfer_pages import post
from trellis.services import accounts, queries
from trellis.services.commands import Create, Update
from trellis.services.records import write
from trellis.web.http import SESSION_COOKIE

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

PRIVATE = (
    "/", "/records/sales.account", "/records/sales.account/new", "/records/sales.account/bin", "/search?q=a", "/account",
    "/account/tokens", "/menu", "/records/sales.account/import", "/records/sales.account/export?format=csv",
    "/records/sales.account/lookup/parent", "/files/00000000-0000-7000-8000-000000000000",
)  # fmt: skip


@pytest.mark.parametrize("path", PRIVATE)
async def test_a_stranger_is_sent_to_the_sign_in_page(server: Server, path: str) -> None:
    async with server.client() as stranger:
        answer = await stranger.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")


@pytest.mark.parametrize("path", ["/login", "/records/sales.account", "/nowhere", "/health", "/api/v1/me"])
async def test_every_answer_is_protected(server: Server, path: str) -> None:
    async with server.client() as stranger:
        headers = (await stranger.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


async def test_a_post_without_its_token_changes_nothing(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/records/sales.account/new", data={"name": "Forged"})

    assert answer.status_code == 403
    assert await queries.choices(server.context, "sales.account", "Forged") == []


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_leads_only_to_our_own_pages(server: Server, target: str) -> None:
    await accounts.create_user(server.context, email="eve@example.com", name="Eve", password="long enough for this")
    async with server.client() as stranger:
        shown = await stranger.get("/login", params={"next": target})
        token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text)
        assert token
        fields = {
            "_csrf_token": token[1],
            "email": "eve@example.com",
            "password": "long enough for this",
            "next": target,
        }
        answer = await stranger.post("/login", data=fields)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "httponly" in answer.headers["set-cookie"].lower()


async def test_a_wrong_password_keeps_the_address(server: Server) -> None:
    async with server.client() as stranger:
        answer = await post(stranger, "/login", {"email": "who@example.com", "password": "guess"})

    assert answer.status_code == 422
    assert 'value="who@example.com"' in answer.text
    assert "The email or the password is wrong." in answer.text


async def test_a_form_with_mistakes_comes_back_as_it_was_typed(browser: httpx.AsyncClient) -> None:
    answer = await post(
        browser, "/records/sales.account/new", {"name": "", "employees": "many", "website": "not a site"}
    )

    assert answer.status_code == 422
    assert 'value="many"' in answer.text
    assert 'value="not a site"' in answer.text
    for key in ("name", "employees"):
        assert f'id="{key}-error"' in answer.text


async def test_a_filter_with_a_mistake_is_explained(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/records/sales.opportunity", params={"filter": "amuont > 1"})

    assert answer.status_code == 422
    assert "amuont &gt; 1" in answer.text
    assert "Did you mean &#39;amount&#39;?" in answer.text


async def test_markup_in_values_stays_text(server: Server, browser: httpx.AsyncClient) -> None:
    strings = [
        row for row in sample("attack-strings/attack_strings_a.csv").read_text("utf-8").splitlines()[1:] if "<" in row
    ]
    commands = [
        Create({"name": f"{number} {text}"[:200].replace("\t", " ")}) for number, text in enumerate(strings[:60])
    ]
    outcomes = await write(server.context, "sales.account", commands, atomic=False)
    saved = next(outcome for outcome in outcomes if outcome.error is None)
    await write(server.context, "sales.account", [Update(saved.id, {"name": "<script>alert(1)</script><b>"})])
    record = f"/records/sales.account/{saved.id}"

    for path in ("/records/sales.account", record, f"{record}?tab=history", f"{record}/edit", "/search?q=1"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page
        assert not re.search(r"<(img|svg|iframe|b|body|input)[^>]*\son\w+=", page)


async def test_what_one_may_not_see_is_not_there(server: Server) -> None:
    (deal,) = await write(server.context, "sales.opportunity", [Create({"name": "Secret deal"})])
    rep = await accounts.create_user(server.context, email="rep@example.com", name="Rep", roles=["sales.rep"])
    async with server.client() as browser:
        browser.cookies.set(SESSION_COOKIE, await accounts.start_session(server.context, rep))
        listed = await browser.get("/records/sales.opportunity")
        opened = await browser.get(f"/records/sales.opportunity/{deal.id}")
        limits = await browser.get("/records/sales.account/new")

    assert "Secret deal" not in listed.text
    assert opened.status_code == 404
    assert "Secret deal" not in opened.text
    assert 'name="credit_limit"' not in limits.text


async def test_pages_speak_chinese(browser: httpx.AsyncClient) -> None:
    browser.cookies.set("trellis_locale", "zh-CN")

    page = (await browser.get("/records/sales.opportunity")).text

    assert '<html lang="zh-CN"' in page
    for word in ("商机", "新建", "筛选", "搜索", "负责人"):
        assert word in page
    assert ">Filter<" not in page


async def test_the_facts_of_what_is_found_speak_chinese_too(server: Server, browser: httpx.AsyncClient) -> None:
    await write(server.context, "sales.account", [Create({"name": "Findable", "industry": "software"})])
    browser.cookies.set("trellis_locale", "zh-CN")

    found = (await browser.get("/search", params={"q": "findable"})).text

    assert "Findable" in found
    assert "软件" in found


async def test_a_token_made_in_the_pages_opens_the_api(server: Server, browser: httpx.AsyncClient) -> None:
    shown = await post(browser, "/account/tokens", {"name": "Script", "days": "30"})
    secret = re.search(r"trl_[\w-]{20,}", shown.text)
    assert secret

    async with server.client(secret[0]) as program:
        answer = await program.get("/api/v1/me")

    assert answer.json()["name"] == "Ada"
    assert secret[0] not in (await browser.get("/account/tokens")).text


async def test_deleting_what_others_need_is_explained(server: Server, browser: httpx.AsyncClient) -> None:
    (account,) = await write(server.context, "sales.account", [Create({"name": "Needed"})])
    await write(server.context, "sales.opportunity", [Create({"name": "Deal", "account": account.id})])
    path = f"/records/sales.account/{account.id}"

    shown = await browser.get(path)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', shown.text)
    assert token
    answer = await browser.post(f"{path}/delete", data={"_csrf_token": token[1]}, follow_redirects=True)

    assert str(answer.url).endswith(path)
    assert "still point here" in answer.text
