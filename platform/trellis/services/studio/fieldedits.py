"""The parts of an entity document - fields, rules, indexes - as pure edits: a document in, a document out."""

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping
from typing import Any

from trellis.kernel.names import RESERVED, is_key, is_keyword
from trellis.metadata.layers.order import CUSTOMER, layer_of

Raw = Mapping[str, Any]

PREFIX = "x_"
"""What the keys of the customer begin with in the documents of packs."""

_LONGEST = 48
_APART = re.compile(r"[^a-z0-9]+")


def key_for(label: str, taken: Container[str], *, prefix: str = "", fallback: str = "field") -> str:
    """A key that says what the label says, and that nothing else has yet."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = _APART.sub("_", plain).strip("_")
    stem = words if words[:1].isalpha() else f"{fallback}_{words}".rstrip("_")
    stem = f"{prefix}{stem}"[: _LONGEST - 3].rstrip("_")
    number, key = 1, stem
    while key in taken or key in RESERVED or is_keyword(key) or not is_key(key):
        number += 1
        key = f"{stem}_{number}"
    return key


def id_for(label: str, documents: Iterable[str], *, fallback: str = "field") -> str:
    """An id of the customer's that says what the label says, and that no document has yet."""
    taken = {document.partition(".")[2] for document in documents if layer_of(document) == CUSTOMER}
    return f"{CUSTOMER}.{key_for(label, taken, fallback=fallback)}"


def prefix_in(document: str) -> str:
    """What a new key must begin with in a document."""
    return "" if layer_of(document) == CUSTOMER else PREFIX


def parts_in(document: Raw, member: str) -> Mapping[str, Raw]:
    """The elements of a map of a document, such as its fields, by key."""
    found = document.get(member)
    return found if isinstance(found, Mapping) else {}


def with_part(document: Raw, member: str, key: str, part: Raw) -> dict[str, Any]:
    """The document with an element put in: at its place, or last when it is new."""
    return {**document, member: {**parts_in(document, member), key: dict(part)}}


def without_part(document: Raw, member: str, key: str) -> dict[str, Any]:
    """The document without an element; a map that may be left out goes with its last element."""
    left = {name: part for name, part in parts_in(document, member).items() if name != key}
    if not left and member != "fields":
        return {name: value for name, value in document.items() if name != member}
    return {**document, member: left}


def with_key(document: Raw, member: str, key: str, new: str) -> dict[str, Any]:
    """The document with an element under another key, at the same place."""
    renamed = {new if name == key else name: part for name, part in parts_in(document, member).items()}
    return {**document, member: renamed}


def fitted(part: Raw, members: Container[str], kind: str) -> dict[str, Any]:
    """A field as one of another type: what the other type has no member for is left out."""
    return {"type": kind, **{name: value for name, value in part.items() if name in members and name != "type"}}
