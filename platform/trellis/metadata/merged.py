"""All documents together, as far as they could be read: what the checks look at."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from trellis.metadata.documents import Document, Entity, Pack
from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.snapshot import Snapshot
from trellis.metadata.structure import Read

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

    @classmethod
    def of(cls, reads: Iterable[Read], lost: Iterable[str] = (), types: FieldTypes = fieldtypes) -> "Merged":
        """Puts together what could be read; `lost` are ids of documents that could not."""
        known = list(reads)
        sound = [read.sound for read in known if read.sound is not None]
        unsound = {read.raw["id"] for read in known if read.sound is None}
        removed = {read.raw["id"]: read.removed for read in known if read.removed}
        raw = {read.raw["id"]: read.raw for read in known}
        return cls(Snapshot.of(0, sound, types), raw, frozenset(lost) | unsound, removed)

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
            for key, field in entity.fields.items():
                if (inverse := getattr(field, "inverse", None)) is not None:
                    found[(field.target or "", inverse.key)].append((entity.id, key))
        return found


def _reachable(start: str, packs: Mapping[str, Pack]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += [*packs[key].requires, *packs[key].optional] if key in packs else []
    return found
