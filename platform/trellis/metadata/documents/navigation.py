"""Menus."""

from typing import ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import CUSTOMER, Hiding, Policies


class Entry(Element):
    """One line of a menu; leads to a view, an entity or a built-in page."""

    policies: ClassVar[Policies] = {"order": CUSTOMER}
    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    label: str = ""
    icon: str = ""
    view: str | None = None
    entity: str | None = None
    builtin: Literal["home", "search", "bin", "import", "expressions", "studio", "administration"] | None = None
    children: dict[str, "Entry"] = {}


class Navigation(Document):
    """A group of menu entries."""

    policies: ClassVar[Policies] = {"order": CUSTOMER}
    hiding: ClassVar[Hiding | None] = "leave_out"
    kind: Literal["navigation"]
    order: int = 100
    items: dict[str, Entry]
