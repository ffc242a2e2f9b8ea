"""What all documents share."""

from typing import Any, ClassVar, TypeVar

from trellis.metadata.fieldtypes.base import Element
from trellis.metadata.policies import LOCKED, Policies

Item = TypeVar("Item")

Condition = bool | str
"""A boolean, or one expression."""


class Document(Element):
    """One JSON document of a pack."""

    policies: ClassVar[Policies] = {"kind": LOCKED, "id": LOCKED}
    translatable: ClassVar[tuple[str, ...]] = ("label",)

    kind: str
    id: str
    label: str = ""
    description: str = ""
    ext: dict[str, Any] = {}

    @property
    def pack(self) -> str:
        """The namespace of the id."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """The part of the id after the namespace."""
        return self.id.partition(".")[2]


def in_order(items: dict[str, Item]) -> dict[str, Item]:
    """A map sorted by the members' `order`, ties by key."""
    return dict(sorted(items.items(), key=lambda item: (getattr(item[1], "order", 0), item[0])))
