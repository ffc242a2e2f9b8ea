"""The application's statements for PostgreSQL, on asyncpg."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg

from bench.baseline.records import ALL, WRITTEN, Conflict, NewOpportunity
from bench.baseline.search import normalised, tsquery
from trellis.kernel.identity import new_id

SCHEMA = Path(__file__).with_name("postgresql.sql")

_LISTED = """o.id, o.version, o.name, a.name, o.stage, o.amount, o.probability, o.forecast_category, p.name,
  o.close_date"""
_FROM = "FROM opportunity o LEFT JOIN account a ON a.id = o.account LEFT JOIN person p ON p.id = o.owner"
_ORDER = "ORDER BY o.close_date DESC NULLS LAST, o.id DESC"

GET = f"SELECT {', '.join(ALL)} FROM opportunity WHERE id = $1 AND deleted_at IS NULL"
LIST = f"""SELECT {_LISTED} {_FROM}
  WHERE o.deleted_at IS NULL AND o.stage = $1 AND o.amount >= $2 {_ORDER} LIMIT $3"""
COUNT = """SELECT count(*) FROM (
    SELECT 1 FROM opportunity WHERE deleted_at IS NULL AND stage = $1 AND amount >= $2 LIMIT 2001) found"""
FIRST = f"SELECT {_LISTED} {_FROM} WHERE o.deleted_at IS NULL {_ORDER} LIMIT $1"
AFTER = f"""SELECT {_LISTED} {_FROM}
  WHERE o.deleted_at IS NULL AND (o.close_date, o.id) < ($1, $2) {_ORDER} LIMIT $3"""
SEARCH = f"""WITH hit AS MATERIALIZED (
    SELECT id FROM opportunity WHERE search @@ $1::text::tsquery AND deleted_at IS NULL
  ), newest AS MATERIALIZED (SELECT id FROM hit ORDER BY id DESC LIMIT $2)
  SELECT {_LISTED} {_FROM} JOIN newest ON newest.id = o.id ORDER BY o.id DESC"""
GROUPED = """SELECT stage, to_char(date_trunc('month', close_date), 'YYYY-MM'), count(*), sum(amount)
  FROM opportunity WHERE deleted_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2"""
OFFERS = """SELECT o.id, o.version, o.name, o.stage, o.close_date, o.amount,
    o.amount - o.costs,
    round(o.amount * (100 - coalesce(o.discount, 0)) / 100, 2),
    CASE WHEN o.amount >= 100000 THEN 'large' WHEN o.amount >= 10000 THEN 'medium' ELSE 'small' END,
    o.close_date - o.opened_on,
    o.name || ' / ' || b.name,
    (SELECT coalesce(sum(i.price), 0) FROM item i WHERE i.offer = o.id AND i.deleted_at IS NULL)
  FROM offer o LEFT JOIN buyer b ON b.id = o.buyer
  WHERE o.deleted_at IS NULL AND o.stage = $1 AND o.amount >= $2
  ORDER BY o.close_date DESC NULLS LAST, o.id DESC LIMIT $3"""
KEYS = {
    "people": "SELECT email, id FROM person",
    "accounts": "SELECT external_id, id FROM account",
    "opportunity": "SELECT external_id, id FROM opportunity ORDER BY id LIMIT 100000",
}
INSERT = f"""INSERT INTO opportunity (id, created_at, created_by, updated_at, updated_by, code, search, {", ".join(WRITTEN)})
  VALUES ($1, $2, $3, $2, $3, 'OP-' || to_char($2::timestamptz, 'YYYYMM') || '-' || to_char(nextval('opportunity_code'), 'FM0000000'),
  to_tsvector('simple', $4), {", ".join(f"${n}" for n in range(5, 5 + len(WRITTEN)))})
  RETURNING {", ".join(ALL)}"""
UPDATE = f"""UPDATE opportunity SET amount = $3, version = version + 1, updated_at = $4, updated_by = $5
  WHERE id = $1 AND version = $2 AND deleted_at IS NULL RETURNING {", ".join(ALL)}"""


class PostgresStore:
    """Every statement on a pool of connections."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=4,
            max_size=16,
            init=_ids_as_text,
            reset=_keep,
            server_settings={"jit": "off", "random_page_cost": "1.1"},
        )

    async def close(self) -> None:
        await self._pool.close()

    async def get(self, id: str) -> Any:
        return await self._pool.fetchrow(GET, id)

    async def listed(self, stage: str, amount: Decimal, limit: int) -> list[Any]:
        return await self._pool.fetch(LIST, stage, amount, limit)

    async def count(self, stage: str, amount: Decimal) -> int:
        return int(await self._pool.fetchval(COUNT, stage, amount))

    async def page(self, after: tuple[str, str] | None, limit: int) -> list[Any]:
        if after is None:
            return await self._pool.fetch(FIRST, limit)
        return await self._pool.fetch(AFTER, date.fromisoformat(after[0]), after[1], limit)

    async def search(self, text: str, limit: int) -> list[Any]:
        return await self._pool.fetch(SEARCH, tsquery(text), limit)

    async def grouped(self) -> list[Any]:
        return await self._pool.fetch(GROUPED)

    async def offers(self, stage: str, amount: Decimal, limit: int) -> list[Any]:
        return await self._pool.fetch(OFFERS, stage, amount, limit)

    async def keys(self, table: str) -> list[Any]:
        return await self._pool.fetch(KEYS[table])

    async def create(self, new: NewOpportunity, actor: str) -> Any:
        now = datetime.now(UTC)
        values = [getattr(new, key) for key in WRITTEN]
        return await self._pool.fetchrow(INSERT, new_id(now), now, actor, normalised(new.name), *values)

    async def update(self, id: str, version: int, amount: Decimal | None, actor: str) -> Any:
        found = await self._pool.fetchrow(UPDATE, id, version, amount, datetime.now(UTC), actor)
        if found is None:
            raise Conflict
        return found


async def _keep(connection: Any) -> None:
    """Nothing to reset: this application changes no settings and takes no locks of a session."""


async def _ids_as_text(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)
