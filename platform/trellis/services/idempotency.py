"""A request that comes twice with the same key is carried out once; the second one gets the first one's answer."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from trellis.kernel.errors import IdempotencyConflict
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.records import Also
from trellis.storage import idempotency
from trellis.storage.connection import Connection
from trellis.storage.idempotency import Answer

__all__ = ["KEPT", "Answer", "earlier_answer", "forget_old", "keeping"]

KEPT = timedelta(hours=24)


async def earlier_answer(context: Context, key: str, fingerprint: str) -> Answer | None:
    """The answer to the same request, if it came before; raises IdempotencyConflict when it was another request."""
    async with context.database.read(context.workspace) as connection:
        answer = await idempotency.find(connection, context.actor.id, key)
    if answer is not None and answer.fingerprint != fingerprint:
        raise IdempotencyConflict
    return answer


def keeping(context: Context, key: str, answer: Callable[[Sequence[Outcome]], Answer]) -> Also:
    """What to hand to the write path, so that records and answer are kept together or not at all.

    The loser of two requests at the same time gets UniqueViolation, and then finds the winner's answer.
    """

    async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        await idempotency.keep(connection, context.actor.id, key, answer(outcomes), context.now())

    return also


async def forget_old(context: Context) -> int:
    """Drop answers that nobody will ask for any more."""
    async with context.database.write(context.workspace) as connection:
        return await idempotency.forget_before(connection, context.now() - KEPT)
