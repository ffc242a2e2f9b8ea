"""An office with teams and people of several roles, for tests of who owns what."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.publishing import CLOCK, Publisher, entity
from trellis.kernel.actor import Actor
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.queries import get_record
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage import people
from trellis.storage.database import Database

Raw = dict[str, Any]
DEAL, CALL = "office.deal", "office.call"
EVERYONE = {"scopes": ["all"]}


def role(key: str, label: str, deal: Mapping[str, Any], **members: Any) -> Raw:
    """A role with rights on deals, that sees teams and people."""
    seen = {"read": EVERYONE}
    rights = {
        "core.user": seen,
        "core.team": seen,
        CALL: {"read": EVERYONE, **deal},
        DEAL: {"create": True, "read": EVERYONE, **deal},
    }
    return {"kind": "role", "id": f"office.{key}", "label": label, "entities": rights, **members}


def documents() -> list[Raw]:
    """Deals that have owners, and roles that differ in whom they may give them to."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    edit = {"edit": EVERYONE}
    giving = {
        to: role(f"to_{to.lower()}", f"Gives to {to}", {**edit, "assign": {"scopes": ["all"], "to": [to]}})
        for to in ("own", "team", "teamTree", "subordinates", "all")
    }
    return [
        *core,
        {
            "kind": "pack",
            "format": 1,
            "id": "office",
            "label": "Office",
            "version": "1.0.0",
            "requires": {"core": ">=0.1"},
        },
        entity(
            DEAL,
            labelPlural="Deals",
            traits={"owned": True, "softDelete": True, "optimisticLock": True},
            fields={"amount": {"type": "integer"}, "helper": {"type": "user", "label": "Helper"}},
            validations={"small": {"fail": "amount > 1000", "at": "amount", "message": "Too much."}},
        ),
        entity(
            "office.call",
            labelPlural="Calls",
            traits={"owned": True, "softDelete": True},
            fields={"deal": {"type": "lookup", "label": "Deal", "target": DEAL}},
        ),
        *giving.values(),
        role("editor", "Edits", edit),
        role("own_giver", "Gives own away", {"assign": {"scopes": ["own"], "to": ["all"]}}),
        role("boss", "Looks after users", {}, system={"users": True}),
        role("mover", "Moves own teams", {})
        | {"entities": {"core.team": {"read": EVERYONE, "edit": EVERYONE, "fields": {"name": "none"}}}},
        role("many", "Changes many", {}, system={"bulkUpdate": True}),
    ]


@dataclass
class Office:
    """A workspace with its people."""

    system: Context
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> OpenWorkspace:
        """The workspace."""
        assert isinstance(self.system.home, OpenWorkspace)
        return self.system.home

    async def fresh(self) -> Context:
        """Somebody who may do everything, in the release that is in force now."""
        await self.home.refresh()
        return await self.home.context()

    async def hire(self) -> None:
        """Head above North and South; Ann leads Ben (both North), Cat is in South, Dan in Head, above Ann."""
        await self.team("Head")
        for name in ("North", "South"):
            await self.team(name, "Head")
        await self.user("Dan", "Head")
        await self.user("Ann", "North", "Dan")
        await self.user("Ben", "North", "Ann")
        await self.user("Cat", "South")

    async def team(self, name: str, parent: str | None = None) -> str:
        """A new team."""
        return await self._made("core.team", name, {"name": name, "parent": self.ids.get(parent or "")})

    async def user(self, name: str, team: str | None = None, manager: str | None = None) -> str:
        """A new user."""
        known = self.ids
        values = {"name": name, "email": f"{name.lower()}@example.com", "team": known.get(team or "")}
        return await self._made("core.user", name, {**values, "manager": known.get(manager or "")})

    async def deal(self, name: str, owner: str, **values: object) -> str:
        """A new deal of somebody."""
        return await self._made(DEAL, name, {"name": name, "owner": self.ids[owner], **values})

    async def _made(self, entity_id: str, name: str, values: Mapping[str, object]) -> str:
        (outcome,) = await write(self.system, entity_id, [Create(values)])
        self.ids[name] = outcome.id
        return outcome.id

    async def as_(self, name: str, *roles: str) -> Context:
        """The context of a user, who is given these roles."""
        held = frozenset(f"office.{one}" for one in roles)
        await accounts.assign_roles(self.system, self.ids[name], sorted(held))
        async with self.home.database.read(self.home.workspace) as connection:
            person = await people.with_id(connection, self.system.release.statements, self.ids[name])
        assert person is not None
        return self.system.with_actor(
            Actor(person.id, person.name, person.email, held, person.team, teams=person.teams)
        )

    async def owner(self, deal: str) -> tuple[str | None, str | None]:
        """The names of the owner of a deal and of its team."""
        record = await get_record(self.system, DEAL, self.ids[deal], ("owner", "owner_team"))
        names = {identity: name for name, identity in self.ids.items()}
        owner, team = record.values["owner"], record.values["owner_team"]
        return names.get(str(owner)), names.get(str(team))


async def publish(settings: Settings) -> None:
    """Make a workspace with the documents of the office."""
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents())
    await database.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Office]:
    """A published office, without people."""
    database = await Database.open(settings)
    (workspace,) = database.workspaces
    yield Office(await OpenWorkspace(database, workspace, CLOCK).context())
    await database.close()
