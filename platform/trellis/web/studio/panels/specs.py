"""What inputs a part of a document needs: one for each member of its model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from trellis.metadata.anatomy import is_element, plain
from trellis.metadata.fieldtypes import Element
from trellis.metadata.pointers import pointer

Path = tuple[str, ...]


class Kind(Enum):
    """How a member is filled in."""

    CHECK = "check"
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TEXT = "text"
    LONG = "long"
    EXPRESSION = "expression"
    ENTITY = "entity"
    OPTIONSET = "optionset"
    RELATION = "relation"
    RESULT = "result"
    FIELD = "field"
    FIELDS = "fields"
    ICON = "icon"
    LIST = "list"
    DEFAULT = "default"
    ROWS = "rows"
    JSON = "json"


MEANT: Mapping[str, Kind] = {
    "target": Kind.ENTITY,
    "optionset": Kind.OPTIONSET,
    "over": Kind.RELATION,
    "returns": Kind.RESULT,
    "titleField": Kind.FIELD,
    "childOf": Kind.FIELD,
    "changeOf": Kind.FIELD,
    "at": Kind.FIELD,
    "summaryFields": Kind.FIELDS,
    "match": Kind.FIELDS,
    "fields": Kind.FIELDS,
    "icon": Kind.ICON,
    "expr": Kind.EXPRESSION,
    "filter": Kind.EXPRESSION,
    "where": Kind.EXPRESSION,
    "when": Kind.EXPRESSION,
    "fail": Kind.EXPRESSION,
    "help": Kind.LONG,
    "hint": Kind.LONG,
    "message": Kind.LONG,
    "description": Kind.LONG,
    "default": Kind.DEFAULT,
}
"""Members that mean more than their type says; a member of another name goes by its type."""

BY_TYPE: Mapping[Any, Kind] = {
    bool: Kind.CHECK,
    int: Kind.INTEGER,
    Decimal: Kind.DECIMAL,
    date: Kind.DATE,
    str: Kind.TEXT,
    tuple[str, ...]: Kind.LIST,
}
"""Everything else is written as JSON."""

APART = frozenset({"type", "kind", "id", "hidden", "order"})
"""Members that have a place of their own on the page, or none: what is hidden is hidden by a button."""

RARE = frozenset({"ext", "system", "pii", "mask", "precision", "separator", "maxSize", "keep", "storage"})
"""Members that few people need; they come last."""


FIRST = ("label", "labelPlural", "help", "description")
LEADING = frozenset({"expr", "over", "agg", "field", "where", "target", "returns", "options", "optionset", "pattern"})
"""Members that make a type what it is."""
COMMON = frozenset({"required", "requiredFor", "default", "unique", "search"})
"""Members that every field has come after those of its type."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One input: the way to its member, how it is filled in, and the value when the member is left out."""

    path: Path
    kind: Kind
    owner: type[Element]
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    rows: "tuple[Spec, ...]" = ()
    optional: Path = ()
    """The way to the group around it, when the group as a whole may be missing."""

    @property
    def member(self) -> str:
        """What documents call it."""
        return self.path[-1]

    @property
    def name(self) -> str:
        """The name of the input: the pointer to the member."""
        return pointer(self.path)

    @property
    def place(self) -> int:
        """Where it stands on a panel, before or after others."""
        groups = (self.path[0] in FIRST, self.path[0] in LEADING, self.path[0] not in COMMON, not self.rare)
        return 4 if self.rare else groups.index(True)

    @property
    def rare(self) -> bool:
        """Whether few people need it."""
        return self.member in RARE


@cache
def specs_of(cls: type[Element], leave_out: frozenset[str] = frozenset()) -> tuple[Spec, ...]:
    """The inputs for all members of a part that are filled in on a panel."""
    return tuple(sorted(_specs(cls, (), (), APART | leave_out), key=lambda spec: spec.place))


def _specs(cls: type[Element], above: Path, optional: Path, leave_out: frozenset[str]) -> Iterator[Spec]:
    for name, info in cls.model_fields.items():
        member = info.alias or name
        if not above and member in leave_out:
            continue
        path = (*above, member)
        shape, missing = _shape(info.annotation)
        if is_element(shape):
            yield from _specs(shape, path, path if missing else optional, leave_out)
            continue
        kind, choices, rows = _kind(member, shape)
        default = None if info.is_required() else _raw(info.get_default(call_default_factory=True))
        needed = info.is_required() and not missing and not optional
        yield Spec(path, kind, cls, default, needed, choices, rows, optional)


def _shape(annotation: Any) -> tuple[Any, bool]:
    """A type without what may be missing around it, and whether it may."""
    shape = plain(annotation)
    if get_origin(shape) not in (Union, UnionType):
        return shape, False
    arms = [plain(arm) for arm in get_args(shape) if arm is not NoneType]
    missing = len(arms) < len(get_args(shape))
    return (arms[0] if len(arms) == 1 else Any), missing


def _kind(member: str, shape: Any) -> tuple[Kind, tuple[str, ...], tuple[Spec, ...]]:
    if get_origin(shape) is Literal:
        return Kind.CHOICE, tuple(str(choice) for choice in get_args(shape)), ()
    if get_origin(shape) is dict and is_element(plain(get_args(shape)[1])):
        return Kind.ROWS, (), tuple(_without_tables(plain(get_args(shape)[1])))
    if member in MEANT and (shape is str or shape == tuple[str, ...] or member == "default"):
        return MEANT[member], (), ()
    return BY_TYPE.get(shape, Kind.JSON), (), ()


def _without_tables(cls: type[Element]) -> Iterator[Spec]:
    """The cells of a row: maps of elements in it are written as JSON, however deep they go."""
    for name, info in cls.model_fields.items():
        member, (shape, _) = info.alias or name, _shape(info.annotation)
        if member not in APART and (get_origin(shape) is dict or is_element(shape)):
            default = None if is_element(shape) else _raw(info.get_default(call_default_factory=True))
            yield Spec((member,), Kind.JSON, cls, default)
        elif member not in APART:
            yield from (spec for spec in _specs(cls, (), (), APART | _others(cls, member)))


def _others(cls: type[Element], member: str) -> frozenset[str]:
    return frozenset(info.alias or name for name, info in cls.model_fields.items()) - {member}


def _raw(value: Any) -> Any:
    """A default as a document writes it."""
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case tuple():
            return [_raw(item) for item in value]
        case _:
            return value
