"""Something that is done to many records at once: into the bin, shared, changed. It can be looked up, and taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.engine.access import Access
from trellis.engine.access.grantees import Grantee
from trellis.engine.query import Count, Query
from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import queries, sharing
from trellis.services.apiclients.noting import note_write
from trellis.services.commands import Command, Delete, Outcome, Update
from trellis.services.context import Context
from trellis.services.handing import fieldchanges, operations, selecting
from trellis.services.handing.deeds import CHANGE, DEEDS, DELETE, SHARE
from trellis.services.handing.fieldchanges import Trial
from trellis.services.handing.operations import Operation
from trellis.services.handing.selecting import Selection
from trellis.services.handing.sharings import written
from trellis.services.sharing import Terms
from trellis.storage.handovers import Item

AT_ONCE = 1_000
"""So many records are dealt with while one waits; more are left to the worker."""
TRIED = 500
"""A change is tried with so many records at most."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is done to which records; `once` is an id that makes a repetition harmless."""

    deed: str
    selection: Selection
    values: Mapping[str, Any] = field(default_factory=dict)
    once: str = ""
    form: str | None = None
    """Under whose conditions values are changed."""


def offered(context: Context, entity: Entity) -> frozenset[str]:
    """What the actor may do to many records of an entity at once, on some records at least."""
    found = allowed(context.access, entity)
    return found if SHARE not in found or sharing.is_offered(context, entity) else found - {SHARE}


def allowed(access: Access, entity: Entity) -> frozenset[str]:
    """The same, whether anybody has a use for shares or not."""
    if not access.system("bulk_update"):
        return frozenset()
    there = {DELETE: entity.traits.soft_delete}
    return frozenset(
        kind for kind, deed in DEEDS.items() if there.get(kind, True) and access.allows(entity.id, deed.right)
    )


def require(context: Context, entity: Entity, deed: str) -> None:
    """Raise Forbidden unless the actor may do it to many records at once."""
    if deed not in offered(context, entity) or not context.access.allows(entity.id, "read"):
        raise Forbidden(Message("You may not do this to several records at once."))


async def doable(context: Context, query: Query, deed: str) -> int:
    """To how many of the records that a question finds the actor may do it, as far as they are counted."""
    asked = replace(query, actions=("read", DEEDS[deed].right), count=Count.CAPPED)
    return await queries.count(context, asked) or 0


async def delete(context: Context, selection: Selection, *, once: str = "") -> str:
    """Move records into the bin; the id of the operation. Raises Forbidden, Invalid."""
    return await _begin(context, Bulk(DELETE, selection, once=once))


async def share(context: Context, selection: Selection, grantee: Grantee, terms: Terms, *, once: str = "") -> str:
    """Share records, each where that is allowed; the id of the operation. Raises Forbidden, NotFound, Invalid."""
    require(context, context.snapshot.entity(selection.entity), SHARE)
    await sharing.check_sharing(context, selection.entity, grantee, terms)
    return await _begin(context, Bulk(SHARE, selection, written(grantee, terms, context.actor.id), once))


async def change(
    context: Context,
    selection: Selection,
    values: Mapping[str, object],
    *,
    form: str | None = None,
    once: str = "",
) -> str:
    """Give fields of records other values; the id of the operation. Raises Forbidden, Invalid."""
    entity = context.snapshot.entity(selection.entity)
    require(context, entity, CHANGE)
    ready = fieldchanges.readied(context, entity, values)
    return await _begin(context, Bulk(CHANGE, selection, ready, once, form))


async def try_change(
    context: Context, selection: Selection, values: Mapping[str, object], *, form: str | None = None
) -> Trial:
    """What a change would do to the records, or to the first of them; raises Forbidden, Invalid."""
    entity = context.snapshot.entity(selection.entity)
    require(context, entity, CHANGE)
    selecting.check(selection)
    ready = fieldchanges.readied(context, entity, values)
    found = await selecting.records_of(context, selection, _needed(selection, CHANGE), most=TRIED)
    return await fieldchanges.tried(context, entity.id, found, ready, form)


def _needed(selection: Selection, deed: str) -> tuple[str, ...]:
    """What is named is tried and refused with a reason; of what a question finds only that is meant which is allowed."""
    return ("read",) if selection.ids else ("read", DEEDS[deed].right)


async def _begin(context: Context, bulk: Bulk) -> str:
    entity, selection = context.snapshot.entity(bulk.selection.entity), bulk.selection
    require(context, entity, bulk.deed)
    selecting.check(selection)
    asked = operations.mark(entity.id, bulk.deed, sorted(bulk.values.items()), bulk.form, selection)
    request = {"entity": entity.id, "mark": asked}
    if await operations.begun_before(context, Operation(bulk.deed, request, bulk.once)):
        return bulk.once
    found = await selecting.records_of(context, selection, _needed(selection, bulk.deed))
    if not found:
        raise Invalid(
            [FieldError("ids", "nothing", Message("None of these records is there, or you may not see them."))]
        )
    before = {"form": bulk.form} if bulk.form else {}
    if bulk.deed != SHARE:
        command: Command = Update("", bulk.values) if bulk.deed == CHANGE else Delete("")
        note_write(context, entity.id, [command], [Outcome("", command.action)])
    items = [Item(place, bulk.deed, entity.id, record, before, bulk.values) for place, record in enumerate(found, 1)]
    missing = len(selection.known) - len(found) if selection.ids else 0
    operation = Operation(bulk.deed, {**request, "missing": missing}, bulk.once)
    return await operations.begin(context, operation, items, at_once=AT_ONCE)


__all__ = [
    "AT_ONCE", "CHANGE", "DELETE", "SHARE", "TRIED", "Bulk", "allowed", "change", "delete", "doable", "offered", "require",
    "share", "try_change",
]  # fmt: skip
