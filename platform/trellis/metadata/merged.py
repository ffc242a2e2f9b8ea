"""All documents together, as far as they could be read: what the checks look at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from trellis.kernel.errors import Finding
from trellis.metadata.documents import Document, Entity, Extension, Pack
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.structure import Read, read

Raw = Mapping[str, Any]
Kind = TypeVar("Kind", bound=Document)


@dataclass(frozen=True, eq=False)
class Merged:
    """A snapshot of the sound parts of all documents, which remembers what had to be left out.

    What was left out has a finding already, so nothing that refers to it may be called dangling.
    """

    snapshot: Snapshot
    raw: Mapping[str, Raw]
    lost: frozenset[str]
    removed: Mapping[str, frozenset[str]]
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    """What is wrong with the shape of documents only since extensions are on them."""

    @classmethod
    def of(cls, reads: Iterable[Read], lost: Iterable[str] = (), types: FieldTypes = fieldtypes) -> "Merged":
        """Puts together what could be read of the documents of all layers; `lost` are ids of those that could not."""
        known = {each.raw["id"]: each for each in reads}
        composition = compose((each.sound for each in known.values() if each.sound is not None), types)
        extended = {key: read(raw, types) for key, raw in composition.effective.items() if key in composition.stages}
        sound = {key: extended[key].sound if key in extended else raw for key, raw in composition.effective.items()}
        parts = {key: raw for key, raw in sound.items() if raw is not None}
        every = {**known, **extended}
        return cls(
            Snapshot.of_composed(0, parts, composition, types),
            {**_unextended(known, composition), **{key: each.raw for key, each in extended.items()}},
            frozenset(lost) | {key for key, each in every.items() if each.sound is None},
            {key: removed for key in every if (removed := _removed(key, known, extended))},
            _extensions(composition),
            tuple(finding for each in extended.values() for finding in each.findings),
        )

    @property
    def documents(self) -> Mapping[str, Document]:
        """All sound documents by id."""
        return self.snapshot.documents

    def of_kind(self, kind: type[Kind]) -> Mapping[str, Kind]:
        """All sound documents of a class by id."""
        return self.snapshot.of_kind(kind)

    def entity(self, entity_id: str) -> Entity | None:
        """The entity of an id, when it could be read."""
        return self.snapshot.entities.get(entity_id)

    def is_left_out(self, document_id: str) -> bool:
        """Whether a document is there, but hidden as a whole: what refers to it is not offered either."""
        return document_id in self.snapshot.composition.left_out

    def layer(self, document_id: str, pointer: str) -> str:
        """The layer that wrote what stands at a place: a pack, or `x`."""
        return self.snapshot.composition.origin(document_id, pointer).layer

    def was_removed(self, document_id: str, pointer: str) -> bool:
        """Whether the place, or something it stands in, was left out because it is faulty."""
        places = self.removed.get(document_id, frozenset())
        return any(pointer == place or pointer.startswith(place + "/") for place in places)

    def lacks_field(self, entity: Entity, key: str) -> bool:
        """Whether the entity surely has no field of this key; of an entity without any fields nothing is sure."""
        return bool(entity.fields) and entity.field(key) is None and not self.was_removed(entity.id, f"/fields/{key}")

    def has_owner(self, entity: Entity) -> bool:
        """Whether somebody owns the records: through themselves, or through what they are a part of."""
        if entity.traits.owned or entity.traits.child_of is None:
            return entity.traits.owned
        parent = self.entity(entity.parent.target or "") if entity.parent else None
        return parent is None or parent.traits.owned

    @cached_property
    def required(self) -> Mapping[str, frozenset[str]]:
        """For each pack all packs that it may build on: itself and what it requires, directly or not."""
        packs = self.snapshot.packs
        return {key: frozenset(_reachable(key, packs)) for key in packs}

    @cached_property
    def removed_keys(self) -> frozenset[str]:
        """The keys of fields that were left out, of any entity."""
        places = (place for document in self.removed.values() for place in document)
        return frozenset(
            place.split("/")[2] for place in places if place.startswith("/fields/") and place.count("/") == 2
        )

    @cached_property
    def inverses(self) -> Mapping[tuple[str, str], list[tuple[str, str]]]:
        """For each target and name of an inverse the lookups, as entity and key, that use it."""
        found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for entity in self.snapshot.entities.values():
            for key, spec in entity.fields.items():
                if (inverse := getattr(spec, "inverse", None)) is not None:
                    found[(spec.target or "", inverse.key)].append((entity.id, key))
        return found


def _unextended(known: Mapping[str, Read], composition: Composition) -> dict[str, Raw]:
    """Documents as they were written, without extensions and without what is hidden as a whole."""
    hidden = composition.sources.keys() - composition.effective.keys()
    return {key: each.raw for key, each in known.items() if key not in hidden}


def _removed(key: str, known: Mapping[str, Read], extended: Mapping[str, Read]) -> frozenset[str]:
    nothing: frozenset[str] = frozenset()
    return (known[key].removed if key in known else nothing) | (extended[key].removed if key in extended else nothing)


def _extensions(composition: Composition) -> dict[str, Extension]:
    return {raw["id"]: Extension.model_validate(raw) for raw in composition.extensions}


def _reachable(start: str, packs: Mapping[str, Pack]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [*packs[key].requires, *packs[key].optional] if key in packs else []
    return found
