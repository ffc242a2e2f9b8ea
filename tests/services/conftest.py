"""A workspace with the shipped packs, on both databases."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import firm
from tests.support.office import Office
from tests.support.postgres import Postgres
from trellis.kernel.actor import Actor
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database; for a test that asks for `home` a copy of one with the packs published."""
    ready = "home" in request.fixturenames
    if database_kind == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        template = request.getfixturevalue("published_database") if ready else "template1"
        with postgres.database(template=template) as url:
            yield url
    else:
        folder = tmp_path / "data"
        if ready:
            shutil.copytree(request.getfixturevalue("published_folder"), folder)
        else:
            folder.mkdir()
        yield str(folder)


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    """The workspace `main` with all packs published."""
    url = database_url if database_url.startswith("postgresql:") else None
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url or ""))
    (workspace,) = await database.list_workspaces()
    yield OpenWorkspace(database, workspace, FixedClock(NOW))
    await database.close()


@pytest.fixture
async def system(home: OpenWorkspace) -> Context:
    """Somebody who may do everything."""
    return await home.context()


@pytest.fixture(scope="session")
def firm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SQLite files with a firm; tests take copies."""
    folder = tmp_path_factory.mktemp("firm")
    firm.found(Settings(data=str(folder)))
    return folder


@pytest.fixture(scope="session")
def firm_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with a firm; tests take copies."""
    with postgres.database() as url:
        firm.found(Settings(data=str(tmp_path_factory.mktemp("files")), database_url=url))
        yield url.rpartition("/")[2]


@pytest.fixture
async def office(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """A fresh firm on either database."""
    if database_kind == "sqlite":
        shutil.copytree(request.getfixturevalue("firm_folder"), tmp_path / "data")
        async with firm.opened(Settings(data=str(tmp_path / "data"))) as found:
            yield found
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database(template=request.getfixturevalue("firm_database")) as url:
        async with firm.opened(Settings(data=str(tmp_path / "files"), database_url=url)) as found:
            yield found


async def person(context: Context, name: str, *roles: str) -> Context:
    """A context for a new user with these roles."""
    values = {"name": name, "email": f"{name.lower()}@example.com"}
    (outcome,) = await write(context.as_system(), "core.user", [Create(values)])
    return context.with_actor(Actor(outcome.id, name, values["email"], frozenset(roles)))
