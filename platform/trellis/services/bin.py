"""Deleting and restoring: what points to a record decides whether and how far.

`restrict` refuses while live records point here, `cascade` takes them along (and brings them back with the record),
`clear` leaves the link in place: it shows nothing while the target is in the bin and is whole again after a restore.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trellis.kernel.errors import InUse
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.records import Current
from trellis.storage.references import References

Parts = list[tuple[Entity, list[str]]]
"""Records that share the fate of another one, by entity."""


MOST_PAIRS = 1_000
"""So many links storage tells at once."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What hangs on records that are deleted: what holds some of them back, and what goes along with which of them."""

    held: dict[str, InUse] = field(default_factory=dict)
    parts: list[tuple[Entity, dict[str, set[str]]]] = field(default_factory=list)


async def pulled_along(
    context: Context, connection: Connection, entity: Entity, records: Sequence[str], doomed: frozenset[str]
) -> Pulled:
    """What hangs on records; what is `doomed` anyway, as they are themselves, neither holds them back nor comes again."""
    references, itself = References(context.release.statements, context.access), set(records)
    found, leaning = Pulled(), dict[str, set[str]]()
    words = context.snapshot.localised(context.locale)
    for other, link, rule in _pointing_here(context.snapshot, entity) if records else ():
        if rule == "clear":
            continue
        pairs = await _pointing(references, connection, (other.id, link), records)
        pairs = [(record, target) for record, target in pairs if record not in doomed]
        if rule == "cascade":
            found.parts.append((other, _grouped([pair for pair in pairs if pair[0] not in itself])))
            continue
        for whole, pointing in _grouped([(target, record) for record, target in pairs]).items():
            strangers = pointing - itself
            if strangers:
                found.held[whole] = _held(words.entity(other.id), len(strangers))
            leaning.setdefault(whole, set()).update((pointing & itself) - {whole})
    _spread(found.held, leaning, words.entity(entity.id))
    return found


def _held(entity: Entity, count: int) -> InUse:
    params = {"count": count, "entity": entity.plural if count != 1 else entity.label}
    return InUse(Message("{count} {entity} still point here. Move or delete them first.", params))


def _spread(held: dict[str, InUse], leaning: dict[str, set[str]], entity: Entity) -> None:
    """What others lean on stays, if they stay."""
    more = True
    while more:
        more = False
        for whole, pointing in leaning.items():
            staying = pointing & held.keys()
            if staying and whole not in held:
                held[whole], more = _held(entity, len(staying)), True


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for first, second in pairs:
        found.setdefault(first, set()).add(second)
    return found


async def _pointing(
    references: References, connection: Connection, link: tuple[str, str], records: Sequence[str]
) -> list[tuple[str, str]]:
    """All links to records, as pairs (record, target)."""
    pairs = await references.pointing(connection, *link, records)
    if len(pairs) < MOST_PAIRS or len(records) == 1:
        return pairs
    half = len(records) // 2
    parts = [await _pointing(references, connection, link, part) for part in (records[:half], records[half:])]
    return [pair for part in parts for pair in part]


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


def moved(draft: Draft) -> Outcome:
    """What became of a record that was to go into the bin or out of it."""
    if draft.error is not None or draft.current is None:
        return Outcome(draft.id, draft.command.action, error=draft.error)
    return Outcome(draft.id, draft.command.action, draft.current.version + 1, True)
