"""What is counted of stored values is what is there, on both databases."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.storage.test_retyping import LONG_AGO, Bench, record
from tests.support.publishing import Publisher, entity
from trellis.kernel.settings import Settings
from trellis.metadata.indexes import IndexColumn, IndexShape, Presence
from trellis.storage import measures
from trellis.storage.database import Database
from trellis.storage.statements import Statements
from trellis.storage.tables import Tables

OPTIONS: dict[str, Any] = {"options": {"north": {}, "south": {}}}
FIELDS: dict[str, Any] = {
    "code": {"type": "text"},
    "price": {"type": "decimal", "scale": 2},
    "region": {"type": "select", **OPTIONS},
    "regions": {"type": "multiselect", **OPTIONS},
    "parent": {"type": "lookup", "target": "sales.account"},
    "partners": {"type": "multilookup", "target": "sales.account"},
}
ROWS: list[dict[str, Any]] = [
    {"code": "a", "price": 1, "region": "north", "regions": ("north", "south"), "parent": record(1)},
    {"code": "a", "price": 1, "region": "north", "regions": ("south",), "partners": (record(1),)},
    {"code": "a", "price": 2, "parent": record(1), "partners": (record(1),)},
    {"code": "b", "price": 2},
    {"code": "b", "price": 2},
    {"code": None, "price": None},
    {"code": "gone", "region": "south", "deleted_at": LONG_AGO},
    {"deleted_at": LONG_AGO},
]


@pytest.fixture
async def bench(database_settings: dict[str, str]) -> AsyncIterator[Bench]:
    database = await Database.open(Settings.read(database_settings))
    workspace = await database.create_workspace("main")
    publisher = Publisher(database, workspace)
    await publisher.publish(entity(fields=FIELDS))
    state = await publisher.state()
    assert state is not None
    bench = Bench(publisher, Statements(Tables.of(*state, workspace.schema, database.dialect)))
    await bench.insert(ROWS)
    yield bench
    await database.close()


def place_of(bench: Bench, key: str) -> measures.Place:
    shape = bench.table.shape
    return shape.columns[key] if key in shape.columns else shape.sides[key]


async def ask(bench: Bench, measure: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    async with bench.publisher.database.read(bench.publisher.workspace) as connection:
        return await measure(connection, *args)


async def test_rows_are_counted_with_those_in_the_bin(bench: Bench) -> None:
    assert await ask(bench, measures.rows, bench.table.shape.table) == 8


async def test_filled_places_are_counted(bench: Bench) -> None:
    shape = bench.table.shape

    assert await ask(bench, measures.filled, shape.table, shape.columns["code"]) == 6
    assert await ask(bench, measures.filled, shape.table, shape.sides["regions"]) == 2


@pytest.mark.parametrize(("key", "count", "all_rows"), [("code", 1, 2), ("region", 4, 5), ("regions", 4, 6)])
async def test_blanks_are_those_that_people_see(bench: Bench, key: str, count: int, all_rows: int) -> None:
    table, place = bench.table.shape.table, place_of(bench, key)

    async with bench.publisher.database.read(bench.publisher.workspace) as connection:
        assert await measures.blanks(connection, table, place, with_bin=True) == count
        assert await measures.blanks(connection, table, place) == all_rows


USES = [("region", ("north",), 2), ("region", ("south", "north"), 3), ("regions", ("south",), 2), ("regions", (), 0)]


@pytest.mark.parametrize(("key", "options", "count"), USES)
async def test_uses_of_options_are_counted(bench: Bench, key: str, options: tuple[str, ...], count: int) -> None:
    assert await ask(bench, measures.option_uses, bench.table.shape.table, place_of(bench, key), options) == count


async def test_doubles_are_counted_by_group_the_largest_first(bench: Bench) -> None:
    shape = bench.table.shape
    code, price, deleted = (shape.columns[key] for key in ("code", "price", "deleted_at"))
    one = IndexShape("ix", shape.table, (IndexColumn(code.name),), unique=True)
    two = IndexShape(
        "ix", shape.table, (IndexColumn(code.name), IndexColumn(price.name)), True, (Presence(deleted.name, True),)
    )

    assert await ask(bench, measures.doubles, one) == (2, ("a", "b"))
    groups, samples = await ask(bench, measures.doubles, two, (code.kind, price.kind))
    assert (groups, set(samples)) == (2, {"a, 1.00", "b, 2.00"})
    assert await ask(bench, measures.doubles, two, (code.kind, price.kind), 1) == (2, samples[:1])


async def test_no_doubles_are_none(bench: Bench) -> None:
    shape = bench.table.shape
    index = IndexShape("ix", shape.table, (IndexColumn("id"),), unique=True)

    assert await ask(bench, measures.doubles, index) == (0, ())


async def test_references_are_counted_by_record(bench: Bench) -> None:
    assert (
        await ask(
            bench,
            measures.references,
            bench.table.shape.table,
            [place_of(bench, key) for key in ("parent", "partners")],
        )
        == 3
    )
    assert await ask(bench, measures.references, bench.table.shape.table, []) == 0
