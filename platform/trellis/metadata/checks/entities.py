"""Entities as a whole: title, summary, indexes, children."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference, reference
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import Json, Lookup
from trellis.metadata.findings import did_you_mean, error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

TEAM = "core.team"


def has_fields(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """An entity without fields keeps nothing."""
    if not entity.fields and not merged.removed.get(entity.id):
        yield error(entity, "/fields", "entity_empty", "The entity has no fields.")


def title_field(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """People recognise a record by one of its own fields, one that reads as text."""
    field = entity.fields.get(entity.title_field)
    if field is None:
        if merged.lacks_field(entity, entity.title_field) or entity.field(entity.title_field) is not None:
            hint = did_you_mean(entity.title_field, entity.fields)
            text = "The title field '{field}' is not a field of this entity."
            yield error(entity, "/titleField", "title_field_unknown", text, hint=hint, field=entity.title_field)
    elif field.multiple or isinstance(field, Json) or field.type == "file":
        hint = Message("Choose a field that reads as one line of text.")
        text = "A field of type '{type}' cannot be the title."
        yield error(entity, "/titleField", "title_field_type", text, hint=hint, type=field.type)


def summary_fields(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """What stands beside the title are fields."""
    for index, key in enumerate(entity.summary_fields):
        yield from field_reference(entity, f"/summaryFields/{index}", entity, key, merged)


def index_fields(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Indexes are over columns of the entity's own table."""
    for name, index in entity.indexes.items():
        if not index.fields:
            yield error(
                entity, pointer(("indexes", name, "fields")), "index_empty", "An index needs at least one field."
            )
        for position, key in enumerate(index.fields):
            yield from _index_field(entity, pointer(("indexes", name, "fields", position)), key, merged)
        repeated = {key for key in index.fields if index.fields.count(key) > 1}
        for key in sorted(repeated):
            place = pointer(("indexes", name, "fields"))
            yield error(entity, place, "index_repeats", "The field '{field}' stands twice in the index.", field=key)


def _index_field(entity: Entity, place: str, key: str, merged: Merged) -> Iterator[Finding]:
    yield from field_reference(entity, place, entity, key, merged)
    field = entity.field(key)
    if field is not None and (field.multiple or isinstance(field, Json)):
        text = "A field of type '{type}' cannot be part of an index."
        yield error(entity, place, "index_type", text, type=field.type)


def owner_team(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Owned records belong to a team, so the pack with teams is needed."""
    if entity.traits.owned:
        yield from reference(entity, "/traits/owned", TEAM, Entity, merged)


def child_of(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """A child names the lookup to its parent."""
    key = entity.traits.child_of
    if key is None or merged.was_removed(entity.id, f"/fields/{key}"):
        return
    field = entity.fields.get(key)
    if field is None:
        hint = did_you_mean(key, [name for name, other in entity.fields.items() if isinstance(other, Lookup)])
        text = "'childOf' names the lookup to the parent, and there is no field '{field}'."
        yield error(entity, "/traits/childOf", "child_of_unknown", text, hint=hint, field=key)
    elif not isinstance(field, Lookup):
        text = "'childOf' names the lookup to the parent, and '{field}' is of type '{type}'."
        yield error(entity, "/traits/childOf", "child_of_type", text, field=key, type=field.type)


def child_cycle(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """No record can be a part of itself; told once, at the first entity of the circle."""
    way = [entity.id]
    parent = _parent(entity, merged)
    while parent is not None and parent.id not in way:
        way.append(parent.id)
        parent = _parent(parent, merged)
    if parent is not None and parent.id == entity.id == min(way):
        hint = Message("Remove 'childOf' from one of them.")
        loop = " → ".join([*way, entity.id])
        text = "The entities are children of each other in a circle: {loop}."
        yield error(entity, "/traits/childOf", "child_cycle", text, hint=hint, loop=loop)


def _parent(entity: Entity, merged: Merged) -> Entity | None:
    return merged.entity(entity.parent.target or "") if entity.parent else None


CHECKS = {Entity: (has_fields, title_field, summary_fields, index_fields, owner_team, child_of, child_cycle)}
