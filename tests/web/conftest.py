"""The application over a workspace with the shipped packs, on either database."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.support.postgres import Postgres
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
from trellis.web.application import build
from trellis.web.http import SESSION_COOKIE

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@dataclass
class Server:
    """An application with its workspace."""

    app: Litestar
    workspaces: Workspaces
    context: Context

    async def token(self, name: str, *roles: str) -> str:
        """The token of a new user with these roles."""
        user = await accounts.create_user(self.context, email=f"{name.lower()}@example.com", name=name, roles=roles)
        return await accounts.create_token(self.context, user, "test")

    def client(self, token: str = "") -> httpx.AsyncClient:
        """A client that shows a token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)

    async def browser(self, name: str, *roles: str) -> httpx.AsyncClient:
        """The browser of a new user with these roles, signed in, without a script."""
        user = await accounts.create_user(self.context, email=f"{name.lower()}@example.com", name=name, roles=roles)
        client = self.client()
        client.cookies.set(SESSION_COOKIE, await accounts.start_session(self.context, user))
        return client


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SQLite files with the packs published; tests take copies."""
    folder = tmp_path_factory.mktemp("published")
    _published(Settings(data=str(folder)))
    return folder


@pytest.fixture(scope="session")
def published_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the packs published; tests take copies."""
    with postgres.database() as url:
        _published(Settings(data=str(tmp_path_factory.mktemp("files")), database_url=url))
        yield url.rpartition("/")[2]


def _published(settings: Settings) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _publish(settings)).result()


async def _publish(settings: Settings) -> None:
    database = await Database.open(settings)
    workspace = await database.create_workspace("main")
    documents = load_folder(packs_folder()).documents
    await install_packs(database, workspace, documents, FixedClock(NOW), actor=SYSTEM, note="test")
    await database.close()


@pytest.fixture
def settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a server on a fresh copy of either database."""
    if database_kind == "sqlite":
        shutil.copytree(request.getfixturevalue("published_folder"), tmp_path / "data")
        yield Settings(data=str(tmp_path / "data"))
        return
    template = request.getfixturevalue("published_database")
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database(template=template) as url:
        yield Settings(data=str(tmp_path / "files"), database_url=url)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """The application on an empty workspace of either database."""
    database = await Database.open(settings)
    workspaces = Workspaces(database, FixedClock(NOW))
    context = await (await workspaces.named("main")).context()
    yield Server(build(workspaces, settings), workspaces, context)
    await database.close()


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser, signed in, without a script."""
    user = await accounts.create_user(server.context, email="ada@example.com", name="Ada", roles=["core.admin"])
    secret = await accounts.start_session(server.context, user)
    async with server.client() as client:
        client.cookies.set(SESSION_COOKIE, secret)
        yield client
