"""Many writers who change the same few records of a shop in every way at once, as long as a rush lasts."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.publishing import Publisher
from tests.support.shop import documents
from trellis.engine.query import Query
from trellis.kernel.clock import FixedClock, SystemClock
from trellis.kernel.errors import Invalid, NotFound, TrellisError
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Command, Create, Delete, Outcome, Restore, Update
from trellis.services.context import Context
from trellis.services.patience import Patience
from trellis.services.records import write
from trellis.services.refreshing import HANDLERS
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage.database import Database

PRODUCTS, CUSTOMERS, DEALS, LINES = 6, 5, 12, 40
EXPECTED = (NotFound, Invalid)
"""What a writer may be told: somebody else has just deleted the record, or the one that it should point to."""


@dataclass
class Tally:
    """What happened to the writers."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    pauses: list[float] = field(default_factory=list)
    longest: float = 0.0

    async def sleep(self, seconds: float) -> None:
        """A pause before another try."""
        self.pauses.append(seconds)
        await asyncio.sleep(seconds)


@dataclass
class Writer:
    """One of many; `lines` are those that all writers of a process know."""

    context: Context
    tally: Tally
    chance: random.Random
    products: Sequence[str]
    customers: Sequence[str]
    deals: Sequence[str]
    lines: list[str]

    async def run(self, until: float) -> None:
        """Change whatever comes to mind."""
        lines = [self.add, self.add_several, self.move, self.change, self.change_several, self.swap, self.cancel]
        others = [self.price, self.name, self.rename, self.relink, self.discount, self.bin_deal, self.bring_deal_back]
        deeds = [*lines, self.delete, self.restore, *others]
        while time.monotonic() < until:
            await self._try(self.chance.choice(deeds))

    async def _try(self, deed: Callable[[], Awaitable[object]]) -> None:
        name, started = deed.__name__, time.monotonic()
        try:
            await deed()
            self.tally.accepted[name] += 1
        except EXPECTED:
            self.tally.refused[name] += 1
        except Exception as problem:
            cause = problem.__cause__
            self.tally.failed[f"{name}: {type(problem).__name__} {problem} ({type(cause).__name__} {cause})"] += 1
        self.tally.longest = max(self.tally.longest, time.monotonic() - started)

    def _line(self) -> Create:
        product, deal = self.chance.choice(self.products), self.chance.choice(self.deals)
        return Create({"name": "L", "deal": deal, "product": product, "quantity": self.chance.randint(1, 9)})

    async def _write(self, entity: str, *commands: Command) -> list[Outcome]:
        return await write(self.context, entity, commands)

    async def add(self) -> None:
        self.lines += [outcome.id for outcome in await self._write("shop.line", self._line())]

    async def add_several(self) -> None:
        self.lines += [outcome.id for outcome in await self._write("shop.line", self._line(), self._line())]

    async def move(self) -> None:
        await self._write("shop.line", Update(self.chance.choice(self.lines), {"deal": self.chance.choice(self.deals)}))

    async def change(self) -> None:
        await self._write("shop.line", Update(self.chance.choice(self.lines), {"quantity": self.chance.randint(1, 9)}))

    async def change_several(self) -> None:
        chosen = self.chance.sample(self.lines, 3)
        await self._write("shop.line", *(Update(line, {"quantity": self.chance.randint(1, 9)}) for line in chosen))

    async def swap(self) -> None:
        product = self.chance.choice(self.products)
        await self._write("shop.line", Update(self.chance.choice(self.lines), {"product": product}))

    async def cancel(self) -> None:
        cancelled = self.chance.random() < 0.5
        await self._write("shop.line", Update(self.chance.choice(self.lines), {"cancelled": cancelled}))

    async def delete(self) -> None:
        await self._write("shop.line", Delete(self.chance.choice(self.lines)))

    async def restore(self) -> None:
        await self._write("shop.line", Restore(self.chance.choice(self.lines)))

    async def price(self) -> None:
        price = f"{self.chance.randint(1, 900)}.{self.chance.randint(10, 99)}"
        await self._write("shop.product", Update(self.chance.choice(self.products), {"price": price}))

    async def name(self) -> None:
        await self._write("shop.product", Update(self.chance.choice(self.products), {"name": self._word()}))

    async def rename(self) -> None:
        values = {"name": self._word(), "bonus": self.chance.randint(0, 3)}
        await self._write("shop.customer", Update(self.chance.choice(self.customers), values))

    async def relink(self) -> None:
        customer = self.chance.choice([*self.customers, None])
        await self._write("shop.deal", Update(self.chance.choice(self.deals), {"customer": customer}))

    async def discount(self) -> None:
        values = {"discount": self.chance.randint(0, 9), "name": self._word()}
        await self._write("shop.deal", Update(self.chance.choice(self.deals), values))

    async def bin_deal(self) -> None:
        if self.chance.random() < 0.3:
            await self._write("shop.deal", Delete(self.chance.choice(self.deals)))

    async def bring_deal_back(self) -> None:
        await self._write("shop.deal", Restore(self.chance.choice(self.deals)))

    def _word(self) -> str:
        return "".join(self.chance.choices("abcdefgh", k=6))


async def prepare(settings: Settings) -> None:
    """A workspace with a shop in which everything is stored."""
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents("stored"))
    context = await OpenWorkspace(database, workspace, SystemClock()).context()
    products = await _made(context, "shop.product", *({"price": f"{n}.50"} for n in range(PRODUCTS)))
    customers = await _made(context, "shop.customer", *({} for _ in range(CUSTOMERS)))
    deals = await _made(context, "shop.deal", *({"customer": customers[n % CUSTOMERS]} for n in range(DEALS)))
    lines = ({"deal": deals[n % DEALS], "product": products[n % PRODUCTS], "quantity": n} for n in range(LINES))
    await _made(context, "shop.line", *lines)
    await database.close()


async def _made(context: Context, entity: str, *records: Mapping[str, object]) -> list[str]:
    outcomes = await write(context, entity, [Create({"name": f"N{n}", **one}) for n, one in enumerate(records)])
    return [outcome.id for outcome in outcomes]


async def rush(settings: Settings, *, seconds: float, writers: int, seed: int = 0) -> Tally:
    """Let writers loose on the shop, and a worker beside them."""
    tally = Tally()
    async with opened(settings, Patience(sleep=tally.sleep)) as context:
        known = [await _ids(context, entity) for entity in ("shop.product", "shop.customer", "shop.deal", "shop.line")]
        until = time.monotonic() + seconds
        crowd = (Writer(context, tally, random.Random(seed + n), *known) for n in range(writers))
        working = asyncio.create_task(
            Worker(Workspaces(context.database, context.clock), HANDLERS, f"rush {seed}").run()
        )
        await asyncio.gather(*(writer.run(until) for writer in crowd))
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    return tally


async def _ids(context: Context, entity: str) -> list[str]:
    page = await queries.list_records(context, Query(entity, limit=1_000))
    return [str(row[0]) for row in page.rows]


@asynccontextmanager
async def opened(settings: Settings, patience: Patience | None = None) -> AsyncIterator[Context]:
    """The shop in a database of our own."""
    database = await Database.open(settings)
    try:
        workspace = database.workspaces[0]
        yield await OpenWorkspace(database, workspace, SystemClock(), patience=patience or Patience()).context()
    finally:
        await database.close()


async def work_off(context: Context) -> int:
    """Everything that waits for a worker, also what another one had claimed when it was stopped."""
    later = FixedClock(context.clock.now() + timedelta(hours=1))
    return await Worker(Workspaces(context.database, later), HANDLERS, "afterwards").run_due()


__all__ = ["Tally", "TrellisError", "opened", "prepare", "rush", "work_off"]
