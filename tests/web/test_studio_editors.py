"""The editors of views, menus, roles and translations, as an administrator without a script uses them."""

import re
from html import unescape

import httpx
import pytest

from tests.web.conftest import Server
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.studio import drafts

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

OPEN = "/studio/views/sales.opportunity_open"


class Form:
    """A form of a page as a browser without a script would send it."""

    def __init__(self, browser: httpx.AsyncClient, url: str, html: str, marker: str) -> None:
        self.browser = browser
        found = re.search(rf"<form[^>]*{re.escape(marker)}[^>]*>(.*?)</form>", html, re.S)
        assert found, html[:2000]
        self.url = (re.search(r'action="([^"]*)"', found[0]) or ["", url])[1]
        self.pairs = [pair for tag in re.finditer(CONTROL, found[1], re.S) for pair in values_of(tag)]

    def value(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def put(self, name: str, *values: str) -> "Form":
        """Types into an input, which has to be there."""
        assert name.startswith("do") or re.search(r"^(\w|@)", name)
        self.pairs = [(key, value) for key, value in self.pairs if key != name] + [(name, value) for value in values]
        return self

    async def send(self, press: str = "") -> httpx.Response:
        data: dict[str, list[str]] = {}
        for name, value in [*self.pairs, *([("do", press)] if press else [])]:
            data.setdefault(name, []).append(value)
        return await self.browser.post(self.url, data=data, follow_redirects=True)


CONTROL = r"<input([^>]*)>|<textarea([^>]*)>(.*?)</textarea>|<select([^>]*)>(.*?)</select>"


def values_of(tag: re.Match[str]) -> list[tuple[str, str]]:
    attributes = tag[1] or tag[2] or tag[4] or ""
    name = re.search(r'\bname="([^"]*)"', attributes)
    if not name or re.search(r"\bdisabled\b", attributes):
        return []
    key = unescape(name[1])
    if tag[2] is not None:
        return [(key, unescape(tag[3]))]
    if tag[4] is not None:
        options = re.findall(r'<option value="([^"]*)"([^>]*)>', tag[5])
        chosen = [unescape(value) for value, more in options if "selected" in more]
        first = [unescape(options[0][0])] if options and "multiple" not in attributes else []
        return [(key, value) for value in chosen or first]
    if re.search(r'type="(checkbox|radio)"', attributes) and "checked" not in attributes:
        return []
    value = re.search(r'\bvalue="([^"]*)"', attributes)
    return [(key, unescape(value[1]) if value else "")]


async def opened(browser: httpx.AsyncClient, url: str, marker: str = 'id="designer"') -> Form:
    answer = await browser.get(url)
    assert answer.status_code == 200, answer.text
    return Form(browser, url, answer.text, marker)


async def deal(server: Server, **values: object) -> None:
    await write(server.context, "sales.opportunity", [Create({"name": "Big", **values})])


async def raw(server: Server, document: str) -> dict[str, object]:
    context = server.context.as_system()
    return dict((await drafts.load(context)).raw(document))


async def test_the_designer_of_a_view_shows_the_list_as_it_would_be(server: Server, browser: httpx.AsyncClient) -> None:
    await deal(server, name="Harbour", amount="1500", stage="proposal")

    shown = (await browser.get(OPEN)).text

    assert "<h1>List view Open</h1>" in shown
    assert 'value="up:account.name"' in shown
    assert "Harbour" in shown
    assert "¥1,500.00" in shown


async def test_saving_an_untouched_view_changes_nothing(server: Server, browser: httpx.AsyncClient) -> None:
    answer = await (await opened(browser, OPEN)).send()

    assert answer.status_code == 200
    assert (await drafts.load(server.context.as_system())).changes == ()
