"""Offers with parts, and a role for every way in which records are open to people: for tests of why."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.support.office import Office, Raw, opened
from tests.support.office import documents as office_documents
from tests.support.publishing import CLOCK, Publisher, entity
from trellis.engine.access.actions import bits
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.services.accounts import assign_roles
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.queries import list_records
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import prepare
from trellis.storage.database import Database
from trellis.storage.system import system_tables

OFFER, PART = "office.offer", "office.part"
SCOPES = ("own", "team", "teamTree", "subordinates", "shared", "all")


def documents() -> list[Raw]:
    """The documents behind offers."""
    seen = {"read": {"scopes": ["all"]}}
    people = {"core.user": seen, "core.team": seen}

    def role(key: str, label: str, rights: Mapping[str, Any], **members: Any) -> Raw:
        return {"kind": "role", "id": f"office.{key}", "label": label, "entities": {**people, **rights}, **members}

    scoped = [
        role(
            scope.lower(), f"By {scope}",
            {
                OFFER: {"create": True, "read": {"scopes": [scope]}, "edit": {"scopes": [scope], "where": "state == 'open'"}},
                PART: {"read": {"scopes": [scope]}, "delete": {"scopes": [scope]}},
            },
        )
        for scope in SCOPES
    ]  # fmt: skip
    return [
        entity(
            OFFER, label="Offer", labelPlural="Offers",
            traits={"owned": True, "softDelete": True, "optimisticLock": True},
            fields={
                "amount": {"type": "integer", "label": "Amount"}, "state": {"type": "text", "label": "State"},
                "secret": {"type": "text", "label": "Secret"},
            },
        ),
        entity(
            PART, label="Part", labelPlural="Parts", traits={"childOf": "offer"},
            fields={
                "offer": {"type": "lookup", "label": "Offer", "target": OFFER, "required": True, "onDelete": "cascade",
                          "inverse": {"key": "parts", "label": "Parts"}},
            },
        ),
        *scoped,
        role("clerk", "Clerk", {
            OFFER: {
                "read": {"scopes": ["all"]}, "edit": {"scopes": ["own"], "where": "secret == 'x'"},
                "assign": {"scopes": ["own"]},
                "fields": {
                    "*": "edit", "secret": "none",
                    "amount": {"level": "masked", "upgrade": {"level": "read", "where": "state == 'open'"}},
                },
            },
        }),
        role("keeper", "Keeper", {
            OFFER: {
                "read": {"scopes": ["all"]}, "edit": {"scopes": ["all"]},
                "fields": {"*": "edit", "amount": {"level": "read", "upgrade": {"level": "edit", "where": "state == 'open'"}}},
            },
        }),
        role("senior", "Senior clerk", {}, inherits=["office.clerk"], system={"import": True}),
        {
            "kind": "sharing", "id": "office.large", "entity": OFFER, "label": "Large offers", "when": "amount > 500",
            "to": [{"kind": "team", "team": "north"}], "grant": ["read", "edit"],
        },
    ]  # fmt: skip


@dataclass
class Offers:
    """An office with offers."""

    office: Office

    @property
    def system(self) -> Context:
        """Somebody who may do everything."""
        return self.office.system

    def id(self, name: str) -> str:
        """The id of whatever has this name."""
        return self.office.ids[name]

    async def offer(self, name: str, owner: str | None, **values: object) -> str:
        """A new offer of somebody, with one part."""
        given = {"name": name, "owner": self.id(owner) if owner else None, **values}
        (made,) = await write(self.system, OFFER, [Create(given)])
        self.office.ids[name] = made.id
        (part,) = await write(self.system, PART, [Create({"name": f"{name} part", "offer": made.id})])
        self.office.ids[f"{name} part"] = part.id
        return made.id

    async def give(self, name: str, *roles: str) -> None:
        """Roles for somebody."""
        await assign_roles(self.system, self.id(name), [f"office.{role}" for role in roles])

    async def share(self, offer: str, grantee: str, *actions: str, until: int | None = None, by: str = "Ann") -> None:
        """A share of an offer."""
        table = system_tables(self.system.workspace.schema).share
        row = {
            "id": f"{offer} {grantee}", "entity": OFFER, "record": self.id(offer), "grantee": grantee,
            "actions": bits(actions), "created_by": self.id(by), "created_at": 0, "expires_at": until,
        }  # fmt: skip
        async with self.system.database.write(self.system.workspace) as connection:
            await connection.execute(prepare(sa.insert(table).values(**row), connection.dialect))


async def publish(settings: Settings) -> None:
    """Make a workspace with offers of Ann and Ben (North), Cat (South), Dan (Head) and of nobody."""
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*office_documents(), *documents())
    office = Office(await OpenWorkspace(database, workspace, CLOCK).context())
    await office.hire()
    offers = Offers(office)
    for name, code in (("North", "north"), ("South", "south")):
        await write(office.system, "core.team", [Update(office.ids[name], {"code": code})])
    for name in ("Ann", "Ben", "Cat", "Dan"):
        await offers.offer(f"{name} open", name, state="open", amount=100)
    await offers.offer("Cat large", "Cat", state="lost", amount=900, secret="x")
    await offers.offer("Stray", None, state="open")
    await database.close()


@asynccontextmanager
async def opened_offers(settings: Settings) -> AsyncIterator[Offers]:
    """The published offers."""
    async with opened(settings) as office:
        for entity in ("core.user", "core.team", OFFER, PART):
            page = await list_records(office.system, Query(entity, ("name",), limit=100))
            office.ids.update({str(record["name"]): str(record["id"]) for record in page.records()})
        yield Offers(office)


async def listed(context: Context, entity: str, action: str) -> set[str]:
    """The records with which somebody may do something, as lists have them."""
    if not all(context.access.allows(entity, needed) for needed in ("read", action)):
        return set()
    actions = ("read",) if action == "read" else ("read", action)
    page = await list_records(context, Query(entity, actions=actions, limit=100))
    return {str(record["id"]) for record in page.records()}
