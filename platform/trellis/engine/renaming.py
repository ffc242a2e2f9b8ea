"""A new name for something, everywhere: documents rewritten so that every reference follows."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.usage.mentions import Mention, Raw, Span
from trellis.engine.usage.reading import mentions
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot

_WIDE = re.compile("[\uff00-\uffef]")


def rewrite(sources: Iterable[Raw], renames: Mapping[str, str], snapshot: Snapshot) -> tuple[Raw, ...]:
    """Source documents, extensions and translations among them, with new names for documents, fields, options, …

    `renames` leads from paths before to paths after, such as `sales.account#/fields/tier`; `snapshot` holds the sources
    under their names before. Expressions keep their form, maps their order; untouched documents stay the same object.
    """
    if not renames:
        return tuple(sources)
    names = {path: _name(after) for path, after in renames.items()}
    words = frozenset(_name(path) for path in renames)
    return tuple(_rewritten(raw, names, snapshot) if _may_name(raw, words) else raw for raw in sources)


def _may_name(raw: Raw, words: Iterable[str]) -> bool:
    """Whether any of the words stands in a document at all; letters of full width may hide one."""
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return any(word in text for word in words) or _WIDE.search(text) is not None


def _name(path: str) -> str:
    """The name at the end of a path: the key, or the id of a whole document."""
    document, mark, where = path.partition("#")
    return parts_of(where)[-1] if mark else document


@dataclass(slots=True)
class _Edits:
    """What changes in a value: parts of its text, the key it stands under, and its members."""

    text: dict[Span | None, str] = field(default_factory=dict)
    key: dict[Span | None, str] = field(default_factory=dict)
    members: dict[str | int, "_Edits"] = field(default_factory=dict)


def _rewritten(raw: Raw, names: Mapping[str, str], snapshot: Snapshot) -> Raw:
    edits, changed = _Edits(), False
    for mention, *others in _by_place(raw, snapshot):
        name = names.get(mention.target)
        if name is not None and all(names.get(other.target) == name for other in others):
            _note(edits, mention, name)
            changed = True
    found: Raw = _applied(raw, edits) if changed else raw
    return found


def _by_place(raw: Raw, snapshot: Snapshot) -> Iterable[list[Mention]]:
    """The mentions of a document, those at one place together: a shared condition names fields of several entities."""
    found: dict[object, list[Mention]] = {}
    for mention in mentions(raw, snapshot):
        found.setdefault((mention.path, mention.in_key, mention.span), []).append(mention)
    return found.values()


def _note(edits: _Edits, mention: Mention, name: str) -> None:
    for part in mention.path:
        edits = edits.members.setdefault(part, _Edits())
    (edits.key if mention.in_key else edits.text)[mention.span] = name


def _applied(value: Any, edits: _Edits) -> Any:
    if isinstance(value, str):
        return _spliced(value, edits.text)
    if isinstance(value, Mapping):
        return dict(_member(name, member, edits.members.get(name)) for name, member in value.items())
    if isinstance(value, list | tuple):
        return [_member(number, member, edits.members.get(number))[1] for number, member in enumerate(value)]
    return value


def _member(name: Any, value: Any, edits: _Edits | None) -> tuple[Any, Any]:
    if edits is None:
        return name, value
    return (_spliced(name, edits.key) if edits.key else name), _applied(value, edits)


def _spliced(text: str, pieces: Mapping[Span | None, str]) -> str:
    """A text with new pieces, put in from its end so that the places before stay where they are."""
    if None in pieces:
        return pieces[None]
    for (start, end), name in sorted(((span, name) for span, name in pieces.items() if span), reverse=True):
        text = text[:start] + name + text[end:]
    return text
