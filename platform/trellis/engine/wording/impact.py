"""Who is concerned by a change: whatever uses something that is removed, hidden, renamed or of another type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trellis.engine.captions import Caption, Captions
from trellis.engine.usage.graph import Reference, Usage
from trellis.engine.usage.labels import label
from trellis.engine.usage.mentions import Use
from trellis.engine.wording.differences import value_in
from trellis.engine.wording.worded import What
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, OptionSet
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.layers.places import MISSING
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot

_WORDS = frozenset({"label", "help", "mask", "search", "pii", "system", "ext", "hidden"})
"""Members of a field that say nothing about its values."""

_SENTENCES = {
    What.REMOVED: Message("{place} uses “{thing}”, which goes."),
    What.HIDDEN: Message("{place} uses “{thing}”, which is hidden."),
    What.RENAMED: Message("{place} uses “{thing}” and follows its new key."),
    What.RETYPED: Message("{place} uses “{thing}”, which gets another type."),
}


@dataclass(frozen=True, slots=True)
class Affected:
    """A place that uses something that changes: `label` says where, `of` and `thing` what, `because` what happens to it."""

    document: str
    kind: str
    pointer: str
    role: Use
    label: Message
    of: str
    thing: Caption
    because: What

    @property
    def message(self) -> Message:
        """That in one sentence."""
        return Message(_SENTENCES[self.because].template, {"place": self.label, "thing": self.thing})


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything that uses what changes."""

    references: tuple[Affected, ...]

    @property
    def views(self) -> tuple[Affected, ...]:
        return self._of("view")

    @property
    def forms(self) -> tuple[Affected, ...]:
        return self._of("form")

    @property
    def roles(self) -> tuple[Affected, ...]:
        return self._of("role")

    @property
    def navigations(self) -> tuple[Affected, ...]:
        return self._of("navigation")

    @property
    def formulas(self) -> tuple[Affected, ...]:
        """Formulas and roll-ups."""
        return tuple(one for one in self.references if one.role in (Use.FORMULA, Use.ROLLUP))

    def _of(self, kind: str) -> tuple[Affected, ...]:
        return tuple(one for one in self.references if one.kind == kind)


def impact(old: Snapshot | None, new: Snapshot, renames: Mapping[str, str] | None = None, locale: str = "") -> Impact:
    """Who uses what is removed, hidden, renamed or of another type; what was put right in the same change is left out."""
    if old is None or old is new:
        return Impact(())
    usage = Usage.of(old)
    known: dict[tuple[str, str], Affected] = {}
    captions = Captions.of(old, locale)
    for path, because in concerned(old, new, renames or {}).items():
        for one in usage.outside(path):
            if one.role is not Use.TRANSLATION and (because is What.RENAMED or _still(one, old, new)):
                where = label(one, old, locale)
                kind = str(old.raw[one.document]["kind"])
                known.setdefault(
                    (one.document, one.pointer),
                    Affected(one.document, kind, one.pointer, one.role, where, path, captions.at(path), because),
                )
    return Impact(tuple(known.values()))


def touched_fields(old: Snapshot | None, new: Snapshot) -> frozenset[str]:
    """The paths of fields that are new, gone or of other values: not those with other words only."""
    found: set[str] = set()
    before = old.entities if old else {}
    for entity in dict.fromkeys((*new.entities, *before)):
        if old is not None and old.raw.get(entity) is new.raw.get(entity):
            continue
        was, now = _fields(old, entity), _fields(new, entity)
        found |= {f"{entity}#/fields/{key}" for key in was.keys() | now.keys() if _differs(was.get(key), now.get(key))}
    return frozenset(found)


def concerned(old: Snapshot, new: Snapshot, renames: Mapping[str, str]) -> dict[str, What]:
    """The paths of documents, fields and options that are removed, hidden, renamed or of another type."""
    found: dict[str, What] = {}
    for document, raw in old.raw.items():
        after = new.raw.get(document)
        if after is raw:
            continue
        if after is None:
            found[document] = What.RENAMED if document in renames else What.REMOVED
        else:
            found |= dict(_parts(old, new, document))
    return found | dict.fromkeys(renames, What.RENAMED)


def _parts(old: Snapshot, new: Snapshot, document: str) -> Iterator[tuple[str, What]]:
    before, after = old.documents.get(document), new.documents.get(document)
    if isinstance(before, OptionSet) and isinstance(after, OptionSet):
        yield from _gone(f"{document}#/options", before.options, after.options)
    if not (isinstance(before, Entity) and isinstance(after, Entity)):
        return
    for key, field in before.fields.items():
        path, now = f"{document}#/fields/{key}", after.fields.get(key)
        if now is None:
            yield path, What.REMOVED
        elif now.hidden and not field.hidden:
            yield path, What.HIDDEN
        elif now.type != field.type or now.target != field.target:
            yield path, What.RETYPED
        else:
            yield from _gone(f"{path}/options", _own(field), _own(now))


def _own(field: FieldType) -> Mapping[str, object]:
    found: Mapping[str, object] | None = getattr(field, "options", None)
    return found or {}


def _gone(place: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[tuple[str, What]]:
    """Options that went, or are no longer offered."""
    for key, option in before.items():
        if key not in after:
            yield f"{place}/{key}", What.REMOVED
        elif getattr(option, "active", True) and not getattr(after[key], "active", True):
            yield f"{place}/{key}", What.HIDDEN


def _still(reference: Reference, old: Snapshot, new: Snapshot) -> bool:
    """Whether the place says in the new release what it said in the old one."""
    path = tuple(parts_of(reference.pointer))
    before, after = (value_in(release.raw.get(reference.document, {}), path) for release in (old, new))
    return after is not MISSING and (reference.in_key or before == after)


def _fields(snapshot: Snapshot | None, entity: str) -> Mapping[str, FieldType]:
    found = snapshot.entities.get(entity) if snapshot else None
    return found.fields if found else {}


def _differs(was: FieldType | None, now: FieldType | None) -> bool:
    if was is None or now is None:
        return True
    if was is now:
        return False
    return was.computed != now.computed or _values(was) != _values(now)


def _values(field: FieldType) -> dict[str, object]:
    return {name: value for name, value in field.model_dump(by_alias=True).items() if name not in _WORDS}
