"""Locking what a change will read and touch besides the records that are saved, as far as that can be known before.

A link that is newly set is not yet seen by whoever changes what it leads to; so that is held until the link can be seen.
So is what roll-ups look at behind other links of a record that moves: they are found through the record's new place.
What comes before the saved records in the order of locks is locked before them, to wait for it as long as it takes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from trellis.engine.dependencies import DELETED, Dependant, Dependencies
from trellis.engine.lockorder import LockOrder
from trellis.metadata.documents import Entity
from trellis.services.commands import Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.computed import AT_ONCE, ComputedStore
from trellis.storage.connection import SQLITE, Connection
from trellis.storage.references import References

Values = Mapping[str, Any]


async def hold_early(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Lock what is locked before the records themselves: what given links lead to, what follows, what goes with them."""
    if context.tables.dialect == SQLITE:
        return  # one writer
    order = LockOrder.of(context.snapshot)
    below = [(link, target) for link, target in _links(context, entity) if order.rank(target) < order.rank(entity.id)]
    given = {link: [str(draft.values[link]) for draft in drafts if draft.values.get(link)] for link, _ in below}
    for link, ids in (await _shown(context, connection, entity, drafts, given.keys())).items():
        given[link] += ids
    await _hold_targets(context, connection, entity, given)
    waiting: dict[str, list[str]] = defaultdict(list)
    for dependant, ids in (await _followed_ones(context, connection, entity, drafts)).items():
        store = ComputedStore(context.release.statements, dependant.node[0])
        waiting[store.entity] += await store.followers(connection, dependant, ids[:AT_ONCE], limit=AT_ONCE)
    for other, records in (await _parts(context, connection, entity, drafts)).items():
        waiting[other] += records
    for other in sorted(waiting, key=order.rank):
        await ComputedStore(context.release.statements, other).lock(connection, waiting[other])


async def hold_new(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Keep what newly set links lead to from changing, and what records that move show to others."""
    saved = ((draft.changed | draft.computed.keys() if draft.current else None, draft.whole) for draft in drafts)
    await hold_behind(context, connection, entity, saved)


async def hold_behind(
    context: Context, connection: Connection, entity: Entity, saved: Iterable[tuple[Collection[str] | None, Values]]
) -> None:
    """The same for records as they are saved: the fields that change, None for all, and all values."""
    links = _links(context, entity)
    if context.tables.dialect == SQLITE or not links:
        return
    records, ways = list(saved), Dependencies.of(context.snapshot).shown.get(entity.id, {})
    fresh = {}
    for link, _ in links:
        opening = ways.get(link, frozenset()) | {link}
        moved = (values for changed, values in records if changed is None or not opening.isdisjoint(changed))
        fresh[link] = [str(target) for values in moved if (target := values.get(link))]
    await _hold_targets(context, connection, entity, fresh)


def _links(context: Context, entity: Entity) -> list[tuple[str, str]]:
    """The links of an entity that stored fields follow, with their targets, in the order in which those are locked."""
    order = LockOrder.of(context.snapshot)
    links = Dependencies.of(context.snapshot).followed.get(entity.id, {})
    found = [(link, field.target) for link in links if (field := entity.field(link)) is not None and field.target]
    return sorted(found, key=lambda pair: (order.rank(pair[1]), *pair))


async def _shown(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft], links: Collection[str]
) -> dict[str, list[str]]:
    """By link, what is behind records that are about to move to where other roll-ups find them."""
    known = Dependencies.of(context.snapshot).shown.get(entity.id, {})
    shown = {link: ways for link, ways in known.items() if link in links}
    moving = frozenset().union(*shown.values())
    given = [draft for draft in drafts if isinstance(draft.command, Update) and moving & draft.values.keys()]
    if not given:
        return {}
    store = ComputedStore(context.release.statements, entity.id)
    records = await store.read(connection, [draft.id for draft in given], sorted({*moving, *shown}))
    found: dict[str, list[str]] = defaultdict(list)
    for draft in given:
        before = records.get(draft.id, {})
        moved = {key for key in moving & draft.values.keys() if draft.values[key] != before.get(key)}
        for link, ways in shown.items():
            if ways & moved and before.get(link):
                found[link].append(str(before[link]))
    return found


async def _hold_targets(
    context: Context, connection: Connection, entity: Entity, targets: Mapping[str, Sequence[str]]
) -> None:
    followed = Dependencies.of(context.snapshot).followed.get(entity.id, {})
    for link, ids in targets.items():
        spec = entity.field(link)
        if ids and spec is not None and spec.target is not None:
            await _hold(context, connection, entity.id, spec.target, list(dict.fromkeys(ids)), followed[link])


async def _hold(
    context: Context,
    connection: Connection,
    saved: str,
    entity: str,
    ids: Sequence[str],
    rests: Collection[tuple[str, ...]],
) -> None:
    """Hold records, and those behind them: with others, unless what is saved may change them."""
    store = ComputedStore(context.release.statements, entity)
    await store.lock(connection, ids, shared=not LockOrder.of(context.snapshot).is_written_from(saved, entity))
    further: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for rest in rests:
        if len(rest) > 1:
            further[rest[0]].add(rest[1:])
    if not further:
        return
    values = await store.read(connection, ids, sorted(further))
    for link, deeper in sorted(further.items()):
        spec = context.snapshot.entity(entity).field(link)
        targets = [str(record[link]) for record in values.values() if record[link]]
        if targets and spec is not None and spec.target is not None:
            await _hold(context, connection, saved, spec.target, targets, deeper)


async def _followed_ones(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]
) -> dict[Dependant, list[str]]:
    """The records that will change, by what follows them and is locked before them."""
    late = _late_dependants(context, entity)
    given = [draft for draft in drafts if isinstance(draft.command, Update) and late.keys() & draft.values.keys()]
    if not given:
        return {}
    store = ComputedStore(context.release.statements, entity.id)
    known = await store.read(connection, [draft.id for draft in given], sorted(late))
    found: dict[Dependant, list[str]] = defaultdict(list)
    for draft in given:
        before = known.get(draft.id, {})
        for key in late.keys() & draft.values.keys():
            if draft.values[key] != before.get(key):
                for dependant in late[key]:
                    found[dependant].append(draft.id)
    return found


def _late_dependants(context: Context, entity: Entity) -> dict[str, list[Dependant]]:
    """For each field those that follow it through lookups although they are locked before, found once per release."""
    derived, order = context.snapshot.derived, LockOrder.of(context.snapshot)
    found: dict[str, list[Dependant]] | None = derived.get(("late", entity.id))
    if found is None:
        found = derived[("late", entity.id)] = {}
        for key, field in entity.fields.items():
            following = Dependencies.of(context.snapshot).dependants.get((entity.id, key), ())
            late = [one for one in following if one.hops and order.rank(one.node[0]) < order.rank(entity.id)]
            if late and not field.multiple and field.computed is None:
                found[key] = late
    return found


async def _parts(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]
) -> dict[str, list[str]]:
    """What goes into the bin together with records, or comes back with them, and is locked before them."""
    deleted = [draft.id for draft in drafts if isinstance(draft.command, Delete)]
    restored = [draft.id for draft in drafts if isinstance(draft.command, Restore)]
    links = _parts_below(context, entity) if deleted or restored else []
    if not links:
        return {}
    references = References(context.release.statements, context.access)
    store = ComputedStore(context.release.statements, entity.id)
    binned = await store.read(connection, restored, [DELETED]) if restored else {}
    found: dict[str, list[str]] = defaultdict(list)
    for other, link in links:
        if deleted:
            pairs = await references.pointing(connection, other, link, deleted)
            found[other] += [record for record, _ in pairs]
        for record, values in binned.items():
            if values[DELETED] is not None:
                found[other] += await references.binned_with(connection, other, link, record, values[DELETED])
    return found


def _parts_below(context: Context, entity: Entity) -> list[tuple[str, str]]:
    """Entities whose records share the fate of the record that they point to, with the link."""
    order, snapshot = LockOrder.of(context.snapshot), context.snapshot
    return [
        (relation.entity, relation.field)
        for relation in snapshot.relations.get(entity.id, ())
        if getattr(snapshot.entity(relation.entity).fields[relation.field], "on_delete", "") == "cascade"
        and order.rank(relation.entity) < order.rank(entity.id)
        and snapshot.entity(relation.entity).traits.soft_delete
    ]
