"""One place of a document as it is in the layer below."""

from collections.abc import Mapping
from typing import Any

from trellis.kernel.errors import NotFound
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.pointers import parts_of

Raw = Mapping[str, Any]


def as_below(below: Raw, document: Raw, pointer: str) -> Raw:
    """The document with what the one below has at a place, or without the place; raises NotFound in neither."""
    path = tuple(parts_of(pointer))
    value = value_at(below, path)
    if value is MISSING and value_at(document, path) is MISSING:
        raise NotFound()
    found: Raw = _with(document, below, path)
    return found


def _with(document: Any, below: Any, path: tuple[str, ...]) -> Any:
    """Copies of what stands on the way; members that come back keep the place they have below."""
    if not path:
        return below
    name, rest = path[0], path[1:]
    before = document if isinstance(document, Mapping) else {}
    source = below if isinstance(below, Mapping) else {}
    value = _with(before.get(name), source[name], rest) if name in source else _without(before.get(name), rest)
    if value is None and name not in source:
        return {key: item for key, item in before.items() if key != name}
    merged = {**before, name: value}
    if name in before:
        return merged
    order = [key for key in source if key in merged] + [key for key in merged if key not in source]
    return {key: merged[key] for key in order}


def _without(value: Any, path: tuple[str, ...]) -> Any:
    if not path or not isinstance(value, Mapping):
        return None
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    return {**value, path[0]: _without(value.get(path[0]), path[1:])}
