"""How a value came about, as values: what it is computed from, by whom it was entered, whether it is up to date.

Values are those of the domain, with the field that says how to show them, in the language of the reader. What is `masked`
is text already; what is `hidden` has no value.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trellis.engine.expr.types import Type
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.fieldtypes.computations import Aggregate


class Kind(StrEnum):
    """Where a value comes from."""

    ENTERED = "entered"
    FORMULA = "formula"
    ROLLUP = "rollup"


@dataclass(frozen=True, slots=True)
class Place:
    """A record; its title if the reader may see it."""

    entity: str
    id: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a value last, and when; nobody (None) is the platform."""

    user: str | None
    name: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Text:
    """An expression as it was written, and with the labels of its fields in braces."""

    source: str
    labelled: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as far as the reader may see it; `label` is what people read where the value is a link."""

    value: object = None
    label: str | None = None
    hidden: bool = False
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a formula reads: its path, the labels along it, and the record that holds it where there is one."""

    path: str
    labels: tuple[str, ...]
    field: FieldType
    shown: Shown
    record: Place | None = None
    writer: Writer | None = None
    stale: bool = False

    @property
    def computed(self) -> bool:
        """Whether it can be explained in turn by what it is computed from."""
        return self.field.computed is not None


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a formula with what it gave; not `used`: it was not asked for; `failed`: it could not be computed."""

    text: Text
    type: Type
    value: object
    depth: int
    used: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Child:
    """A record that a roll-up counts."""

    record: Place
    shown: Shown


@dataclass(frozen=True, slots=True)
class Children:
    """The records behind a roll-up.

    Of those that point to the record (`all`), `left_out` do not meet the condition and `without_value` have nothing to
    take. `counted` are the rest, of which `unreadable` are not for the reader and `more` are not among the shown.
    """

    entity: str
    relation: str
    aggregate: Aggregate
    field: FieldType | None
    labels: tuple[str, ...]
    where: Text | None
    empty: object
    all: int
    left_out: int
    without_value: int
    counted: int
    shown: tuple[Child, ...]
    more: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Stale:
    """A stored value that waits to be worked out anew: since when, and how many records are done."""

    since: datetime
    done: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How the value of one field of one record came about.

    `fresh` is a stored value computed anew; it `differs` where the stored one is stale, or wrong.
    """

    record: Place
    field: FieldType
    kind: Kind
    shown: Shown
    text: Text | None = None
    inputs: tuple[Input, ...] = ()
    steps: tuple[Step, ...] = ()
    children: Children | None = None
    writer: Writer | None = None
    default: Text | None = None
    stale: Stale | None = None
    fresh: object = None
    differs: bool = False

    @property
    def stored(self) -> bool:
        """Whether a column keeps the value; else it is computed whenever it is read."""
        return self.field.stored
