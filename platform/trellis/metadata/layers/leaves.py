"""The single decisions of an extension: each added element, each changed member, each hidden place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.apply import Verb, hides, mapping
from trellis.metadata.layers.places import Place, Role, place_at, root
from trellis.metadata.pointers import parts_of, pointer

Raw = Mapping[str, Any]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One decision: what is done at a place of the target, with which value; null takes a member away."""

    verb: Verb
    path: Path
    value: Any
    place: Place

    @property
    def pointer(self) -> str:
        """The place in the target."""
        return pointer(self.path)

    @property
    def written(self) -> str:
        """The place in the extension."""
        if self.verb == "change":
            return pointer(("change", *self.path))
        return pointer((self.verb, self.value if self.verb == "hide" else self.pointer))


def leaves(target: Raw, extension: Raw, types: FieldTypes = fieldtypes) -> Iterator[Leaf]:
    """All decisions of an extension, with what their places in the target are; those at unknown places too."""
    for where, element in mapping(extension, "add").items():
        path = tuple(parts_of(where))
        yield Leaf("add", path, element, place_at(target, path, types))
    yield from _changes(target, mapping(extension, "change"), root(target), (), types)
    for number, where in enumerate(hides(extension)):
        path = tuple(parts_of(where))
        yield Leaf("hide", path, number, place_at(target, path, types))


def _changes(value: Any, patch: Raw, place: Place, path: Path, types: FieldTypes) -> Iterator[Leaf]:
    for name, part in patch.items():
        held = value.get(name) if isinstance(value, Mapping) else None
        below = place.child(name, part if held is None else held, types)
        if isinstance(part, Mapping) and part and below.role is not Role.NONE:
            yield from _changes(held, part, below, (*path, name), types)
        else:
            yield Leaf("change", (*path, name), part, below)
