"""The chain over the log: what is sealed, and that everything an intruder does to it is found."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.auditlog import prepared, run, write_notes, write_saves
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.services.audit import sealing, verifying
from trellis.services.audit.findings import Finding, Kind
from trellis.services.audit.forgetting import forgetting
from trellis.services.audit.heads import Head, read_head
from trellis.services.audit.log import Log
from trellis.services.audit.places import Place
from trellis.services.audit.sealing import seal
from trellis.services.audit.state import read_state
from trellis.services.audit.verifying import go_on, verify
from trellis.storage.connection import BrokenRule
from trellis.storage.database import Database

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
async def log(database_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Log]:
    """The empty log of a workspace, with small blocks."""
    monkeypatch.setattr(sealing, "MOST", 100)
    monkeypatch.setattr(verifying, "FEW", 2)
    monkeypatch.setattr(verifying, "SOME_ROWS", 1)
    database = await Database.open(Settings.read(database_settings))
    yield Log(database, await database.create_workspace("main"), FixedClock(NOW))
    await database.close()


async def _tamper(log: Log, sql: str, *values: object) -> int:
    async with log.database.write(log.workspace) as connection:
        return await run(connection, sql, *values)


async def _look(log: Log, sql: str) -> object:
    async with log.database.read(log.workspace) as connection:
        ((value,),) = await connection.fetch_args(prepared(connection, sql), ())
    return value


async def _kinds(log: Log) -> list[Kind]:
    return [one.kind for one in await _found(log)]


async def _found(log: Log) -> list[Finding]:
    """What is found, in one go and part by part."""
    found, place, parts = (await verify(log)).findings, Place(), 0
    in_parts: list[Finding] = []
    while True:
        part = await go_on(log, place)
        place, in_parts, parts = part.place, [*in_parts, *part.report.findings], parts + 1
        if part.over:
            break
    assert sorted(map(repr, in_parts)) == sorted(map(repr, found)), parts
    return found


@pytest.fixture
async def sealed(log: Log) -> Log:
    """1,200 rows in 14 blocks."""
    await write_saves(log, 1_000)
    await write_notes(log, 200)
    assert await seal(log) == 1_200
    return log


async def test_a_log_that_nobody_touched_verifies_and_its_tables_refuse_changes(sealed: Log) -> None:
    found = await verify(sealed)

    assert (found.findings, found.rows, found.blocks, found.unsealed) == ([], 1_200, 12, 0)
    assert read_head(sealed.workspace) == found.head

    for table in ("history", "audit"):
        for sql in (f"UPDATE {{{table}}} SET actor = 'eve' WHERE seq = 5", f"DELETE FROM {{{table}}} WHERE seq = 5"):
            with pytest.raises(BrokenRule):
                async with sealed.database.write(sealed.workspace) as connection:
                    await connection.execute(prepared(connection, sql))

    assert await _found(sealed) == []


async def test_what_is_new_is_sealed_and_can_be_verified_by_itself(sealed: Log) -> None:
    assert await seal(sealed) == 0
    await write_saves(sealed, 5, start=1_000)

    assert await seal(sealed) == 5
    assert await _found(sealed) == []

    head = (await verify(sealed)).head
    await write_saves(sealed, 3, start=1_005)
    await seal(sealed)

    assert (await verify(sealed, head=head)).findings == []
    (finding,) = (await verify(sealed, head=Head(head.number, "0" * 64))).findings
    assert finding.kind is Kind.HEAD_MISSING

    await _tamper(sealed, "UPDATE {history} SET actor = 'eve' WHERE seq IN (5, 995)")

    found = await verify(sealed, first=3)

    assert [one.rows for one in found.findings] == [((995, 995),)]


async def test_edited_and_swapped_rows_are_named(sealed: Log) -> None:
    for pick in (random.Random(seed) for seed in range(8)):
        number = pick.randint(1, 1_000)
        column, value = pick.choice([("actor", "eve"), ("changes", '{"stage":[1,3]}'), ("at", 5), ("record", "r0x")])
        before = await _look(sealed, f"SELECT {column} FROM {{history}} WHERE seq = {number}")
        await _tamper(sealed, f"UPDATE {{history}} SET {column} = ? WHERE seq = ?", value, number)

        (finding,) = await _found(sealed)

        assert (finding.kind, finding.source, finding.rows) == (Kind.EDITED, "history", ((number, number),))
        assert finding.block is not None
        assert finding.until == NOW
        await _tamper(sealed, f"UPDATE {{history}} SET {column} = ? WHERE seq = ?", before, number)
    assert await _found(sealed) == []

    for before, after in ((10, -1), (900, 10), (-1, 900)):
        await _tamper(sealed, "UPDATE {history} SET seq = ? WHERE seq = ?", after, before)

    assert [one.rows for one in await _found(sealed)] == [((10, 10),), ((900, 900),)]


async def test_deleted_rows_are_named(sealed: Log) -> None:
    await _tamper(sealed, "DELETE FROM {audit} WHERE seq BETWEEN 30 AND 40")

    (finding,) = await _found(sealed)

    assert (finding.kind, finding.source, finding.rows) == (Kind.DELETED, "audit", ((30, 40),))


async def test_rows_put_between_sealed_ones_are_named(sealed: Log) -> None:
    await _tamper(sealed, "DELETE FROM {history} WHERE seq = 500")
    await _tamper(sealed, "UPDATE {history} SET seq = 500 WHERE seq = 700")
    await _tamper(
        sealed,
        "INSERT INTO {history} (seq, id, entity, record, action, at, actor, causation, changes) "
        "SELECT -5, id, entity, record, action, at, actor, causation, changes FROM {history} WHERE seq = 1",
    )

    kinds = {(one.kind, one.rows) for one in await _found(sealed)}

    assert kinds == {(Kind.EDITED, ((500, 500),)), (Kind.DELETED, ((700, 700),)), (Kind.INSERTED, ((-5, -5),))}


async def test_a_row_put_into_a_gap_is_found_once_nothing_can_come_there(log: Log) -> None:
    await write_saves(log, 50)
    await _tamper(log, "UPDATE {history} SET seq = seq + 100 WHERE seq > 25")
    await seal(log)
    assert isinstance(log.clock, FixedClock)
    log.clock.advance(timedelta(minutes=2))
    await _closed(log)
    await _tamper(
        log,
        "INSERT INTO {history} (seq, id, entity, record, action, at, actor, causation, changes) "
        "SELECT 60, 'x', entity, record, action, at, actor, causation, changes FROM {history} WHERE seq = 1",
    )
    await seal(log)

    assert [(one.kind, one.rows) for one in await _found(log)] == [(Kind.INSERTED, ((60, 60),))]


async def _closed(log: Log) -> None:
    """Seal until no gap is left; housekeeping of the server may be a transaction that is older than one."""
    for _ in range(200):
        await seal(log)
        async with log.database.read(log.workspace) as connection:
            if not any((await read_state(connection, log.key)).state.gaps.values()):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("A gap stays open.")


EDITS = (
    *("at = at + 1", "source = 'audit'", "ranges = '1-99'", "count = 7", "previous = hash", "content = hash"),
    *("hash = content", "tags = previous", "changed_at = 1", "purged_at = 1", "seal = hash"),
    *("at = 9000000000000000000", "source = 'nothing'", "ranges = '1-9000000000000'", "ranges = 'x'"),
)


async def test_an_edited_block_is_found(sealed: Log) -> None:
    for edit in EDITS:
        column = edit.partition(" ")[0]
        before = await _look(sealed, f"SELECT {column} FROM {{audit_block}} WHERE number = 5")
        await _tamper(sealed, f"UPDATE {{audit_block}} SET {edit} WHERE number = 5")

        assert (Kind.BLOCK_EDITED, 5) in {(one.kind, one.block) for one in await _found(sealed)}, edit

        await _tamper(sealed, f"UPDATE {{audit_block}} SET {column} = ? WHERE number = 5", before)
    assert await _found(sealed) == []


async def test_removed_blocks_are_found_moved_up_or_not(sealed: Log) -> None:
    await _tamper(sealed, "DELETE FROM {audit_block} WHERE number = 5")

    assert (Kind.BLOCK_MISSING, (5, 5)) in {(one.kind, one.blocks) for one in await _found(sealed)}

    for number in range(6, 13):
        await _tamper(sealed, "UPDATE {audit_block} SET number = ? WHERE number = ?", number - 1, number)

    assert Kind.BLOCK_MOVED in await _kinds(sealed)

    await _tamper(sealed, "DELETE FROM {audit_block} WHERE number > 9")
    await _tamper(sealed, "DELETE FROM {history} WHERE seq > 500")

    assert Kind.BLOCK_MISSING in await _kinds(sealed)


async def test_going_back_to_an_older_state_of_everything_is_found_by_the_head(log: Log) -> None:
    await write_saves(log, 100)
    await seal(log)
    state = await _look(log, "SELECT value FROM {setting} WHERE key = 'audit.sealed'")
    await write_saves(log, 100, start=100)
    await seal(log)
    await _tamper(log, "DELETE FROM {audit_block} WHERE number > 1")
    await _tamper(log, "DELETE FROM {history} WHERE seq > 100")
    await _tamper(log, "UPDATE {setting} SET value = ? WHERE key = 'audit.sealed'", state)
    assert await _kinds(log) == [Kind.HEAD_MISSING]

    await write_saves(log, 500, start=700)
    await seal(log)

    assert await _kinds(log) == [Kind.HEAD_MISSING]


async def test_a_forged_state_is_found_and_noted(sealed: Log) -> None:
    await _tamper(sealed, "UPDATE {setting} SET value = replace(value, ':1000', ':2000') WHERE key = 'audit.sealed'")
    assert Kind.STATE_FORGED in await _kinds(sealed)
    await write_saves(sealed, 5)

    assert await seal(sealed) == 5 + 1
    assert await _found(sealed) == []


async def test_a_chain_made_with_another_key_is_none(sealed: Log) -> None:
    (sealed.workspace.data_folder / "secret.key").write_text("somebody else's")

    assert (await _kinds(sealed)).count(Kind.BLOCK_EDITED) == 12


async def test_rows_that_stay_unsealed_are_a_finding(sealed: Log) -> None:
    await write_saves(sealed, 3, start=1_000)
    found = await verify(sealed)
    assert (found.unsealed, found.findings) == (3, [])
    assert isinstance(sealed.clock, FixedClock)
    sealed.clock.advance(timedelta(minutes=2))

    (finding,) = await _found(sealed)

    assert (finding.kind, finding.rows) == (Kind.UNSEALED, ((1_001, 1_003),))


async def test_rows_that_are_committed_late_go_into_a_later_block(log: Log) -> None:
    if log.workspace.schema is None:
        pytest.skip("SQLite has one writer at a time")
    async with log.database.write(log.workspace) as connection:
        await run(connection, _ONE, "late")
        await write_saves(log, 150)
        assert await seal(log) == 150
        assert await _found(log) == []

    assert await seal(log) == 1
    assert await _found(log) == []


async def test_writers_and_several_workers_at_the_same_time_leave_a_whole_chain(log: Log) -> None:
    async def write(start: int) -> None:
        for place in range(8):
            await write_saves(log, 20, start=start + place * 20)
            await asyncio.sleep(0)

    async def work() -> None:
        for _ in range(12):
            await seal(log)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for start in range(4):
            group.create_task(write(start * 1_000))
            group.create_task(work())
    await seal(log)

    found = await verify(log)
    assert (found.findings, found.rows) == ([], 640)


async def test_sealing_that_is_cut_off_leaves_a_whole_chain(log: Log) -> None:
    for turns in range(1, 25):
        await write_saves(log, 150, start=turns * 1_000)
        task = asyncio.create_task(seal(log))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    await seal(log)

    found = await verify(log)
    assert (found.findings, found.rows) == ([], 24 * 150)


async def test_values_that_trellis_forgets_leave_a_whole_chain_and_hide_nothing(sealed: Log) -> None:
    await write_saves(sealed, 10, start=1_000)
    await _tamper(sealed, "UPDATE {history} SET actor = 'eve' WHERE seq IN (7, 300)")
    async with sealed.database.publish(sealed.workspace) as connection:
        changing = await forgetting(sealed, connection, [5, 6, 7, 8, 450, 1_005])
        await run(connection, "UPDATE {history} SET changes = '{{}}' WHERE seq IN (5, 6, 7, 8, 450, 1005)")
        await changing.finish()

    assert [one.rows for one in await _found(sealed)] == [((7, 7),), ((300, 300),)]
    await _tamper(sealed, "UPDATE {history} SET changes = '{{\"a\":1}}' WHERE seq = 450")
    assert [one.rows for one in await _found(sealed)] == [((7, 7),), ((300, 300),), ((450, 450),)]


_ONE = (
    "INSERT INTO {history} (id, entity, record, action, at, actor, causation, changes) "
    "VALUES (?, 'a.b', 'r', 'update', 1, 'ada', '', '{{}}')"
)
