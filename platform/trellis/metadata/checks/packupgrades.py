"""What a pack says about its own changes: new names, and values that change with the definitions."""

from collections.abc import Iterator

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import field_reference, reference
from trellis.metadata.documents import Entity, Pack
from trellis.metadata.findings import error
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import parts_of, pointer
from trellis.metadata.versions import Version


def renames(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """A rename leads from a place that is gone to one that is there."""
    for number, rename in enumerate(pack.renames):
        yield from _since(pack, f"/renames/{number}/since", rename.since)
        for member, where in (("from", rename.former), ("to", rename.to)):
            if layer_of(where) != pack.id:
                text = "'{where}' is not a place of this pack, written as <document>#/<pointer>."
                yield error(pack, f"/renames/{number}/{member}", "rename_place", text, where=where)
        if _is_there(rename.former, merged):
            text = "'{where}' is still there, so it has no other name."
            yield error(pack, f"/renames/{number}/from", "rename_unfinished", text, where=rename.former)
        elif layer_of(rename.to) == pack.id and not _is_there(rename.to, merged) and not _is_lost(rename.to, merged):
            text = "There is nothing at '{where}'."
            yield error(pack, f"/renames/{number}/to", "rename_unknown", text, where=rename.to)


def _since(pack: Pack, place: str, since: str) -> Iterator[Finding]:
    version, current = Version.read(since), Version.read(pack.version)
    if version is None:
        yield error(pack, place, "version_shape", "'{text}' is not a version, like '1.4.0'.", text=since)
    elif current is not None and version > current:
        text = "The version {version} is later than that of the pack, {current}."
        yield error(pack, place, "rename_later", text, version=since, current=pack.version)


def _is_there(where: str, merged: Merged) -> bool:
    """Whether the pack has something at a place; what the customer makes does not count."""
    document, _, place = where.partition("#")
    raw = merged.snapshot.composition.sources.get(document)
    return raw is not None and value_at(raw, tuple(parts_of(place))) is not MISSING


def _is_lost(where: str, merged: Merged) -> bool:
    document, _, place = where.partition("#")
    return document in merged.lost or merged.was_removed(document, place)


def migrations(pack: Pack, merged: Merged) -> Iterator[Finding]:
    """A migration of data is about fields that people could fill, and is named once."""
    seen: set[str] = set()
    for number, migration in enumerate(pack.data_migrations):
        way = ("dataMigrations", number)
        if migration.id in seen:
            text = "There is another migration '{id}'."
            yield error(pack, pointer((*way, "id")), "migration_twice", text, id=migration.id)
        seen.add(migration.id)
        yield from reference(pack, pointer((*way, "entity")), migration.entity, Entity, merged)
        entity = merged.entity(migration.entity)
        for key in migration.values if entity is not None else ():
            yield from _assigned(pack, pointer((*way, "set", key)), entity, key, merged)


def _assigned(pack: Pack, place: str, entity: Entity | None, key: str, merged: Merged) -> Iterator[Finding]:
    if entity is None:
        return
    field = entity.field(key)
    yield from field_reference(pack, place, entity, key, merged)
    if field is not None and (not field.writable or key not in entity.fields):
        text = "The platform fills '{field}'; a migration cannot."
        hint = Message("Set the fields that it is computed from.") if field.computed else None
        yield error(pack, place, "migration_unwritable", text, hint=hint, field=key)


CHECKS = {Pack: (renames, migrations)}
