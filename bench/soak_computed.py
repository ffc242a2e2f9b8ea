"""`python -m bench.soak_computed`: writers of two processes change one shop in every way; all stored values must be true.

No writer may be told that a database is busy, and `trellis verify` finds nothing at the end. Prints the throughput, and how
often a write was tried again because writers waited for each other in a circle.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import running_postgres
from tests.support.rush import opened, prepare, rush, work_off
from trellis.kernel.settings import Settings
from trellis.services import computed
from trellis.services.verifying import Verified, verify

PROCESSES, WRITERS = 2, 8
DURABLE = {"timezone": "UTC", "max_connections": "200"}
INLINE = 60
"""Fewer than in real life, so that the worker has something to do as well."""


@dataclass(frozen=True)
class Report:
    """What the writers of one process, or of all, say."""

    accepted: int
    refused: int
    failed: Counter[str]
    pauses: int
    longest: float


def main(arguments: Sequence[str]) -> int:
    """Run on both databases; 1 when a writer failed or a value is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak_computed", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--writers-of", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.writers_of:
        return _write(Settings(data=given.writers_of, database_url=given.url), given.seconds, given.seed)
    databases = (given.database,) if given.database else ("sqlite", "postgresql")
    well = [_soak(database, given.seconds) for database in databases]
    return int(not all(well))


def _write(settings: Settings, seconds: float, seed: int) -> int:
    """What each of the processes does."""
    computed.INLINE = INLINE
    tally = asyncio.run(rush(settings, seconds=seconds, writers=WRITERS, seed=seed))
    found = [tally.accepted.total(), tally.refused.total(), tally.failed, len(tally.pauses), tally.longest]
    print(json.dumps(found))
    return 0


def _soak(database: str, seconds: float) -> bool:
    with tempfile.TemporaryDirectory(prefix="trellis-soak-") as folder, _settings(database, Path(folder)) as settings:
        asyncio.run(prepare(settings))
        report = _together(settings, seconds)
        wrong, values = asyncio.run(_looked_after(settings))
        return _judge(database, seconds, report, (wrong, values))


def _together(settings: Settings, seconds: float) -> Report:
    command = [
        sys.executable,
        "-m",
        "bench.soak_computed",
        "--writers-of",
        settings.data,
        "--url",
        settings.database_url,
    ]
    processes = [
        subprocess.Popen([*command, "--seconds", str(seconds), "--seed", str(1_000 * number)], stdout=subprocess.PIPE)
        for number in range(PROCESSES)
    ]
    answers = [json.loads(process.communicate()[0] or "null") or [0, 0, {"died": 1}, 0, 0.0] for process in processes]
    accepted, refused, failed, pauses, longest = zip(*answers, strict=True)
    return Report(sum(accepted), sum(refused), sum(map(Counter, failed), Counter()), sum(pauses), max(longest))


async def _looked_after(settings: Settings) -> tuple[list[Verified], int]:
    async with opened(settings) as context:
        await work_off(context)
        found = await verify(context)
    return [one for one in found if one.differing or one.waiting], sum(one.looked_at for one in found)


def _judge(database: str, seconds: float, report: Report, found: tuple[list[Verified], int]) -> bool:
    wrong, values = found
    well = report.accepted > 0 and not report.failed and not wrong
    print(
        f"{database}: {report.accepted:,} writes accepted ({report.accepted / seconds:.0f} a second), "
        f"{report.refused:,} refused, {report.pauses:,} tried again, the longest took {report.longest:.1f} s; "
        f"{values:,} stored values, {sum(one.differing for one in wrong):,} wrong: ",
        end="",
    )
    print("well" if well else f"NOT WELL {dict(report.failed)} {wrong[:2]}", flush=True)
    return well


@contextlib.contextmanager
def _settings(database: str, folder: Path) -> Iterator[Settings]:
    if database == "sqlite":
        yield Settings(data=str(folder))
        return
    with running_postgres(DURABLE) as server, server.database() as url:
        yield Settings(data=str(folder), database_url=url)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
