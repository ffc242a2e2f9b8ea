"""JSON pointers (RFC 6901) into documents."""

from collections.abc import Iterable, Mapping
from typing import Any


def pointer(parts: Iterable[str | int]) -> str:
    """The pointer of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(text: str) -> list[str]:
    """The path of a pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def at(document: Any, text: str) -> Any:
    """The value that a pointer leads to; raises KeyError."""
    for part in parts_of(text):
        if isinstance(document, list):
            document = document[int(part)] if part.isdigit() and int(part) < len(document) else _missing(text)
        elif isinstance(document, Mapping) and part in document:
            document = document[part]
        else:
            _missing(text)
    return document


def _missing(text: str) -> Any:
    raise KeyError(text)


def with_texts(raw: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """Documents by id with texts put in at `id#/pointer`; documents without a text stay the same object."""
    by_document: dict[str, dict[str, str]] = {}
    for place, text in texts.items():
        key, _, where = place.partition("#")
        by_document.setdefault(key, {})[where] = text
    return {
        key: _replaced(document, by_document[key]) if key in by_document else document for key, document in raw.items()
    }


def _replaced(document: Any, texts: Mapping[str, str]) -> Any:
    for where, text in texts.items():
        document = _put(document, parts_of(where), text)
    return document


def _put(value: Any, path: list[str], text: str) -> Any:
    """A copy of `value` with a text at a path whose parent exists; else the same value."""
    if not isinstance(value, Mapping):
        return value
    key, *rest = path
    if not rest:
        return {**value, key: text}
    return {**value, key: _put(value[key], rest, text)} if key in value else value
