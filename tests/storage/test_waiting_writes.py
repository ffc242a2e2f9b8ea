"""Writes that may travel with the next one: none is lost, none comes late."""

import pytest
import sqlalchemy as sa

from trellis.storage.connection import Connection, Prepared, UniqueViolation, prepare
from trellis.storage.database import Database, Workspace


def table(name: str, schema: str | None) -> sa.Table:
    columns = sa.Column("id", sa.TEXT, primary_key=True), sa.Column("weight", sa.TEXT)
    return sa.Table(name, sa.MetaData(schema=schema), *columns)


def adding(name: str, connection: Connection) -> Prepared:
    target = table(name, connection.schema)
    values = {key: sa.bindparam(key, type_=sa.TEXT()) for key in ("id", "weight")}
    return prepare(sa.insert(target).values(values), connection.dialect)


def weighing(name: str, connection: Connection) -> Prepared:
    target = table(name, connection.schema)
    changed = sa.update(target).values(weight=sa.bindparam("weight_", type_=sa.TEXT()))
    return prepare(changed.where(target.c.id == sa.bindparam("id_", type_=sa.TEXT())), connection.dialect)


async def rows(name: str, connection: Connection) -> list[tuple[object, ...]]:
    target = table(name, connection.schema)
    found = await connection.fetch(prepare(sa.select(target.c.id, target.c.weight), connection.dialect))
    return sorted(tuple(row) for row in found)


@pytest.fixture
async def place(database: Database, workspace: Workspace) -> Workspace:
    async with database.write(workspace) as connection:
        prefix = f"{connection.schema}." if connection.schema else ""
        await connection.run_ddl(
            [f"CREATE TABLE {prefix}{name} (id TEXT PRIMARY KEY, weight TEXT)" for name in ("fruit", "basket")]
        )
    return workspace


async def test_a_waiting_write_is_there_for_the_next_look(database: Database, place: Workspace) -> None:
    async with database.write(place) as connection:
        await connection.execute_later(adding("fruit", connection), {"id": "plum", "weight": "1"})

        assert await rows("fruit", connection) == [("plum", "1")]


async def test_waiting_writes_go_with_an_insert_and_with_the_commit(database: Database, place: Workspace) -> None:
    async with database.write(place) as connection:
        await connection.execute_later(adding("fruit", connection), {"id": "plum", "weight": "1"})
        await connection.execute_later(weighing("fruit", connection), {"id_": "plum", "weight_": "2"})
        count = await connection.execute(adding("basket", connection), {"id": "plum", "weight": "3"})
        await connection.execute_later(weighing("basket", connection), {"id_": "plum", "weight_": "4"})

    async with database.read(place) as connection:
        assert count == 1
        assert await rows("fruit", connection) == [("plum", "2")]
        assert await rows("basket", connection) == [("plum", "4")]


async def test_a_waiting_write_that_fails_undoes_everything(database: Database, place: Workspace) -> None:
    async def twice() -> None:
        async with database.write(place) as connection:
            await connection.execute(adding("fruit", connection), {"id": "plum", "weight": "1"})
            await connection.execute_later(adding("fruit", connection), {"id": "plum", "weight": "2"})
            await connection.execute(adding("basket", connection), {"id": "plum", "weight": "2"})

    with pytest.raises(UniqueViolation):
        await twice()

    async with database.read(place) as connection:
        assert await rows("fruit", connection) == []
        assert await rows("basket", connection) == []


async def test_a_waiting_write_of_a_failed_transaction_is_forgotten(database: Database, place: Workspace) -> None:
    async def failing() -> None:
        async with database.write(place) as connection:
            await connection.execute_later(adding("fruit", connection), {"id": "plum", "weight": "1"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()

    async with database.write(place) as connection:
        assert await rows("fruit", connection) == []
