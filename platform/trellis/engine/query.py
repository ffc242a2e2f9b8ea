"""A question about the records of one entity, and its answer, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trellis.metadata.documents import Level

LABEL = ":label"
"""Suffix of a column that holds the title of the record a link points to."""

LEVEL = ":level"
"""Suffix of a column that says how far a field is open on the record."""


class Masked(str):
    """What is shown of a value that may only be seen in part; the value itself is not in it."""

    __slots__ = ()


class Count(StrEnum):
    """How exactly the number of all matching records is wanted."""

    NONE = "none"
    CAPPED = "capped"
    EXACT = "exact"


COUNT_CAP = 2_000


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order; empty values come last in either direction."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Which fields of which records, in which order; `base_filter` comes from a document, `filter` from a person."""

    entity: str
    fields: tuple[str, ...] = ()
    filter: str | None = None
    base_filter: str | None = None
    search: str | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int = 50
    cursor: str | None = None
    count: Count = Count.NONE
    deleted: bool = False
    labels: bool = False
    ids: tuple[str, ...] | None = None
    actions: tuple[str, ...] = ("read",)
    """What the reader must be allowed to do with each record."""
    shared: bool = False
    """Only what others share with the reader."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer; `rows` follow `columns`, of which `id` and `version` are the first two."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    next: str | None = None
    previous: str | None = None
    count: int | None = None

    @property
    def capped(self) -> bool:
        """Whether there are more records than were counted."""
        return self.count is not None and self.count > COUNT_CAP

    def records(self) -> list[dict[str, object]]:
        """The rows as maps from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as a reader sees it: `labels` has the titles behind its links."""

    entity: str
    id: str
    version: int
    values: Mapping[str, object]
    labels: Mapping[str, object]
    can_edit: bool = False
    can_delete: bool = False
    can_assign: bool = False
    can_share: bool = False
    deleted: bool = False
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How far the fields, and those asked for behind links, are open here that are not equally open on every record."""

    @property
    def known(self) -> dict[str, object]:
        """The values, without what stands for those that may only be seen in part."""
        return {key: value for key, value in self.values.items() if not isinstance(value, Masked)}

    @property
    def readable(self) -> tuple[str, ...]:
        """The fields that may be read here, though not on every record."""
        return tuple(key for key, level in self.levels.items() if level >= Level.READ)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The fields that are open on other records, and of which nothing may be known here."""
        return tuple(key for key, level in self.levels.items() if level is Level.NONE)


@dataclass(frozen=True, slots=True)
class Choice:
    """One record to pick in a lookup: its title and up to two facts."""

    id: str
    label: str
    facts: tuple[str, ...] = ()
    titled: bool = True
    """Whether the label is its title, not masked."""
    readable: frozenset[str] = frozenset()
    """Of the fields whose levels were asked for, those that may be read on this record though not on every one."""
