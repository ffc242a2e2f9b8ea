"""The manifest of a pack."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from trellis.metadata.documents.base import Document
from trellis.metadata.fieldtypes import Element
from trellis.metadata.policies import CUSTOMER, LOCKED, Hiding, Policies


class Rename(Element):
    """Something that got another name in a version: what others have changed there follows it."""

    since: str
    former: str = Field(alias="from")
    to: str


class DataMigration(Element):
    """Values that change together with the definitions: in the records of an entity, each field from an expression."""

    id: str
    phase: Literal["after-expand", "after-publish"] = "after-publish"
    entity: str
    where: str | None = None
    values: dict[str, str] = Field(alias="set")
    description: str = ""


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
    renames: tuple[Rename, ...] = ()
    data_migrations: tuple[DataMigration, ...] = ()
    checksum: str = ""

    @property
    def pack(self) -> str:
        return self.id
