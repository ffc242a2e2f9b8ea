"""A desk whose clients have fields that are open on one's own records only, for tests of levels that rise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.support.counting import CountingDatabase
from tests.support.publishing import CLOCK, Publisher, entity
from trellis.kernel.actor import Actor
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

Raw = dict[str, Any]
CLIENT, ORDER, NOTE = "clinic.client", "clinic.order", "clinic.note"
ALL = {"scopes": ["all"]}
SECRET = "zanzibar"
"""Stands in every value that must not be seen."""


def mine(level: str, upgrade: str, where: str = "owner == me.id") -> Raw:
    """A level with a higher one on one's own records."""
    return {"level": level, "upgrade": {"level": upgrade, "where": where}}


def documents() -> list[Raw]:
    """Clients, their orders and notes on these; an agent, and a clerk who may read everything."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    agent = {
        CLIENT: {
            "create": True, "read": ALL, "edit": ALL, "export": ALL,
            "fields": {
                "phrase": mine("masked", "edit"), "diary": mine("none", "read"), "score": mine("none", "edit"),
                "double": mine("none", "read"), "shout": mine("masked", "read"), "tags": mine("none", "edit"),
                "doctor": mine("none", "read"), "sealed": "none",
            },
        },
        ORDER: {"read": ALL, "edit": ALL, "export": {"scopes": ["own"]}, "fields": {"cost": mine("none", "edit", "client.owner == me.id")}},
        NOTE: {"read": ALL},
    }  # fmt: skip
    options = {"one": {"label": "One"}, "two": {"label": "Two"}}
    words, shown = {"type": "text", "search": True}, {"level": "masked", "reveal": True}
    return [
        *core,
        {"kind": "pack", "format": 1, "id": "clinic", "label": "Clinic", "version": "1", "requires": {"core": ">=0.1"}},
        entity(
            CLIENT,
            traits={"owned": True, "softDelete": True, "optimisticLock": True},
            summaryFields=["phrase", "score"],
            fields={
                "phrase": words, "diary": words, "sealed": words, "open": words, "score": {"type": "integer"},
                "tags": {"type": "multiselect", "options": options},
                "doctor": {"type": "lookup", "target": CLIENT},
                "grade": {"type": "formula", "returns": "text", "expr": "when(score > 77001, 'B', 'A')", "storage": "virtual"},
                "double": {"type": "formula", "returns": "integer", "expr": "score * 2", "storage": "virtual"},
                "shout": {
                    "type": "formula", "returns": "text", "expr": "phrase + when(today() > date(2020, 1, 1), '!', '?')",
                    "storage": "virtual",
                },
            },
        ),
        entity(ORDER, fields={"client": {"type": "lookup", "target": CLIENT}, "cost": {"type": "text"}}),
        entity(NOTE, fields={"order": {"type": "lookup", "target": ORDER}}),
        {
            "kind": "role", "id": "clinic.agent", "label": "Agent", "entities": agent, "system": {"export": True, "import": True},
        },
        {"kind": "role", "id": "clinic.auditor", "label": "Auditor", "system": {"audit": True}},
        {
            "kind": "role", "id": "clinic.reader", "label": "Reader",
            "entities": {"core.user": {"read": ALL, "fields": {"name": mine("none", "read", "email == 'ann@example.com'")}}},
        },
        {
            "kind": "role", "id": "clinic.guest", "label": "Guest",
            "entities": {CLIENT: {"read": ALL, "edit": ALL, "fields": {"*": mine("none", "edit")}}},
        },
        {
            "kind": "role", "id": "clinic.desk", "label": "Desk", "entities": {CLIENT: {
                "read": {**ALL, "where": "name != 'Unseen'"}, "edit": ALL,
                "fields": {
                    "*": "read", "open": "edit", "phrase": {**mine("masked", "edit"), "reveal": True}, "diary": mine("none", "masked"),
                    "shout": shown, "tags": shown, "doctor": shown, "score": "masked", "double": "masked", "grade": "masked",
                    "sealed": "none",
                },
            }},
        },
        {
            "kind": "role", "id": "clinic.clerk", "label": "Clerk", "system": {"export": "limited:1"},
            "entities": {CLIENT: {"read": ALL, "export": ALL, "edit": ALL}, ORDER: {"read": ALL}},
        },
    ]  # fmt: skip


@dataclass(frozen=True)
class Clinic:
    """A workspace with two clients: one of the agent, one of the platform."""

    system: Context
    agent: Context
    clerk: Context
    own: str
    foreign: str
    notes: tuple[str, str]
    database: CountingDatabase


async def made(context: Context, entity_id: str, **values: Any) -> str:
    """A new record."""
    (outcome,) = await write(context, entity_id, [Create(values)])
    return outcome.id


async def client(system: Context, owner: str | None, name: str, **values: Any) -> str:
    """A client all of whose values but the name are secret."""
    given = {
        "phrase": f"{SECRET} {name}", "diary": f"{SECRET} {name} diary", "sealed": f"{SECRET} {name} sealed",
        "score": 77001, "tags": ["one"], "open": f"open {name}", **values,
    }  # fmt: skip
    return await made(system, CLIENT, name=name, owner=owner, **given)


async def stocked(system: Context, agent: str, other: str) -> tuple[str, str, tuple[str, str]]:
    """A client of the agent, one of somebody else, and a note on an order of each."""
    doctor = await client(system, other, "Doctor", phrase=None, diary=None, tags=[])
    own = await client(system, agent, "Ours", doctor=doctor)
    foreign = await client(system, other, "Theirs", doctor=doctor, score=77002)
    orders = [
        await made(system, ORDER, name=name, client=one, cost=f"{SECRET} {whose}")
        for name, whose, one in (("first", "Ours", own), ("second", "Theirs", foreign))
    ]
    first, second = [await made(system, NOTE, name="note", order=order) for order in orders]
    return own, foreign, (first, second)


@asynccontextmanager
async def opened(database_url: str, folder: Path) -> AsyncIterator[Clinic]:
    """The clinic with its records."""
    url = database_url if database_url.startswith("postgresql:") else None
    database = await Database.open(Settings(data=str(folder if url else database_url), database_url=url or ""))
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents())
    counting = CountingDatabase(database)
    system = await OpenWorkspace(cast(Database, counting), workspace, CLOCK).context()
    people = {
        name: await made(system, "core.user", name=name, email=f"{name.lower()}@example.com")
        for name in ("Ann", "Cleo", "Zoe")
    }
    own, foreign, notes = await stocked(system, people["Ann"], people["Zoe"])
    actors = {name: Actor(people[name], name, "", frozenset({role})) for name, role in
              (("Ann", "clinic.agent"), ("Cleo", "clinic.clerk"))}  # fmt: skip
    yield Clinic(
        system, system.with_actor(actors["Ann"]), system.with_actor(actors["Cleo"]), own, foreign, notes, counting
    )
    await database.close()
