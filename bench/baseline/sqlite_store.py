"""The application's statements for SQLite, on sqlite3 in threads."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bench.baseline.records import ALL, OFFERED, WRITTEN, Conflict, NewOpportunity
from bench.baseline.search import fts5_query, normalised
from trellis.kernel.identity import new_id

T = TypeVar("T")
SCHEMA = Path(__file__).with_name("sqlite.sql")

_LISTED = """o.id, o.version, o.name, a.name, o.stage, o.amount, o.probability, o.forecast_category, p.name,
  o.close_date"""
_FROM = "FROM opportunity o LEFT JOIN account a ON a.id = o.account LEFT JOIN person p ON p.id = o.owner"
_ORDER = "ORDER BY o.close_date DESC, o.id DESC"

GET = f"SELECT {', '.join(ALL)} FROM opportunity WHERE id = ? AND deleted_at IS NULL"
LIST = f"""SELECT {_LISTED} {_FROM}
  WHERE o.deleted_at IS NULL AND o.stage = ? AND o.amount >= ? {_ORDER} LIMIT ?"""
COUNT = """SELECT count(*) FROM (
    SELECT 1 FROM opportunity WHERE deleted_at IS NULL AND stage = ? AND amount >= ? LIMIT 2001)"""
FIRST = f"SELECT {_LISTED} {_FROM} WHERE o.deleted_at IS NULL {_ORDER} LIMIT ?"
AFTER = f"""SELECT {_LISTED} {_FROM}
  WHERE o.deleted_at IS NULL AND (o.close_date, o.id) < (?, ?) {_ORDER} LIMIT ?"""
SEARCH = f"""WITH newest AS MATERIALIZED (
    SELECT rowid AS place FROM opportunity_search WHERE opportunity_search MATCH ? ORDER BY rowid DESC LIMIT ?
  )
  SELECT {_LISTED} {_FROM} JOIN newest ON o.rowid = newest.place WHERE o.deleted_at IS NULL ORDER BY o.id DESC"""
GROUPED = """SELECT stage, substr(close_date, 1, 7), count(*), sum(amount)
  FROM opportunity WHERE deleted_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2"""
OFFERS = """SELECT o.id, o.version, o.name, o.stage, o.close_date, o.amount,
    o.amount - o.costs,
    (o.amount * (10000 - coalesce(o.discount, 0)) * 2 + 10000) / 20000,
    CASE WHEN o.amount >= 10000000 THEN 'large' WHEN o.amount >= 1000000 THEN 'medium' ELSE 'small' END,
    CAST(julianday(o.close_date) - julianday(o.opened_on) AS INTEGER),
    o.name || ' / ' || b.name,
    (SELECT coalesce(sum(i.price), 0) FROM item i WHERE i.offer = o.id AND i.deleted_at IS NULL)
  FROM offer o LEFT JOIN buyer b ON b.id = o.buyer
  WHERE o.deleted_at IS NULL AND o.stage = ? AND o.amount >= ? ORDER BY o.close_date DESC, o.id DESC LIMIT ?"""
KEYS = {
    "people": "SELECT email, id FROM person",
    "accounts": "SELECT external_id, id FROM account",
    "opportunity": "SELECT external_id, id FROM opportunity ORDER BY id LIMIT 100000",
}
INSERT = f"""INSERT INTO opportunity (id, created_at, created_by, updated_at, updated_by, code, {", ".join(WRITTEN)})
  VALUES ({", ".join("?" * (6 + len(WRITTEN)))})
  RETURNING rowid, {", ".join(ALL)}"""
INSERT_SEARCH = "INSERT INTO opportunity_search (rowid, text) VALUES (?, ?)"
NEXT_CODE = "UPDATE counter SET value = value + 1 WHERE name = 'opportunity' RETURNING value"
UPDATE = f"""UPDATE opportunity SET amount = ?, version = version + 1, updated_at = ?, updated_by = ?
  WHERE id = ? AND version = ? AND deleted_at IS NULL RETURNING {", ".join(ALL)}"""

_SETTINGS = (
    "journal_mode = wal",
    "synchronous = normal",
    "busy_timeout = 30000",
    "foreign_keys = on",
    "cache_size = -16000",
    "mmap_size = 268435456",
)
_cents = ALL.index("amount"), ALL.index("discount")
_truth = ALL.index("budget_confirmed")
_lists = ALL.index("tags"), ALL.index("contacts"), ALL.index("competitors")
_listed_amount = 5
_offered_money = tuple(OFFERED.index(key) for key in ("amount", "margin", "net", "total"))


class SqliteStore:
    """Reads on four threads, writes on one; each with a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._readers = ThreadPoolExecutor(4)
        self._writer = ThreadPoolExecutor(1)

    async def open(self) -> None:
        await self._read(lambda connection: None)

    async def close(self) -> None:
        self._readers.shutdown()
        self._writer.shutdown()

    async def get(self, id: str) -> Any:
        return await self._read(lambda connection: _whole(connection.execute(GET, (id,)).fetchone()))

    async def listed(self, stage: str, amount: Decimal, limit: int) -> list[Any]:
        return await self._rows(LIST, (stage, int(amount * 100), limit))

    async def count(self, stage: str, amount: Decimal) -> int:
        values = (stage, int(amount * 100))
        return int(await self._read(lambda connection: connection.execute(COUNT, values).fetchone()[0]))

    async def page(self, after: tuple[str, str] | None, limit: int) -> list[Any]:
        return await self._rows(*((FIRST, (limit,)) if after is None else (AFTER, (*after, limit))))

    async def search(self, text: str, limit: int) -> list[Any]:
        return await self._rows(SEARCH, (fts5_query(text), limit))

    async def grouped(self) -> list[Any]:
        rows = await self._read(lambda connection: connection.execute(GROUPED).fetchall())
        return [(stage, month, count, _money(total)) for stage, month, count, total in rows]

    async def offers(self, stage: str, amount: Decimal, limit: int) -> list[Any]:
        values = (stage, int(amount * 100), limit)
        return await self._read(lambda connection: [_offer(row) for row in connection.execute(OFFERS, values)])

    async def keys(self, table: str) -> list[Any]:
        return await self._read(lambda connection: connection.execute(KEYS[table]).fetchall())

    async def create(self, new: NewOpportunity, actor: str) -> Any:
        return await self._write(lambda connection: _whole(insert(connection, new, actor)))

    async def update(self, id: str, version: int, amount: Decimal | None, actor: str) -> Any:
        cents = None if amount is None else int(amount * 100)
        found = await self._write(
            lambda connection: connection.execute(UPDATE, (cents, _now(), actor, id, version)).fetchall()
        )
        if not found:
            raise Conflict
        return _whole(found[0])

    async def _rows(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        return await self._read(lambda connection: [_listed(row) for row in connection.execute(sql, values)])

    async def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: job(self._connection()))

    async def _write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._writer, lambda: _committed(self._connection(), job)
        )

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            self._own.connection = connect(self._path)
        return self._own.connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions, with write-ahead logging."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    for pragma in _SETTINGS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def insert(connection: sqlite3.Connection, new: NewOpportunity, actor: str) -> tuple[Any, ...]:
    """Insert one deal, its number and its search text, inside a transaction."""
    now = datetime.now(UTC)
    id, moment = new_id(now), _text(now)
    number = connection.execute(NEXT_CODE).fetchone()[0]
    values = [_stored(getattr(new, key), key) for key in WRITTEN]
    code = f"OP-{now:%Y%m}-{number:07}"
    place, *row = connection.execute(INSERT, (id, moment, actor, moment, actor, code, *values)).fetchall()[0]
    connection.execute(INSERT_SEARCH, (place, normalised(new.name)))
    return tuple(row)


def _committed(connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = job(connection)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return result


def _stored(value: Any, key: str) -> Any:
    if isinstance(value, Decimal):
        return int(value) if key == "probability" else int(value * 100)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return msgspec.json.encode(value).decode()
    return value


def _whole(row: tuple[Any, ...] | None) -> list[Any] | None:
    if row is None:
        return None
    values = list(row)
    for place in _cents:
        values[place] = _money(values[place])
    values[_truth] = bool(values[_truth])
    for place in _lists:
        values[place] = msgspec.Raw(values[place].encode())
    return values


def _listed(row: tuple[Any, ...]) -> list[Any]:
    values = list(row)
    values[_listed_amount] = _money(values[_listed_amount])
    return values


def _offer(row: tuple[Any, ...]) -> list[Any]:
    values = list(row)
    for place in _offered_money:
        values[place] = _money(values[place])
    return values


def _money(cents: int | None) -> str | None:
    if cents is None:
        return None
    return f"{cents // 100}.{cents % 100:02}" if cents >= 0 else f"-{-cents // 100}.{-cents % 100:02}"


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.isoformat(" ")[:19]
