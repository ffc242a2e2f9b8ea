"""Validations and rules about duplicates: what they name exists and can be compared."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference
from trellis.metadata.documents import Entity
from trellis.metadata.documents.rules import DuplicateRule
from trellis.metadata.fieldtypes import Json
from trellis.metadata.findings import error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def validations(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """A validation says something, and where."""
    for key, rule in entity.validations.items():
        if rule.at is not None:
            yield from field_reference(entity, pointer(("validations", key, "at")), entity, rule.at, merged)
        if not rule.message.strip():
            hint = Message("Say what is wrong and what to do about it.")
            place = pointer(("validations", key, "message"))
            yield error(entity, place, "message_empty", "People would read nothing.", hint=hint)


def duplicates(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """Records are compared by fields that can be compared."""
    for key, rule in entity.duplicates.items():
        place = ("duplicates", key, "match")
        if not rule.match and not merged.was_removed(entity.id, pointer((*place, 0))):
            hint = Message("Name the fields that make two records the same.")
            yield error(entity, pointer(place), "duplicates_of_nothing", "The rule compares no field.", hint=hint)
        for index, name in enumerate(rule.match):
            yield from _match(entity, pointer((*place, index)), name, merged)
        yield from _repeated(entity, key, rule)


def _match(entity: Entity, place: str, name: str, merged: Merged) -> Iterator[Finding]:
    yield from field_reference(entity, place, entity, name, merged)
    field = entity.field(name)
    if field is None:
        return
    if field.multiple or isinstance(field, Json) or field.type in ("autonumber", "file"):
        text = "A field of type '{type}' cannot tell whether two records are the same."
        yield error(entity, place, "duplicates_type", text, type=field.type)
    elif field.computed is not None:
        text = "'{field}' is computed; name the fields that it is computed from."
        yield error(entity, place, "duplicates_computed", text, field=name)


def _repeated(entity: Entity, key: str, rule: DuplicateRule) -> Iterator[Finding]:
    for name in sorted({name for name in rule.match if rule.match.count(name) > 1}):
        place = pointer(("duplicates", key, "match"))
        yield error(entity, place, "duplicates_repeat", "The field '{field}' stands twice in the rule.", field=name)


CHECKS = {Entity: (validations, duplicates)}
