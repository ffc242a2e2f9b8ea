"""Operations on many records: kept with all their items, carried out at once or by the worker, and known when they come twice."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trellis.kernel.identity import canonical_id, new_id
from trellis.services.context import Context
from trellis.services.handing import working
from trellis.services.handing.handover import TIMER
from trellis.services.identities import forget
from trellis.services.retrying import in_transaction
from trellis.storage import handovers as storage
from trellis.storage.connection import Connection, UniqueViolation
from trellis.storage.handovers import RUNNING, UNDOING, UNDONE, Handover, Item
from trellis.storage.timers import Wanted, enqueue


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody begins: `request` is kept as it is, `once` is an id that makes a repetition harmless."""

    kind: str
    request: Mapping[str, Any]
    once: str = ""


def mark(*parts: object) -> str:
    """A short text that differs when what was asked for differs."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


async def begun_before(context: Context, operation: Operation) -> bool:
    """Whether the very same was begun by the actor with this id, and still holds."""
    if canonical_id(operation.once) != operation.once:
        return False
    async with context.database.read(context.workspace) as connection:
        known = await storage.find(connection, operation.once)
    return known is not None and _is_same(context, known, operation)


def _is_same(context: Context, known: Handover, operation: Operation) -> bool:
    same = (known.kind, known.created_by, known.request.get("mark")) == (
        operation.kind, context.actor.id, operation.request.get("mark"),
    )  # fmt: skip
    return same and known.state not in (UNDOING, UNDONE)


async def begin(context: Context, operation: Operation, items: Sequence[Item], *, at_once: int) -> str:
    """Keep an operation and carry it out: up to `at_once` items while one waits, more by the worker; its id."""
    try:
        handover = await _keep(context, operation, items, at_once)
    except UniqueViolation:  # the same came twice at the same moment, or the id is somebody else's
        if await begun_before(context, operation):
            return operation.once
        handover = await _keep(context, Operation(operation.kind, operation.request), items, at_once)
    if len(items) <= at_once:
        await finish(context, handover)
    return handover


async def finish(context: Context, handover: str) -> None:
    """Work on an operation until it has ended."""
    while await working.step(context, handover):
        pass
    forget(context.home)


async def _keep(context: Context, operation: Operation, items: Sequence[Item], at_once: int) -> str:
    async def work(now: Context, connection: Connection) -> str:
        moment, actor = now.now(), now.actor
        request = {**operation.request, "roles": sorted(actor.roles), "impersonator": actor.impersonator}
        known = canonical_id(operation.once) == operation.once
        handover = Handover(
            operation.once if known else new_id(now.clock.now()), operation.kind, None, request, RUNNING, actor.id,
            moment, total=len(items),
        )  # fmt: skip
        await storage.add(connection, handover)
        await storage.add_items(connection, handover.id, items)
        if len(items) > at_once:
            await enqueue(connection, Wanted(TIMER, {"handover": handover.id}), moment)
        return handover.id

    return await in_transaction(context, work)
