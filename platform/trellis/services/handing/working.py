"""Carrying a hand-over out, or back: some items in each transaction, so that it goes on where it was stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from trellis.kernel.errors import NotFound, TrellisError
from trellis.services import audit
from trellis.services.context import Context
from trellis.services.handing.belongings import BELONGINGS, Belonging, belonging
from trellis.services.handing.closing import ACCOUNT, open_account
from trellis.services.handing.deeds import DEEDS, Deed
from trellis.services.handing.handover import LEAVER, TIMER
from trellis.services.handing.recordchanges import Hand, give, give_back
from trellis.services.handing.request import request_of
from trellis.services.identities import forget
from trellis.services.retrying import in_transaction
from trellis.services.transfer.acting import as_user_id
from trellis.services.worker import Handler, Job
from trellis.storage import handovers as storage
from trellis.storage.connection import Connection
from trellis.storage.handovers import DONE, PLANNED, RUNNING, UNDOING, UNDONE, Handover, Item
from trellis.storage.organisation import PEOPLE

BATCH = 500
"""Items that one transaction changes."""


async def hand_over(job: Job) -> None:
    """The handler of TIMER: work on one hand-over until it has ended."""
    handover_id = str(job.timer.payload["handover"])
    try:
        while await step(job.context, handover_id):
            pass
    except TrellisError as error:
        if job.timer.attempt >= job.timer.max_attempts:
            await _give_up(job.context, handover_id, error)
        raise
    forget(job.context.home)


async def step(context: Context, handover_id: str) -> bool:
    """The next items, in a transaction of their own; whether there is more to do."""

    async def work(now: Context, connection: Connection) -> bool:
        handover = await storage.lock(connection, handover_id)
        if handover is None or not handover.is_active:
            return False
        if handover.state == UNDOING:
            return await _back(now, connection, handover)
        return await _forth(now, connection, handover)

    return await in_transaction(context, work)


async def _give_up(context: Context, handover_id: str, error: TrellisError) -> None:
    """What has changed hands stays so; it can still be undone."""

    async def work(now: Context, connection: Connection) -> None:
        handover = await storage.lock(connection, handover_id)
        if handover is not None and handover.is_active:
            failed = replace(handover, state=storage.FAILED, error=error.code, finished_at=now.now())
            await storage.save(connection, failed)

    await in_transaction(context, work)


HANDLERS: Mapping[str, Handler] = {TIMER: hand_over}


async def _forth(context: Context, connection: Connection, handover: Handover) -> bool:
    if handover.state == PLANNED:
        return await _gather(context, connection, handover)
    items = await storage.items(connection, handover.id, (PLANNED,), BATCH)
    if not items:
        return await _gather(context, connection, handover)
    chosen = _alike(items)
    hand = await _hand(context, handover, handover.created_by)
    kind = _kind(chosen[0])
    if chosen[0].entity not in context.snapshot.entities:  # retired meanwhile
        found = [replace(item, state=storage.SKIPPED) for item in chosen]
    elif kind is not None:
        found = await kind.give(hand, connection, chosen)
    elif handover.kind != LEAVER:
        found = await give(hand, connection, chosen)
    else:
        found = [replace(item, state=storage.SKIPPED) for item in chosen]
    await storage.save_items(connection, handover.id, found)
    await storage.save(connection, replace(handover, done=handover.done + len(found)))
    return True


async def _gather(context: Context, connection: Connection, handover: Handover) -> bool:
    """Look for what is left to hand over; the end where nothing is."""
    found = await _left(context, connection, handover) if handover.kind == LEAVER else []
    if not found:
        await _end(context, connection, replace(handover, state=DONE, finished_at=context.now()), "handover.done")
        return False
    first = await storage.last_place(connection, handover.id) + 1
    placed = [replace(item, place=place) for place, item in enumerate(found, first)]
    await storage.add_items(connection, handover.id, placed)
    await storage.save(connection, replace(handover, state=RUNNING, total=handover.total + len(placed)))
    return True


async def _left(context: Context, connection: Connection, handover: Handover) -> list[Item]:
    """Everything that still belongs to the leaver, but what was tried before."""
    request = request_of(handover.request)
    found = [item for one in BELONGINGS for item in await one.items(context, connection, request)]
    if handover.state == PLANNED:
        return found
    tried = await storage.tried(connection, handover.id)
    return [item for item in found if (item.kind, item.entity, item.record) not in tried]


async def _back(context: Context, connection: Connection, handover: Handover) -> bool:
    items = await storage.last_items(connection, handover.id, DONE, BATCH)
    if not items:
        await _end(context, connection, replace(handover, state=UNDONE), "handover.undone")
        return False
    chosen = _alike(items)
    hand = await _hand(context, handover, handover.undone_by or "")
    kind = _kind(chosen[0])
    if chosen[0].entity not in context.snapshot.entities:
        found = [replace(item, state=storage.CHANGED) for item in chosen]
    elif kind is not None:
        found = await kind.give_back(hand, connection, chosen)
    elif handover.kind != LEAVER:
        found = await give_back(hand, connection, chosen)
    elif chosen[0].kind == ACCOUNT:
        found = await open_account(hand, connection, chosen)
    else:  # sessions and tokens stay revoked
        found = [replace(item, state=UNDONE) for item in chosen]
    await storage.save_items(connection, handover.id, found)
    return True


async def _end(context: Context, connection: Connection, handover: Handover, kind: str) -> None:
    """Note that it was done or undone."""
    await storage.save(connection, handover)
    counts = await storage.counts(connection, handover.id)
    moved = sum(number for (_, _, state), number in counts.items() if state in (DONE, UNDONE))
    by = handover.undone_by or handover.created_by
    acting = _in_place(await _acting(context, by), handover)
    entity = PEOPLE.entity if handover.user_id else None
    if handover.kind in DEEDS:
        entity = str(handover.request["entity"])
        kind = DEEDS[handover.kind].audit if handover.state == DONE else "bulk.undone"
    await audit.note(
        acting, connection, kind, entity=entity, record=handover.user_id, handover=handover.id, count=moved
    )  # fmt: skip


async def _hand(context: Context, handover: Handover, by: str) -> Hand:
    """A hand-over has the rights of the platform; a transfer those of whoever asked, and goes back as it came."""
    if handover.kind == LEAVER or handover.state == UNDOING:
        return Hand(_in_place(context.as_system(), handover), handover.id, by)
    acting = _in_place(await as_user_id(context, by), handover)
    roles = acting.actor.roles & frozenset(handover.request.get("roles", ()))  # a token may have had fewer
    return Hand(acting.with_actor(replace(acting.actor, roles=roles)), handover.id)


def _in_place(acting: Context, handover: Handover) -> Context:
    """With whoever asked for it, or for taking it back, in the place of the one in whose name it is done."""
    impersonator = str(handover.request.get("undone_in_place_by" if handover.undone_by else "impersonator", ""))
    return acting.with_actor(replace(acting.actor, impersonator=impersonator)) if impersonator else acting


async def _acting(context: Context, user: str) -> Context:
    try:
        return await as_user_id(context, user)
    except NotFound:
        return context


def _kind(item: Item) -> Belonging | Deed | None:
    return belonging(item.kind) or DEEDS.get(item.kind)


def _alike(items: Sequence[Item]) -> list[Item]:
    """The first items of the same kind and entity."""
    first = items[0]
    return list(takewhile(lambda item: (item.kind, item.entity) == (first.kind, first.entity), items))
