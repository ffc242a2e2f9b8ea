"""What one place of a document says about another: the vocabulary of the reference graph.

The values are named tuples, because a large workspace has a hundred thousand of them.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from trellis.kernel.names import SYSTEM_FIELDS
from trellis.metadata.snapshot import Snapshot

Raw = Mapping[str, Any]
Path = tuple[str | int, ...]
Span = tuple[int, int]


class Use(StrEnum):
    """What a place does with the thing that it names."""

    ENTITY = "entity"
    TITLE = "title"
    SUMMARY = "summary"
    PARENT = "parent"
    AUDIT = "audit"
    INDEX = "index"
    TARGET = "target"
    OPTIONSET = "optionset"
    DEFAULT = "default"
    REPLACEMENT = "replacement"
    FILTER = "filter"
    CONDITION = "condition"
    VALIDATION = "validation"
    DUPLICATES = "duplicates"
    FORMULA = "formula"
    ROLLUP = "rollup"
    WATCHED = "watched"
    FACT = "fact"
    ITEM = "item"
    REFRESH = "refresh"
    QUICK_CREATE = "quick create"
    RELATION = "relation"
    COLUMN = "column"
    SORT = "sort"
    AUDIENCE = "audience"
    INHERITS = "inherits"
    RIGHT = "right"
    SHARING = "sharing"
    MENU = "menu"
    SEED = "seed"
    TRANSLATION = "translation"
    PACK = "pack"
    MIGRATION = "migration"


class Mention(NamedTuple):
    """A name in a raw document: the text at `path`, or its last key with `in_key`; `span` cuts it out of that text.

    With `defines` the name is that of the thing itself, not a reference to it.
    """

    path: Path
    target: str
    role: Use
    span: Span | None = None
    in_key: bool = False
    defines: bool = False


class Hit(NamedTuple):
    """A thing that a text names; `span` is None when the whole text is the name."""

    target: str
    span: Span | None = None


def field_path(snapshot: Snapshot, entity: str, key: str) -> str:
    """The path of a field of an entity, whether the document declares it or the platform brings it along."""
    found = snapshot.entities.get(entity)
    declared = found is not None and key in found.fields
    return f"{entity}#/system/{key}" if key in SYSTEM_FIELDS and not declared else f"{entity}#/fields/{key}"
