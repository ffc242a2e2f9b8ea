"""A change in words."""

from dataclasses import dataclass
from enum import StrEnum

from trellis.kernel.messages import Message


class What(StrEnum):
    """What sort of change it is."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    MOVED = "moved"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Worded:
    """One change of a document: at which place, and a sentence; `area` is the kind of the document."""

    what: What
    document: str
    pointer: str
    message: Message
    area: str
