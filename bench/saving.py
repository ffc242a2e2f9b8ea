"""What stored fields that depend on a record add to its save: a deal with twenty lines, with six of them and without any."""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from bench.offers import Raw, documents, fill, formula, rollup
from bench.processes import Meter
from bench.workspaces import workspace
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write

LIMIT = 2.0
LINES, OFFERS, ITEMS = 20, 1_000, 5_000
BUYER = "01930001-0000-7000-8000-000000000007"
STORED: Mapping[str, Mapping[str, Raw]] = {
    "item": {
        "total": formula("currency", "quantity * price", storage="stored"),
        "net": formula(
            "currency", "round(quantity * price * (100 - coalesce(offer.discount, 0)) / 100, 2)", storage="stored"
        ),
    },
    "offer": {
        "items_total": rollup("currency", "bench.item.offer", "sum", "total", empty="0", storage="stored"),
        "items_count": rollup("integer", "bench.item.offer", "count", storage="stored"),
        "margin": formula("currency", "items_total - costs", storage="stored"),
    },
    "buyer": {"turnover": rollup("currency", "bench.offer.buyer", "sum", "items_total", storage="stored")},
}
"""Six fields in three entities: two for each line, three for its deal, one for the customer."""


@dataclass
class Times:
    """What one kind of save took, turn by turn: seconds on the clock, and microseconds of processors."""

    clock: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Saved:
    """One kind of save with the dependent fields and without."""

    kind: str
    database: str
    stored: Times
    plain: Times

    @property
    def ratio(self) -> float:
        """How many times as long it takes, by the best turn of either."""
        return min(self.stored.clock) / min(self.plain.clock)

    @property
    def missed(self) -> bool:
        """Whether it takes too long."""
        return self.ratio > LIMIT


@dataclass
class Desk:
    """Somebody who enters deals in one workspace, and how long it takes."""

    context: Context
    meter: Meter
    times: Mapping[str, Times] = field(default_factory=lambda: {"create": Times(), "change": Times()})
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def turn(self) -> None:
        """Enter a deal with its lines, then change all of these."""
        number = next(self._numbers)
        ids = await self._timed("create", lambda: self._create(number))
        await self._timed("change", lambda: self._change(ids, number))

    async def _timed(self, kind: str, work: Callable[[], Awaitable[list[str]]]) -> list[str]:
        cpu, start = self.meter.used(), time.perf_counter()
        result = await work()
        times = self.times[kind]
        times.clock.append(time.perf_counter() - start)
        times.cpu.append(self.meter.used() - cpu)
        return result

    async def _create(self, number: int) -> list[str]:
        values = {"name": f"Deal {number}", "buyer": BUYER, "amount": "1000", "costs": "300.50", "discount": "7.5"}
        (deal,) = await write(self.context, "bench.offer", [Create(values)])
        lines = [Create({"name": f"Line {n}", "offer": deal.id, "quantity": n, "price": "12.35"}) for n in range(LINES)]
        return [line.id for line in await write(self.context, "bench.item", lines)]

    async def _change(self, ids: Sequence[str], number: int) -> list[str]:
        changes = [Update(id, {"quantity": 100 + number + place}) for place, id in enumerate(ids)]
        return [line.id for line in await write(self.context, "bench.item", changes)]


async def saved(settings: Mapping[str, str], database: str, meter: Meter, turns: int) -> list[Saved]:
    """Enter deals here and there, turn by turn."""
    async with workspace(settings, "stored") as one, workspace(settings, "plain") as other:
        desks = [Desk(await one.publish(documents(**STORED)), meter), Desk(await other.publish(documents()), meter)]
        for desk in desks:
            await fill(desk.context, OFFERS, ITEMS)
            await desk.turn()
            desk.times = {"create": Times(), "change": Times()}
        gc.freeze()  # two releases in one process: the collector need not look at them again and again
        for _ in range(turns):
            for desk in desks:
                await desk.turn()
    stored, plain = desks
    return [
        Saved("a deal with 20 lines", database, stored.times["create"], plain.times["create"]),
        Saved("a change of its 20 lines", database, stored.times["change"], plain.times["change"]),
    ]
