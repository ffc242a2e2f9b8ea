"""Keys that documents define: their shape, words that expressions could not use, and names that are taken."""

from collections.abc import Iterator
from typing import get_args, get_origin

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.kernel.names import EXPRESSION_ROOTS, RESERVED, is_key, is_keyword
from trellis.metadata.anatomy import Node, is_element, nodes, plain
from trellis.metadata.documents import Document, Entity
from trellis.metadata.findings import error
from trellis.metadata.layers.order import CUSTOMER
from trellis.metadata.layers.places import DEFINED
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def keys(document: Document, merged: Merged) -> Iterator[Finding]:
    """All keys that a document defines."""
    for node in nodes(merged.snapshot.raw[document.id], merged.snapshot.types):
        for key in _defined(node):
            yield from _key(document, pointer((*node.path, key)), key, merged)


def _defined(node: Node) -> list[str]:
    shape = plain(node.type)
    arms = [plain(arm) for arm in get_args(shape)] if get_origin(shape) is not dict else [shape]
    for arm in arms:
        if get_origin(arm) is dict and isinstance(node.value, dict):
            item = plain(get_args(arm)[1])
            if is_element(item) and item.__name__ in DEFINED:
                return list(node.value)
    return []


def _key(document: Document, place: str, key: str, merged: Merged) -> Iterator[Finding]:
    if not is_key(key):
        text = "'{key}' cannot be a key: lower-case letters, digits and underscores, a letter first, at most 48."
        yield error(document, place, "key_shape", text, hint=_suggested(key), key=key[:60])
    elif is_keyword(key):
        text = "'{key}' is a word of the expression language's grammar and cannot be a key."
        yield error(document, place, "key_keyword", text, hint=_other(key), key=key)
    elif key.startswith("x_") and merged.layer(document.id, place) != CUSTOMER:
        text = "Keys that begin with x_ belong to the customer; a pack may not use '{key}'."
        yield error(document, place, "key_of_customer", text, hint=_instead(key[2:]), key=key)


def _suggested(key: str) -> Message | None:
    shaped = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key.strip())
    shaped = shaped.replace("-", "_").replace(" ", "_").replace("__", "_").lstrip("_")
    return _instead(shaped) if is_key(shaped) else None


def _instead(key: str) -> Message | None:
    return Message("Write '{key}'.", {"key": key}) if is_key(key) else None


def _other(key: str) -> Message:
    return Message("Choose another name, like '{key}_value'.", {"key": key})


def reserved_fields(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Fields that would hide a system field or a root of the expression language."""
    for key in entity.fields:
        if key in EXPRESSION_ROOTS:
            text = "'{key}' means something else in expressions and cannot be a field."
            yield error(entity, pointer(("fields", key)), "key_reserved", text, hint=_other(key), key=key)
        elif key in RESERVED:
            hint = Message("Remove it, or choose another name.")
            text = "'{key}' is a field that the platform brings along."
            yield error(entity, pointer(("fields", key)), "key_reserved", text, hint=hint, key=key)


CHECKS = {Document: (keys,), Entity: (reserved_fields,)}
