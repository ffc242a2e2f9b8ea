"""Trying a transaction again when definitions changed meanwhile, or when others were in the way."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from trellis.kernel.errors import StaleRelease
from trellis.services.context import Context
from trellis.storage.connection import Connection, Contention, UniqueViolation

T = TypeVar("T")


async def persistently(context: Context, attempt: Callable[[Context, int], Awaitable[T]]) -> T:
    """The result of an attempt, given its number; raises Contention or UniqueViolation when all of them failed."""
    patience = context.home.patience
    for number in range(patience.tries):
        try:
            return await attempt(context, number)
        except StaleRelease:
            newer = await context.home.refresh()
            context = context.with_release(newer) if newer else context
        except (Contention, UniqueViolation) as problem:
            if number == patience.tries - 1:
                raise
            if isinstance(problem, Contention):
                await patience.pause(number)
    raise Contention()


async def in_transaction(context: Context, work: Callable[[Context, Connection], Awaitable[T]]) -> T:
    """Work in one writing transaction, tried again when need be."""

    async def attempt(now: Context, number: int) -> T:
        async with now.database.write(now.workspace, release=now.release.number) as connection:
            return await work(now, connection)

    return await persistently(context, attempt)
