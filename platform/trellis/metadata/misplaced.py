"""Members that a place does not know: typing errors, and members that belong somewhere else."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, get_args, get_origin

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.metadata.anatomy import Path, is_element, members, plain, resolved, shape_at
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import FieldType, FieldTypes
from trellis.metadata.pointers import pointer

_SURELY = 0.8


def unknown_member(raw: Mapping[str, Any], path: Path, types: FieldTypes) -> Finding:
    """The finding for a member at `path` that its place does not know."""
    name = str(path[-1])
    known = members(shape_at(raw, path[:-1], types))
    near = nearest(name, known)
    if near and SequenceMatcher(None, name, near).ratio() >= _SURELY:
        return _unknown(raw, path, Message("Did you mean '{name}'?", {"name": near}))
    elsewhere = next(_elsewhere(raw, path, types), None)
    if elsewhere is not None:
        message = Message("'{member}' does not belong here.", {"member": name})
        return Finding("misplaced_member", message, raw["id"], pointer(path), elsewhere)
    return _unknown(raw, path, Message("Did you mean '{name}'?", {"name": near}) if near else _all_of(known))


def _unknown(raw: Mapping[str, Any], path: Path, hint: Message | None) -> Finding:
    message = Message("There is no member '{member}' here.", {"member": str(path[-1])})
    return Finding("unknown_member", message, raw["id"], pointer(path), hint)


def _all_of(known: Mapping[str, Any]) -> Message:
    return Message("There are: {names}.", {"names": ", ".join(known)})


def _elsewhere(raw: Mapping[str, Any], path: Path, types: FieldTypes) -> Iterator[Message]:
    """Where the member would be known: inside a neighbour, further out, in another field type, in another kind."""
    *outer, name = path
    shape = shape_at(raw, tuple(outer), types)
    yield from _inside(shape, str(name), tuple(outer))
    if isinstance(shape, type) and issubclass(shape, FieldType):
        yield from _in_other_types(str(name), types)
    yield from _outside(raw, tuple(outer), str(name), types)
    kinds = [kind for kind, cls in KINDS.items() if name in members(cls)]
    if kinds and len(kinds) < len(KINDS):
        yield Message("It belongs to documents of kind {kinds}.", {"kinds": ", ".join(kinds)})


def _inside(shape: Any, name: str, place: Path) -> Iterator[Message]:
    for member, annotation in members(shape).items():
        inner = plain(resolved(annotation, {}))
        if is_element(inner) and name in members(inner):
            yield _move((*place, member, name))
        elif get_origin(inner) is dict and is_element(item := plain(get_args(inner)[1])) and name in members(item):
            key = Message("It belongs into a member of '{place}'.", {"place": pointer((*place, member))})
            yield key


def _in_other_types(name: str, types: FieldTypes) -> Iterator[Message]:
    having = [other for other in types.names if (cls := types.get(other)) and name in members(cls)]
    if having:
        yield Message("It belongs to fields of type {types}.", {"types": ", ".join(having)})


def _outside(raw: Mapping[str, Any], place: Path, name: str, types: FieldTypes) -> Iterator[Message]:
    for length in range(len(place) - 1, -1, -1):
        shape = shape_at(raw, place[:length], types)
        if is_element(shape) and name in members(shape):
            yield _move((*place[:length], name))


def _move(target: Path) -> Message:
    return Message("Move it to '{place}'.", {"place": pointer(target)})
