"""Deleting and restoring: what points to a record decides whether and how far.

`restrict` refuses while live records point here, `cascade` takes them along (and brings them back with the record),
`clear` leaves the link in place: it shows nothing while the target is in the bin and is whole again after a restore.
"""

from typing import TYPE_CHECKING

from trellis.kernel.errors import InUse
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.commands import Delete, Restore
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.references import References

if TYPE_CHECKING:
    from trellis.services.records import Batch


async def delete(batch: "Batch", connection: Connection, draft: Draft) -> None:
    """Into the bin, with what belongs to it; raises InUse."""
    for entity, spec_key, rule in _pointing_here(batch):
        if rule == "clear":
            continue
        references = References(batch.context.release.statements, batch.context.access)
        pairs = await references.pointing(connection, entity.id, spec_key, [draft.id])
        records = list(dict.fromkeys(record for record, _ in pairs))
        if records and rule == "restrict":
            params = {"count": len(records), "entity": entity.plural if len(records) != 1 else entity.label}
            raise InUse(Message("{count} {entity} still point here. Move or delete them first.", params))
        await _follow(batch, connection, entity, [Delete(record) for record in records])
    await batch.mark(connection, draft, batch.context.now())


async def restore(batch: "Batch", connection: Connection, draft: Draft) -> None:
    """Out of the bin, with what went in together with it."""
    current = draft.current
    await batch.mark(connection, draft, None)
    for entity, spec_key, rule in _pointing_here(batch):
        if rule == "cascade" and current is not None and entity.traits.soft_delete:
            references = References(batch.context.release.statements, batch.context.access)
            records = await references.binned_with(
                connection, entity.id, spec_key, draft.id, current.values["deleted_at"]
            )
            await _follow(batch, connection, entity, [Restore(record) for record in records])


def _pointing_here(batch: "Batch") -> list[tuple[Entity, str, str]]:
    snapshot = batch.context.snapshot
    found = []
    for relation in snapshot.relations.get(batch.entity.id, ()):
        entity = snapshot.entity(relation.entity)
        rule = getattr(entity.fields[relation.field], "on_delete", "clear")
        found.append((entity, relation.field, rule))
    return found


async def _follow(
    batch: "Batch", connection: Connection, entity: Entity, commands: list[Delete] | list[Restore]
) -> None:
    """The same for the parts of a record, as the system: who may delete the whole may delete its parts."""
    from trellis.services.records import Batch, raise_first

    if not commands:
        return
    inner = Batch(batch.context.as_system(), entity, batch.causation, by=batch.author)
    drafts = inner.drafts(commands)
    await inner.prepare(connection, drafts)
    raise_first(drafts)
    await inner.save(connection, drafts)
