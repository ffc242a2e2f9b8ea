"""A workspace with the shipped packs, on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trellis.kernel.actor import SYSTEM, Actor
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    """The workspace `main` with all packs published."""
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    workspace = await database.create_workspace("main")
    clock = FixedClock(NOW)
    documents = load_folder(packs_folder()).documents
    await install_packs(database, workspace, documents, clock, actor=SYSTEM, note="test")
    yield OpenWorkspace(database, workspace, clock)
    await database.close()


@pytest.fixture
async def system(home: OpenWorkspace) -> Context:
    """Somebody who may do everything."""
    return await home.context()


async def person(context: Context, name: str, *roles: str) -> Context:
    """A context for a new user with these roles."""
    values = {"name": name, "email": f"{name.lower()}@example.com"}
    (outcome,) = await write(context.as_system(), "core.user", [Create(values)])
    return context.with_actor(Actor(outcome.id, name, values["email"], frozenset(roles)))
