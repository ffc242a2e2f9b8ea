"""Computed fields: what they name exists, and the result can hold what comes out."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import follow
from trellis.metadata.documents import Entity
from trellis.metadata.exposure import exposures
from trellis.metadata.fieldtypes import FieldType, RollupSource
from trellis.metadata.findings import did_you_mean, error, warning
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

_NUMBERS = ("integer", "decimal", "currency", "percent")
_ORDERED = (*_NUMBERS, "date", "datetime")
_TEXTS = ("text", "email", "phone", "url", "autonumber", "select")
_TAKES = {"sum": _NUMBERS, "avg": _NUMBERS, "min": _ORDERED, "max": _ORDERED, "concat": _TEXTS}


def computed(entity: Entity, merged: Merged) -> Iterator[Finding]:
    """All rules about computed fields."""
    for key, field in entity.fields.items():
        if isinstance(field.computed, RollupSource):
            yield from _rollup(entity, key, field, field.computed, merged)
        if field.computed is not None and field.unique and not field.stored:
            place = pointer(("fields", key, "unique"))
            hint = Message('Write "storage": "stored".')
            yield error(entity, place, "unique_virtual", "Only a stored value can be unique.", hint=hint)


def _rollup(entity: Entity, key: str, field: FieldType, source: RollupSource, merged: Merged) -> Iterator[Finding]:
    child = merged.entity(source.child)
    place = pointer(("fields", key, "over"))
    if child is None:
        if source.child not in merged.lost:
            links = [f"{one}.{link}" for one, link in _links_to(entity, merged)]
            hint = did_you_mean(f"{source.child}.{source.link}", links)
            text = "There is no entity '{entity}'; write '<entity>.<lookup>' with a lookup that leads here."
            yield error(entity, place, "over_unknown", text, hint=hint, entity=source.child)
        return
    link = child.field(source.link)
    if link is None or link.multiple or link.target != entity.id:
        if link is not None or merged.lacks_field(child, source.link):
            hint = did_you_mean(source.link, [name for one, name in _links_to(entity, merged) if one == child.id])
            text = "'{link}' is not a lookup from {child} to {entity}."
            yield error(
                entity, place, "over_no_link", text, hint=hint, link=source.link, child=child.id, entity=entity.id
            )
        return
    yield from _value(entity, key, field, source, child, merged)


def _value(
    entity: Entity, key: str, field: FieldType, source: RollupSource, child: Entity, merged: Merged
) -> Iterator[Finding]:
    place = pointer(("fields", key, "field"))
    if source.field is None:
        if source.agg != "count":
            text = "'{agg}' needs a field of {child}."
            yield error(entity, pointer(("fields", key, "agg")), "rollup_field", text, agg=source.agg, child=child.id)
        elif field.type != "integer":
            yield _returns(entity, key, "integer", field)
        return
    reached = follow(entity, place, child, source.field, merged)
    read = reached.field
    if read is None:
        yield from (reached.finding,) if reached.finding else ()
        return
    if read.multiple or read.type not in _TAKES.get(source.agg, (read.type,)):
        text = "'{agg}' does not take a field of type '{type}'."
        yield error(entity, place, "rollup_type", text, agg=source.agg, type=read.type)
        return
    yield from _result(entity, key, field, source, read)
    for found in exposures(merged.snapshot, (entity.id, key), (read.entity, read.key)):
        text = "Whoever has the role '{role}' sees this value, but less of '{path}', which it is computed from."
        yield warning(
            entity,
            place,
            "exposes_stricter_field",
            text,
            hint=found.advice,
            role=found.role.id,
            path=f"{read.entity}.{read.key}",
        )


def _result(entity: Entity, key: str, field: FieldType, source: RollupSource, read: FieldType) -> Iterator[Finding]:
    wanted = {"count": "integer", "concat": "text"}.get(source.agg, read.type)
    averages = source.agg == "avg" and read.type == "integer" and field.type == "decimal"
    widened = source.agg in ("sum", "avg") and read.type == "integer" and field.type in ("integer", "decimal")
    if field.type != wanted and not averages and not widened:
        yield _returns(entity, key, wanted, field)
    elif field.numeric and source.agg != "avg" and source.agg != "count" and field.scale < read.scale:
        text = "The values have {scale} decimals; {own} are kept, so the result is rounded."
        yield warning(entity, pointer(("fields", key)), "rollup_rounded", text, scale=read.scale, own=field.scale)


def _returns(entity: Entity, key: str, wanted: str, field: FieldType) -> Finding:
    text = "This gives a value of type '{wanted}', not '{returns}'."
    place = pointer(("fields", key, "returns"))
    return error(entity, place, "rollup_returns", text, wanted=wanted, returns=field.type)


def _links_to(entity: Entity, merged: Merged) -> list[tuple[str, str]]:
    return [(relation.entity, relation.field) for relation in merged.snapshot.relations.get(entity.id, ())]


CHECKS = {Entity: (computed,)}
