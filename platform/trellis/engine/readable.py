"""The entities of a release as far as somebody may read them; the rest does not exist for him."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trellis.engine.access import Access
from trellis.engine.catalogue import SnapshotCatalogue
from trellis.engine.expr.scope import FieldInfo
from trellis.metadata.documents import Level


@dataclass(frozen=True, slots=True)
class ReadableCatalogue:
    """The `EntityCatalogue` of one actor, which also knows the options of fields; masked fields are hidden as well.

    A field that may be read on some records only is known: on the others it counts as empty. Types and values are those of `catalogue`, names those of `words`, the same release in the language of the actor.
    """

    catalogue: SnapshotCatalogue
    words: SnapshotCatalogue
    access: Access

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        """The field, or None when there is none that the actor may read."""
        info = self.catalogue.field_type(entity_id, field_key) if self._readable(entity_id, field_key) else None
        named = self.words.field_type(entity_id, field_key)
        return replace(info, label=named.label) if info is not None and named is not None else info

    def field_keys(self, entity_id: str) -> Iterable[str]:
        """The keys of the fields that the actor may read, system fields last."""
        return [key for key in self.catalogue.field_keys(entity_id) if self._readable(entity_id, key)]

    def label(self, entity_id: str) -> str:
        """The name people give the entity."""
        return self.words.label(entity_id)

    def choices(self, entity_id: str, field_key: str) -> Mapping[str, str]:
        """The options of a field with their labels, in order, without retired ones; empty for other fields."""
        entity = self.words.snapshot.entities.get(entity_id)
        field = entity.field(field_key) if entity and self._readable(entity_id, field_key) else None
        options = getattr(field, "choices", {})
        return {key: option.label or key for key, option in options.items() if option.active}

    def _readable(self, entity_id: str, field_key: str) -> bool:
        readable = self.access.highest(entity_id, field_key) >= Level.READ
        return readable and self.access.allows(entity_id, "read")
