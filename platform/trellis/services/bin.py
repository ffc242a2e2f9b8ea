"""Deleting and restoring: what points to a record decides whether and how far.

`restrict` refuses while live records point here, `cascade` takes them along (and brings them back with the record),
`clear` leaves the link in place: it shows nothing while the target is in the bin and is whole again after a restore.
"""

from trellis.kernel.errors import InUse
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.storage.connection import Connection
from trellis.storage.records import Current
from trellis.storage.references import References

Parts = list[tuple[Entity, list[str]]]
"""Records that share the fate of another one, by entity."""


async def parts_to_delete(context: Context, connection: Connection, entity: Entity, record: str) -> Parts:
    """What goes into the bin together with a record; raises InUse when something holds it back."""
    references = References(context.release.statements, context.access)
    parts: Parts = []
    for other, link, rule in _pointing_here(context.snapshot, entity):
        if rule == "clear":
            continue
        pairs = await references.pointing(connection, other.id, link, [record])
        records = list(dict.fromkeys(pointing for pointing, _ in pairs))
        if records and rule == "restrict":
            params = {"count": len(records), "entity": other.plural if len(records) != 1 else other.label}
            raise InUse(Message("{count} {entity} still point here. Move or delete them first.", params))
        parts.append((other, records))
    return parts


async def parts_to_restore(context: Context, connection: Connection, entity: Entity, current: Current) -> Parts:
    """What went into the bin together with a record."""
    references = References(context.release.statements, context.access)
    return [
        (other, await references.binned_with(connection, other.id, link, current.id, current.values["deleted_at"]))
        for other, link, rule in _pointing_here(context.snapshot, entity)
        if rule == "cascade" and other.traits.soft_delete
    ]


def _pointing_here(snapshot: Snapshot, entity: Entity) -> list[tuple[Entity, str, str]]:
    found = []
    for relation in snapshot.relations.get(entity.id, ()):
        other = snapshot.entity(relation.entity)
        found.append((other, relation.field, getattr(other.fields[relation.field], "on_delete", "clear")))
    return found
