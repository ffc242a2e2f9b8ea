"""The cases about computed fields, on an application of their own: what they are called and what they print."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import report
from bench.backfill import Filled, filled
from bench.comparison import Line
from bench.evaluation import evaluated
from bench.listing import LIST, VIRTUAL, compared
from bench.offers import write_packs
from bench.processes import Meter
from bench.saving import saved

LISTING, EVALUATION, BACKFILL, SAVING = "computed-list", "formula-eval", "backfill", "computed-save"
NAMES = (LISTING, EVALUATION, BACKFILL, SAVING)


@dataclass(frozen=True)
class Extent:
    """How much is measured: seconds for each side of a list, rows to fill, deals to save."""

    seconds: float
    rows: int
    saves: int


@dataclass(frozen=True)
class Stand:
    """Empty databases for both sides; `postgres` is the process of their server."""

    settings: dict[str, str]
    theirs: str
    postgres: int | None
    folder: Path

    @property
    def database(self) -> str:
        """Its kind."""
        return "postgresql" if self.postgres else "sqlite"


def write_documents(folder: Path) -> None:
    """The packs that our server reads."""
    write_packs(folder, LIST, {"offer": VIRTUAL})


def evaluation() -> Iterator[str]:
    """Print what formulas take in Python; what missed its target comes back."""
    print("\n".join(["", report.EVALUATION_HEAD, report.EVALUATION_RULE]), flush=True)
    for each in evaluated():
        print(report.evaluation(each), flush=True)
        if each.missed:
            yield f"{EVALUATION}, {each.formula}: time missed"
    print()


def measured(stand: Stand, names: Sequence[str], extent: Extent) -> Iterator[str]:
    """Print what is measured on one database; what missed its target comes back."""
    if LISTING in names:
        yield from _listing(stand, extent)
    if BACKFILL in names:
        yield from asyncio.run(_collected(_backfill(stand, extent)))
    if SAVING in names:
        yield from asyncio.run(_saves(stand, extent))


def _listing(stand: Stand, extent: Extent) -> Iterator[str]:
    print("\n".join(["", report.HEAD, report.RULE]), flush=True)
    lines: list[Line] = []
    for line in compared(stand.settings, stand.theirs, stand.postgres, stand.folder, seconds=extent.seconds):
        print(report.row(line), flush=True)
        lines.append(line)
    print()
    yield from report.misses(lines)


async def _backfill(stand: Stand, extent: Extent) -> AsyncIterator[Filled]:
    async for each in filled(stand.settings, stand.database, Meter(stand.postgres), extent.rows):
        print(report.filled(each), flush=True)
        yield each


async def _collected(found: AsyncIterator[Filled]) -> list[str]:
    return [f"{BACKFILL}, {each.database}, {each.formula}: rate missed" async for each in found if each.missed]


async def _saves(stand: Stand, extent: Extent) -> list[str]:
    found = await saved(stand.settings, stand.database, Meter(stand.postgres), extent.saves)
    for each in found:
        print(report.saved(each), flush=True)
    return [f"{SAVING}, {each.database}, {each.kind}: time missed" for each in found if each.missed]
