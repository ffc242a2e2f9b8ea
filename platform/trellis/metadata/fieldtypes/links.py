"""Links to other records: values are record ids (canonical UUID text)."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.base import PLAIN, Element, FieldType, Reading, Refused, quoted
from trellis.metadata.fieldtypes.choices import many, split_list, too_many
from trellis.metadata.fieldtypes.operators import EQUALITY, MULTIPLE, PRESENCE, Operator
from trellis.metadata.policies import LOCKED, TIGHTEN_DOWN, Policies
from trellis.metadata.storagekinds import IdKind, SideTable, StorageKind

OnDelete = Literal["restrict", "clear", "cascade"]


class Inverse(Element):
    """How the other side names the records that point to it."""

    policies: ClassVar[Policies] = {"key": LOCKED}
    key: str
    label: str = ""


class _Link(FieldType):
    """What all links share."""

    expression_kind: ClassVar[str] = "ref"
    operators: ClassVar[tuple[Operator, ...]] = EQUALITY

    @property
    def storage(self) -> StorageKind:
        return IdKind()

    def annotation(self) -> Any:
        return Annotated[str, BeforeValidator(_record_id)]

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return text.strip() or None

    def literal(self, value: Any) -> str:
        return quoted(value)

    def json_schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "format": "uuid"}


def _record_id(value: object) -> object:
    found = canonical_id(value) if isinstance(value, str) else None
    if found is None:
        raise Refused("record_id", Message("This is not the id of a record."))
    return found


class Lookup(_Link):
    """A link to one record of another entity."""

    title: ClassVar[str] = "Lookup"
    type: Literal["lookup"]
    target_entity: str = Field(alias="target")
    on_delete: OnDelete = "restrict"
    inverse: Inverse | None = None
    filter: str | None = None

    @property
    def target(self) -> str | None:
        return self.target_entity


class User(_Link):
    """A link to one user."""

    title: ClassVar[str] = "User"
    type: Literal["user"]
    on_delete: OnDelete = "restrict"
    inverse: Inverse | None = None
    filter: str | None = None

    @property
    def target(self) -> str | None:
        return "core.user"


class MultiLookup(_Link):
    """Links to several records of another entity; values are tuples of record ids."""

    title: ClassVar[str] = "Several lookups"
    expression_kind: ClassVar[str] = "refs"
    operators: ClassVar[tuple[Operator, ...]] = MULTIPLE
    sortable: ClassVar[bool] = False
    multiple: ClassVar[bool] = True
    type: Literal["multilookup"]
    target_entity: str = Field(alias="target")
    inverse: Inverse | None = None
    filter: str | None = None
    policies: ClassVar[Policies] = {"max": TIGHTEN_DOWN}
    max: int = Field(100, ge=1, le=1000)

    @property
    def target(self) -> str | None:
        return self.target_entity

    @property
    def storage(self) -> StorageKind:
        return SideTable(IdKind())

    def annotation(self) -> Any:
        item = Annotated[str, BeforeValidator(_record_id)]
        return Annotated[tuple[item, ...], BeforeValidator(many), AfterValidator(self._bounded)]

    def _bounded(self, values: tuple[str, ...]) -> tuple[str, ...]:
        different = tuple(dict.fromkeys(values))
        if len(different) > self.max:
            raise too_many(self.max)
        return different

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        return tuple(split_list(text))

    def to_text(self, value: Any) -> str:
        return "; ".join(value or ())

    def to_json(self, value: Any) -> Any:
        return list(value or ())

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": self.max}


class RecordId(_Link):
    """The id of the record itself; every entity has one, no document declares it."""

    title: ClassVar[str] = "ID"
    writable: ClassVar[bool] = False
    type: Literal["id"]


class File(_Link):
    """A link to one uploaded file (a core.file record)."""

    title: ClassVar[str] = "File"
    operators: ClassVar[tuple[Operator, ...]] = PRESENCE
    type: Literal["file"]
    sortable: ClassVar[bool] = False
    policies: ClassVar[Policies] = {"maxSize": TIGHTEN_DOWN}
    max_size: int = Field(10_000_000, ge=1, le=100_000_000)
    types: tuple[str, ...] = ()

    @property
    def target(self) -> str | None:
        return "core.file"

    @property
    def on_delete(self) -> OnDelete:
        """Deleting the file clears the link."""
        return "clear"
