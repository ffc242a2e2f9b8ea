"""Connections to PostgreSQL through asyncpg, with ids and JSON as text."""

import re
from collections.abc import Awaitable, Sequence
from datetime import date
from typing import Any, TypeVar, cast

import asyncpg

from trellis.kernel.errors import Unavailable
from trellis.storage.connection import (
    NOTHING,
    POSTGRESQL,
    BrokenRule,
    Contention,
    Prepared,
    Row,
    UniqueViolation,
    Values,
)

STATEMENTS_KEPT = 1000
PATIENCE = 5.0

_COLUMNS = re.compile(r"^Key \((?P<columns>[^)]*)\)=")
_CONTENTION = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
_LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError, OSError)

_DAY_ZERO = date(2000, 1, 1).toordinal()

T = TypeVar("T")


class PostgresqlConnection:
    """One connection to a server; `schema` is that of the workspace it is lent for."""

    dialect = POSTGRESQL

    def __init__(self, raw: "asyncpg.Connection[Any]") -> None:
        self._raw = raw
        self.schema: str | None = None

    async def fetch(self, prepared: Prepared, params: Values = NOTHING) -> list[Row]:
        return await self.fetch_args(prepared, prepared.args(params))

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        try:
            return cast(list[Row], await self._raw.fetch(prepared.sql, *args))
        except Exception as problem:
            raise _translated(problem) from problem

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        status = await _answered(self._raw.execute(prepared.sql, *prepared.args(params)))
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        await _answered(self._raw.executemany(prepared.sql, [prepared.args(row) for row in rows]))

    async def run_ddl(self, texts: Sequence[str]) -> None:
        for text in texts:
            await _answered(self._raw.execute(text))

    async def run(self, script: str) -> None:
        """Run several statements without values in one round trip."""
        await _answered(self._raw.execute(script))

    async def commit(self) -> None:
        """Make the transaction lasting; BrokenRule when a statement had failed and somebody had passed over it."""
        if await _answered(self._raw.execute("COMMIT")) != "COMMIT":
            raise BrokenRule

    def is_usable(self) -> bool:
        return not self._raw.is_closed()

    async def close(self) -> None:
        try:
            await self._raw.close(timeout=PATIENCE)
        except Exception:
            self._raw.terminate()


async def connect(url: str, *, keep_statements: bool) -> PostgresqlConnection:
    """A new connection; `keep_statements` must be off behind a pooler that shares connections by transaction."""
    try:
        raw = await asyncpg.connect(
            url,
            statement_cache_size=STATEMENTS_KEPT if keep_statements else 0,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            server_settings={"jit": "off", "application_name": "trellis"} if keep_statements else None,
        )
    except (OSError, asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError) as problem:
        raise Unavailable from problem
    for name in ("uuid", "json", "jsonb"):
        await raw.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=str, format="text")
    # asyncpg would store the first and the last day of the calendar as infinity, which is no date to SQL functions
    await raw.set_type_codec("date", schema="pg_catalog", encoder=_from_day, decoder=_to_day, format="tuple")
    return PostgresqlConnection(raw)


def _from_day(day: date) -> tuple[int]:
    return (day.toordinal() - _DAY_ZERO,)


def _to_day(days: tuple[int]) -> date:
    return date.fromordinal(days[0] + _DAY_ZERO)


async def _answered(call: Awaitable[T]) -> T:
    try:
        return await call
    except Exception as problem:
        raise _translated(problem) from problem


def _translated(problem: Exception) -> Exception:
    match problem:
        case asyncpg.UniqueViolationError():
            return _unique_violation(problem)
        case asyncpg.IntegrityConstraintViolationError() | asyncpg.DataError():
            return BrokenRule()
        case _ if isinstance(problem, _CONTENTION):
            return Contention()
        case _ if isinstance(problem, _LOST) and not isinstance(problem, ValueError):
            return Unavailable()
    return problem


def _unique_violation(problem: asyncpg.UniqueViolationError) -> UniqueViolation:
    found = _COLUMNS.match(problem.detail or "")
    columns = [column.strip().strip('"') for column in found["columns"].split(",")] if found else []
    return UniqueViolation(constraint=problem.constraint_name, table=problem.table_name, columns=columns)
