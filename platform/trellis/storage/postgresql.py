"""Connections to PostgreSQL through asyncpg, with ids and JSON as text."""

import re
from collections.abc import Awaitable, Sequence
from datetime import date
from functools import lru_cache
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
from trellis.storage.locks import Locks

STATEMENTS_KEPT = 1000
# Short statements are not worth compiling, and what they look up is in memory: an index costs little more than a scan.
SETTINGS = {"application_name": "trellis", "jit": "off", "random_page_cost": "1.1"}
PATIENCE = 5.0

_PLACE = re.compile(r"\$(\d+)")
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
        self.locks = Locks()
        self._waiting: list[tuple[str, Row]] = []

    async def fetch(self, prepared: Prepared, params: Values = NOTHING) -> list[Row]:
        return await self.fetch_args(prepared, prepared.args(params))

    async def fetch_args(self, prepared: Prepared, args: Row) -> list[Row]:
        await self._send_waiting()
        try:
            return cast(list[Row], await self._raw.fetch(prepared.sql, *args))
        except Exception as problem:
            raise _translated(problem) from problem

    async def execute(self, prepared: Prepared, params: Values = NOTHING) -> int:
        await self._wait_with(prepared, params)
        status = await self._send_waiting()
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_later(self, prepared: Prepared, params: Values = NOTHING) -> None:
        await self._wait_with(prepared, params)

    async def _wait_with(self, prepared: Prepared, params: Values) -> None:
        """Line a statement up; only an INSERT goes with others, but not with a DELETE: it may put back what that takes."""
        if self._waiting and not (prepared.sql.startswith("INSERT") and not self._waiting[0][0].startswith("DELETE")):
            await self._send_waiting()
        self._waiting.append((prepared.sql, prepared.args(params)))

    async def _send_waiting(self) -> str:
        """Send what is lined up as one statement."""
        if not self._waiting:
            return ""
        waiting, self._waiting = self._waiting, []
        args = [value for _, values in waiting for value in values]
        return await _answered(self._raw.execute(_together(tuple(sql for sql, _ in waiting)), *args))

    async def execute_many(self, prepared: Prepared, rows: Sequence[Values]) -> None:
        await self._send_waiting()
        await _answered(self._raw.executemany(prepared.sql, [prepared.args(row) for row in rows]))

    async def run_ddl(self, texts: Sequence[str]) -> None:
        await self._send_waiting()
        for text in texts:
            await _answered(self._raw.execute(text))

    async def run(self, script: str) -> None:
        """Run several statements without values in one round trip; what was lined up is forgotten."""
        self._waiting.clear()
        await _answered(self._raw.execute(script))

    async def commit(self) -> None:
        """Make the transaction lasting; BrokenRule when a statement had failed and somebody had passed over it."""
        await self._send_waiting()
        if await _answered(self._raw.execute("COMMIT")) != "COMMIT":
            raise BrokenRule

    def is_usable(self) -> bool:
        return not self._raw.is_closed()

    async def close(self) -> None:
        try:
            await self._raw.close(timeout=PATIENCE)
        except Exception:
            self._raw.terminate()


@lru_cache(2_000)
def _together(texts: tuple[str, ...]) -> str:
    """Writing statements as one: all but the last become parts of a WITH, their places counted on."""
    counted, places = [], 0
    for text in texts:
        counted.append(_moved(text, places))
        places += max((int(number) for number in _PLACE.findall(text)), default=0)
    *first, last = counted
    parts = ", ".join(f"written_{number} AS ({text})" for number, text in enumerate(first))
    return f"WITH {parts} {last}" if parts else last


def _moved(text: str, places: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + places}", text) if places else text


async def connect(url: str, *, keep_statements: bool) -> PostgresqlConnection:
    """A new connection; `keep_statements` must be off behind a pooler that shares connections by transaction."""
    try:
        raw = await asyncpg.connect(
            url,
            statement_cache_size=STATEMENTS_KEPT if keep_statements else 0,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
            server_settings=dict(SETTINGS) if keep_statements else None,
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
