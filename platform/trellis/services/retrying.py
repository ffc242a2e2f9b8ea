"""Trying a transaction again when definitions changed meanwhile, or when others were in the way."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

from trellis.kernel.errors import StaleRelease
from trellis.services.context import Context
from trellis.storage.connection import Connection, Contention, UniqueViolation

T = TypeVar("T")
RELEASES = 30
"""So many releases may be published while one write is on its way."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; `alone` nobody else writes meanwhile, so it cannot meet anybody."""

    context: Context
    number: int
    alone: bool

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """The transaction of the try; raises StaleRelease."""
        context, release = self.context, self.context.release.number
        if self.alone:
            return context.database.write_alone(context.workspace, release=release)
        return context.database.write(context.workspace, release=release)


async def persistently(context: Context, attempt: Callable[[Attempt], Awaitable[T]]) -> T:
    """The result of the first try that succeeds; raises Contention or UniqueViolation when none does.

    A release that was published meanwhile is not held against the writer: one may follow the other quickly.
    """
    patience, tried, met = context.home.patience, 0, 0
    for number in range(patience.tries + RELEASES):
        try:
            return await attempt(Attempt(context, number, alone=met >= patience.together))
        except StaleRelease:
            newer = await context.home.refresh()
            context = context.with_release(newer) if newer else context
        except (Contention, UniqueViolation) as problem:
            tried += 1
            if tried == patience.tries:
                raise
            if isinstance(problem, Contention):
                await patience.pause(met)
                met += 1
    raise Contention()


async def in_transaction(context: Context, work: Callable[[Context, Connection], Awaitable[T]]) -> T:
    """Work in one writing transaction, tried again when need be."""

    async def attempt(one: Attempt) -> T:
        async with one.transaction() as connection:
            return await work(one.context, connection)

    return await persistently(context, attempt)
