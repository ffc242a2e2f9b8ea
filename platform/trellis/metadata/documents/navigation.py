"""Menus."""

from typing import Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element


class Entry(Element):
    """One line of a menu; leads to a view, an entity or a built-in page."""

    order: int = 0
    label: str = ""
    icon: str = ""
    view: str | None = None
    entity: str | None = None
    builtin: Literal["home", "search", "bin", "import", "expressions"] | None = None
    children: dict[str, "Entry"] = {}


class Navigation(Document):
    """A group of menu entries."""

    kind: Literal["navigation"]
    order: int = 100
    items: dict[str, Entry]
