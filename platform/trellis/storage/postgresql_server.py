"""All workspaces of one PostgreSQL database: one pool for every schema, and advisory locks around releases.

A writer holds the shared lock of its workspace, a publisher the exclusive one. BEGIN, the lock and the look at the
release pointer are one round trip of three statements. They cannot be one statement: its view of the rows would be
older than the lock it waited for.
"""

import asyncio
from pathlib import Path
from types import TracebackType

import asyncpg

from trellis.kernel.errors import StaleRelease
from trellis.storage.connection import POSTGRESQL, BrokenRule, Connection, Prepared
from trellis.storage.locks import Locks
from trellis.storage.pool import Pool
from trellis.storage.postgresql import PostgresqlConnection, connect
from trellis.storage.versions import is_current, upgrade
from trellis.storage.workspaces import PREFIX, Workspace, in_server

PUBLISH_PATIENCE = "10s"

_NAMES = Prepared(
    "SELECT n.nspname FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
    "WHERE starts_with(n.nspname, $1) AND c.relname = 'pointer' AND c.relkind = 'r' ORDER BY 1",
    ("prefix",),
)


class PostgresqlServer:
    """A PostgreSQL database with one schema for each workspace."""

    dialect = POSTGRESQL

    def __init__(self, url: str, folder: Path, *, connections: int, keep_statements: bool) -> None:
        self._url = url
        self._folder = folder
        self._pool = Pool(lambda: connect(url, keep_statements=keep_statements), connections)

    def workspace(self, name: str) -> Workspace:
        return in_server(name, self._folder)

    async def names(self) -> list[str]:
        async with Reading(self._pool, None) as connection:
            rows = await connection.fetch(_NAMES, {"prefix": PREFIX})
        return [row[0].removeprefix(PREFIX).replace("_", "-") for row in rows]

    async def create(self, workspace: Workspace) -> None:
        async with Writing(self._pool, workspace, _exclusive(workspace)) as connection:
            await connection.run_ddl([f'CREATE SCHEMA IF NOT EXISTS "{workspace.schema}"'])

    async def upgrade(self, workspace: Workspace) -> None:
        async with self.read(workspace) as connection:
            current = await is_current(connection)
        if not current:
            await upgrade(workspace, self._url)

    def read(self, workspace: Workspace) -> "Reading":
        return Reading(self._pool, workspace.schema)

    def write(self, workspace: Workspace, release: int | None) -> "Writing":
        return Writing(self._pool, workspace, _shared(workspace, release))

    def write_alone(self, workspace: Workspace, release: int) -> "Writing":
        return Writing(self._pool, workspace, _exclusive(workspace) + _at_release(workspace, release))

    def publish(self, workspace: Workspace) -> "Writing":
        return Writing(self._pool, workspace, _exclusive(workspace))

    async def close(self) -> None:
        await self._pool.close()


class Reading:
    """Lends a connection for the length of a `with`; every statement stands alone."""

    __slots__ = ("_connection", "_pool", "_schema")

    def __init__(self, pool: Pool[PostgresqlConnection], schema: str | None) -> None:
        self._pool = pool
        self._schema = schema

    async def __aenter__(self) -> Connection:
        self._connection = await self._pool.take()
        self._connection.schema = self._schema
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, asyncio.CancelledError):
            self._pool.discard(self._connection)
        else:
            self._pool.give_back(self._connection)


class Writing:
    """One transaction, begun by a script."""

    __slots__ = ("_begin", "_connection", "_pool", "_schema")

    def __init__(self, pool: Pool[PostgresqlConnection], workspace: Workspace, begin: str) -> None:
        self._pool = pool
        self._schema = workspace.schema
        self._begin = begin

    async def __aenter__(self) -> Connection:
        connection = await self._pool.take()
        connection.schema, connection.locks = self._schema, Locks()
        try:
            await connection.run(self._begin)
        except BaseException as problem:
            self._pool.discard(connection)
            raise _stale(problem) from problem
        self._connection = connection
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection = self._connection
        if isinstance(problem, asyncio.CancelledError):
            return self._pool.discard(connection)
        try:
            await (connection.commit() if problem is None else connection.run("ROLLBACK"))
        except BaseException:
            self._pool.discard(connection)
            raise
        return self._pool.give_back(connection)


def _shared(workspace: Workspace, release: int | None) -> str:
    script = f"BEGIN; SELECT pg_advisory_xact_lock_shared({workspace.lock})"
    return script if release is None else script + _at_release(workspace, release)


def _at_release(workspace: Workspace, release: int) -> str:
    return f'; SELECT 1 / count(*) FROM "{workspace.schema}".pointer WHERE id = 1 AND release = {release:d}'


def _exclusive(workspace: Workspace) -> str:
    return f"BEGIN; SET LOCAL lock_timeout = '{PUBLISH_PATIENCE}'; SELECT pg_advisory_xact_lock({workspace.lock})"


def _stale(problem: BaseException) -> BaseException:
    """The look at the pointer divides by zero when it has moved: the only error a script without rows can give."""
    if isinstance(problem, BrokenRule) and isinstance(problem.__cause__, asyncpg.DivisionByZeroError):
        return StaleRelease()
    return problem
