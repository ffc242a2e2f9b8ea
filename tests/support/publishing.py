"""Publishing in tests: small documents, fresh workspaces, and a database that fails when told to."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Snapshot
from trellis.services.publishing import install_packs
from trellis.storage.connection import NOTHING, Connection, Prepared, Row, Values
from trellis.storage.database import Database, Workspace
from trellis.storage.drift import Difference, drift
from trellis.storage.ledger import read_ledger
from trellis.storage.locks import Locks
from trellis.storage.releases import load_snapshot

CLOCK = FixedClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


def entity(key: str = "sales.account", **members: Any) -> dict[str, Any]:
    """An entity with a name and whatever else is given."""
    fields = {"name": {"type": "text", "label": "Name"}, **members.pop("fields", {})}
    return {"kind": "entity", "id": key, "label": "Account", "titleField": "name", "fields": fields, **members}


@dataclass
class Publisher:
    """A workspace that documents are published to."""

    database: Database
    workspace: Workspace

    async def publish(self, *documents: dict[str, Any]) -> int:
        """Make these the documents of the workspace."""
        return await install_packs(
            self.database, self.workspace, documents, CLOCK, actor=SYSTEM, note="A test publishes."
        )

    async def state(self) -> tuple[Snapshot, Ledger] | None:
        """The release in force."""
        async with self.database.read(self.workspace) as connection:
            return await load_snapshot(connection)

    async def drift(self) -> tuple[Difference, ...]:
        """How the live tables differ from the release in force."""
        async with self.database.read(self.workspace) as connection:
            current = await load_snapshot(connection)
            assert current is not None
            return await drift(connection, current[0], await read_ledger(connection))

    async def run(self, sql: str) -> list[Row]:
        """Run one statement and see its rows."""
        async with self.database.write(self.workspace) as connection:
            return await connection.fetch(Prepared(sql))

    def named(self, table: str) -> str:
        """The name of a table as a statement needs it."""
        return f"{self.workspace.schema}.{table}" if self.workspace.schema else table


class Broken(Exception):
    """The statement that was chosen to fail."""


@dataclass
class Brittle:
    """A connection that breaks at a statement: `left` counts down to it."""

    inner: Connection
    left: int
    done: list[str] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    @property
    def schema(self) -> str | None:
        return self.inner.schema

    @property
    def locks(self) -> Locks:
        return self.inner.locks

    async def fetch(self, prepared: Prepared, params: Values = NOTHING) -> list[Row]:
        self._step(prepared.sql)
        return await self.inner.fetch(prepared, params)

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        self._step(prepared.sql)
        return await self.inner.fetch_args(prepared, args)

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        self._step(prepared.sql)
        return await self.inner.execute(prepared, params)

    async def execute_later(self, prepared: Prepared, params: Values = NOTHING) -> None:
        self._step(prepared.sql)
        await self.inner.execute_later(prepared, params)

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        self._step(prepared.sql)
        await self.inner.execute_many(prepared, rows)

    async def run_ddl(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._step(text)
            await self.inner.run_ddl([text])

    def _step(self, sql: str) -> None:
        self.done.append(sql)
        self.left -= 1
        if self.left < 0:
            raise Broken(sql)


@dataclass
class BrittleDatabase:
    """A database whose publishing breaks after a number of statements."""

    inner: Database
    after: int
    ran: int = 0

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    def read(self, workspace: Workspace) -> Any:
        return self.inner.read(workspace)

    @contextlib.asynccontextmanager
    async def publish(self, workspace: Workspace) -> AsyncIterator[Connection]:
        async with self.inner.publish(workspace) as connection:
            brittle = Brittle(connection, self.after)
            try:
                yield brittle
            finally:
                self.ran = len(brittle.done)
