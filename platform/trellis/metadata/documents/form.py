"""How people read and write one record."""

from typing import Any, ClassVar, Literal

from trellis.metadata.documents.base import Condition, Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import LOCKED, Hiding, Policies

Use = Literal["create", "edit", "detail"]


class Audience(Element):
    """Who gets this document, where several fit: the highest priority wins."""

    roles: tuple[str, ...] = ()
    priority: int = 0


class Badge(Element):
    """A short mark in the head of a record."""

    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    when: Condition
    label: str
    tone: Literal["ok", "warn", "bad", "info", "danger", "success", "warning"] | None = None


class Header(Element):
    """What stands above the sections."""

    facts: tuple[str, ...] = ()
    badges: dict[str, Badge] = {}


class Item(Element):
    """One field in a section."""

    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    span: int = 1
    label: str = ""
    hint: str = ""
    visible: Condition = True
    required: Condition = False
    readonly: Condition = False
    refresh: tuple[str, ...] = ()
    quick_create: str | None = None
    widget: str | None = None


class RelatedColumn(Element):
    """One column of a related list."""

    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    label: str = ""


class Section(Element):
    """A group of fields, or a list of records that point here."""

    policies: ClassVar[Policies] = {"kind": LOCKED, "relation": LOCKED}
    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    label: str = ""
    kind: Literal["fields", "related"] = "fields"
    columns: int | dict[str, RelatedColumn] = 2
    visible: Condition = True
    when_hidden: Literal["keep", "clear"] = "keep"
    items: dict[str, Item] = {}
    relation: str | None = None
    max_rows: int = 10
    hint: str = ""


class Form(Document):
    """A form: sections with items."""

    policies: ClassVar[Policies] = {"entity": LOCKED}
    hiding: ClassVar[Hiding | None] = "leave_out"
    kind: Literal["form"]
    entity: str
    use: tuple[Use, ...]
    audience: Audience = Audience()
    header: Header = Header()
    sections: dict[str, Section]
    actions: dict[str, Any] = {}
