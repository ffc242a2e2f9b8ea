"""What one layer changes in a document of another."""

from typing import Any, ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element


class MadeAgainst(Element):
    """What the target was when it was changed: for telling later what its pack has changed since."""

    pack: str
    version: str = ""
    hash: str = ""
    seen: dict[str, str] = {}


class Extension(Document):
    """Additions to, changes of and hidden parts of a document that belongs to a lower layer."""

    translatable: ClassVar[tuple[str, ...]] = ()

    kind: Literal["extension"]
    target: str
    made_against: MadeAgainst | None = None
    add: dict[str, Any] = {}
    change: dict[str, Any] = {}
    hide: tuple[str, ...] = ()
