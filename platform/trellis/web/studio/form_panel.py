"""The property panel: what an element of a form says, as inputs, and inputs as what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.messages import Message
from trellis.metadata.pointers import at, parts_of
from trellis.services.studio.formedits import is_related, items_of

Raw = Mapping[str, Any]
Posted = Mapping[str, Sequence[str]]

SORTS = {"items": "item", "columns": "column", "facts": "fact", "badges": "badge"}
MOST_ROWS = 50
MOST_COLUMNS = 4

CONDITIONS: Mapping[str, tuple[Message, Message, bool]] = {
    "visible": (Message("Visible when"), Message("always"), True),
    "required": (Message("Required when"), Message("never on this form"), False),
    "readonly": (Message("Read-only when"), Message("never"), False),
}
"""The conditions of an element: their names, what an empty one means in words and as a value."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in one language; `name` is that of the input."""

    name: str
    locale: str
    language: str
    value: str
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as it is written."""

    name: str
    caption: Message
    empty: Message
    source: str


def sort_of(form: Raw, path: str) -> str:
    """What kind of element stands at a path: form, section, related, item, column, fact or badge."""
    match parts_of(path) if path else []:
        case ["sections", key]:
            return "related" if is_related(form["sections"][key]) else "section"
        case [*_, collection, _] if collection in SORTS:
            return SORTS[collection]
    return "form"


def element(form: Raw, path: str) -> Raw:
    """The element at a path; a fact has no members of its own."""
    try:
        found: Any = at(form, path) if path else form
    except KeyError:
        return {}
    return found if isinstance(found, Mapping) else {}


def conditions_of(raw: Raw, names: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions of an element as they are written."""
    return tuple(
        Condition(name, caption, empty, condition_text(raw.get(name, default), default))
        for name, (caption, empty, default) in CONDITIONS.items()
        if name in names
    )


def condition_text(value: bool | str, default: bool | None = None) -> str:
    """A condition as a person writes it: nothing where it is what holds anyway."""
    if value is default:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def condition_value(text: str, default: bool) -> bool | str | None:
    """What a condition is in the document; None where it is what holds anyway."""
    source = text.strip()
    constant = {"": default, "true": True, "false": False}.get(source.lower())
    if constant is None:
        return source
    return None if constant is default else constant


def read_values(form: Raw, path: str, posted: Posted) -> dict[str, Any]:
    """The members that the posted inputs set; None takes one away. Inputs that were not there say nothing."""
    reading = _Reading(posted)
    sort = sort_of(form, path)
    raw = element(form, path)
    if sort != "fact":
        reading.text("label", keep=sort in ("badge", "form"))
    match sort:
        case "form":
            reading.several("use")
            reading.audience(raw)
        case "section" | "related":
            reading.text("hint")
            reading.condition("visible")
            if sort == "section":
                reading.number("columns", 1, MOST_COLUMNS)
                reading.choice("whenHidden", ("keep", "clear"))
            else:
                reading.number("maxRows", 1, MOST_ROWS, default=10)
                reading.relation(raw)
        case "item":
            reading.text("hint")
            for name in CONDITIONS:
                reading.condition(name)
            reading.number("span", 1, MOST_COLUMNS, default=1)
            known = {key for _, key in items_of(form)}
            reading.several("refresh", known)
        case "badge":
            reading.when()
            reading.choice("tone", ("", "ok", "warn", "bad", "info"))
    return reading.found


class _Reading:
    """Collects what inputs say."""

    def __init__(self, posted: Posted) -> None:
        self.posted = posted
        self.found: dict[str, Any] = {}

    def _last(self, name: str) -> str | None:
        texts = self.posted.get(name, ())
        return texts[-1].strip() if texts else None

    def text(self, name: str, *, keep: bool = False) -> None:
        """A text; `keep` stays as it was instead of becoming empty."""
        text = self._last(name)
        if text is not None and (text or not keep):
            self.found[name] = text or None

    def number(self, name: str, least: int, most: int, *, default: int | None = None) -> None:
        text = self._last(name)
        if text is not None and text.isdecimal() and len(text) < 4:
            value = max(least, min(most, int(text)))
            self.found[name] = None if value == default else value

    def choice(self, name: str, known: Sequence[str]) -> None:
        """One of a few; the first is what holds when nothing is said."""
        text = self._last(name)
        if text in known:
            self.found[name] = None if text == known[0] else text

    def condition(self, name: str) -> None:
        text = self._last(name)
        if text is not None:
            self.found[name] = condition_value(text, CONDITIONS[name][2])

    def when(self) -> None:
        """The condition of a badge, which always has one."""
        text = self._last("when")
        if text is not None:
            self.found["when"] = {"true": True, "false": False, "": False}.get(text.lower(), text)

    def several(self, name: str, known: set[str] | None = None) -> None:
        """Boxes of which any number is ticked; `with` says that they were there."""
        if name in self.posted.get("with", ()):
            ticked = [text for text in self.posted.get(name, ()) if known is None or text in known]
            self.found[name] = ticked if ticked or name == "use" else None

    def audience(self, raw: Raw) -> None:
        """Who gets the form."""
        audience = dict(raw.get("audience", {}))
        if "roles" in self.posted.get("with", ()):
            audience["roles"] = list(self.posted.get("roles", ()))
        priority = self._last("priority")
        if priority is not None and priority.removeprefix("-").isdecimal() and len(priority) < 6:
            audience["priority"] = int(priority)
        kept = {name: value for name, value in audience.items() if value}
        if kept != raw.get("audience", {}):
            self.found["audience"] = kept or None

    def relation(self, raw: Raw) -> None:
        """The relation of a list; another one shows other columns."""
        text = self._last("relation")
        if text and text != raw.get("relation"):
            self.found |= {"relation": text, "columns": {}}
