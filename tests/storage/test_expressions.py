"""Both readers of an expression, and both databases, give the same value."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlalchemy.schema import CreateTable

from tests.support.expressions import (
    PARAMETERS,
    Row,
    checked,
    encoded_row,
    sources,
    tables,
)
from tests.support.expressions import rows as sample_rows
from trellis.engine.expr.evaluator import decide, evaluator
from trellis.engine.expr.types import Kind
from trellis.storage.codecs import decoder
from trellis.storage.connection import Prepared, prepare
from trellis.storage.expressions import (
    NotPortable,
    compile_condition,
    compile_value,
    encode_literals,
    encode_parameters,
)
from trellis.storage.postgresql import connect

ROW_COUNT = 60
EXAMPLES = 150


class Database(Protocol):
    dialect: str

    def create(self, statement: str) -> None: ...
    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None: ...
    def fetch(self, prepared: Prepared, params: Mapping[str, object]) -> Sequence[Sequence[object]]: ...
    def close(self) -> None: ...


class Sqlite:
    dialect = "sqlite"

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")

    def create(self, statement: str) -> None:
        self.connection.execute(statement + " STRICT")

    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    def fetch(self, prepared: Prepared, params: Mapping[str, object]) -> Sequence[Sequence[object]]:
        return self.connection.execute(prepared.sql, prepared.args(params)).fetchall()

    def close(self) -> None:
        self.connection.close()


class Postgresql:
    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.connection = self.runner.run(connect(url, keep_statements=True))

    def create(self, statement: str) -> None:
        self.runner.run(self.connection.run(statement))

    def insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        names = tuple(f"c{number}" for number in range(len(rows[0])))
        places = ", ".join(f"${number + 1}" for number in range(len(names)))
        prepared = Prepared(f"INSERT INTO {table} VALUES ({places})", names)
        values = [dict(zip(names, row, strict=True)) for row in rows]
        self.runner.run(self.connection.execute_many(prepared, values))

    def fetch(self, prepared: Prepared, params: Mapping[str, object]) -> Sequence[Sequence[object]]:
        return self.runner.run(self.connection.fetch(prepared, params))

    def close(self) -> None:
        self.runner.run(self.connection.close())
        self.runner.close()


def fill(database: Database, rows: Sequence[Row]) -> None:
    found = tables(database.dialect)
    dialect = sa.create_mock_engine(f"{database.dialect}://", lambda *_: None).dialect
    for table in (found.deals, found.tags):
        database.create(str(CreateTable(table).compile(dialect=dialect)))
    database.insert("deals", [encoded_row(number, row, database.dialect) for number, row in enumerate(rows)])
    tags = [(number, tag) for number, row in enumerate(rows) for tag in row["tags"]]  # type: ignore[attr-defined]
    database.insert("tags", tags)


def values_in(database: Database, source: str) -> list[object]:
    """The value of the expression for every row, as the database computes it."""
    expression = checked(source)
    found = tables(database.dialect)
    column = compile_value(expression, found, database.dialect)
    prepared = prepare(
        sa.select(column.element.label("v")).select_from(found.deals).order_by(found.deals.c.id), database.dialect
    )
    values = encode_literals(expression, database.dialect) | encode_parameters(expression, PARAMETERS, database.dialect)
    decode = decoder(column.kind, database.dialect) or (lambda value: value)
    return [decode(row[0]) for row in database.fetch(prepared, values)]


def rows_where(database: Database, source: str) -> list[int]:
    """The numbers of the rows that meet the condition, as the database decides it."""
    expression = checked(source)
    found = tables(database.dialect)
    condition = compile_condition(expression, found, database.dialect)
    prepared = prepare(sa.select(found.deals.c.id).where(condition).order_by(found.deals.c.id), database.dialect)
    values = encode_literals(expression, database.dialect) | encode_parameters(expression, PARAMETERS, database.dialect)
    return [row[0] for row in database.fetch(prepared, values)]  # type: ignore[misc]


def values_here(rows: Sequence[Row], source: str) -> list[object]:
    """The value of the expression for every row, as Python computes it."""
    evaluate = evaluator(checked(source))
    return [evaluate({**PARAMETERS, **row}) for row in rows]


class World:
    """The same rows in Python and in both databases."""

    def __init__(self, rows: list[Row], databases: tuple[Database, ...]) -> None:
        self.rows = rows
        self.databases = databases

    def __repr__(self) -> str:
        return "world"


@pytest.fixture(scope="module")
def world(postgres) -> Iterator[World]:
    rows = sample_rows(ROW_COUNT, seed=7)
    with postgres.database() as url:
        databases = (Sqlite(), Postgresql(url))
        for database in databases:
            fill(database, rows)
        yield World(rows, databases)
        for database in databases:
            database.close()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(source=sources())
def test_python_sqlite_and_postgresql_give_the_same_value(source: str, world: World) -> None:
    try:
        found = {database.dialect: values_in(database, source) for database in world.databases}
    except NotPortable:
        return
    expected = values_here(world.rows, source)

    for name, values in found.items():
        assert not difference(name, values, expected, world.rows)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(source=sources())
def test_a_condition_selects_the_rows_for_which_python_says_true(source: str, world: World) -> None:
    if checked(source).type.kind is not Kind.BOOL:
        source = f"filled({source})"
    try:
        found = {database.dialect: rows_where(database, source) for database in world.databases}
    except NotPortable:
        return
    expected = [number for number, value in enumerate(values_here(world.rows, source)) if decide(value)]

    assert found == dict.fromkeys(found, expected)


def difference(name: str, values: list[object], expected: list[object], rows: Sequence[Row]) -> str:
    """A sentence that shows the first row that differs."""
    for value, right, row in zip(values, expected, rows, strict=True):
        if value != right or type(value) is not type(right):
            return f"{name}: {value!r} instead of {right!r} for {row!r}"
    return ""
