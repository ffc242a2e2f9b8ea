"""The manifest of a pack."""

from typing import Any, Literal

from trellis.metadata.documents.base import Document


class Pack(Document):
    """What a pack is called, which version it has and what it needs."""

    kind: Literal["pack"]
    format: Literal[1]
    version: str
    engine: str = ""
    default_locale: str = "en"
    locales: tuple[str, ...] = ("en",)
    requires: dict[str, str] = {}
    optional: dict[str, str] = {}
    provides: tuple[str, ...] = ()
    exports: dict[str, Literal["extensible", "private"]] = {}
    settings: dict[str, Any] = {}
    checksum: str = ""

    @property
    def pack(self) -> str:
        return self.id
