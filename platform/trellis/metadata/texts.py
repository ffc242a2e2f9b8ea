"""The texts of documents that people read, each with its place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trellis.metadata.anatomy import nodes, plain, shape_at
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.pointers import parts_of, pointer

MEMBERS = frozenset({"label", "labelPlural", "description", "help", "hint", "message"})
"""What the members are called that hold texts."""

UNTRANSLATED = frozenset({"translation", "seed", "extension"})
"""Kinds whose documents have no texts of their own."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_NAMED = re.compile(r"\{[A-Za-z0-9_.:]*\}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the language of its document; `place` is written as translations do: `sales.account#/label`."""

    document: str
    pointer: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.document}#{self.pointer}"


def texts_of(raw: Mapping[str, Any], types: FieldTypes = fieldtypes) -> Iterator[Text]:
    """Every text of a document that is not empty, in the order in which the document has them."""
    if raw["kind"] in UNTRANSLATED:
        return
    for node in nodes(raw, types):
        named = bool(node.path) and node.path[-1] in MEMBERS and plain(node.type) is str
        if named and isinstance(node.value, str) and node.value.strip():
            yield Text(raw["id"], pointer(node.path), node.value)


def is_text(raw: Mapping[str, Any], where: str, types: FieldTypes = fieldtypes) -> bool:
    """Whether a pointer leads to a member that holds a text, or would if there were one."""
    *_, last = parts_of(where) or [""]
    return last in MEMBERS and plain(shape_at(raw, tuple(parts_of(where)), types)) is str


def placeholders(text: str) -> tuple[str, ...]:
    """The places in braces that something is put into, sorted."""
    return tuple(sorted(_NAMED.findall(text)))


def is_language(locale: str) -> bool:
    """Whether a tag is written like a language: `de`, `pt-BR`, `zh-Hant-TW`."""
    return _LANGUAGE.fullmatch(locale) is not None
