"""Forms of pages as a browser without a script reads and posts them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

Pairs = list[tuple[str, str]]


@dataclass
class Control:
    """A control that is being read."""

    name: str
    options: list[tuple[str, bool]] = field(default_factory=list)
    text: str = ""


class PageForm(HTMLParser):
    """What a form would post if nobody touched it (HTML, 4.10.22.4): `pairs` in the order of the page."""

    def __init__(self, html: str, form_id: str) -> None:
        super().__init__()
        self._wanted = form_id
        self._inside = False
        self._control: Control | None = None
        self.action = ""
        self.pairs: Pairs = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and attributes.get("id") == self._wanted:
            self._inside, self.action = True, attributes["action"]
        elif self._inside and tag == "input" and "name" in attributes:
            self._input(attributes)
        elif self._inside and tag in ("select", "textarea") and "name" in attributes:
            self._control = Control(attributes["name"])
        elif self._control is not None and tag == "option":
            self._control.options.append((attributes.get("value", ""), "selected" in attributes))

    def _input(self, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in attributes:
            return
        if kind not in ("submit", "button", "image", "reset", "file") and "disabled" not in attributes:
            self.pairs.append((attributes["name"], attributes.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._control is not None:
            self._control.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if self._control is None or tag not in ("select", "textarea"):
            return
        if tag == "textarea":
            text = self._control.text.removeprefix("\n")
            self.pairs.append((self._control.name, text.replace("\r\n", "\n").replace("\n", "\r\n")))
        elif self._control.options:
            chosen = [value for value, selected in self._control.options if selected]
            self.pairs.append((self._control.name, (chosen or [self._control.options[0][0]])[-1]))
        self._control = None
