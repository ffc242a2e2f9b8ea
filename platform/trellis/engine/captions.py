"""What people call documents and their parts: labels in the language of the reader, never keys where there is a label."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trellis.kernel.messages import Message
from trellis.kernel.names import SYSTEM_FIELDS
from trellis.metadata.documents import Translation
from trellis.metadata.documents.entity import Traits
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.layers.translated import texts_in
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.metadata.systemfields import system_fields

Path = tuple[str | int, ...]
Caption = str | Message

_NAMED = ("fields", "items", "facts", "match", "refresh", "summaryFields")
"""Maps and lists of field keys."""

_LANGUAGES = {
    "en": "English", "zh-CN": "简体中文", "zh-TW": "繁體中文", "de": "Deutsch", "fr": "Français", "es": "Español",
    "pt-BR": "Português (Brasil)", "it": "Italiano", "ja": "日本語", "ko": "한국어", "ru": "Русский", "nl": "Nederlands",
}  # fmt: skip
"""Languages in their own words."""

_SYSTEM = system_fields(Traits.model_validate({"owned": True, "multiCurrency": True}))
_DOCUMENTS = {
    "pack": Message("Pack {label}"),
    "optionset": Message("Option list {label}"),
    "entity": Message("Entity {label}"),
    "form": Message("Form {label}"),
    "view": Message("List {label}"),
    "role": Message("Role {label}"),
    "navigation": Message("Menu {label}"),
    "seed": Message("Starting data {label}"),
    "sharing": Message("Sharing rule {label}"),
    "translation": Message("Translation {label}"),
    "extension": Message("Change of {label}"),
}
_PARTS = {
    "fields": Message("field {label}"),
    "options": Message("option {label}"),
    "sections": Message("section {label}"),
    "items": Message("field {label}"),
    "columns": Message("column {label}"),
    "badges": Message("badge {label}"),
    "facts": Message("fact {label}"),
    "quickFilters": Message("quick filter {label}"),
    "validations": Message("rule {label}"),
    "duplicates": Message("rule for duplicates {label}"),
    "indexes": Message("index {label}"),
    "entities": Message("rights on {label}"),
    "children": Message("entry {label}"),
    "rows": Message("row {label}"),
}
_ENTRY = Message("entry {label}")


@dataclass(frozen=True, eq=False)
class Captions:
    """The names of things in one release and one language; get it with `Captions.of`."""

    snapshot: Snapshot
    texts: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot, locale: str = "") -> "Captions":
        """The names in a language, made once; without one, those of the documents."""
        key = (cls, locale)
        found: Captions | None = snapshot.derived.get(key)
        return found or snapshot.derived.setdefault(key, cls(snapshot, _texts(snapshot, locale)))

    def document(self, document: str) -> Caption:
        """The label of a document: Account."""
        raw = self.snapshot.raw.get(document)
        if raw is None:
            return _readable(document.partition(".")[2] or document)
        if raw["kind"] == "translation":
            return _LANGUAGES.get(str(raw.get("locale")), str(raw.get("locale") or document))
        if raw["kind"] == "seed":
            return self.text(document, (), "label") or self.document(str(raw.get("entity", "")))
        return self.text(document, (), "label") or _readable(document.partition(".")[2] or document)

    def titled(self, document: str) -> Message:
        """The label of a document with its kind in front: Form Account."""
        raw = self.snapshot.raw.get(document)
        template = _DOCUMENTS.get(str(raw["kind"])) if raw else None
        if raw is not None and raw["kind"] == "view" and raw.get("label") in self._repeated:
            entity = self.document(str(raw.get("entity", "")))
            return Message("List {label} ({entity})", {"label": self.document(document), "entity": entity})
        return Message(template.template if template else "{label}", {"label": self.document(document)})

    def element(self, document: str, path: Path) -> Caption:
        """What the element at a path is called: the label of a field, section, option, entry, …"""
        if not path:
            return self.document(document)
        own = self.text(document, path, "label") or self.text(document, path, "message")
        return own or self._referred(document, path) or _readable(str(path[-1]))

    def part(self, document: str, path: Path) -> Message | None:
        """The element at a path with its kind in front: section Basics; None for places without a name of their own."""
        if len(path) < 2:
            return None
        raw = self.snapshot.raw.get(document)
        kind, container = str(raw["kind"]) if raw else "", str(path[-2])
        template = _ENTRY if kind == "navigation" and container == "items" else _PARTS.get(container)
        if kind == "role" and len(path) == 4:
            template = _PARTS["fields"]
        return Message(template.template, {"label": self.element(document, path)}) if template else None

    def place(self, document: str, path: Path) -> Message:
        """The way to a place in words, from the document inwards: Form Account · section Basics · field Tier."""
        words = self.titled(document)
        at = 0
        while at + 1 < len(path):  # a key may read like the name of a map
            part = self.part(document, path[: at + 2])
            at += 1 if part is None else 2
            words = words if part is None else Message("{whole} · {part}", {"whole": words, "part": part})
        return words

    def at(self, path: str) -> Caption:
        """What the thing of a path is called: `sales.account#/fields/tier`, a document, a function."""
        document, mark, where = path.partition("#")
        if document.startswith("function:"):
            return document.partition(":")[2] + "()"
        if document.startswith("team:"):
            return document.partition(":")[2]
        if where.startswith("/system/"):
            return self.field(document, where.rpartition("/")[2])
        return self.element(document, tuple(parts_of(where))) if mark else self.document(document)

    def field(self, entity: str, key: str) -> Caption:
        """What a field is called, system fields included."""
        found = self._field(entity, key)
        if found is not None and key in SYSTEM_FIELDS and found.system | (key not in self._declared(entity)):
            return Message(found.label or key)
        own = self.text(entity, ("fields", key), "label")
        if not own and key in _SYSTEM:
            return Message(_SYSTEM[key].label)
        return own or _readable(key)

    def path(self, entity: str, path: str) -> Caption:
        """What a path over lookups is called: Account · Tier."""
        first, _, rest = path.partition(".")
        here = self.field(entity, first)
        link = self._field(entity, first)
        if not rest or link is None or link.target is None:
            return here
        return Message("{whole} · {part}", {"whole": here, "part": self.path(link.target, rest)})

    def text(self, document: str, path: Path, member: str) -> str:
        """A text of an element in the language of the reader; '' without one."""
        value: Any = self.snapshot.raw.get(document)
        for part in path:
            value = _inside(value, part)
        found = value.get(member) if isinstance(value, Mapping) else None
        if not isinstance(found, str) or not found:
            return ""
        return self.texts.get(f"{document}#{pointer((*path, member))}", found) if self.texts else found

    @cached_property
    def _repeated(self) -> frozenset[str]:
        """The labels that several lists have."""
        counted = Counter(str(raw.get("label")) for raw in self.snapshot.raw.values() if raw["kind"] == "view")
        return frozenset(label for label, count in counted.items() if count > 1)

    def _referred(self, document: str, path: Path) -> Caption | None:
        """What something is called whose key or text names something else."""
        raw = self.snapshot.raw.get(document)
        if raw is None or len(path) < 2:
            return None
        name, container = str(path[-1]), str(path[-2])
        if name == "*":
            return Message("Everything else")
        if container == "rows":
            return str(int(name) + 1) if name.isdigit() else name
        if raw["kind"] == "role":
            return self._right(path)
        if raw["kind"] == "navigation":
            return self._goal(raw, path)
        entity = document if raw["kind"] == "entity" else str(raw.get("entity", ""))
        if container == "columns" and len(path) > 2:
            entity = str(_inside(_inside(raw.get("sections"), path[1]), "relation")).rpartition(".")[0]
        if container in _NAMED and name.isdigit():
            name = str(_value(raw, path))
        return self.path(entity, name) if container in (*_NAMED, "columns") else None

    def _right(self, path: Path) -> Caption | None:
        """An entity, or a field of one, in a role."""
        if path[0] != "entities":
            return None
        return self.field(str(path[1]), str(path[3])) if len(path) > 3 else self.document(str(path[1]))

    def _goal(self, raw: Raw, path: Path) -> Caption | None:
        """Where a menu entry without a label of its own leads."""
        entry = _value(raw, path)
        goal = (entry.get("view") or entry.get("entity")) if isinstance(entry, Mapping) else None
        return self.document(str(goal)) if goal else None

    def _field(self, entity: str, key: str) -> FieldType | None:
        found = self.snapshot.entities.get(entity)
        return found.all_fields.get(key) if found else None

    def _declared(self, entity: str) -> Mapping[str, FieldType]:
        found = self.snapshot.entities.get(entity)
        return found.fields if found else {}


def _texts(snapshot: Snapshot, locale: str) -> Mapping[str, str]:
    documents = [one for one in snapshot.of_kind(Translation).values() if one.locale == locale]
    return texts_in(documents, snapshot.composition) if documents else {}


def _value(raw: Any, path: Path) -> Any:
    for part in path:
        raw = _inside(raw, part)
    return raw


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list | tuple) and str(part).isdigit() and int(part) < len(value):
        return value[int(part)]
    return None


def _readable(key: str) -> str:
    """A key as a person would write it."""
    return key.removeprefix("x_").replace("_", " ").strip().capitalize() or key
