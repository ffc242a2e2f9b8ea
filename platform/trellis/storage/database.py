"""The databases of all workspaces: who reads, who writes, who publishes."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from trellis.storage.connection import POSTGRESQL, SQLITE, Connection
from trellis.storage.workspaces import Workspace, workspace_name


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the data is: a folder, and a PostgreSQL address when the rows are there instead."""

    data: Path
    url: str | None = None
    connections: int = 16
    keep_statements: bool = True


class Server(Protocol):
    """One kind of database, holding any number of workspaces."""

    dialect: str

    def workspace(self, name: str) -> Workspace:
        """Where the workspace of this name is, or would be."""

    async def names(self) -> list[str]:
        """The workspaces that exist."""

    async def create(self, workspace: Workspace) -> None:
        """Make room for a workspace; it is well when it exists already."""

    def read(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """Each statement by itself."""

    def write(self, workspace: Workspace, release: int | None) -> AbstractAsyncContextManager[Connection]:
        """One transaction."""

    def publish(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """One transaction with nobody else writing."""

    async def close(self) -> None:
        """Close all connections."""


class Database:
    """The one door to all rows of all workspaces."""

    def __init__(self, server: Server, settings: DatabaseSettings) -> None:
        self._server = server
        self.settings = settings
        self.dialect = server.dialect
        self._workspaces: dict[str, Workspace] = {}

    @classmethod
    async def open(cls, settings: DatabaseSettings) -> "Database":
        """Connect and find the workspaces; bring their system tables up to date."""
        settings.data.mkdir(parents=True, exist_ok=True)
        database = cls(_server(settings), settings)
        await database.refresh()
        for workspace in database.workspaces:
            await database._migrate(workspace)
        return database

    @property
    def workspaces(self) -> list[Workspace]:
        """The known workspaces by name."""
        return [self._workspaces[name] for name in sorted(self._workspaces)]

    def find(self, name: str) -> Workspace | None:
        """The workspace of this name, if it is known."""
        return self._workspaces.get(name)

    async def refresh(self) -> None:
        """Look again which workspaces there are; other processes make them too."""
        self._workspaces = {name: self._server.workspace(name) for name in await self._server.names()}

    async def create_workspace(self, name: str) -> Workspace:
        """Make a workspace with its system tables, or find it; Invalid when the name is not allowed."""
        workspace = self._server.workspace(workspace_name(name))
        await self._server.create(workspace)
        await self._migrate(workspace)
        self._workspaces[workspace.name] = workspace
        return workspace

    def read(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """A connection on which every statement stands alone; a read may be one release old."""
        return self._server.read(workspace)

    def write(self, workspace: Workspace, *, release: int | None = None) -> AbstractAsyncContextManager[Connection]:
        """A transaction that keeps publishers out; StaleRelease when the pointer is not at `release`."""
        return self._server.write(workspace, release)

    def publish(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """A transaction in which nobody else writes; Contention when the others do not come to an end."""
        return self._server.publish(workspace)

    async def close(self) -> None:
        """Close all connections."""
        await self._server.close()

    async def _migrate(self, workspace: Workspace) -> None:
        from trellis.storage.migrations.run import upgrade

        await upgrade(workspace, self.settings.url)


def _server(settings: DatabaseSettings) -> Server:
    from trellis.storage.postgresql_server import PostgresqlServer
    from trellis.storage.sqlite_server import SqliteServer

    if settings.url:
        return PostgresqlServer(
            settings.url, connections=settings.connections, keep_statements=settings.keep_statements
        )
    return SqliteServer(settings.data)


__all__ = ["POSTGRESQL", "SQLITE", "Database", "DatabaseSettings", "Workspace"]
