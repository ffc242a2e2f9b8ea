"""A request that is sent twice is carried out once: its answer is noted in the transaction of its writes."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from trellis.kernel.errors import BadRequest, IdempotencyConflict
from trellis.kernel.events import Action
from trellis.kernel.messages import Message
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.records import Also
from trellis.storage import idempotency
from trellis.storage.connection import Connection, UniqueViolation
from trellis.storage.idempotency import Answer

PENDING = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: str


Write = Callable[[Also | None], Awaitable[list[Outcome]]]
Respond = Callable[[Sequence[Outcome]], Awaitable[Reply]]


async def once(context: Context, key: str, fingerprint: str, write: Write, respond: Respond) -> tuple[Reply, bool]:
    """The reply to a request, and whether it was given before; raises IdempotencyConflict when the key meant another one."""
    earlier = await _earlier(context, key, fingerprint)
    if earlier is not None:
        return await _again(earlier, respond), True
    try:
        outcomes = await write(_noting(context, key, fingerprint))
    except UniqueViolation:
        earlier = await _earlier(context, key, fingerprint)
        if earlier is None:
            raise
        return await _again(earlier, respond), True
    reply = await respond(outcomes)
    await _complete(context, key, fingerprint, reply)
    return reply, False


async def _earlier(context: Context, key: str, fingerprint: str) -> Answer | None:
    async with context.database.read(context.workspace) as connection:
        answer = await idempotency.find(connection, context.actor.id, key)
    if answer is not None and answer.fingerprint != fingerprint:
        raise IdempotencyConflict
    return answer


def _noting(context: Context, key: str, fingerprint: str) -> Also:
    async def note(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        answer = Answer(fingerprint, PENDING, msgspec.json.encode([_noted(outcome) for outcome in outcomes]).decode())
        await idempotency.keep(connection, context.actor.id, key, answer, context.clock.now())

    return note


async def _complete(context: Context, key: str, fingerprint: str, reply: Reply) -> None:
    answer = Answer(fingerprint, reply.status, msgspec.json.encode([reply.headers, reply.body]).decode())
    async with context.database.write(context.workspace) as connection:
        await idempotency.complete(connection, context.actor.id, key, answer)


async def _again(answer: Answer, respond: Respond) -> Reply:
    """The kept reply; or, when the server stopped before it was kept, a new one from what had been written."""
    kept = msgspec.json.decode(answer.body)
    if answer.status == PENDING:
        return await respond([_outcome(note) for note in kept])
    headers, body = kept
    return Reply(answer.status, headers, body)


def _noted(outcome: Outcome) -> list[object]:
    reason = str(outcome.error.message) if outcome.error else None
    return [outcome.id, outcome.action.value, outcome.version, outcome.changed, reason]


def _outcome(note: list[object]) -> Outcome:
    record, action, version, changed, reason = note
    error = BadRequest(Message("{reason}", {"reason": reason})) if reason else None
    return Outcome(str(record), Action(str(action)), int(str(version)), bool(changed), error)
