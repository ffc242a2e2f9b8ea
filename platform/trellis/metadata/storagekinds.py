"""The closed set of ways in which a field's value is kept in a column."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextKind:
    """Unicode text."""


@dataclass(frozen=True, slots=True)
class IntegerKind:
    """A whole number of 64 bits."""


@dataclass(frozen=True, slots=True)
class DecimalKind:
    """An exact number: NUMERIC(precision, scale), or an integer scaled by 10**scale on SQLite."""

    precision: int
    scale: int


@dataclass(frozen=True, slots=True)
class BooleanKind:
    """True or false."""


@dataclass(frozen=True, slots=True)
class DateKind:
    """A calendar date without zone."""


@dataclass(frozen=True, slots=True)
class DateTimeKind:
    """A moment in UTC, to the second."""


@dataclass(frozen=True, slots=True)
class IdKind:
    """The id of a record (UUID)."""


@dataclass(frozen=True, slots=True)
class JsonKind:
    """A JSON document."""


ColumnKind = TextKind | IntegerKind | DecimalKind | BooleanKind | DateKind | DateTimeKind | IdKind | JsonKind


@dataclass(frozen=True, slots=True)
class SideTable:
    """Many values in a table of their own: (record, position, value)."""

    value: ColumnKind


StorageKind = ColumnKind | SideTable
