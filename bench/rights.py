"""What rights cost: a list as somebody with many roles, beside the same list as somebody who may see everything."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Litestar

from bench.computed import Stand
from bench.imports import tidy
from tests.support.company.people import People, Team, User
from tests.support.company.records import DEAL, STAGES, documents
from trellis.engine.access import access_of
from trellis.engine.query import Query, SortKey
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.identity import new_id
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.tokens import create_token
from trellis.services.transfer.acting import as_user
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage import accounts
from trellis.storage.database import Database
from trellis.storage.records import RecordStore
from trellis.web.application import build

Ask = Callable[[], Awaitable[bytes]]
RIGHTS = "rights-list"
TEAMS, USERS, ROLES, CONDITIONS = 500, 1_000, 5, 100
TARGETS = {"sqlite": 2.0, "postgresql": 1.5}
RESOLVED = 200e-6
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HEAD = "| Rights: list of 25 | Database | Records | Restricted ms | Unrestricted ms | Ratio | Target | Access resolved µs |"
RULE = "|---|---|--:|--:|--:|--:|--:|--:|"


@dataclass(frozen=True)
class Restricted:
    """One list measured both ways, in seconds."""

    name: str
    database: str
    records: int
    restricted: float
    unrestricted: float
    resolved: float

    @property
    def ratio(self) -> float:
        return self.restricted / self.unrestricted

    @property
    def misses(self) -> Iterator[str]:
        """What missed its target."""
        if self.ratio > TARGETS[self.database]:
            yield f"{RIGHTS}, {self.name}, {self.database}: ratio missed"
        if self.resolved > RESOLVED:
            yield f"{RIGHTS}, {self.name}, {self.database}: resolving missed"

    def row(self) -> str:
        """As a line of the table."""
        return (
            f"| {self.name} | {self.database} | {self.records:,} | {self.restricted * 1e3:.2f} |"
            f" {self.unrestricted * 1e3:.2f} | {self.ratio:.2f} | {TARGETS[self.database]:.2f} | {self.resolved * 1e6:.0f} |"
        )


async def compared(stand: Stand, records: int, turns: int) -> AsyncIterator[Restricted]:
    """The lists of a workspace with a tree of teams and many records."""
    folder, url = str(stand.folder / "rights"), stand.settings["TRELLIS_DATABASE_URL"]
    database = await Database.open(Settings(data=folder, database_url=url))
    try:
        home = OpenWorkspace(database, await database.create_workspace("rights"), FixedClock(NOW))
        people = _people()
        await install_packs(database, home.workspace, _documents(), home.clock, actor=SYSTEM, note="rights")
        users = await _settle(await home.context(), people, records)
        await asyncio.to_thread(tidy, stand.settings, stand.database)
        chief = await as_user(await home.context(), people.users[0].email)
        clerk = await as_user(await home.context(), people.users[1].email)
        assert len(users) == USERS
        resolved = _resolving(clerk)
        for name, query in _lists().items():
            ways = {
                "service": _of_service(query, clerk, chief),
                "request": await _of_api(database, query, clerk, chief),
            }
            for way, both in ways.items():
                restricted, unrestricted = await _in_turn(both, turns)
                yield Restricted(f"{name}, {way}", stand.database, records, restricted, unrestricted, resolved)
    finally:
        await database.close()


def _lists() -> dict[str, Query]:
    """The lists people open: with the names behind links, in an order that an index has."""
    fields = ("name", "amount", "stage", "owner", "owner_team", "firm", "created_at", "updated_at", "updated_by")
    newest = Query(DEAL, fields, sort=(SortKey("id", True),), limit=25, labels=True)
    return {"newest first": newest, "with a filter": replace(newest, filter="stage == 'won'")}


def _of_service(query: Query, *contexts: Context) -> list[Ask]:
    """The list as the service gives it, for each of these people."""
    return [lambda context=context: queries.list_json(context, query) for context in contexts]  # type: ignore[misc]


async def _of_api(database: Database, query: Query, *contexts: Context) -> list[Ask]:
    """The same through the API: who it is, what may be asked, headers and all; without a network."""
    app = build(Workspaces(database, contexts[0].clock), Settings())
    wanted = {"fields": ",".join(query.fields), "limit": "25", **({"filter": query.filter} if query.filter else {})}
    tokens = [await create_token(context, context.actor.id, "bench") for context in contexts]
    return [lambda token=token: _answer(app, urlencode(wanted), token) for token in tokens]  # type: ignore[misc]


async def _answer(app: Litestar, query: str, token: str) -> bytes:
    """The body of the answer to one request."""
    path, sent = f"/api/v1/records/{DEAL}", list[bytes]()
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(b"host", b"rights.example.com"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(sent)


async def _in_turn(asks: Sequence[Ask], turns: int) -> list[float]:
    """The medians in seconds; one after the other, so that whatever else the machine does falls on all."""
    took: list[list[float]] = [[] for _ in asks]
    for turn in range(turns + 5):
        for ask, times in zip(asks, took, strict=True):
            start = time.perf_counter()
            page = await ask()
            if turn >= 5:
                times.append(time.perf_counter() - start)
            assert page.count(b'"version"') == 25, page[:300]
    return [statistics.median(times) for times in took]


def _resolving(context: Context) -> float:
    """How long it takes to know a person's rights on an entity, in seconds."""
    start = time.perf_counter()
    for _ in range(1_000):
        access_of(context.actor, context.snapshot).condition(DEAL, "read")
    return (time.perf_counter() - start) / 1_000


def _people() -> People:
    """Five levels of teams; the second user is somewhere in the middle and has people below."""
    teams = [Team(number, None if number == 0 else (number - 1) // 4, 0) for number in range(TEAMS)]
    held = frozenset(f"lab.bench{number}" for number in range(ROLES))
    users = [User(0, 0, None, frozenset({"lab.chief"})), User(1, 2, 0, held)]
    users += [User(number, number % TEAMS, (number - 1) // 8, frozenset()) for number in range(2, USERS)]
    return People(tuple(teams), tuple(users))


def _documents() -> list[dict[str, Any]]:
    """Five roles that inherit others, a hundred conditions in all, and one that sees everything."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if str(raw["id"]).startswith("core")]
    scopes = (["team"], ["teamTree"], ["subordinates"], ["shared"], ["own"])
    roles = []
    for number in range(CONDITIONS):
        where = f"stage == '{STAGES[number % 3]}' and amount {'>=' if number % 2 else '!='} {number * 7}"
        grants = {DEAL: {"read": {"scopes": scopes[number % 5], "where": where}, "fields": {"*": "edit"}}}
        below = number + ROLES if number + ROLES < CONDITIONS else None
        roles.append(_role(f"lab.bench{number}", grants, [f"lab.bench{below}"] if below else []))
    everything = {DEAL: {"read": {"scopes": ["all"]}, "fields": {"*": "edit"}}}
    return [*core, *documents(), *roles, _role("lab.chief", everything, [])]


def _role(key: str, entities: dict[str, Any], inherits: list[str]) -> dict[str, Any]:
    opened = {"core.user": {"read": {"scopes": ["all"]}, "fields": {"*": "read"}}}
    return {"kind": "role", "id": key, "label": key, "entities": {**opened, **entities}, "inherits": inherits}


async def _settle(context: Context, people: People, records: int) -> list[str]:
    teams: list[str] = []
    for team in people.teams:
        values = {"name": team.code, "code": team.code, "parent": None if team.parent is None else teams[team.parent]}
        teams.append((await write(context, "core.team", [Create(values)]))[0].id)
    values_of = [
        {"name": f"User {user.number}", "email": user.email, "team": teams[user.team or 0]} for user in people.users
    ]
    users = [outcome.id for outcome in await write(context, "core.user", [Create(one) for one in values_of])]
    await _report(context, people, users)
    async with context.database.write(context.workspace) as connection:
        for user, key in zip(people.users, users, strict=True):
            await accounts.save_roles(connection, key, user.roles)
    await _deals(context, people, users, teams, records)
    return users


async def _report(context: Context, people: People, users: list[str]) -> None:
    led = [user for user in people.users if user.manager is not None]
    await write(context, "core.user", [Update(users[one.number], {"manager": users[one.manager or 0]}) for one in led])


async def _deals(context: Context, people: People, users: list[str], teams: list[str], records: int) -> None:
    """Straight into the table: what is measured is reading."""
    store = RecordStore(context.release.statements, context.access, context.snapshot.entity(DEAL))
    stamp = {"created_at": NOW, "updated_at": NOW, "created_by": None, "updated_by": None, "version": 1}
    for start in range(0, records, 5_000):
        rows: list[dict[str, object]] = []
        for number in range(start, min(start + 5_000, records)):
            owner = people.users[number * 7 % USERS]
            values = {"name": f"Deal {number}", "amount": number % 1_000, "stage": STAGES[number % 3]}
            place = {"owner": users[owner.number], "owner_team": teams[owner.team or 0]}
            rows.append({"id": new_id(NOW), **values, **place, **stamp})
        async with context.database.write(context.workspace) as connection:
            await store.insert(connection, rows)
