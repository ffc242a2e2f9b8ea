"""What a publish will do: typed operations, each with its risk and a sentence for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as member
from enum import IntEnum

from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.identity import Question
from trellis.metadata.indexes import IndexShape
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import LedgerEntry
from trellis.metadata.shape import ColumnShape, EntityShape, SideShape


class Risk(IntEnum):
    """How dangerous an operation is; the worst one counts for the plan."""

    SAFE = 0
    SLOW = 1
    LOSSY = 2
    BLOCKED = 3


@dataclass(frozen=True, slots=True)
class CreateTable:
    """A new entity gets its table with all columns."""

    shape: EntityShape
    label: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{entity} is new.", {"entity": self.label})


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A new field gets its column."""

    table: str
    column: ColumnShape
    label: str
    field: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{field} is new on {entity}.", {"field": self.field, "entity": self.label})


@dataclass(frozen=True, slots=True)
class CreateSideTable:
    """A new field with many values gets its table."""

    side: SideShape
    label: str
    field: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{field} is new on {entity}.", {"field": self.field, "entity": self.label})


@dataclass(frozen=True, slots=True)
class CreateSearch:
    """The records of an entity become searchable."""

    table: str
    search: str
    label: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{entity} can be searched.", {"entity": self.label})


@dataclass(frozen=True, slots=True)
class MoveValues:
    """The values of a field are carried from their old place to a new one, as far as they fit; the old ones stay.

    `at` is the field as `document#/pointer`. With `since` only those that were typed from that release on are carried:
    the new place was in use before and holds the others. `replaced` are options whose records get another one, or, with
    `since`, got another one when they left that place.
    """

    at: str
    table: str
    source: ColumnShape | SideShape
    target: ColumnShape | SideShape
    label: str
    before: FieldType
    after: FieldType
    replaced: Mapping[str, str] = member(default_factory=dict)
    since: int | None = None
    risk: Risk = Risk.LOSSY
    linked: str | None = None
    """The table of the entity to which links lead from now on."""

    @property
    def sentence(self) -> Message:
        names = {"field": self.after.caption, "entity": self.label}
        if self.since is not None:
            return Message("{field} on {entity} takes its former values back.", names)
        if self.replaced:
            return Message("Records with a retired option of {field} on {entity} get its replacement.", names)
        kinds = {"before": Message(self.before.title), "after": Message(self.after.title)}
        return Message("{field} on {entity} changes from {before} to {after}.", {**names, **kinds})


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """Lists and checks of an entity get faster, or a value becomes unique."""

    at: str
    index: IndexShape
    label: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        if self.risk is Risk.BLOCKED:
            return Message("An index on {entity} covers texts that are too long for it.", {"entity": self.label})
        if self.index.unique:
            return Message("{entity} gets a rule that values are unique.", {"entity": self.label})
        return Message("{entity} gets an index.", {"entity": self.label})


@dataclass(frozen=True, slots=True)
class DropIndex:
    """An index that nothing asks for any more goes away; no value is lost."""

    table: str
    name: str
    label: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{entity} loses an index.", {"entity": self.label})


@dataclass(frozen=True, slots=True)
class RetireColumn:
    """A field goes away; its column in `table`, or its side table, stays and keeps the values."""

    at: str
    table: str
    physical: str
    label: str
    field: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message(
            "{field} is retired from {entity}. Its values are kept.", {"field": self.field, "entity": self.label}
        )


@dataclass(frozen=True, slots=True)
class RetireTable:
    """An entity goes away; its table stays and keeps the records."""

    table: str
    label: str
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{entity} is retired. Its records are kept.", {"entity": self.label})


@dataclass(frozen=True, slots=True)
class RequireValue:
    """A field must be filled from now on; the records that were kept without a value are counted.

    `shape` and `key` say where its values are now.
    """

    at: str
    shape: EntityShape
    key: str
    label: str
    field: str
    only_new: bool = False
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        return Message("{field} is now required on {entity}.", {"field": self.field, "entity": self.label})


@dataclass(frozen=True, slots=True)
class RemoveOptions:
    """Options, by key with what people read, are no longer there; records that have one stand in the way.

    `shape` and `key` say where the values of the field are now.
    """

    at: str
    shape: EntityShape
    key: str
    label: str
    field: str
    options: Mapping[str, str]
    risk: Risk = Risk.SAFE

    @property
    def sentence(self) -> Message:
        names = {"options": ", ".join(self.options.values()), "field": self.field, "entity": self.label}
        return Message("{field} on {entity} loses the options {options}.", names)


Operation = (
    CreateTable
    | AddColumn
    | CreateSideTable
    | CreateSearch
    | MoveValues
    | CreateIndex
    | DropIndex
    | RetireColumn
    | RetireTable
    | RequireValue
    | RemoveOptions
)


@dataclass(frozen=True, slots=True)
class Change:
    """One document was added, changed or removed."""

    what: str
    at: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one publish does over the release `base` (0 when there is none)."""

    base: int
    base_hash: str
    result_hash: str
    changes: tuple[Change, ...] = ()
    operations: tuple[Operation, ...] = ()
    written: tuple[LedgerEntry, ...] = ()
    removed: tuple[int, ...] = ()
    next_uid: int = 1
    """The next number of the ledger that the plan was made with: a publish over another ledger is refused."""
    intent: Intent = NO_INTENT
    questions: tuple[Question, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.changes or self.operations or self.written or self.removed)

    @property
    def risk(self) -> Risk:
        """The worst risk of any operation."""
        return max((operation.risk for operation in self.operations), default=Risk.SAFE)

    def at_risk(self, risk: Risk) -> Iterator[Operation]:
        """The operations of one risk."""
        return (operation for operation in self.operations if operation.risk is risk)
