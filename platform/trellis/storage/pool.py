"""Keeps a bounded number of connections and lends each to one task at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from trellis.kernel.errors import Unavailable

PATIENCE = 30.0


class Pooled(Protocol):
    """A connection that can be kept."""

    def is_usable(self) -> bool:
        """Whether it can be lent again."""

    async def close(self) -> None:
        """Stop what it is doing, and close."""


C = TypeVar("C", bound=Pooled)


class Pool(Generic[C]):
    """Lends the connection that was used last, makes new ones up to `limit`, then lets tasks queue in order."""

    def __init__(self, make: Callable[[], Awaitable[C]], limit: int) -> None:
        self._make = make
        self._limit = limit
        self._made = 0
        self._idle: list[C] = []
        self._waiting: deque[asyncio.Future[C | None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    async def take(self) -> C:
        """A connection for the caller alone; Unavailable when none comes free in time."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable():
                return connection
            self._made -= 1
        return await self._take_new_or_wait()

    def give_back(self, connection: C) -> None:
        """The connection is clean and may be lent again."""
        if not connection.is_usable():
            self.discard(connection)
        elif not self._hand_over(connection):
            self._idle.append(connection)

    def discard(self, connection: C) -> None:
        """The connection is in an unknown state; another may take its place."""
        closing = asyncio.create_task(connection.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        self._made -= 1
        self._hand_over(None)

    async def close(self) -> None:
        """Close all connections; none may be lent."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*self._closing, *(connection.close() for connection in idle))

    async def _take_new_or_wait(self) -> C:
        while self._made >= self._limit:
            connection = await self._wait()
            if connection is not None:
                return connection
        self._made += 1
        try:
            return await self._make()
        except BaseException:
            self._made -= 1
            self._hand_over(None)
            raise

    async def _wait(self) -> C | None:
        turn: asyncio.Future[C | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(PATIENCE):
                return await turn
        except BaseException as problem:
            self._refuse(turn)
            if isinstance(problem, TimeoutError):
                raise Unavailable from problem
            raise

    def _refuse(self, turn: "asyncio.Future[C | None]") -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.done() and not turn.cancelled():
            connection = turn.result()
            if connection is None:
                self._hand_over(None)
            else:
                self.give_back(connection)

    def _hand_over(self, connection: C | None) -> bool:
        """Wake the task that waits longest; None tells it that there is room for a new connection."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False
