"""A workspace made ready for use: tables, packs, seeds and a first administrator; every step is done only where needed."""

import hashlib
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog

from trellis.kernel.errors import InvalidMetadata
from trellis.kernel.settings import Settings
from trellis.metadata.check import check_all
from trellis.metadata.documents import Seed
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts, packs
from trellis.services.commands import Command, Create, Update
from trellis.services.context import Context
from trellis.services.demo import demo_commands, demo_roles
from trellis.services.records import MAX_COMMANDS, write
from trellis.services.workspaces import OpenWorkspace, Workspaces
from trellis.storage.database import Database
from trellis.storage.metadata_expressions import check_expression
from trellis.storage.references import References

ADMIN = "admin@example.com"
PACKS = "packs"
DEMO_NOTE = "{count} demo records were loaded.\n"
DEMO_SEED = 20

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ready:
    """A workspace in use; `password` is set when the administrator was created just now and it was not given."""

    workspace: str
    email: str = ADMIN
    password: str | None = None


async def make_ready(settings: Settings, database: Database, workspaces: Workspaces, name: str) -> Ready:
    """Create the workspace if needed, publish the packs, insert seeds and the administrator; raises InvalidMetadata."""
    if name not in [item.name for item in database.workspaces]:
        await database.create_workspace(name)
    home = await workspaces.named(name)
    folder = Path(settings.packs) if settings.packs else packs_folder()
    mark = fingerprint(folder)
    if await home.refresh() is None or await accounts.setting(await home.context(), PACKS) != mark:
        await _update(home, folder, mark)
    return await _administrator(settings, await home.context(), name)


async def _update(home: OpenWorkspace, folder: Path, mark: str) -> None:
    """Publish the packs; a workspace whose own documents do not fit on them stays on those that it has."""
    try:
        await _install(home, folder)
    except packs.DoesNotFit as problem:
        places = [f"{found.document}#{found.pointer}" for found in problem.findings[:20]]
        _log.warning("packs.not_installed", workspace=home.workspace.name, places=places)
    else:
        await accounts.save_setting(await home.context(), PACKS, mark)


async def _install(home: OpenWorkspace, folder: Path) -> None:
    """Publish the packs of a folder and plant their seeds."""
    loaded = load_folder(folder)
    findings = [finding for finding in check_all(loaded, check_expression) if finding.severity == "error"]
    if findings:
        raise InvalidMetadata(findings)
    await packs.install(home, loaded.documents)
    await home.refresh()
    context = await home.context()
    for seed in context.snapshot.seeds.values():
        await plant(context, seed)


def fingerprint(folder: Path) -> str:
    """A digest of everything in the packs, so that a start with unchanged packs has nothing to check."""
    found = hashlib.sha256(version("trellis").encode())
    for file in sorted(folder.rglob("*.json")):
        found.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


async def _administrator(settings: Settings, context: Context, name: str) -> Ready:
    if await accounts.anyone(context):
        return Ready(name)
    password = settings.admin_password or secrets.token_urlsafe(12)
    await accounts.create_user(context, email=ADMIN, name="Admin", password=password, roles=[accounts.ADMIN_ROLE])
    return Ready(name, password=None if settings.admin_password else password)


async def plant(context: Context, seed: Seed) -> int:
    """Insert the rows of a seed that match no record; with policy `upsert` also update those that do."""
    entity = context.snapshot.entity(seed.entity)
    references = References(context.release.statements, context.access)
    keys = [tuple(row.get(key) for key in seed.match) for row in seed.rows]
    async with context.database.read(context.workspace) as connection:
        holders = await references.holders(connection, entity.id, seed.match, keys) if keys else {}
    creates = [Create(row) for key, row in zip(keys, seed.rows, strict=True) if key not in holders]
    updates = [
        Update(holders[key], row)
        for key, row in zip(keys, seed.rows, strict=True)
        if key in holders and seed.policy == "upsert"
    ]
    if creates or updates:
        await write(context, entity.id, [*creates, *updates], causation=f"seed:{seed.id}")
    return len(creates)


async def load_demo(home: OpenWorkspace) -> int:
    """Load the demo data once; returns the number of records, 0 when it was there."""
    context = await home.context()
    if await accounts.setting(context, "demo"):
        return 0
    known: set[str] = set()
    for entity, rows in demo_commands(DEMO_SEED, context.today()):
        commands = [_demo_command(row, known) for row in rows]
        for start in range(0, len(commands), MAX_COMMANDS):
            await write(context, entity, commands[start : start + MAX_COMMANDS], causation="demo")
        for row in rows if entity == "core.user" else ():
            await accounts.assign_roles(context, row["id"], demo_roles(row))
        known |= {row["id"] for row in rows}
    await accounts.save_setting(context, "demo", str(DEMO_SEED))
    return len(known)


def _demo_command(row: Mapping[str, Any], known: Set[str]) -> Command:
    """A record to create, or new values for one that came before."""
    values = {key: value for key, value in row.items() if key != "id"}
    return Update(row["id"], values) if row["id"] in known else Create(values, row["id"])
