"""Lookups: where they lead, and what the other side calls them."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.kernel.names import is_key
from trellis.metadata.checks.references import reference
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType, Lookup, MultiLookup, User
from trellis.metadata.findings import error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def targets(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Lookups lead to entities."""
    for key, field in entity.fields.items():
        if field.target is not None:
            member = "target" if isinstance(field, Lookup | MultiLookup) else "type"
            yield from reference(entity, pointer(("fields", key, member)), field.target, Entity, merged)


def required_but_cleared(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """A required lookup cannot be emptied when its target is deleted."""
    for key, field in entity.fields.items():
        if isinstance(field, Lookup | User) and field.required and field.on_delete == "clear":
            hint = Message("Use 'restrict' or 'cascade', or do not require it.")
            text = "'{field}' is required, but is emptied when its target is deleted."
            yield error(entity, pointer(("fields", key, "onDelete")), "clear_required", text, hint=hint, field=key)


def inverse_keys(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """What the other side calls a lookup is a key, and no other lookup or field there has the same name."""
    for key, field in entity.fields.items():
        inverse = getattr(field, "inverse", None)
        if inverse is None:
            continue
        place = pointer(("fields", key, "inverse", "key"))
        if not is_key(inverse.key):
            text = "'{key}' cannot be a key: lower-case letters, digits and underscores, a letter first, at most 48."
            yield error(entity, place, "key_shape", text, key=inverse.key[:60])
        else:
            yield from _clashes(entity, key, field, place, merged)


def _clashes(entity: Entity, key: str, field: FieldType, place: str, merged: Merged) -> Iterator[Finding]:
    target = merged.entity(field.target or "")
    name = field.inverse.key  # type: ignore[attr-defined]
    if target is not None and name in target.fields:
        text = "The inverse '{name}' is already a field of {entity}."
        yield error(entity, place, "inverse_clash", text, name=name, entity=target.label or target.id)
    others = merged.inverses[(field.target or "", name)]
    if others[0] != (entity.id, key):
        text = "{entity} already calls '{other}' its '{name}'."
        other = ".".join(others[0])
        yield error(entity, place, "inverse_clash", text, name=name, other=other, entity=target.label if target else "")


CHECKS = {Entity: (targets, required_but_cleared, inverse_keys)}
