"""The contract of a field type: one class holds its options and all its behaviour that needs no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from pydantic.alias_generators import to_camel

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes.computations import Computation
from trellis.metadata.fieldtypes.operators import EQUALITY, Operator
from trellis.metadata.policies import LOCKED, TIGHTEN_ON, Hiding, Policies
from trellis.metadata.storagekinds import ColumnKind, SideTable, StorageKind, TextKind


class Refused(ValueError):
    """A value does not fit its field; carries a code and a sentence."""

    def __init__(self, code: str, message: Message) -> None:
        self.code, self.message = code, message
        super().__init__(str(message))


class Formats(Protocol):
    """How one reader wants to see values; implemented where locales are known."""

    def number(self, value: Decimal | int, scale: int) -> str: ...
    def currency(self, value: Decimal, code: str | None, scale: int) -> str: ...
    def percent(self, value: Decimal, scale: int) -> str: ...
    def date(self, value: date) -> str: ...
    def datetime(self, value: datetime) -> str: ...
    def words(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How to understand text that a person or a file wrote."""

    decimal_mark: str = "."
    group_marks: str = ",  '"
    date_formats: tuple[str, ...] = ()
    day_first: bool = False
    zone: str = "UTC"


PLAIN = Reading()


class Element(BaseModel):
    """Any part of a document: immutable, strict about unknown members, camelCase on disk."""

    policies: ClassVar[Policies] = {}
    """What other layers may do with the members, by their names on disk; what is not named is the pack's."""
    hiding: ClassVar[Hiding | None] = None
    """How an element looks that another layer has hidden; None when it cannot be."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, serialize_by_alias=True, arbitrary_types_allowed=False
    )


class DefaultExpression(Element):
    """A default that is computed when a record is created."""

    expr: str


class FieldType(Element):
    """One field of an entity: its options as written in the document, and how its values behave.

    A value is a plain Python value (see each type) or None. Subclasses register with `trellis.metadata.fieldtypes`.
    """

    policies: ClassVar[Policies] = {
        "type": LOCKED, "system": LOCKED, "target": LOCKED, "scale": LOCKED, "required": TIGHTEN_ON, "unique": TIGHTEN_ON,
        "hidden": TIGHTEN_ON, "pii": TIGHTEN_ON, "optionset": LOCKED,
    }  # fmt: skip
    hiding: ClassVar[Hiding | None] = "flag"
    title: ClassVar[str] = ""
    expression_kind: ClassVar[str] = "text"
    operators: ClassVar[tuple[Operator, ...]] = EQUALITY
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = False
    numeric: ClassVar[bool] = False
    multiple: ClassVar[bool] = False
    writable: ClassVar[bool] = True
    computed: ClassVar[Computation | None] = None
    """What is computed, for fields whose values the platform computes."""

    type: str
    label: str = ""
    help: str = ""
    required: bool = False
    required_for: Literal["all", "new"] = Field("all", alias="requiredFor")
    default: Any = None
    unique: bool = False
    system: bool = False
    pii: bool = False
    mask: str | None = None
    search: bool = False
    hidden: bool = False
    ext: dict[str, Any] = {}

    _key: str = PrivateAttr("")
    _entity: str = PrivateAttr("")

    @cached_property
    def key(self) -> str:
        """The key under which the entity holds this field."""
        return self._key

    @cached_property
    def entity(self) -> str:
        """The id of the entity that holds this field."""
        return self._entity

    @property
    def caption(self) -> str:
        """What people read as the name of this field."""
        return self.label or self.key.replace("_", " ").capitalize()

    def bound(self, key: str, entity: str, optionsets: Mapping[str, Any]) -> Self:
        """This field knowing where it stands; `optionsets` maps ids to shared choices."""
        copy = self.model_copy()
        copy._key, copy._entity = key, entity
        copy.__dict__.update(
            key=key, entity=entity
        )  # read a hundred times per record: pydantic's private access is slow
        return copy

    @property
    def storage(self) -> StorageKind:
        """The column, or side table, that keeps the value."""
        return TextKind()

    @property
    def kind(self) -> ColumnKind:
        """How one value is kept, or would be if it were stored."""
        storage = self.storage
        return storage.value if isinstance(storage, SideTable) else storage

    @property
    def stored(self) -> bool:
        """Whether the value is kept at all; virtual formulas are computed whenever they are read."""
        return self.computed is None or self.computed.stored

    @property
    def scale(self) -> int:
        """Decimal places of a numeric value."""
        return 0

    @property
    def target(self) -> str | None:
        """The entity that values point to, for links."""
        return None

    def annotation(self) -> Any:
        """The type that pydantic checks input against; None is always allowed around it."""
        raise NotImplementedError(type(self).__name__)

    def from_text(self, text: str, reading: Reading = PLAIN) -> object:
        """Input for `annotation` out of text as forms and files hold it; raises Refused."""
        return text or None

    def to_text(self, value: Any) -> str:
        """The exact value as text that `from_text` understands; for export and form inputs."""
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """The value as the API gives it: decimals and dates as strings."""
        return value

    def display(self, value: Any, formats: Formats) -> str:
        """The value as a person reads it."""
        return "" if value is None else self.to_text(value)

    def literal(self, value: Any) -> str:
        """The value as a literal of the expression language."""
        return quoted(self.to_text(value))

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of a value in the API."""
        return {"type": ["string", "null"]}

    def masked(self, value: Any) -> str | None:
        """What someone sees who may only see that there is a value."""
        return None if value in (None, ()) else masked_text(self.to_text(value), self.mask)


def excerpt(text: str) -> str:
    """The beginning of what somebody typed, fit to be repeated in a sentence."""
    return text[:40].encode("utf-8", "replace").decode()


def quoted(text: str) -> str:
    """`text` as a string literal of the expression language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r") + "'"


def masked_text(text: str, rule: str | None) -> str:
    """`text` with all but its ends hidden; rule `middle4` hides four characters in the middle, `all` everything."""
    if rule == "middle4" and len(text) > 7:
        start = max(3, (len(text) - 4) // 2 - (len(text) % 2 == 0))
        return text[:start] + "****" + text[start + 4 :]
    return "••••"
