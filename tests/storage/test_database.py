"""Reading, writing and publishing keep out of each other's way."""

import asyncio
import contextlib

import pytest
import sqlalchemy as sa

from trellis.kernel.errors import StaleRelease
from trellis.kernel.settings import Settings
from trellis.storage.connection import BrokenRule, Connection, Contention, UniqueViolation
from trellis.storage.counters import lift, next_numbers
from trellis.storage.database import Database, Workspace
from trellis.storage.system import SystemTables, system_statement

pytestmark = pytest.mark.anyio


@system_statement
def insert_setting(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.setting).values(key=sa.bindparam("key"), value=sa.bindparam("value"))


@system_statement
def count_settings(tables: SystemTables) -> sa.Executable:
    return sa.select(sa.func.count()).select_from(tables.setting)


@system_statement
def insert_pointer(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.pointer).values(id=1, release=sa.bindparam("release"))


@system_statement
def move_pointer(tables: SystemTables) -> sa.Executable:
    return sa.update(tables.pointer).values(release=sa.bindparam("number"))


async def settings_of(database: Database, workspace: Workspace) -> int:
    async with database.read(workspace) as connection:
        [(count,)] = await connection.fetch(count_settings(connection))
    return int(count)


async def add_setting(connection: Connection, key: str) -> None:
    await connection.execute(insert_setting(connection), {"key": key, "value": ""})


async def test_a_write_is_seen_by_the_next_read(database: Database, workspace: Workspace) -> None:
    async with database.write(workspace) as connection:
        await add_setting(connection, "a")

    assert await settings_of(database, workspace) == 1


async def test_a_failed_write_leaves_nothing(database: Database, workspace: Workspace) -> None:
    async def write() -> None:
        async with database.write(workspace) as connection:
            await add_setting(connection, "a")
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await write()
    assert await settings_of(database, workspace) == 0


async def test_a_duplicate_names_its_columns_and_leaves_nothing(database: Database, workspace: Workspace) -> None:
    async def write() -> None:
        async with database.write(workspace) as connection:
            await add_setting(connection, "a")
            await add_setting(connection, "a")

    with pytest.raises(UniqueViolation) as refused:
        await write()
    assert (refused.value.table, refused.value.columns) == ("setting", ("key",))
    assert await settings_of(database, workspace) == 0


async def test_a_cancelled_write_leaves_nothing_and_the_next_one_works(
    database: Database, workspace: Workspace
) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.write(workspace) as connection:
            await add_setting(connection, "a")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write(workspace) as connection:
        await add_setting(connection, "a")

    assert await settings_of(database, workspace) == 1


async def test_many_writers_and_readers_at_once_all_succeed(database: Database, workspace: Workspace) -> None:
    async def write(number: int) -> None:
        async with database.write(workspace) as connection:
            await add_setting(connection, str(number))
        await settings_of(database, workspace)

    await asyncio.gather(*(write(number) for number in range(60)))

    assert await settings_of(database, workspace) == 60


async def test_a_write_under_an_old_release_is_refused(database: Database, workspace: Workspace) -> None:
    async with database.publish(workspace) as connection:
        await connection.execute(insert_pointer(connection), {"release": 1})
    async with database.write(workspace, release=1) as connection:
        await add_setting(connection, "a")
    async with database.publish(workspace) as connection:
        await connection.execute(move_pointer(connection), {"number": 2})

    with pytest.raises(StaleRelease):
        async with database.write(workspace, release=1):
            pass
    async with database.write(workspace, release=2) as connection:
        await add_setting(connection, "b")
    assert await settings_of(database, workspace) == 2


async def test_a_write_before_the_first_release_is_refused(database: Database, workspace: Workspace) -> None:
    with pytest.raises(StaleRelease):
        async with database.write(workspace, release=1):
            pass


async def test_a_publisher_waits_for_writers_and_holds_up_the_next(database: Database, workspace: Workspace) -> None:
    order: list[str] = []
    writing, publishing = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.write(workspace) as connection:
            writing.set()
            await asyncio.sleep(0.05)
            await add_setting(connection, "a")
            order.append("first")

    async def publish() -> None:
        await writing.wait()
        publishing.set()
        async with database.publish(workspace) as connection:
            await connection.run_ddl(
                [
                    "CREATE TABLE extra (id TEXT)"
                    if connection.schema is None
                    else f"CREATE TABLE {connection.schema}.extra (id TEXT)"
                ]
            )
            order.append("publish")

    async def second() -> None:
        await publishing.wait()
        await asyncio.sleep(0.02)
        async with database.write(workspace):
            order.append("second")

    await asyncio.gather(first(), publish(), second())

    assert order == ["first", "publish", "second"]


async def test_changing_a_table_leaves_no_trace_when_it_fails(database: Database, workspace: Workspace) -> None:
    place = "" if workspace.schema is None else f"{workspace.schema}."
    with pytest.raises(Exception, match="nowhere"):
        async with database.publish(workspace) as connection:
            await connection.run_ddl(
                [f"CREATE TABLE {place}extra (id TEXT)", f"ALTER TABLE {place}nowhere ADD COLUMN x TEXT"]
            )

    async with database.publish(workspace) as connection:
        await connection.run_ddl([f"CREATE TABLE {place}extra (id TEXT)"])


async def test_a_read_survives_a_changed_table(database: Database, workspace: Workspace) -> None:
    place = "" if workspace.schema is None else f"{workspace.schema}."
    assert await settings_of(database, workspace) == 0
    async with database.publish(workspace) as connection:
        await connection.run_ddl([f"ALTER TABLE {place}setting ADD COLUMN extra TEXT"])

    assert await settings_of(database, workspace) == 0


async def test_numbers_are_given_once(database: Database, workspace: Workspace) -> None:
    async def take(count: int) -> list[int]:
        async with database.write(workspace) as connection:
            first = await next_numbers(connection, "sales.deal#number", "2026", count)
        return list(range(first, first + count))

    taken = await asyncio.gather(*(take(count) for count in (1, 3, 2, 1, 5)))

    assert sorted(number for numbers in taken for number in numbers) == list(range(1, 13))


async def test_numbers_of_an_undone_write_are_given_again(database: Database, workspace: Workspace) -> None:
    async def undone() -> None:
        async with database.write(workspace) as connection:
            await next_numbers(connection, "a", "", 5)
            raise Contention

    with pytest.raises(Contention):
        await undone()
    async with database.write(workspace) as connection:
        assert await next_numbers(connection, "a", "", 1) == 1
        await lift(connection, "a", "", 40)
        await lift(connection, "a", "", 7)
        assert await next_numbers(connection, "a", "", 1) == 41


async def test_the_log_of_a_sqlite_file_stays_short(database: Database, workspace: Workspace) -> None:
    if workspace.path is None:
        pytest.skip("SQLite only")
    for batch in range(40):
        async with database.write(workspace) as connection:
            rows = [{"key": f"{batch} {number}", "value": "x" * 200} for number in range(500)]
            await connection.execute_many(insert_setting(connection), rows)

    log = workspace.path.with_name(workspace.path.name + "-wal")
    assert await settings_of(database, workspace) == 20_000
    assert workspace.path.stat().st_size > 3_000_000
    assert log.stat().st_size < 5_000_000


async def test_a_write_that_passed_over_an_error_is_whole_or_refused(database: Database, workspace: Workspace) -> None:
    async def write() -> None:
        async with database.write(workspace) as connection:
            await add_setting(connection, "a")
            with contextlib.suppress(UniqueViolation):
                await add_setting(connection, "a")

    refused = False
    try:
        await write()
    except BrokenRule:
        refused = True

    assert await settings_of(database, workspace) == (0 if refused else 1)
    assert refused == (database.dialect == "postgresql")


@system_statement
def settings_by_batch(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.setting.c.value, sa.func.count()).group_by(tables.setting.c.value)


async def test_batches_are_whole_or_absent_however_their_writers_end(
    settings: Settings, database: Database, workspace: Workspace
) -> None:
    other = await Database.open(settings)
    size = 60
    written: set[str] = set()

    async def write(number: int) -> None:
        async with (other if number % 2 else database).write(workspace) as connection:
            rows = [{"key": f"{number} {place}", "value": str(number)} for place in range(size)]
            await connection.execute_many(insert_setting(connection), rows)
        written.add(str(number))

    tasks = [asyncio.create_task(write(number)) for number in range(120)]
    for task in tasks[::7]:
        await asyncio.sleep(0.002)
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    async with database.read(workspace) as connection:
        found: dict[str, int] = dict(await connection.fetch(settings_by_batch(connection)))
    await other.close()

    assert all(error is None or isinstance(error, asyncio.CancelledError) for error in ended)
    assert set(found.values()) == {size}
    assert written <= found.keys()
