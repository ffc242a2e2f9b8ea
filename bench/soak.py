"""`python -m bench.soak`: many clients count up few records over HTTP; no increment may be lost, no answer be a 5xx."""

import argparse
import contextlib
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench.imports import token
from bench.load import Answer, ask, drive
from bench.processes import free_port, served
from bench.sides import ADMIN, PASSWORD, Refused, Side
from tests.support.postgres import running_postgres

ACCOUNTS = "/api/v1/records/sales.account"
RECORDS, CLIENTS, PROCESSES = 50, 32, 2
DURABLE = {"timezone": "UTC", "max_connections": "200"}


@dataclass
class Counting:
    """Each connection reads a record and writes its number plus one, if nobody was faster."""

    side: Side
    records: Sequence[str]
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: int = 0
    refusals: list[str] = field(default_factory=list)
    _chance: random.Random = field(default_factory=random.Random)
    _next: dict[int, bytes] = field(default_factory=dict)

    def next(self, connection: int) -> bytes:
        if connection in self._next:
            return self._next[connection]
        return self.side.request("GET", f"{ACCOUNTS}/{self._chance.choice(self.records)}?fields=employees")

    def answered(self, connection: int, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status not in (200, 412):
            self.refusals.append(f"{answer.status} {answer.body[:200]!r}")
        wrote = self._next.pop(connection, None) is not None
        if wrote:
            self.accepted += answer.status == 200
        elif answer.status == 200:
            self._next[connection] = self._raised(answer)

    def _raised(self, answer: Answer) -> bytes:
        record = msgspec.json.decode(answer.body)
        body = msgspec.json.encode({"employees": record["employees"] + 1})
        match = f"if-match: {answer.header('etag')}\r\n"
        return self.side.request("PATCH", f"{ACCOUNTS}/{record['id']}", body, match)


def main(arguments: Sequence[str]) -> int:
    """Run on both databases; 1 when an increment was lost or an answer was neither 200 nor 412."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    given = parser.parse_args(arguments)
    databases = (given.database,) if given.database else ("sqlite", "postgresql")
    well = [_soak(database, given.seconds) for database in databases]
    return int(not all(well))


def _soak(database: str, seconds: float) -> bool:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trellis-soak-")))
        settings = stack.enter_context(_settings(database, folder))
        secret = token(settings, ADMIN)
        sides = [stack.enter_context(_server(settings, secret, folder, number)) for number in range(PROCESSES)]
        records = [_made(sides[0], number) for number in range(RECORDS)]
        work = [Counting(side, records) for side in sides]
        with ThreadPoolExecutor(PROCESSES) as threads:
            list(threads.map(lambda each: _drive(each, seconds), work))
        return _judge(database, work, sum(_employees(sides[0], record) for record in records))


def _drive(counting: Counting, seconds: float) -> None:
    drive(counting.side.process.port, counting, connections=CLIENTS // PROCESSES, seconds=seconds)


def _judge(database: str, work: Sequence[Counting], total: int) -> bool:
    accepted = sum(each.accepted for each in work)
    statuses = sum((each.statuses for each in work), Counter[int]())
    wrong = [refusal for each in work for refusal in each.refusals]
    well = accepted == total and not wrong and statuses[412] > 0
    print(
        f"{database}: {accepted:,} increments accepted, the records say {total:,}; answers {dict(statuses)}: ", end=""
    )
    print("well" if well else f"NOT WELL {wrong[:3]}", flush=True)
    return well


def _made(side: Side, number: int) -> str:
    request = side.request("POST", ACCOUNTS, msgspec.json.encode({"name": f"Account {number}", "employees": 0}))
    answer = ask(side.process.port, request)
    if answer.status != 201:
        raise Refused(f"{answer.status} {answer.body!r}")
    return str(msgspec.json.decode(answer.body)["id"])


def _employees(side: Side, record: str) -> int:
    return int(msgspec.json.decode(side.get(f"{ACCOUNTS}/{record}?fields=employees").body)["employees"])


@contextlib.contextmanager
def _server(settings: dict[str, str], secret: str, folder: Path, number: int) -> Iterator[Side]:
    port = free_port()
    command = [sys.executable, "-m", "trellis", "serve"]
    with served(command, {**settings, "PORT": str(port)}, port=port, log=folder / f"server{number}.log") as process:
        yield Side("trellis", process, secret)


@contextlib.contextmanager
def _settings(database: str, folder: Path) -> Iterator[dict[str, str]]:
    settings = {"TRELLIS_DATA": str(folder / "data"), "TRELLIS_ADMIN_PASSWORD": PASSWORD, "TRELLIS_DATABASE_URL": ""}
    if database == "sqlite":
        yield settings
        return
    with running_postgres(DURABLE) as server, server.database() as url:
        yield {**settings, "TRELLIS_DATABASE_URL": url}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
