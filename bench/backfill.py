"""How fast the background fills a stored formula that a new release has brought, in rows per second."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from bench.offers import Raw, documents, fill, formula
from bench.processes import Meter
from bench.workspaces import workspace

ROWS, ROWS_IN_PYTHON = 200_000, 10_000
RATE = 50_000


@dataclass(frozen=True)
class Filled:
    """One stored formula over all rows of an entity; `target` is the least number of rows per second, if there is one."""

    formula: str
    database: str
    rows: int
    seconds: float
    cpu: float
    target: int | None

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds

    @property
    def missed(self) -> bool:
        """Whether it is slower than it should be."""
        return self.target is not None and self.rate < self.target


FORMULAS: Mapping[str, tuple[str, str, str]] = {
    "margin": ("offer", "currency", "amount - costs"),
    "month": ("offer", "date", "start_of(close_date, 'month')"),
    "headroom": ("offer", "currency", "buyer.credit - amount"),
    "sign": ("item", "text", "upper(name)"),
}
"""By key: the entity, the type and the formula; the last one is nothing that a database can compute."""


async def filled(settings: Mapping[str, str], database: str, meter: Meter, rows: int) -> AsyncIterator[Filled]:
    """Publish one formula after the other and fill it."""
    added: dict[str, dict[str, Raw]] = {"offer": {}, "item": {}}
    small = min(ROWS_IN_PYTHON, rows)
    async with workspace(settings, "backfill") as bench:
        await fill(await bench.publish(documents()), rows, small)
        for key, (entity, returns, source) in FORMULAS.items():
            added[entity][key] = formula(returns, source, storage="stored")
            await bench.publish(documents(**added))
            start, cpu = time.perf_counter(), meter.used()
            await bench.work()
            seconds, used = time.perf_counter() - start, meter.used() - cpu
            by_database = entity == "offer"
            yield Filled(
                source, database, rows if by_database else small, seconds, used / 1e6, RATE if by_database else None
            )
