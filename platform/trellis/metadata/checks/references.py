"""References from one document to another, and paths over lookups."""

from collections.abc import Iterator
from dataclasses import dataclass

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.documents import Document, Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.findings import did_you_mean, error
from trellis.metadata.layers.order import layer_of
from trellis.metadata.merged import Merged

MAX_HOPS = 3


def reference(document: Document, pointer: str, target: str, kind: type[Document], merged: Merged) -> Iterator[Finding]:
    """Whether `target` is a document of a kind, in a pack that this one builds on."""
    word = kind.__name__.lower()
    found = merged.documents.get(target)
    if target in merged.lost or _is_hidden(target, merged):
        return
    if found is None:
        hint = did_you_mean(target, merged.of_kind(kind))
        text = "There is no {kind} '{target}'."
        yield error(document, pointer, f"{word}_unknown", text, hint=hint, kind=word, target=target)
    elif not isinstance(found, kind):
        text = "'{target}' is of kind {found}, not {kind}."
        hint = did_you_mean(target, merged.of_kind(kind))
        yield error(document, pointer, "reference_kind", text, hint=hint, target=target, found=found.kind, kind=word)
    else:
        yield from _requirement(document, pointer, found.pack, merged)


def _is_hidden(target: str, merged: Merged) -> bool:
    """Whether the customer has hidden just this document; of a pack that is switched off nothing can be used."""
    return merged.is_left_out(target) and layer_of(target) not in merged.snapshot.composition.disabled


def _requirement(document: Document, pointer: str, pack: str, merged: Merged) -> Iterator[Finding]:
    layer = merged.layer(document.id, pointer)
    reachable = merged.required.get(layer)
    if reachable is not None and pack not in reachable:
        hint = Message('Add "{pack}" to "requires" in pack.json.', {"pack": pack})
        text = "The pack '{own}' does not require the pack '{pack}'."
        yield error(document, pointer, "pack_not_required", text, hint=hint, own=layer, pack=pack)


def field_reference(document: Document, pointer: str, entity: Entity, key: str, merged: Merged) -> Iterator[Finding]:
    """Whether an entity has a field, system fields included."""
    if merged.lacks_field(entity, key):
        yield _no_field(document, pointer, entity, key)


def _no_field(document: Document, pointer: str, entity: Entity, key: str) -> Finding:
    hint = did_you_mean(key, entity.all_fields)
    text = "There is no field '{field}' on {entity}."
    return error(document, pointer, "field_unknown", text, hint=hint, field=key, entity=entity.label or entity.id)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a path over lookups leads: a field, or the finding that says why it does not."""

    field: FieldType | None = None
    finding: Finding | None = None


def follow(document: Document, pointer: str, entity: Entity, path: str, merged: Merged) -> Reached:
    """Walks a dotted path; a part that was left out as faulty ends the walk in silence."""
    *hops, last = path.split(".")
    if len(hops) > MAX_HOPS:
        text = "The path '{path}' goes over more than {limit} lookups."
        return Reached(finding=error(document, pointer, "path_too_long", text, path=path, limit=MAX_HOPS))
    for hop in hops:
        reached = _hop(document, pointer, entity, hop, merged)
        following = merged.entity(reached.field.target or "") if reached.field else None
        if following is None:
            return Reached(finding=reached.finding)
        entity = following
    if merged.lacks_field(entity, last):
        return Reached(finding=_no_field(document, pointer, entity, last))
    return Reached(entity.field(last))


def _hop(document: Document, pointer: str, entity: Entity, key: str, merged: Merged) -> Reached:
    found = entity.field(key)
    if found is None:
        return Reached(finding=_no_field(document, pointer, entity, key) if merged.lacks_field(entity, key) else None)
    if found.target is None:
        text = "'{field}' is not a lookup, so nothing can follow it."
        return Reached(finding=error(document, pointer, "path_not_lookup", text, field=key))
    if found.multiple:
        text = "'{field}' leads to several records, so no path can go over it."
        return Reached(finding=error(document, pointer, "path_over_many", text, field=key))
    return Reached(found)
