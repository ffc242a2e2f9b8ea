"""What is proposed for a file: an entity, and for each column what it becomes and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.kernel.messages import Message

Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One type that fits a column: how sure it is from 0 to 1, why, its further options, and how cells are read.

    `format` is the pattern of dates, `values` replaces cells before they are read, as in the mapping of an import.
    """

    type: str
    confidence: float
    reasons: tuple[Message, ...] = ()
    options: Definition = field(default_factory=dict)
    format: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookup:
    """The entity that values name, by which of its fields, and how many of them were found there."""

    entity: str
    label: str
    by: str
    found: int
    asked: int


@dataclass(frozen=True)
class ProposedColumn:
    """One column of the file and the field it becomes."""

    header: str
    key: str
    label: str
    verdict: Verdict
    alternatives: tuple[Verdict, ...] = ()
    samples: tuple[str, ...] = ()
    blanks: int = 0
    distinct: int = 0
    more: bool = False
    """Whether there are more different values than were counted."""
    unique: bool = False
    keep: bool = True
    required: bool = False
    lookup: Lookup | None = None
    may_be_key: bool = False
    """Whether every row has a value of its own here."""
    values: tuple[str, ...] = ()
    """Different values, up to a number, by which records of other entities may be found."""
    common: tuple[tuple[str, int], ...] = ()
    """The most frequent values with their counts."""

    @property
    def type(self) -> str:
        return self.verdict.type

    @property
    def confidence(self) -> float:
        return self.verdict.confidence

    @property
    def option_labels(self) -> tuple[str, ...]:
        """The options of a choice, as people read them."""
        return tuple(option["label"] for option in self.verdict.options.get("options", {}).values())

    @property
    def definition(self) -> dict[str, Any]:
        """The field as a document writes it."""
        flags = {"required": self.required, "unique": self.unique}
        return {
            "type": self.type,
            "label": self.label,
            **self.verdict.options,
            **{name: True for name, value in flags.items() if value},
        }

    def choices(self) -> tuple[Verdict, ...]:
        """All types that fit, the likeliest first, whichever is chosen."""
        return tuple(sorted((self.verdict, *self.alternatives), key=lambda verdict: -verdict.confidence))

    def with_type(self, wanted: str) -> "ProposedColumn":
        """This column with another type of those that fit; unchanged when there is no such."""
        found = next((verdict for verdict in self.alternatives if verdict.type == wanted), None)
        if found is None:
            return self
        others = tuple(verdict for verdict in self.choices() if verdict is not found)
        return replace(self, verdict=found, alternatives=others, lookup=self.lookup if wanted == "lookup" else None)


@dataclass(frozen=True)
class Split:
    """Columns that say the same for the same value of one of them: they would make an entity of their own."""

    by: str
    columns: tuple[str, ...]
    label: str
    plural: str
    records: int
    agreement: float


@dataclass(frozen=True)
class Proposal:
    """An entity for a file."""

    id: str
    label: str
    plural: str
    columns: tuple[ProposedColumn, ...]
    title: str
    """The header of the column by which people recognise a record; empty: the records are numbered."""
    key: tuple[str, ...] = ()
    """The headers of the columns by which rows are recognised when the file comes again."""
    icon: str = "table"
    rows: int = 0
    ragged: int = 0
    decimal_mark: str = "."
    splits: tuple[Split, ...] = ()
    notes: tuple[Message, ...] = ()

    def column(self, header: str) -> ProposedColumn | None:
        """The column with this header."""
        return next((column for column in self.columns if column.header == header), None)

    @property
    def kept(self) -> tuple[ProposedColumn, ...]:
        """The columns that become fields."""
        return tuple(column for column in self.columns if column.keep)
