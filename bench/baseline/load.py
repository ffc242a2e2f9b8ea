"""Fills the application's database with the deals of a comparison."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench.baseline import postgres_store, sqlite_store
from bench.baseline.records import WRITTEN, NewOpportunity
from bench.baseline.search import normalised
from bench.deals import Deals
from trellis.kernel.identity import new_id

_COLUMNS = ("id", "created_at", "created_by", "updated_at", "updated_by", "code", "search", *WRITTEN)


def load_sqlite(path: str, deals: Deals) -> None:
    """Make the file and fill it."""
    connection = sqlite_store.connect(Path(path))
    connection.executescript(sqlite_store.SCHEMA.read_text())
    keys = _Keys(deals)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO person (id, name, email) VALUES (?, ?, ?)", keys.people())
    connection.executemany(
        "INSERT INTO account (id, name, external_id, billing_city) VALUES (?, ?, ?, ?)", keys.accounts()
    )
    for new in keys.deals():
        sqlite_store.insert(connection, new, "Ada Bench")
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def load_postgresql(url: str, deals: Deals) -> None:
    """Make the tables and fill them."""
    asyncio.run(_load_postgresql(url, deals))


async def _load_postgresql(url: str, deals: Deals) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(postgres_store.SCHEMA.read_text())
    keys = _Keys(deals)
    await connection.copy_records_to_table("person", records=keys.people(), columns=["id", "name", "email"])
    columns = ["id", "name", "external_id", "billing_city"]
    await connection.copy_records_to_table("account", records=keys.accounts(), columns=columns)
    await connection.execute("CREATE TEMPORARY TABLE loaded (LIKE opportunity INCLUDING DEFAULTS)")
    await connection.execute("ALTER TABLE loaded ALTER search TYPE text, ALTER version DROP NOT NULL")
    await connection.copy_records_to_table("loaded", records=_records(keys), columns=_COLUMNS)
    names = ", ".join(name for name in _COLUMNS if name != "search")
    await connection.execute(
        f"INSERT INTO opportunity ({names}, search) SELECT {names}, to_tsvector('simple', search) FROM loaded ORDER BY id"
    )
    await connection.execute("SELECT setval('opportunity_code', (SELECT count(*) FROM opportunity))")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def load_offers(database: str, statements: Sequence[str]) -> None:
    """Make the tables and fill those of the offers."""
    if database.startswith("postgresql:"):
        asyncio.run(_load_offers(database, statements))
        return
    connection = sqlite_store.connect(Path(database))
    connection.executescript(";\n".join([sqlite_store.SCHEMA.read_text(), *statements, "ANALYZE"]))
    connection.close()


async def _load_offers(url: str, statements: Sequence[str]) -> None:
    connection = await asyncpg.connect(url)
    for statement in (postgres_store.SCHEMA.read_text(), *statements, "VACUUM ANALYZE"):
        await connection.execute(statement)
    await connection.close()


def _records(keys: "_Keys") -> Iterator[tuple[Any, ...]]:
    for number, new in enumerate(keys.deals(), start=1):
        now = datetime.now(UTC)
        code = f"OP-{now:%Y%m}-{number:07}"
        values = (getattr(new, key) for key in WRITTEN)
        yield (new_id(now), now, "Ada Bench", now, "Ada Bench", code, normalised(new.name), *values)


class _Keys:
    """The deals with identifiers in the place of business keys."""

    def __init__(self, deals: Deals) -> None:
        now = datetime.now(UTC)
        self._source = deals
        self._people = {row["email"]: new_id(now) for row in deals.people}
        self._accounts = {row["external_id"]: new_id(now) for row in deals.accounts}

    def people(self) -> list[tuple[str, ...]]:
        return [(self._people[row["email"]], row["name"], row["email"]) for row in self._source.people]

    def accounts(self) -> list[tuple[str, ...]]:
        keys = ("name", "external_id", "billing_city")
        return [(self._accounts[row["external_id"]], *(row[key] for key in keys)) for row in self._source.accounts]

    def deals(self) -> Iterator[NewOpportunity]:
        for row in self._source.rows():
            links = {"account": self._accounts[row["account"]], "owner": self._people[row["owner"]]}
            yield msgspec.convert({**row, **links}, NewOpportunity, strict=False)
