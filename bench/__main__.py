"""`python -m bench`: Trellis and a hand-written server side by side, on SQLite and on PostgreSQL."""

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import computed, report, rights
from bench.baseline.load import load_postgresql, load_sqlite
from bench.cases import CASES, LIST_VIEW, Case
from bench.comparison import Comparison, Line
from bench.deals import Deals
from bench.imports import import_deals, import_retail, tidy, token
from bench.sides import ADMIN, PASSWORD, hand_written, trellis
from tests.support.postgres import THROWAWAY, running_postgres
from trellis.places import packs_folder

DATABASES = ("sqlite", "postgresql")
SERVER = {**THROWAWAY, "shared_buffers": "512MB", "max_wal_size": "4GB"}


@dataclass(frozen=True)
class Plan:
    """What is measured, on which data, for how long."""

    cases: Sequence[Case]
    databases: Sequence[str]
    deals: int
    seconds: float
    retail: Sequence[str]
    about_computed: Sequence[str]
    extent: computed.Extent
    rights: bool


@dataclass(frozen=True)
class Place:
    """Databases for both sides; `postgres` is the process of their server."""

    ours: dict[str, str]
    theirs: str
    postgres: int | None


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and say what missed its target."""
    plan = _plan(arguments)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="trellis-bench-") as folder:
        missed = [*_compare(plan, Path(folder)), *_measure_computed(plan, Path(folder) / "computed")]
        missed += [*_measure_rights(plan, Path(folder) / "access")]
    print("\n".join(["", *missed, f"{len(missed)} miss a target; {time.perf_counter() - start:.0f} s"]))
    return 0


def _compare(plan: Plan, folder: Path) -> Sequence[str]:
    """Both servers with the same deals."""
    if not plan.cases:
        return ()
    deals = Deals.of(plan.deals)
    deals.write(folder)
    _write_packs(folder / "packs")
    return report.misses([line for database in plan.databases for line in _measure(database, plan, deals, folder)])


def _measure_computed(plan: Plan, folder: Path) -> Iterator[str]:
    """What computed fields cost."""
    if computed.EVALUATION in plan.about_computed:
        yield from computed.evaluation()
    wanted = [name for name in plan.about_computed if name != computed.EVALUATION]
    if wanted:
        folder.mkdir()
        computed.write_documents(folder / "packs")
        for database in plan.databases:
            with _place(database, folder) as place:
                stand = computed.Stand(place.ours, place.theirs, place.postgres, folder)
                yield from computed.measured(stand, wanted, plan.extent)


def _measure_rights(plan: Plan, folder: Path) -> Iterator[str]:
    """What rights cost."""
    if not plan.rights:
        return
    folder.mkdir()
    _write_packs(folder / "packs")
    print("\n".join(["", rights.HEAD, rights.RULE]), flush=True)
    for database in plan.databases:
        with _place(database, folder) as place:
            stand = computed.Stand(place.ours, place.theirs, place.postgres, folder)
            for found in asyncio.run(_listed(stand, plan)):
                print(found.row(), flush=True)
                yield from found.misses


async def _listed(stand: computed.Stand, plan: Plan) -> list[rights.Restricted]:
    turns = 50 if plan.extent.rows < 200_000 else 300
    return [found async for found in rights.compared(stand, plan.extent.rows, turns)]


def _plan(arguments: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer deals and shorter turns: under a minute, coarse")
    parser.add_argument("--full", action="store_true", help="longer turns, and the largest import on both databases")
    parser.add_argument("--database", choices=DATABASES, help="only this database")
    parser.add_argument("--case", help="only cases whose name contains this")
    parser.add_argument("--seconds", type=float, help="seconds for each side of each line")
    parser.add_argument("--deals", type=int, help="how many deals both sides hold")
    given = parser.parse_args(arguments)
    databases = (given.database,) if given.database else DATABASES
    seconds = given.seconds or (0.4 if given.quick else 6.0 if given.full else 1.5)
    return Plan(
        cases=[case for case in CASES if not given.case or given.case in case.name],
        databases=databases,
        deals=given.deals or (10_000 if given.quick else 100_000),
        seconds=seconds,
        retail=() if given.quick or given.case else databases if given.full else databases[:1],
        about_computed=[name for name in computed.NAMES if not given.case or given.case in name],
        extent=computed.Extent(seconds, 20_000 if given.quick else 200_000, 10 if given.quick else 40),
        rights=not given.case or given.case in rights.RIGHTS,
    )


def _write_packs(folder: Path) -> None:
    """The shipped packs with one more view: the list that is measured, of 25 records."""
    shutil.copytree(packs_folder(), folder)
    (folder / "sales" / "views" / "opportunity_bench.json").write_text(json.dumps(LIST_VIEW))


def _measure(database: str, plan: Plan, deals: Deals, folder: Path) -> Iterator[Line]:
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(_place(database, folder))
        (load_postgresql if place.postgres else load_sqlite)(place.theirs, deals)
        secret = token(place.ours, ADMIN)
        print(report.imported(import_deals(folder, place.ours, database)), flush=True)
        tidy(place.ours, database)
        theirs = stack.enter_context(hand_written(place.theirs, folder))
        ours = stack.enter_context(trellis(place.ours, secret, folder))
        print(report.started(database, ours.process.started_after, ours.resident), flush=True)
        print("\n".join(["", report.HEAD, report.RULE]), flush=True)
        for line in Comparison(database, ours, theirs, place.postgres, plan.seconds).lines(plan.cases):
            print(report.row(line), flush=True)
            yield line
        print()
        if database in plan.retail:
            found = import_retail(folder, place.ours, database)
            print(report.imported(found) if found else "the large file to import is not there", flush=True)


@contextlib.contextmanager
def _place(database: str, folder: Path) -> Iterator[Place]:
    settings = {
        "TRELLIS_DATA": str(folder / database),
        "TRELLIS_ADMIN_PASSWORD": PASSWORD,
        "TRELLIS_DATABASE_URL": "",
        "TRELLIS_PACKS": str(folder / "packs"),
    }
    if database == "sqlite":
        yield Place(settings, str(folder / "hand-written.sqlite3"), None)
        return
    with running_postgres(SERVER) as server, server.database() as ours, server.database() as theirs:
        yield Place({**settings, "TRELLIS_DATABASE_URL": ours}, theirs, server.guardian)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
