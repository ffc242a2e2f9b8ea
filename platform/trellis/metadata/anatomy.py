"""Which class describes which part of a raw document: the models walked along the JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import Element, FieldType, FieldTypes, fieldtypes

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a raw document and the type that its model gives it."""

    path: Path
    type: Any
    value: Any


@cache
def members(cls: type[Element]) -> dict[str, Any]:
    """The members of a model as documents write them, with their types."""
    found = {}
    for name, info in cls.model_fields.items():
        kept = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        found[info.alias or name] = kept
    return found


def nodes(raw: Mapping[str, Any], types: FieldTypes = fieldtypes) -> Iterator[Node]:
    """Every value of a document that its model knows, from the outside in."""
    yield from _below(Node((), KINDS[raw["kind"]], raw), types)


def shape_at(raw: Mapping[str, Any], path: Path, types: FieldTypes = fieldtypes) -> Any:
    """The type of the place at `path`, or None where the model has no such place."""
    node = Node((), KINDS[raw["kind"]], raw)
    for part in path:
        found = next((child for child in children(node, types, absent=True) if str(child.path[-1]) == str(part)), None)
        if found is None:
            return None
        node = found
    return resolved(node.type, node.value, types)


def children(node: Node, types: FieldTypes = fieldtypes, *, absent: bool = False) -> Iterator[Node]:
    """The members that a value has; with `absent` also those that it could have."""
    shape = resolved(node.type, node.value, types)
    if is_element(shape) and isinstance(node.value, Mapping):
        known = members(shape)
        for name in known if absent else (name for name in node.value if name in known):
            yield Node((*node.path, name), known[name], node.value.get(name))
    elif get_origin(shape) is dict and isinstance(node.value, Mapping):
        for name, value in node.value.items():
            yield Node((*node.path, name), get_args(shape)[1], value)
    elif get_origin(shape) is tuple and isinstance(node.value, list):
        for index, value in enumerate(node.value):
            yield Node((*node.path, index), get_args(shape)[0], value)


def resolved(annotation: Any, value: Any, types: FieldTypes = fieldtypes) -> Any:
    """The arm of a union that a value means, without annotations; a field becomes the class of its type."""
    shape = plain(annotation)
    if get_origin(shape) in (Union, UnionType):
        arms = [plain(arm) for arm in get_args(shape) if arm is not NoneType]
        shape = next((arm for arm in arms if _takes(arm, value)), arms[0])
    if isinstance(shape, type) and issubclass(shape, FieldType) and isinstance(value, Mapping):
        return types.get(str(value.get("type"))) or shape
    return shape


def plain(annotation: Any) -> Any:
    """A type without what `Annotated` adds."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def is_element(shape: Any) -> bool:
    """Whether a type is a part of a document with named members."""
    return isinstance(shape, type) and issubclass(shape, Element)


def _takes(arm: Any, value: Any) -> bool:
    if is_element(arm):
        return isinstance(value, Mapping) and _is_of(arm, value.get("kind"))
    if get_origin(arm) is dict:
        return isinstance(value, Mapping)
    if get_origin(arm) is tuple:
        return isinstance(value, list)
    return isinstance(arm, type) and isinstance(value, arm) and (arm is bool or not isinstance(value, bool))


def _is_of(cls: type[Element], kind: Any) -> bool:
    """Whether a part of a document with a kind of its own can be one of a class."""
    wanted = plain(members(cls).get("kind"))
    return get_origin(wanted) is not Literal or kind in get_args(wanted)


def _below(node: Node, types: FieldTypes) -> Iterator[Node]:
    yield node
    for child in children(node, types):
        yield from _below(child, types)
