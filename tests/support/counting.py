"""A database that counts the statements it is asked to run."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from trellis.storage.connection import NOTHING, Connection, Prepared, Row, Values
from trellis.storage.database import Database, Workspace
from trellis.storage.locks import Locks


@dataclass
class Tally:
    """The statements of a while; a batch that runs one statement for many rows counts once."""

    statements: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)


@dataclass
class Counted:
    """A connection that notes every statement; BEGIN and COMMIT are not among them."""

    inner: Connection
    tally: Tally

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
        self.tally.statements.append(prepared.sql)
        return await self.inner.fetch(prepared, params)

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        self.tally.statements.append(prepared.sql)
        return await self.inner.fetch_args(prepared, args)

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        self.tally.statements.append(prepared.sql)
        return await self.inner.execute(prepared, params)

    async def execute_later(self, prepared: Prepared, params: Values = NOTHING) -> None:
        self.tally.statements.append(prepared.sql)
        await self.inner.execute_later(prepared, params)

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        self.tally.statements.append(prepared.sql)
        await self.inner.execute_many(prepared, rows)

    async def run_ddl(self, texts: Sequence[str]) -> None:
        self.tally.statements.extend(texts)
        await self.inner.run_ddl(texts)


class CountingDatabase:
    """A database whose readers and writers count; everything else is as it was."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.tally = Tally()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextlib.contextmanager
    def counting(self) -> Iterator[Tally]:
        """The statements of a block."""
        self.tally = Tally()
        yield self.tally

    def read(self, workspace: Workspace) -> AbstractAsyncContextManager[Connection]:
        return self._counted(self._inner.read(workspace))

    def write(self, workspace: Workspace, *, release: int | None = None) -> AbstractAsyncContextManager[Connection]:
        return self._counted(self._inner.write(workspace, release=release))

    @contextlib.asynccontextmanager
    async def _counted(self, opened: AbstractAsyncContextManager[Connection]) -> AsyncIterator[Connection]:
        async with opened as connection:
            yield Counted(connection, self.tally)
