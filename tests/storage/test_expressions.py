"""Both readers of an expression, and both databases, give the same value."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlalchemy.schema import CreateTable

from tests.support.expressions import (
    PARAMETERS,
    SCOPE,
    USER,
    Catalogue,
    Row,
    checked,
    encoded_row,
    sources,
    tables,
)
from tests.support.expressions import rows as sample_rows
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import decide, evaluator
from trellis.engine.expr.functions import FunctionRegistry, standard_functions
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.shape import parameterise
from trellis.engine.expr.signatures import Function, Slot
from trellis.engine.expr.types import INTEGER, TEXT, Kind
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
EXAMPLES = 300


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


def sql_of(source: str, dialect: str, *, prefix: str = "") -> Prepared:
    """The statement that selects where the condition holds."""
    found = tables(dialect)
    condition = compile_condition(checked(source), found, dialect, prefix=prefix)
    return prepare(sa.select(found.deals.c.id).where(condition), dialect)


def where(source: str, dialect: str) -> str:
    return sql_of(source, dialect).sql.partition("WHERE ")[2]


@pytest.mark.parametrize(
    ("source", "sqlite", "postgresql"),
    [
        ("amount > 10", "deals.amount > ? * 100", "deals.amount > $1::BIGINT"),
        ("active", "deals.active = 1", "deals.active"),
        ("not active", "deals.active != 1", "NOT deals.active"),
        ("stage in ('open', 'won')", "deals.stage IN (?, ?)", "deals.stage IN ($1::VARCHAR, $2::VARCHAR)"),
        ("owner == me.id", "deals.owner = ?", "deals.owner = $1::UUID"),
        ("close_date < today()", "deals.close_date < ?", "deals.close_date < $1::DATE"),
        ("contains(name, '%')", "instr(deals.name, ?) > 0", "strpos(deals.name, $1::VARCHAR) > 0"),
        ("blank(name)", "deals.name IS NULL", "deals.name IS NULL"),
    ],
)
def test_a_plain_condition_leaves_the_column_alone_so_that_an_index_serves_it(
    source: str, sqlite: str, postgresql: str
) -> None:
    assert (where(source, "sqlite"), where(source, "postgresql")) == (sqlite, postgresql)


def test_constants_and_parameters_are_bound_by_name() -> None:
    source = "amount > 10.5 and owner == me.id and in_role('sales.rep') and stage in ('open', 'won', 'lost')"
    names = ("a_l0", "p_me_id", "p_in_role_sales_rep", "a_l1", "a_l2", "a_l3", "a_l4")

    assert [sql_of(source, dialect, prefix="a_").names for dialect in ("sqlite", "postgresql")] == [names, names]
    assert encode_literals(checked(source), "sqlite", prefix="a_") == {
        "a_l0": 105, "a_l1": "open", "a_l2": "won", "a_l3": "lost", "a_l4": "lost",
    }  # fmt: skip
    assert encode_literals(checked(source), "postgresql")["l0"] == Decimal("10.5")
    assert encode_parameters(checked(source), PARAMETERS, "sqlite") == {"p_me_id": USER, "p_in_role_sales_rep": 1}


def test_dates_and_moments_are_text_on_sqlite() -> None:
    expression = checked("close_date > '2024-01-31' and created_at > '2024-01-31T10:00:00+02:00'")

    assert encode_literals(expression, "sqlite") == {"l0": "2024-01-31", "l1": "2024-01-31 08:00:00"}


def test_different_parameters_never_share_a_name() -> None:
    scope = EntityScope(Catalogue(), "deal", parameters=dict.fromkeys(("a.b_c", "a_b.c", "a_b_c", "a.b.c"), INTEGER))
    expression = check("a.b_c + a_b.c + a_b_c + a.b.c > 0", scope)

    assert len(encode_parameters(expression, {"a.b_c": 1, "a_b.c": 2, "a_b_c": 3, "a.b.c": 4}, "sqlite")) == 4


def test_one_statement_serves_all_constants_of_a_form(world: World) -> None:
    first, second = checked("quantity > 3 and name != 'a'"), checked("quantity > 17 and name != 'ab'")
    expected = [number for number, value in enumerate(values_here(world.rows, second.source)) if decide(value)]

    assert parameterise(first)[0] == parameterise(second)[0]
    for database in world.databases:
        prepared = sql_of(first.source, database.dialect)
        found = database.fetch(prepared, encode_literals(second, database.dialect))
        assert sorted(row[0] for row in found) == expected  # type: ignore[type-var]


@pytest.mark.parametrize(
    "source",
    [
        "round(amount * rate, 2) > 5",
        "amount * amount_times > 1",
        "round(amount / costs, 8) > 5",
        "amount / 2 + costs > 1",
        "amount + costs * 0.0000000001 > 1",
        "amount * 2 > costs * 99999999999",
        "rate > 1.1234567890123456789",
        "amount > 1234567890123456789",
        "shout(name) == 'A'",
        "blank(tags if active else tags)",
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_might_differ_is_refused_on_both_databases_with_the_way_out(source: str, dialect: str) -> None:
    shout = Function("shout", "", (Slot("text", frozenset({Kind.TEXT})),), TEXT, str.upper)
    functions = FunctionRegistry([*standard_functions(), shout])
    expression = check(
        source.replace("amount_times", "quantity * 99999999999 * quantity * rate"), SCOPE, functions=functions
    )

    with pytest.raises(NotPortable, match='"storage": "stored"'):
        compile_condition(expression, tables(dialect), dialect)


@pytest.mark.parametrize(
    "form", ["add_days({}, 1)", "end_of({}, 'quarter')", "add_months({}, 1)", "least({}, today())"]
)
def test_what_a_parser_of_sql_could_not_hold_is_refused_before(form: str, world: World) -> None:
    source = "close_date"
    for _ in range(12):
        source = form.replace("{}", source)
        try:
            found = [values_in(database, source) for database in world.databases]
        except NotPortable:
            return
        assert found == [values_here(world.rows, source)] * 2
    pytest.fail("nothing was refused")


def test_most_random_expressions_are_portable() -> None:
    portable: list[bool] = []

    @settings(max_examples=200, database=None, derandomize=True, deadline=None)
    @given(source=sources())
    def count(source: str) -> None:
        try:
            compile_value(checked(source), tables("sqlite"), "sqlite")
            portable.append(True)
        except NotPortable:
            portable.append(False)

    count()
    assert sum(portable) > 0.6 * len(portable)
