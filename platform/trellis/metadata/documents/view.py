"""How people see many records."""

from typing import ClassVar, Literal, get_args

from trellis.metadata.documents.base import Document
from trellis.metadata.documents.form import Audience
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import LOCKED, Hiding, Policies

LIST_ACTIONS = ("assign", "share", "change", "export", "delete", "import", "bin")
"""What the menu of a list can offer."""


Format = Literal["relative", "absolute"]
Summary = Literal["sum", "avg", "min", "max", "count"]
FORMATS: tuple[str, ...] = get_args(Format)
SUMMARIES: tuple[str, ...] = get_args(Summary)


class Column(Element):
    """One column; its key is a field or a path over lookups."""

    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    label: str = ""
    link: bool = False
    width: int | None = None
    format: Format | None = None
    summary: Summary | None = None
    hide_below: Literal["sm", "md", "lg", "xl"] | None = None


class Sort(Element):
    """One key of an order."""

    field: str
    dir: Literal["asc", "desc"] = "asc"


class QuickFilter(Element):
    """A filter that is one click away."""

    hiding: ClassVar[Hiding | None] = "leave_out"
    order: int = 0
    label: str
    filter: str


class Paging(Element):
    """How many rows a page has."""

    mode: Literal["keyset"] = "keyset"
    size: int = 50


class View(Document):
    """A list of records of one entity."""

    policies: ClassVar[Policies] = {"entity": LOCKED, "type": LOCKED}
    hiding: ClassVar[Hiding | None] = "leave_out"
    kind: Literal["view"]
    entity: str
    type: Literal["list"]
    order: int = 100
    default: bool = False
    icon: str = ""
    filter: str | None = None
    scope_default: Literal["own", "all"] = "all"
    audience: Audience = Audience()
    columns: dict[str, Column]
    sort: tuple[Sort, ...] = ()
    quick_filters: dict[str, QuickFilter] = {}
    bulk_actions: tuple[str, ...] = ()
    paging: Paging = Paging()
