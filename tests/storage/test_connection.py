"""Statements are compiled once and run on both drivers alike."""

import asyncio
import sqlite3
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from trellis.kernel.settings import Settings
from trellis.storage.connection import BrokenRule, Connection, Prepared, prepare
from trellis.storage.database import Database, Workspace
from trellis.storage.sqlite import BUDGET

pytestmark = pytest.mark.anyio

SLOW = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 400000) SELECT count(*) FROM n",
    "postgresql": "SELECT count(*) FROM generate_series(1, 400000)",
}
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(1000)",
}


def fruit(schema: str | None) -> sa.Table:
    return sa.Table(
        "fruit",
        sa.MetaData(schema=schema),
        sa.Column("id", sa.TEXT, primary_key=True),
        sa.Column("weight", sa.BIGINT().with_variant(sa.INTEGER(), "sqlite"), nullable=False),
        sqlite_strict=True,
    )


@pytest.fixture
async def table(database: Database, workspace: Workspace) -> sa.Table:
    made = fruit(workspace.schema)
    async with database.publish(workspace) as connection:
        await connection.run_ddl([prepare(sa.schema.CreateTable(made), connection.dialect).sql])
        insert = prepare(sa.insert(made), connection.dialect)
        await connection.execute_many(insert, [{"id": f"f{number:02}", "weight": number} for number in range(50)])
    return made


async def rows(connection: Connection, statement: sa.Executable, **params: object) -> list[Any]:
    return await connection.fetch(prepare(statement, connection.dialect), params)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_values_in_the_statement_are_kept_and_others_are_asked_for(dialect: str) -> None:
    table = fruit(None)
    asked = sa.bindparam("asked", type_=sa.TEXT)

    prepared = prepare(sa.select(table.c.id).where(table.c.id == asked, table.c.weight.in_([3, 4])).limit(5), dialect)

    assert set(prepared.args({"asked": "x"})) >= {"x", 3, 4, 5}
    with pytest.raises(KeyError):
        prepared.args({})


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_value_used_twice_goes_where_the_driver_wants_it(dialect: str) -> None:
    table = fruit(None)
    twice = sa.bindparam("twice", type_=sa.TEXT)

    prepared = prepare(sa.select(table.c.id).where(sa.or_(table.c.id == twice, table.c.id > twice)), dialect)

    assert prepared.names == (("twice", "twice") if dialect == "sqlite" else ("twice",))


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_names_may_have_any_characters(dialect: str) -> None:
    prepared = prepare(sa.select(fruit(None).c.id).where(fruit(None).c.id == sa.bindparam("account.name[0]")), dialect)

    assert prepared.args({"account.name[0]": "x"}) == ("x",)


async def test_rows_come_back_in_order(database: Database, workspace: Workspace, table: sa.Table) -> None:
    light = table.c.weight < sa.bindparam("most", type_=sa.BIGINT)

    async with database.read(workspace) as connection:
        found = await rows(connection, sa.select(table.c.id, table.c.weight).where(light).order_by(table.c.id), most=2)

    assert [tuple(row) for row in found] == [("f00", 0), ("f01", 1)]


async def test_writes_say_how_many_rows_they_touched(database: Database, workspace: Workspace, table: sa.Table) -> None:
    heavier = sa.update(table).where(table.c.weight < 10).values(weight=table.c.weight + 100)
    gone = sa.delete(table).where(table.c.id == "nothing")

    async with database.write(workspace) as connection:
        assert await connection.execute(prepare(heavier, connection.dialect)) == 10
        assert await connection.execute(prepare(gone, connection.dialect)) == 0


async def test_writes_can_return_rows(database: Database, workspace: Workspace, table: sa.Table) -> None:
    heavier = sa.update(table).where(table.c.id == "f07").values(weight=70).returning(table.c.weight)

    async with database.write(workspace) as connection:
        assert [tuple(row) for row in await rows(connection, heavier)] == [(70,)]


async def test_a_missing_value_is_refused(database: Database, workspace: Workspace, table: sa.Table) -> None:
    async def write() -> None:
        async with database.write(workspace) as connection:
            await connection.execute(prepare(sa.insert(table).values(id="x", weight=None), connection.dialect))

    with pytest.raises(BrokenRule):
        await write()


async def test_a_reader_sees_nothing_of_an_open_write(
    database: Database, workspace: Workspace, table: sa.Table
) -> None:
    async with database.write(workspace) as writer, database.read(workspace) as reader:
        await writer.execute(prepare(sa.delete(table), writer.dialect))

        assert len(await rows(reader, sa.select(table.c.id))) == 50


async def test_more_readers_than_connections_take_turns(
    database: Database, workspace: Workspace, table: sa.Table
) -> None:
    async def look() -> int:
        async with database.read(workspace) as connection:
            await asyncio.sleep(0)
            return len(await rows(connection, sa.select(table.c.id)))

    assert set(await asyncio.gather(*(look() for _ in range(100)))) == {50}


async def test_a_slow_read_does_not_hold_up_the_loop(database: Database, workspace: Workspace) -> None:
    slow = Prepared(SLOW[database.dialect])
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - started)

    async with database.read(workspace) as connection:
        heart = asyncio.create_task(beat())
        results = [await connection.fetch(slow) for _ in range(2)]
        heart.cancel()

    assert [tuple(row) for result in results for row in result] == [(400000,), (400000,)]
    assert longest < 0.08 + BUDGET


async def test_a_statement_that_was_interrupted_is_not_parsed_at_every_later_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=str(tmp_path))
    rows_and_a_long_way = Prepared(
        "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 90000) SELECT x FROM n"
    )
    parsed: list[int] = []
    opened = sqlite3.connect

    def note(action: int, *_: object) -> int:
        parsed.append(action)
        return sqlite3.SQLITE_OK

    def watched(*args: Any, **more: Any) -> sqlite3.Connection:
        connection = opened(*args, **more)
        connection.set_authorizer(note)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    database = await Database.open(settings)
    async with database.read(await database.create_workspace("main")) as connection:
        assert len(await connection.fetch(rows_and_a_long_way)) == 90_000
        parsed.clear()
        for _ in range(3):
            await connection.fetch(rows_and_a_long_way)
    await database.close()

    assert parsed.count(sqlite3.SQLITE_RECURSIVE) == 0


async def test_a_cancelled_read_stops_and_frees_its_connection(
    database: Database, workspace: Workspace, table: sa.Table
) -> None:
    async def hang() -> None:
        async with database.read(workspace) as connection:
            await connection.fetch(Prepared(ENDLESS[database.dialect]))

    tasks = [asyncio.create_task(hang()) for _ in range(20)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)

    assert all(isinstance(error, asyncio.CancelledError) for error in ended)
    async with database.read(workspace) as connection:
        assert len(await rows(connection, sa.select(table.c.id))) == 50


async def test_a_cancelled_read_ends_on_the_server_too(postgresql_url: str, tmp_path: Path) -> None:
    database = await Database.open(Settings(data=str(tmp_path), database_url=postgresql_url))
    workspace = await database.create_workspace("main")
    activity = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' AND pid <> pg_backend_pid()"

    async def hang() -> None:
        async with database.read(workspace) as connection:
            await connection.fetch(Prepared(ENDLESS["postgresql"]))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hang(), 0.1)
    await database.close()
    other = await Database.open(Settings(data=str(tmp_path), database_url=postgresql_url))
    async with other.read(workspace) as connection:
        assert await connection.fetch(Prepared(activity)) == [(0,)]
    await other.close()


async def test_a_reader_cannot_write(database: Database, workspace: Workspace, table: sa.Table) -> None:
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL lends the same connections to readers and writers")
    async with database.read(workspace) as connection:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await connection.execute(prepare(sa.delete(table), connection.dialect))


async def test_postgresql_takes_and_gives_ids_and_json_as_text(database: Database, workspace: Workspace) -> None:
    if database.dialect != "postgresql":
        pytest.skip("PostgreSQL only")
    record, body = "01938f6c-0000-7000-8000-000000000001", '{"b": [1.50, null]}'
    values = sa.select(
        sa.bindparam("id", type_=sa.Uuid(as_uuid=False)),
        sa.bindparam("ids", type_=postgresql.ARRAY(sa.Uuid(as_uuid=False))),
        sa.bindparam("body", type_=postgresql.JSONB),
        sa.bindparam("amount", type_=sa.NUMERIC),
        sa.bindparam("day", type_=sa.DATE),
        sa.bindparam("moment", type_=sa.TIMESTAMP(timezone=True)),
    )
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    async with database.read(workspace) as connection:
        (row,) = await rows(
            connection, values, id=record, ids=[record], body=body, amount=Decimal("1.005"), day=date(2026, 1, 2),
            moment=moment,
        )  # fmt: skip

    assert tuple(row) == (record, [record], body, Decimal("1.005"), date(2026, 1, 2), moment)
