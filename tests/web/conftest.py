"""The application over a workspace with the shipped packs, on either database."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.support.application import build
from tests.support.postgres import Postgres
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database
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


BOTH = ("test_no_forgotten_door", "test_hidden_records", "test_web_security", "test_admin", "test_account")
"""Pages whose tests run on both databases each time, as those of services and of the API do."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages on PostgreSQL are for `make soak`: what they ask of the database is tested with the services."""
    for item in items:
        place = item.path
        if place.parent.name == "web" and "postgresql" in item.name and not place.stem.startswith(BOTH):
            item.add_marker(pytest.mark.soak)
