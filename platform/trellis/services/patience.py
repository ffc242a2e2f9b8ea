"""How often work that met others is tried again, and how long it waits before."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Pauses in seconds that double with every try and are drawn by chance, so that two do not meet again.

    After as many tries as `together` the others are kept out.
    """

    tries: int = 6
    together: int = 3
    first: float = 0.01
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def pause(self, number: int) -> None:
        """Wait after the try of a number, which counts from 0."""
        await self.sleep(self.first * 2**number * (0.5 + self.chance()))
