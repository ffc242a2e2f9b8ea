"""What stands at a place of a document: a part with named members, elements by key, or a value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, get_args, get_origin

from trellis.metadata.anatomy import is_element, members, plain, resolved
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import Element, FieldTypes, fieldtypes
from trellis.metadata.policies import PACK, Policy

Raw = Mapping[str, Any]

DEFINED = frozenset(
    {"Badge", "DuplicateRule", "Entry", "FieldType", "Index", "Option", "QuickFilter", "Section", "Validation"}
)
"""Elements whose key is defined where they stand; the keys of items, columns and rights are references."""


class Missing(Enum):
    """The value where there is none; null is a value."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING = Missing.MISSING


class Role(Enum):
    """What the members of a value are."""

    MEMBERS = "members"
    ELEMENTS = "elements"
    VALUES = "values"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """The type of one place, the policy for it, and whether its model knows it at all."""

    shape: Any
    policy: Policy = PACK
    known: bool = True
    default: Any = None

    @property
    def role(self) -> Role:
        """What stands below this place."""
        if is_element(self.shape):
            return Role.MEMBERS
        if get_origin(self.shape) is not dict:
            return Role.NONE
        return Role.ELEMENTS if is_element(plain(get_args(self.shape)[1])) else Role.VALUES

    @property
    def element(self) -> type[Element] | None:
        """The class of the part that stands here."""
        return self.shape if is_element(self.shape) else None

    @property
    def defines(self) -> bool:
        """Whether the keys below are defined here, and not references to something else."""
        item = plain(get_args(self.shape)[1]) if self.role is Role.ELEMENTS else None
        return item is not None and item.__name__ in DEFINED

    def child(self, name: str, value: Any, types: FieldTypes = fieldtypes) -> "Place":
        """The place below, whose type may depend on the value that stands there."""
        match self.role:
            case Role.MEMBERS:
                return self._member(name, value, types)
            case Role.ELEMENTS | Role.VALUES:
                return Place(resolved(get_args(self.shape)[1], value, types), self.policy)
            case Role.NONE:
                return Place(Any, self.policy, self.shape is Any)

    def _member(self, name: str, value: Any, types: FieldTypes) -> "Place":
        cls: type[Element] = self.shape
        known = members(cls)
        if name not in known:
            return Place(Any, policy_of(cls, name), known=False)
        return Place(resolved(known[name], value, types), policy_of(cls, name), default=_default(cls, name))


def root(document: Raw) -> Place:
    """The place of a whole document."""
    return Place(KINDS[document["kind"]])


def place_at(document: Raw, path: tuple[str, ...], types: FieldTypes = fieldtypes) -> Place:
    """The place at a path, also where the document has no value."""
    *_, (place, _value) = way(document, path, types)
    return place


def way(document: Raw, path: tuple[str, ...], types: FieldTypes = fieldtypes) -> Iterator[tuple[Place, Any]]:
    """Each place on the way with its value, MISSING where there is none; the document itself comes first."""
    value: Any = document
    place = root(document)
    yield place, value
    for depth, name in enumerate(path, start=1):
        value = value_at(value, (name,))
        assumed: Any = {} if depth < len(path) else None  # what has something below it is a map
        place = place.child(name, assumed if value is MISSING else value, types)
        yield place, value


def is_lost(document: Raw, path: tuple[str, ...], types: FieldTypes = fieldtypes) -> bool:
    """Whether an element on the way is not there; a member that is left out could be set."""
    steps = pairwise(way(document, path, types))
    return any(below is MISSING and holder.role is Role.ELEMENTS for (holder, _), (_, below) in steps)


def value_at(document: Any, path: tuple[str, ...]) -> Any:
    """The value at a path, or MISSING; lists are values as a whole."""
    for name in path:
        if not isinstance(document, Mapping) or name not in document:
            return MISSING
        document = document[name]
    return document


def policy_of(cls: type[Element], member: str) -> Policy:
    """What other layers may do with a member of a part of a document."""
    for owner in cls.__mro__:
        found: Policy | None = vars(owner).get("policies", {}).get(member)
        if found is not None:
            return found
    return PACK


def policy_at(document: Raw, path: tuple[str, ...], types: FieldTypes = fieldtypes) -> Policy:
    """What other layers may do with the value at a path."""
    return place_at(document, path, types).policy


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _default(cls: type[Element], name: str) -> Any:
    """The value of a member that is left out, as a document would write it."""
    info = next(info for key, info in cls.model_fields.items() if (info.alias or key) == name)
    return None if info.is_required() else info.get_default(call_default_factory=True)
