"""`python -m bench.soak_publishing`: eight processes write and two read while one release after the other is published.

Fields are added, renamed and given other types over 200,000 records. No request may fail, no write may get lost in a place
that a release has left, and writes during a publish may take at most three times as long as otherwise (99 of 100).
"""

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.offers import Raw, documents, fill
from tests.support.postgres import running_postgres
from trellis.app import running
from trellis.kernel.actor import SYSTEM
from trellis.kernel.settings import Settings
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.services import publishing, queries
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.publishing import Order
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace

WRITERS, READERS = 8, 2
RECORDS = 200
"""Records of each writer's own."""

PAUSE = 0.03
CALM = 6.0
"""Seconds before the first publish, to know how long writes take otherwise."""
NAME, OFFER = "soak", "bench.offer"
SIZES: tuple[Raw, ...] = (
    {"type": "decimal", "precision": 14, "scale": 2, "label": "Size"},
    {"type": "text", "label": "Size"},
    {"type": "decimal", "precision": 14, "scale": 4, "label": "Size"},
)
DURABLE = {"timezone": "UTC", "max_connections": "200", "shared_buffers": "512MB", "max_wal_size": "4GB"}
TIMES_SLOWER, LONGEST_HELD = 3.0, 0.1


@dataclass
class Client:
    """What one process did: when each request began and how long it took, what failed, and what it wrote last."""

    times: list[tuple[float, float]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)


@dataclass
class Held:
    """A database that notes how long everybody had to wait for a publish."""

    inner: Database
    spans: list[tuple[float, float]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @contextlib.asynccontextmanager
    async def publish(self, workspace: Workspace) -> AsyncIterator[Connection]:
        async with self.inner.publish(workspace) as connection:
            began = time.monotonic()
            try:
                yield connection
            finally:
                pass
        self.spans.append((began, time.monotonic()))


@dataclass
class Editor:
    """Publishes changes in turn: a field more, another key, another type."""

    home: OpenWorkspace
    fields: dict[str, Raw] = field(
        default_factory=lambda: {"size": SIZES[0], "spot0": {"type": "text", "label": "Spot"}}
    )
    turn: int = 0

    async def publish(self) -> tuple[str, float]:
        """The next change; what it was and the seconds it took."""
        kind, intent = self._change()
        database = Held(self.home.database)
        start = time.monotonic()
        planned = await publishing.plan(self.home.database, self.home.workspace, documents(offer=self.fields), intent)
        order = Order(SYSTEM, kind)
        await publishing.publish(database, self.home.workspace, planned, self.home.clock, order)  # type: ignore[arg-type]
        took = time.monotonic() - start
        self.held = max((until - since for since, until in database.spans), default=0.0)
        return kind, took

    def _change(self) -> tuple[str, Intent]:
        self.turn += 1
        if self.turn % 3 == 1:
            self.fields[f"added{self.turn}"] = {"type": "integer", "label": f"Added {self.turn}"}
            return "add", NO_INTENT
        if self.turn % 3 == 2:
            before = next(key for key in self.fields if key.startswith("spot"))
            after = f"spot{self.turn}"
            self.fields = {after if key == before else key: spec for key, spec in self.fields.items()}
            return "rename", Intent({f"{OFFER}#/fields/{before}": f"{OFFER}#/fields/{after}"})
        self.fields["size"] = SIZES[self.turn // 3 % len(SIZES)]
        return "retype", NO_INTENT


def main(arguments: Sequence[str]) -> int:
    """Run on both databases; 1 when a request failed, a write got lost or took too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak_publishing", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--releases", type=int, default=30)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    parser.add_argument("--client-of", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.client_of:
        client = asyncio.run(_client(Settings(data=given.client_of, database_url=given.url), given.number))
        print(json.dumps([client.times, client.failed, client.last]))
        return 0
    databases = (given.database,) if given.database else ("sqlite", "postgresql")
    well = [_soak(database, given.rows, given.releases) for database in databases]
    return int(not all(well))


async def _client(settings: Settings, number: int) -> Client:
    """Read or write until somebody closes our input."""
    client, draw = Client(), random.Random(number)
    done = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    async with running(settings) as server:
        home = await server.workspaces.named(NAME)
        own = [_record(number * RECORDS + step) for step in range(RECORDS)]
        while not done.done():
            record, began = draw.choice(own), time.monotonic()
            context = await home.context()
            try:
                await (_write(context, client, record, draw) if number < WRITERS else _read(context, record))
                if not client.times:
                    print("ready", flush=True)
                client.times.append((began, time.monotonic() - began))
            except Exception as problem:
                client.failed.append(f"{type(problem).__name__} {problem} {problem.__cause__}")
            await asyncio.sleep(PAUSE)
    return client


async def _write(context: Context, client: Client, record: str, draw: random.Random) -> None:
    value = f"{draw.randint(1, 999_999)}.25"
    await write(context, OFFER, [Update(record, {"size": value})])
    client.last[record] = value


async def _read(context: Context, record: str) -> None:
    await queries.get_record(context, OFFER, record, ("name", "size", "amount"))


def _record(number: int) -> str:
    """An offer, as they are filled in."""
    return f"01930002-0000-7000-8000-{number + 1:012d}"


def _soak(database: str, rows: int, releases: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="trellis-soak-") as folder, _settings(database, Path(folder)) as settings:
        return asyncio.run(_run(database, settings, rows, releases))


@contextlib.contextmanager
def _settings(database: str, folder: Path) -> Iterator[Settings]:
    if database == "sqlite":
        yield Settings(data=str(folder))
        return
    with running_postgres(settings=DURABLE) as server, server.database() as url:
        yield Settings(data=str(folder), database_url=url)


async def _run(database: str, settings: Settings, rows: int, releases: int) -> bool:
    async with running(settings) as server:
        await server.database.create_workspace(NAME)
        home = await server.workspaces.named(NAME)
        editor = Editor(home)
        planned = await publishing.plan(home.database, home.workspace, documents(offer=editor.fields))
        await publishing.publish(home.database, home.workspace, planned, home.clock, Order(SYSTEM, "begin"))
        await home.refresh()
        await fill(await home.context(), rows, 10)
        await _size_all(await home.context())
        clients = [_start(settings, number) for number in range(WRITERS + READERS)]
        for client in clients:
            await asyncio.to_thread(client.stdout.readline)  # type: ignore[union-attr]
        await asyncio.sleep(CALM)
        spans, held = [], []
        for _ in range(releases):
            began = time.monotonic()
            kind, took = await editor.publish()
            spans.append((began, time.monotonic()))
            held.append((kind, took, editor.held))
            await asyncio.sleep(0.3)
        found = [await asyncio.to_thread(_end, client) for client in clients]
        await home.refresh()
        lost = await _lost(await home.context(), found)
        return _report(database, found, spans, held, lost)


async def _size_all(context: Context) -> None:
    """Every offer gets a size, so that a new type has to carry all of them."""
    known = context.tables.entity(OFFER)
    schema = f'"{context.workspace.schema}".' if context.workspace.schema else ""
    size, amount = known.columns["size"].name, known.columns["amount"].name
    async with context.database.write(context.workspace) as connection:
        await connection.run_ddl([f'UPDATE {schema}"{known.table.name}" SET "{size}" = "{amount}"'])


def _start(settings: Settings, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.soak_publishing", "--client-of", settings.data]
    command += ["--url", settings.database_url, "--number", str(number)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> Client:
    output, _ = process.communicate()
    times, failed, last = json.loads(output)
    return Client([(began, took) for began, took in times], failed, last)


async def _lost(context: Context, clients: Sequence[Client]) -> int:
    """How many records do not say what was written last."""
    last: Mapping[str, str] = {record: value for client in clients for record, value in client.last.items()}
    wrong = 0
    for record, value in last.items():
        found = await queries.get_record(context, OFFER, record, ("size",))
        wrong += Decimal(str(found.values["size"])) != Decimal(value)
    return wrong


def _report(
    database: str,
    clients: Sequence[Client],
    spans: Sequence[tuple[float, float]],
    held: Sequence[tuple[str, float, float]],
    lost: int,
) -> bool:
    writes = [one for client in clients[:WRITERS] for one in client.times]
    start = spans[0][0]
    calm = [took for began, took in writes if began + took < start]
    busy = [took for began, took in writes if any(began < until and began + took > since for since, until in spans)]
    failed = [text for client in clients for text in client.failed]
    slower = _p99(busy) / max(_p99(calm), 0.001)
    print(f"{database}: {len(writes):,} writes by {WRITERS} processes, {len(spans)} releases")
    for kind in ("add", "rename", "retype"):
        took = [seconds for name, seconds, _ in held if name == kind]
        alone = [seconds for name, _, seconds in held if name == kind]
        print(
            f"  {kind:7} {max(took, default=0):6.2f} s at most, others kept out {max(alone, default=0) * 1000:5.0f} ms"
        )
    print(f"  writes: {_p99(calm) * 1000:.0f} ms calm, {_p99(busy) * 1000:.0f} ms during a publish (99 of 100)")
    print(f"  {len(failed)} failed, {lost} lost, {slower:.1f} times slower", *sorted(set(failed))[:3], sep="\n  ")
    longest = max((seconds for kind, _, seconds in held if kind != "retype"), default=0.0)
    return not failed and not lost and slower <= TIMES_SLOWER and (database == "sqlite" or longest <= LONGEST_HELD)


def _p99(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)] if ordered else 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
