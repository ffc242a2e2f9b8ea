"""Both databases with the tables of the small world, as a test drives them: values in, rows out, nothing in between."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from tests.support.expressions.rows import Row, encoded_row
from tests.support.expressions.world import SEVERAL, Tables, tables
from trellis.storage.connection import NOTHING, Prepared
from trellis.storage.postgresql import connect


class Database(Protocol):
    """One database; errors of the driver pass through."""

    dialect: str

    def run(self, statement: str) -> None: ...
    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None: ...
    def fetch(self, prepared: Prepared, params: Mapping[str, object] = NOTHING) -> Sequence[Sequence[object]]: ...
    def close(self) -> None: ...


class Sqlite:
    """A database in memory."""

    dialect = "sqlite"

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")

    def run(self, statement: str) -> None:
        self.connection.execute(statement)

    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def fetch(self, prepared: Prepared, params: Mapping[str, object] = NOTHING) -> Sequence[Sequence[object]]:
        return self.connection.execute(prepared.sql, prepared.args(params)).fetchall()

    def close(self) -> None:
        self.connection.close()


class Postgresql:
    """A connection to the database at `url`."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.connection = self.runner.run(connect(url, keep_statements=True))

    def run(self, statement: str) -> None:
        self.runner.run(self.connection.run(statement))

    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        names = tuple(f"c{number}" for number in range(len(rows[0])))
        places = ", ".join(f"${number + 1}" for number in range(len(names)))
        prepared = Prepared(f"INSERT INTO {table} VALUES ({places})", names)
        values = [dict(zip(names, row, strict=True)) for row in rows]
        self.runner.run(self.connection.execute_many(prepared, values))

    def fetch(self, prepared: Prepared, params: Mapping[str, object] = NOTHING) -> Sequence[Sequence[object]]:
        return self.runner.run(self.connection.fetch(prepared, params))

    def close(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.close()


@contextlib.contextmanager
def both(url: str) -> Iterator[tuple[Database, Database]]:
    """SQLite and the PostgreSQL at `url`, with empty tables."""
    databases = (Sqlite(), Postgresql(url))
    try:
        for database in databases:
            _create(database)
        yield databases
    finally:
        for database in databases:
            database.close()


def fill(database: Database, rows: Sequence[Row]) -> None:
    """Puts these rows in place of all others; the id of a row is its position."""
    for table in _all_tables(tables(database.dialect)):
        database.run(f"DELETE FROM {table.name}")
    database.insert("deals", [encoded_row(number, row, database.dialect) for number, row in enumerate(rows)])
    for key in SEVERAL:
        values = [(number, value) for number, row in enumerate(rows) for value in row[key]]  # type: ignore[attr-defined]
        if values:
            database.insert(key, values)


def _create(database: Database) -> None:
    dialect = sa.create_mock_engine(f"{database.dialect}://", lambda *_: None).dialect
    strict = " STRICT" if database.dialect == "sqlite" else ""
    for table in _all_tables(tables(database.dialect)):
        database.run(str(CreateTable(table).compile(dialect=dialect)) + strict)


def _all_tables(found: Tables) -> list[sa.Table]:
    return [found.deals, *found.several.values()]
