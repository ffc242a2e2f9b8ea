"""Forms of pages as a browser without a script sends them."""

import re
from html import unescape

import httpx


class Form:
    """A form of a page as a browser without a script would send it."""

    def __init__(self, browser: httpx.AsyncClient, url: str, html: str, marker: str) -> None:
        self.browser = browser
        found = re.search(rf"<form[^>]*{re.escape(marker)}[^>]*>(.*?)</form>", html, re.S)
        assert found, html[:2000]
        self.url = (re.search(r'action="([^"]*)"', found[0]) or ["", url])[1]
        self.pairs = [pair for tag in re.finditer(CONTROL, found[1], re.S) for pair in values_of(tag)]

    def value(self, name: str) -> list[str]:
        """What stands in an input, or in several of one name."""
        return [value for key, value in self.pairs if key == name]

    def put(self, name: str, *values: str) -> "Form":
        """Types into an input, or picks in it; without values nothing is picked."""
        self.pairs = [(key, value) for key, value in self.pairs if key != name] + [(name, value) for value in values]
        return self

    async def send(self, press: str = "") -> httpx.Response:
        """Sends the form, by one of its buttons if it is named, and follows where that leads."""
        data: dict[str, list[str]] = {}
        for name, value in [*self.pairs, *([("do", press)] if press else [])]:
            data.setdefault(name, []).append(value)
        return await self.browser.post(self.url, data=data, follow_redirects=True)


CONTROL = r"<input([^>]*)>|<textarea([^>]*)>(.*?)</textarea>|<select([^>]*)>(.*?)</select>"


def values_of(tag: re.Match[str]) -> list[tuple[str, str]]:
    """The pairs that one control sends."""
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
    """The form of a page whose tag has a marker in it."""
    answer = await browser.get(url)
    assert answer.status_code == 200, answer.text
    return Form(browser, url, answer.text, marker)
