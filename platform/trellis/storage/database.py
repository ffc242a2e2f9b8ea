"""The databases of all workspaces: who reads, who writes, who publishes."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from trellis.kernel.settings import Settings
from trellis.storage.connection import Connection
from trellis.storage.postgresql_server import PostgresqlServer
from trellis.storage.sqlite_server import SqliteServer
from trellis.storage.workspaces import Workspace, workspace_name

__all__ = ["Database", "Workspace"]


class Server(Protocol):
    """One kind of database, holding any number of workspaces."""

    dialect: str

    def workspace(self, name: str) -> Workspace:
        """Where the workspace of this name is, or would be."""

    async def names(self) -> list[str]:
        """The workspaces that exist."""

    async def create(self, workspace: Workspace) -> None:
        """Make room for a workspace; it is well when it exists already."""

    async def upgrade(self, workspace: Workspace) -> None:
        """Bring its fixed tables up to date."""

    def read(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """Each statement by itself."""

    def write(self, workspace: Workspace, release: int | None) -> AbstractAsyncContextManager[Connection]:
        """One transaction."""

    def write_alone(self, workspace: Workspace, release: int) -> AbstractAsyncContextManager[Connection]:
        """One transaction with nobody else writing."""

    def publish(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """One transaction with nobody else writing."""

    async def close(self) -> None:
        """Close all connections."""


class Database:
    """The one door to all rows of all workspaces."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, Workspace] = {}
        self.dialect = server.dialect

    @classmethod
    async def open(cls, settings: Settings) -> "Database":
        """Connect, find the workspaces and bring their fixed tables up to date."""
        database = cls(_server(settings))
        for workspace in await database.list_workspaces():
            await database._server.upgrade(workspace)
        return database

    @property
    def workspaces(self) -> list[Workspace]:
        """The workspaces that were there when somebody looked last, by name."""
        return [self._known[name] for name in sorted(self._known)]

    def known(self, name: str) -> Workspace | None:
        """The workspace of a name, if it was there when somebody looked last."""
        return self._known.get(name)

    async def list_workspaces(self) -> list[Workspace]:
        """Look which workspaces there are; other processes make them too."""
        self._known = {name: self._server.workspace(name) for name in await self._server.names()}
        return self.workspaces

    async def create_workspace(self, name: str) -> Workspace:
        """Make a workspace with its fixed tables, or find it; Invalid when the name is not allowed."""
        workspace = self._server.workspace(workspace_name(name))
        await self._server.create(workspace)
        await self._server.upgrade(workspace)
        self._known[workspace.name] = workspace
        return workspace

    async def upgrade(self, name: str) -> None:
        """Bring the fixed tables of a workspace up to date; nothing happens when they are."""
        await self._server.upgrade(self._server.workspace(name))

    def read(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """A connection on which every statement stands alone; a read may be one release old."""
        return self._server.read(workspace)

    def write(self, workspace: Workspace, *, release: int | None = None) -> AbstractAsyncContextManager[Connection]:
        """A transaction that keeps publishers out; StaleRelease when the pointer is not at `release`."""
        return self._server.write(workspace, release)

    def write_alone(self, workspace: Workspace, *, release: int) -> AbstractAsyncContextManager[Connection]:
        """The same with nobody else writing, for whoever met others too often; it waits until they are done."""
        return self._server.write_alone(workspace, release)

    def publish(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        """A transaction in which nobody else writes; Contention when the others do not come to an end."""
        return self._server.publish(workspace)

    async def close(self) -> None:
        """Close all connections."""
        await self._server.close()


def _server(settings: Settings) -> Server:
    if not settings.database_url:
        return SqliteServer(settings.data_folder)
    return PostgresqlServer(
        settings.database_url,
        settings.data_folder,
        connections=int(settings.database_pool),
        keep_statements=settings.pgbouncer != "1",
    )
