"""Who says changes: knows both versions of all documents, and what people call the things in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.captions import Caption, Captions
from trellis.engine.usage.mentions import Mention, Raw
from trellis.engine.usage.reading import mentions
from trellis.engine.wording.differences import Path, value_in
from trellis.kernel.messages import Message
from trellis.metadata.layers.places import MISSING
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.snapshot import Snapshot

NAMED = ("fields", "options", "sections", "items", "columns", "badges", "quickFilters", "validations", "duplicates",
         "indexes", "entities", "children")  # fmt: skip
"""The maps whose elements have names of their own."""

_WHOLES = {
    "entity": Message("{label}"),
    "optionset": Message("the option list {label}"),
    "form": Message("the form {label}"),
    "view": Message("the list {label}"),
    "role": Message("the role {label}"),
    "navigation": Message("the menu {label}"),
    "seed": Message("the starting data {label}"),
    "sharing": Message("the sharing rule {label}"),
    "translation": Message("the translation {label}"),
    "pack": Message("the pack {label}"),
}
_PARTS = {
    "sections": Message("the section {label}"),
    "columns": Message("the column {label}"),
    "badges": Message("the badge {label}"),
    "quickFilters": Message("the quick filter {label}"),
    "validations": Message("the rule “{label}”"),
    "duplicates": Message("the rule for duplicates “{label}”"),
    "indexes": Message("the index {label}"),
    "entry": Message("the entry {label}"),
}
_SUBJECTS = {
    "sections": Message("Section {label}"),
    "columns": Message("Column {label}"),
    "badges": Message("Badge {label}"),
    "quickFilters": Message("Quick filter {label}"),
    "validations": Message("Rule “{label}”"),
    "duplicates": Message("Rule for duplicates “{label}”"),
    "indexes": Message("Index {label}"),
    "entry": Message("Entry {label}"),
}

_COMMA = Message(", ")
_ELEMENTS = {
    "fields": Message("Field {label}"),
    "items": Message("Field {label}"),
    "options": Message("Option {label}"),
}


@dataclass(frozen=True, eq=False)
class Speaker:
    """Names things of two versions in one language: as they are now, or as they were when they are gone.

    `before` are the documents before under the names of now; `renames` leads from paths of `old` to paths of `new`.
    """

    new: Snapshot
    old: Snapshot | None
    before: Mapping[str, Raw]
    locale: str = ""
    renames: Mapping[str, str] = field(default_factory=dict)
    _mentions: dict[tuple[str, bool], list[Mention]] = field(default_factory=dict)

    def raw(self, document: str) -> Raw:
        """A document as it is, or as it was."""
        return self.new.raw.get(document) or self.before.get(document) or {}

    def kind(self, document: str) -> str:
        """What kind of document it is."""
        return str(self.raw(document).get("kind", ""))

    def entity(self, document: str) -> str:
        """The entity that a document is about."""
        raw = self.raw(document)
        return document if raw.get("kind") == "entity" else str(raw.get("entity", ""))

    def caption(self, document: str, path: Path = ()) -> Caption:
        """What a document or an element is called."""
        return self._captions(document, path).element(document, path)

    def former(self, document: str, path: Path = ()) -> Caption:
        """What it was called."""
        if self.old is None:
            return Captions.of(self.new, self.locale).element(document, path)
        return Captions.of(self.old, self.locale).element(*self._formerly(document, path))

    def _formerly(self, document: str, path: Path) -> tuple[str, Path]:
        """Where a thing stood before it was renamed, itself or what it stands in."""
        found: tuple[int, str, Path] = (-1, document, path)
        for old, new in self.renames.items():
            there, _, where = new.partition("#")
            place = tuple(parts_of(where))
            if there == document and path[: len(place)] == place and len(place) > found[0]:
                origin, _, former = old.partition("#")
                found = (len(place), origin, (*parts_of(former), *path[len(place) :]))
        return found[1:]

    def at(self, target: str) -> Caption:
        """What the thing of a path such as `sales.account#/fields/tier` is called."""
        document, _, where = target.partition("#")
        if where.startswith("/system/"):
            return Captions.of(self.new, self.locale).at(target)
        return self._captions(document, tuple(parts_of(where))).at(target)

    def along(self, entity: str, path: str) -> Caption:
        """What a path over lookups is called."""
        first = path.partition(".")[0]
        known = self.new.entities.get(entity)
        there = known is not None and first in known.all_fields
        captions = self.old if self.old is not None and not there else self.new
        return Captions.of(captions, self.locale).path(entity, path)

    def whole(self, document: str) -> Message:
        """A document inside a sentence: the form Account."""
        template = _WHOLES.get(self.kind(document))
        return Message(template.template if template else "{label}", {"label": self._named(document)})

    def titled(self, document: str) -> Message:
        """A document at the beginning of a sentence: Form Account."""
        if self.kind(document) == "entity":
            return Message("{label}", {"label": self.caption(document)})
        return self._captions(document, ()).titled(document)

    def thing(self, document: str, path: Path) -> Message:
        """An element inside a sentence, with what it stands in: Tier on Account, the section Basics in the form X."""
        return self._thing(document, path, _PARTS)

    def subject(self, document: str, path: Path, called: Caption | None = None) -> Message:
        """An element at the beginning of a sentence, under another name when it is `called` so."""
        if self.named(document, path):
            return self._thing(document, path, _SUBJECTS, called)
        titled = self.titled(document)
        return titled if called is None else Message(titled.template, {**titled.params, "label": called})

    def part(self, document: str, path: Path) -> Message:
        """An element at the beginning of a sentence, without what it stands in: Section Basics."""
        container = str(path[-2])
        entry = self.kind(document) == "navigation" and container in ("items", "children")
        template = _SUBJECTS.get("entry" if entry else container) or _ELEMENTS.get(container)
        return Message(template.template if template else "{label}", {"label": self.caption(document, path)})

    def named(self, document: str, path: Path) -> Path:
        """The innermost element with a name of its own on the way to a place."""
        found: Path = ()
        at, entries = 0, self.kind(document) == "navigation"
        while at + 1 < len(path):  # a key may read like the name of a map
            named = path[at] in NAMED or (entries and path[at] == "items")
            at += 2 if named else 1
            found = path[:at] if named else found
        return found

    def source(self, document: str, path: Path, *, now: bool) -> Caption:
        """An expression with the labels of its fields in braces, and those of its options."""
        text = self._text(document, path, now=now)
        found = {mention.span: mention for mention in self._names(document, now=now) if mention.path == path}
        pieces: list[Caption] = []
        last = 0
        for span in sorted(span for span in found if span):
            target = found[span].target
            if target.startswith("function:"):
                continue
            quoted = "/options/" in target or "#" not in target
            label = self.at(target)
            pieces += [text[last : span[0]], label if quoted else Message("{{{label}}}", {"label": label})]
            last = span[1]
        return _joined([*pieces, text[last:]])

    def is_hidden(self, document: str, path: Path) -> bool:
        """Whether a layer hides a place, so that it is there no longer, and can come back."""
        return pointer(path) in self.new.composition.hidden.get(document, frozenset())

    def names(self, document: str, path: Path, *, now: bool) -> Caption | None:
        """What a whole text names, such as a document, a field, an option; None when it names nothing."""
        found = [mention for mention in self._names(document, now=now) if mention.path == path and not mention.in_key]
        return _joined_by_dots([self.at(mention.target) for mention in found]) if found else None

    def _names(self, document: str, *, now: bool) -> list[Mention]:
        key = (document, now)
        if key not in self._mentions:
            raw = self.new.raw.get(document) if now else self.before.get(document)
            original = self.old is not None and raw is self.old.raw.get(document)
            meaning = self.old if self.old is not None and not now and original else self.new
            self._mentions[key] = mentions(raw, meaning) if raw is not None else []
        return self._mentions[key]

    def _text(self, document: str, path: Path, *, now: bool) -> str:
        raw = self.new.raw.get(document, {}) if now else self.before.get(document, {})
        found = value_in(raw, path)
        return found if isinstance(found, str) else ""

    def _captions(self, document: str, path: Path) -> Captions:
        there = document in self.new.raw and value_in(self.new.raw[document], path) is not MISSING
        return Captions.of(self.new if there or self.old is None else self.old, self.locale)

    def _value(self, document: str, path: Path) -> Any:
        return value_in(self.raw(document), path)

    def _named(self, document: str) -> Caption:
        """The label of a document; of lists that several have, with the entity."""
        titled = self._captions(document, ()).titled(document)
        if "entity" in titled.params:
            return Message("{label} ({entity})", titled.params)
        return self.caption(document)

    def _thing(self, document: str, path: Path, parts: Mapping[str, Message], called: Caption | None = None) -> Message:
        inner = self.named(document, path)
        if not inner:
            return self.whole(document)
        container, label = str(inner[-2]), called or self.caption(document, inner)
        if container == "options":
            outer = self._thing(document, inner[:-1], parts)
            return Message("{part} of {whole}", {"part": label, "whole": outer})
        if container == "fields" and self.kind(document) == "entity":
            return Message("{part} on {whole}", {"part": label, "whole": self.whole(document)})
        template = parts.get("entry" if self.kind(document) == "navigation" else container)
        if template is None:
            return Message("{label} in {whole}", {"label": label, "whole": self.whole(document)})
        params = {"part": Message(template.template, {"label": label}), "whole": self.whole(document)}
        if self.kind(document) == "entity":
            return Message("{part} for {whole}", params)
        return Message("{part} in {whole}", params)


def _joined(pieces: Iterable[Caption]) -> Caption:
    """Texts and labels as one text."""
    known = [piece for piece in pieces if piece != ""]
    if all(isinstance(piece, str) for piece in known):
        return "".join(str(piece) for piece in known)
    places = {f"p{number}": piece for number, piece in enumerate(known)}
    return Message("".join(f"{{{place}}}" for place in places), places)


def _joined_by_dots(pieces: list[Caption]) -> Caption:
    joined: list[Caption] = []
    for piece in pieces:
        joined += [" · ", piece] if joined else [piece]
    return _joined(joined)


def listed(pieces: Iterable[Caption]) -> Caption:
    """Several names in a row."""
    joined: list[Caption] = []
    for piece in pieces:
        joined += [_COMMA, piece] if joined else [piece]
    return _joined(joined)
