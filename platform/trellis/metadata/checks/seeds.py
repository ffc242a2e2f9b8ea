"""Seeds: rows whose values their fields take."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.fields import refusal
from trellis.metadata.checks.references import field_reference, reference
from trellis.metadata.documents import Entity, Seed
from trellis.metadata.findings import error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer


def entity(seed: Seed, merged: Merged) -> Iterator[Finding]:
    """A seed is about an entity."""
    yield from reference(seed, "/entity", seed.entity, Entity, merged)


def match(seed: Seed, merged: Merged) -> Iterator[Finding]:
    """Rows are recognised by fields of the entity."""
    found = merged.entity(seed.entity)
    if not seed.match and not merged.removed.get(seed.id):
        hint = Message('Name the fields by which a row is found again, like ["code"].')
        yield error(seed, "/match", "match_empty", "A seed needs a field to match.", hint=hint)
    if found is None:
        return
    for index, key in enumerate(seed.match):
        yield from field_reference(seed, f"/match/{index}", found, key, merged)


def rows(seed: Seed, merged: Merged) -> Iterator[Finding]:
    """Every value of a row is one that its field takes."""
    found = merged.entity(seed.entity)
    if found is None:
        return
    for index, row in enumerate(_rows(seed, merged)):
        for key, value in row.items():
            place = pointer(("rows", index, key))
            yield from field_reference(seed, place, found, key, merged)
            yield from _value(seed, place, found, key, value)


def _value(seed: Seed, place: str, entity: Entity, key: str, value: object) -> Iterator[Finding]:
    field = entity.field(key)
    if field is None or value is None:
        return
    reason = refusal(field, value)
    if reason is not None:
        text = "'{value}' does not fit '{field}': {reason}"
        yield error(seed, place, "seed_value", text, value=str(value)[:60], field=key, reason=reason)


def complete(seed: Seed, merged: Merged) -> Iterator[Finding]:
    """Every row has what it is recognised by, and what records must have."""
    found = merged.entity(seed.entity)
    if found is None:
        return
    for index, row in enumerate(_rows(seed, merged)):
        missing = [key for key in _needed(seed, found) if row.get(key) is None]
        for key in missing:
            text = "The row has no '{field}', which it is recognised by."
            if key not in seed.match:
                text = "The row has no '{field}', which is required."
            yield error(seed, pointer(("rows", index)), "seed_missing", text, field=key)


def _needed(seed: Seed, entity: Entity) -> list[str]:
    required = [
        key for key, field in entity.fields.items() if field.required and field.default is None and field.writable
    ]
    return list(dict.fromkeys([*(key for key in seed.match if entity.field(key)), *required]))


def once(seed: Seed, merged: Merged) -> Iterator[Finding]:
    """No two rows are recognised by the same values."""
    seen: dict[str, int] = {}
    for index, row in enumerate(_rows(seed, merged)) if seed.match else ():
        first = seen.setdefault(str([row.get(key) for key in seed.match]), index)
        if first != index:
            text = "This row has the same {fields} as row {first}."
            place = pointer(("rows", index))
            yield error(seed, place, "seed_twice", text, fields=", ".join(seed.match), first=first + 1)


def _rows(seed: Seed, merged: Merged) -> tuple[dict[str, object], ...]:
    """The rows at their places; none when one was left out, because all places behind it moved."""
    return () if any(place.startswith("/rows/") for place in merged.removed.get(seed.id, ())) else seed.rows


CHECKS = {Seed: (entity, match, rows, complete, once)}
