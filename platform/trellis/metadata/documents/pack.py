"""The manifest of a pack."""

from typing import Any, ClassVar, Literal

from trellis.metadata.documents.base import Document
from trellis.metadata.policies import CUSTOMER, LOCKED, Hiding, Policies


class Pack(Document):
    """What a pack is called, which version it has and what it needs."""

    policies: ClassVar[Policies] = {
        "settings": CUSTOMER,
        **dict.fromkeys(
            ("format", "version", "engine", "defaultLocale", "locales", "requires", "optional", "provides", "exports",
             "checksum", "renames", "dataMigrations"), LOCKED
        ),
    }  # fmt: skip
    hiding: ClassVar[Hiding | None] = "leave_out"
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
