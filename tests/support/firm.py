"""A firm in which deals with their lines are shared: the office's people, and roles that use shares."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from tests.support.office import Office
from tests.support.publishing import CLOCK, Publisher, entity
from trellis.engine.access.grantees import Grantee, GranteeKind
from trellis.engine.query import Query
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

Raw = dict[str, Any]
DEAL, LINE = "office.deal", "office.line"
EVERYONE, MINE = {"scopes": ["all"]}, {"scopes": ["own", "shared"]}
SEEN = {"core.user": {"read": EVERYONE}, "core.team": {"read": EVERYONE}}
KEY_DEALS: Raw = {
    "kind": "sharing", "id": "office.key_deals", "label": "Large deals", "entity": DEAL, "when": "amount >= 100",
    "to": [{"kind": "role", "role": "office.auditor"}, {"kind": "team", "team": "N"}],
    "grant": ["read", "comment"],
}  # fmt: skip


BELOW: Raw = {
    **KEY_DEALS, "id": "office.below", "label": "Open to all below", "when": "name == 'Open'", "grant": ["edit"],
    "to": [{"kind": "team", "team": "H", "includeChildren": True}],
}  # fmt: skip


def documents() -> list[Raw]:
    """Deals with lines, and people who see their own and what is shared with them, one by one or by two documents."""
    core = [dict(raw) for raw in load_folder(packs_folder()).documents if raw["id"].split(".")[0] == "core"]
    actions = ("read", "edit", "delete", "assign", "export", "share", "comment")
    whole: Raw = {"create": True, **dict.fromkeys(actions, MINE)}
    careful = {**whole, "edit": {**MINE, "where": "amount < 1000"}, "delete": {"scopes": ["own"]}}
    return [
        *core,
        {"kind": "pack", "format": 1, "id": "office", "label": "Office", "version": "1", "requires": {"core": ">=0.1"}},
        entity(
            DEAL,
            label="Deal",
            labelPlural="Deals",
            traits={"owned": True, "softDelete": True, "optimisticLock": True},
            fields={
                "name": {"type": "text", "label": "Name", "search": True},
                "amount": {"type": "integer"},
                "before": {"type": "lookup", "label": "Before", "target": DEAL, "inverse": {"key": "after", "label": "After"}},
            },
        ),
        entity(
            LINE,
            label="Line",
            labelPlural="Lines",
            traits={"childOf": "deal", "softDelete": False},
            fields={"deal": {"type": "lookup", "target": DEAL, "required": True, "onDelete": "cascade"}},
        ),
        _role("worker", {DEAL: whole, LINE: whole}, system={"export": True}),
        _role("careful", {DEAL: careful}),
        _role("auditor", {DEAL: {"read": {"scopes": ["shared"]}, "comment": {"scopes": ["shared"]}}}),
        _role("stranger", {DEAL: {"read": {"scopes": ["own"]}}}),
        _role("many", {}, system={"bulkUpdate": True}),
        {"kind": "role", "id": "office.blind", "label": "Sees nobody", "entities": {DEAL: whole}},
        KEY_DEALS,
        BELOW,
    ]  # fmt: skip


def _role(key: str, entities: Raw, **members: Any) -> Raw:
    return {"kind": "role", "id": f"office.{key}", "label": key, "entities": {**SEEN, **entities}, **members}


def found(settings: Settings) -> None:
    """Make a firm: Head (H) above North (N) and South (S); Ann and Ben are in North, Cat is in South, Dan in Head."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _found(settings)).result()


async def _found(settings: Settings) -> None:
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    await Publisher(database, workspace).publish(*documents())
    office = Office(await OpenWorkspace(database, workspace, CLOCK).context())
    for name, parent in (("Head", None), ("North", "Head"), ("South", "Head")):
        values = {"name": name, "code": name[0], "parent": office.ids.get(parent or "")}
        (made,) = await write(office.system, "core.team", [Create(values)])
        office.ids[name] = made.id
    for name, team in (("Dan", "Head"), ("Ann", "North"), ("Ben", "North"), ("Cat", "South")):
        await office.user(name, team)
    await database.close()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Office]:
    """A firm that was made before, or a copy of one."""
    database = await Database.open(settings)
    office = Office(await OpenWorkspace(database, database.workspaces[0], CLOCK).context())
    for entity_id in ("core.team", "core.user"):
        known = await queries.list_records(office.system, Query(entity_id, ("name",)))
        office.ids |= {str(record["name"]): str(record["id"]) for record in known.records()}
    yield office
    await database.close()


def to_user(office: Office, name: str) -> Grantee:
    """Somebody."""
    return Grantee(GranteeKind.USER, office.ids[name])


def to_team(office: Office, name: str) -> Grantee:
    """Those in a team."""
    return Grantee(GranteeKind.TEAM, office.ids[name])


def to_tree(office: Office, name: str) -> Grantee:
    """Those in a team and below it."""
    return Grantee(GranteeKind.TEAM_TREE, office.ids[name])


def to_role(key: str) -> Grantee:
    """Everybody with a role."""
    return Grantee(GranteeKind.ROLE, f"office.{key}")
