"""Giving records to another owner: one, some, or all that a question finds, with what belongs to them if that is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from trellis.engine.query import Count, Query
from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.assigning import OWNER, TEAM, may_give
from trellis.services.commands import Assign
from trellis.services.context import Context
from trellis.services.handing import operations, selecting
from trellis.services.handing.operations import Operation
from trellis.services.handing.selecting import Selection, everything, records_of
from trellis.services.records import MAX_COMMANDS, write
from trellis.storage import belongings
from trellis.storage.assignees import Assignee, assignees
from trellis.storage.belongings import Pointing
from trellis.storage.connection import Connection
from trellis.storage.handovers import Item

TRANSFER = "transfer"
GIVEABLE = ("read", "assign")
AT_ONCE = 1_000
"""So many records are given away while one waits; more are left to the worker."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Records of an entity for another owner: those of `ids`, or all that `query` finds where there are none.

    The team follows the owner unless it is given. `also` names links of other entities, like `sales.contact.account`:
    what points to a record with them and has the same owner goes along.
    """

    entity: str
    owner: str
    ids: tuple[str, ...] = ()
    query: Query | None = None
    team: str | None = None
    also: tuple[str, ...] = ()
    once: str = ""
    """An id that makes a repetition harmless."""


async def give_one(
    context: Context, entity: str, record: str, owner: str, *, team: str | None = None, version: int | None = None
) -> int:
    """Another owner for one record; its new version. Raises Forbidden, NotFound, Invalid, VersionConflict."""
    await _taker(context, entity, owner)
    given = {OWNER: owner, **({TEAM: team} if team else {})}
    (outcome,) = await write(context, entity, [Assign(record, given, version)])
    return outcome.version


async def giveable(context: Context, query: Query) -> int | None:
    """How many of the records that a question finds the actor may give away."""
    return await queries.count(context, replace(query, actions=GIVEABLE, count=Count.CAPPED))


async def start(context: Context, transfer: Transfer) -> str:
    """Give records away: up to 1,000 at once, more by the worker; the id of the operation, which can be undone.

    Raises Forbidden, Invalid.
    """
    if not context.access.allows(transfer.entity, "assign") or not context.access.system("bulk_update"):
        raise Forbidden(Message("You may not give several records away at once."))
    selecting.check(Selection(transfer.entity, transfer.ids, transfer.query))
    owner = await _taker(context, transfer.entity, transfer.owner)
    operation = _operation(transfer)
    if await operations.begun_before(context, operation):
        return operation.once
    items = await _items(context, transfer, owner)
    if not items:
        raise Invalid([FieldError("", "nothing", Message("There is nothing here that you may give away."))])
    return await operations.begin(context, operation, items, at_once=AT_ONCE)


def _operation(transfer: Transfer) -> Operation:
    asked = operations.mark(replace(transfer, once=""))
    return Operation(TRANSFER, {"entity": transfer.entity, "owner": transfer.owner, "mark": asked}, transfer.once)


async def related(context: Context, entity: str, ids: Sequence[str]) -> dict[str, int]:
    """For each link that leads to the entity from records with owners how many the actor may give away with these."""
    async with context.database.read(context.workspace) as connection:
        found = {
            f"{link.entity}.{link.key}": await _along(context, connection, entity, link, ids)
            for link in links(context, entity)
        }
    return {name: len(records) for name, records in found.items() if records}


def links(context: Context, entity: str) -> list[Pointing]:
    """The links by which records with owners lead to the entity and which the actor may give away."""
    found = []
    for relation in context.snapshot.relations.get(entity, ()):
        other = context.snapshot.entity(relation.entity)
        single = not other.fields[relation.field].multiple
        if other.traits.owned and single and context.access.allows(other.id, "assign"):
            found.append(Pointing(other.id, relation.field))
    return found


async def _taker(context: Context, entity: str, owner: str) -> Assignee:
    """Who gets the records; raises Invalid."""
    if not context.access.allows(entity, "assign"):
        raise Forbidden
    actor, known = context.actor, canonical_id(owner) == owner
    async with context.database.read(context.workspace) as connection:
        found = await assignees(connection, context.release.statements, [owner] if known else [], actor.id, actor.team)
    if owner not in found or not await _seen(context, owner):
        raise Invalid([FieldError(OWNER, "no_such_record", Message("Choose who takes over."))])
    if not found[owner].active:
        raise Invalid([FieldError(OWNER, "not_active", Message("This person is not active any more."))])
    if not context.access.rights.everything and not may_give(context.access, entity, found[owner]):
        message = Message("You may not give records to this person.")
        raise Invalid([FieldError(OWNER, "not_an_assignee", message)])
    return found[owner]


async def _seen(context: Context, user: str) -> bool:
    return user == context.actor.id or bool(await queries.choices(context, "core.user", ids=[user]))


async def _items(context: Context, transfer: Transfer, owner: Assignee) -> list[Item]:
    after = {OWNER: owner.id, TEAM: transfer.team or owner.team}
    ids = await records_of(context, Selection(transfer.entity, transfer.ids, transfer.query), GIVEABLE)
    found = [Item(0, TRANSFER, transfer.entity, record, {}, after) for record in ids]
    async with context.database.read(context.workspace) as connection:
        for link in links(context, transfer.entity):
            if f"{link.entity}.{link.key}" in transfer.also:
                along = await _along(context, connection, transfer.entity, link, ids)
                found += [Item(0, TRANSFER, link.entity, record, {}, after) for record in along]
    return [replace(item, place=place) for place, item in enumerate(found, 1)]


async def _along(
    context: Context, connection: Connection, entity: str, link: Pointing, ids: Sequence[str]
) -> list[str]:
    """What leads to records with a link, has the same owner, and may be given away."""
    owners: dict[str, str] = {}
    found: list[str] = []
    statements = context.release.statements
    for start in range(0, len(ids), MAX_COMMANDS):
        part = ids[start : start + MAX_COMMANDS]
        owners |= await belongings.values_by_id(connection, statements, entity, OWNER, part)
        rows = await belongings.leading_to(connection, statements, link, part)
        same = [record for record, target, owner in rows if owner and owner == owners.get(target)]
        for at in range(0, len(same), MAX_COMMANDS):
            found += await everything(context, Query(link.entity, ids=tuple(same[at : at + MAX_COMMANDS])), GIVEABLE)
    return found
