"""Old rows of the log go as a whole, the chain stays; the command says what it found."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.auditlog import prepared, run, write_notes, write_saves
from trellis.commands import audit
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Invalid
from trellis.kernel.settings import Settings
from trellis.services.audit import sealing
from trellis.services.audit.findings import Kind
from trellis.services.audit.keeping import Keeper
from trellis.services.audit.log import Log
from trellis.services.audit.retention import Retention, purge, retention_of
from trellis.services.audit.sealing import seal
from trellis.services.audit.verifying import verify
from trellis.services.workspaces import Workspaces
from trellis.storage.database import Database

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MONTH = Settings(audit_days="30")


@pytest.fixture
async def log(database_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Log]:
    """300 rows of each table from two months ago, and 50 of now; sealed."""
    monkeypatch.setattr(sealing, "MOST", 100)
    database = await Database.open(Settings.read(database_settings))
    clock = FixedClock(NOW - timedelta(days=60))
    log = Log(database, await database.create_workspace("main"), clock)
    await _fill(log, 300)
    clock.advance(timedelta(days=60))
    await _fill(log, 50)
    yield log
    await database.close()


async def _fill(log: Log, count: int) -> None:
    await write_saves(log, count)
    await write_notes(log, count)
    await seal(log)


async def _count(log: Log, table: str) -> int:
    async with log.database.read(log.workspace) as connection:
        ((count,),) = await connection.fetch(prepared(connection, f"SELECT count(*) FROM {{{table}}}"))
    return int(count)


async def _act(log: Log, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    audit.add(parser)
    return await audit.act(log, parser.parse_args(arguments), MONTH)


async def test_old_rows_go_and_the_chain_verifies(log: Log) -> None:
    assert await purge(log, retention_of(MONTH)) == {"audit": 300}

    assert (await _count(log, "audit"), await _count(log, "history")) == (51, 350)
    await seal(log)
    found = await verify(log)
    assert (found.findings, found.rows, found.purged) == ([], 401, 300)
    assert await purge(log, retention_of(MONTH)) == {"audit": 0}


async def test_history_goes_only_when_it_is_said(log: Log) -> None:
    removed = await purge(log, retention_of(Settings(history_days="30")))

    assert removed == {"history": 300}
    assert (await verify(log)).findings == []


async def test_the_newest_row_stays_so_that_numbers_go_on(log: Log) -> None:
    assert isinstance(log.clock, FixedClock)
    log.clock.advance(timedelta(days=90))
    await purge(log, Retention({"history": timedelta(days=1)}))
    assert await _count(log, "history") == 50
    await _fill(log, 20)

    found = await verify(log)

    assert found.findings == []


async def test_rows_removed_by_somebody_else_are_not_taken_for_old(log: Log) -> None:
    async with log.database.write(log.workspace) as connection:
        await run(connection, "DELETE FROM {audit} WHERE seq <= 100")
        await run(connection, "UPDATE {audit_block} SET tags = '', purged_at = 1 WHERE number = 2")

    assert {one.kind for one in (await verify(log)).findings} == {Kind.BLOCK_EDITED}


async def test_rows_put_where_old_ones_were_are_found(log: Log) -> None:
    await purge(log, retention_of(MONTH))
    async with log.database.write(log.workspace) as connection:
        await run(connection, "INSERT INTO {audit} (seq, id, at, kind, actor, detail) VALUES (7, '', 1, 'x', '', '')")

    assert {(one.kind, one.rows) for one in (await verify(log)).findings} == {(Kind.INSERTED, ((7, 7),))}


async def test_days_that_are_no_number_are_refused() -> None:
    with pytest.raises(Invalid):
        retention_of(Settings(audit_days="a month"))


async def test_a_keeper_seals_once_more_when_it_is_stopped(log: Log) -> None:
    keeper = asyncio.create_task(Keeper(Workspaces(log.database, log.clock), Retention({})).run())
    await asyncio.sleep(0)
    await write_saves(log, 30, start=500)

    keeper.cancel()
    await asyncio.wait({keeper})

    found = await verify(log)
    assert (found.unsealed, found.findings) == (0, [])


async def test_the_command_verifies(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _act(log, "verify") == audit.WHOLE
    assert capsys.readouterr().out.splitlines()[-1] == "Nobody has touched the log."
    async with log.database.write(log.workspace) as connection:
        await run(connection, "DELETE FROM {history} WHERE seq IN (3, 4, 8)")
        await run(connection, "DELETE FROM {audit_block} WHERE number = 8")

    assert await _act(log, "verify") == audit.BROKEN

    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == ("history 3-4,8, block 1, sealed between the beginning and 2026-09-23 09:30:00 UTC: deleted")
    assert second == "block 8: missing"


async def test_the_command_looks_from_a_day_on(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    async with log.database.write(log.workspace) as connection:
        await run(connection, "DELETE FROM {history} WHERE seq = 3")

    assert await _act(log, "verify", "--from", "2026-11-20") == audit.WHOLE
    assert capsys.readouterr().out.startswith("2 blocks, 100 rows")


async def test_a_backup_that_was_put_back_can_be_accepted(log: Log) -> None:
    async with log.database.write(log.workspace) as connection:
        await run(connection, "DELETE FROM {audit_block} WHERE number > 6")
        await run(connection, "DELETE FROM {setting} WHERE key = 'audit.sealed'")
        await run(connection, "DELETE FROM {audit} WHERE seq > 300")
        await run(connection, "DELETE FROM {history} WHERE seq > 300")
    assert await _act(log, "verify") == audit.BROKEN

    assert await _act(log, "accept") == audit.WHOLE
    await _act(log, "seal")

    assert await _act(log, "verify") == audit.WHOLE


async def test_the_command_says_what_was_found_last(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    assert await _act(log, "status") == audit.NOT_POSSIBLE
    await _act(log, "verify")
    assert await _act(log, "status") == audit.WHOLE
    async with log.database.write(log.workspace) as connection:
        await run(connection, "DELETE FROM {history} WHERE seq = 3")
    await _act(log, "verify")
    capsys.readouterr()

    assert await _act(log, "status") == audit.BROKEN

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("history 3, block 1, sealed between the beginning")
    assert said[1].endswith("2026-11-22 09:30:00 UTC: 1 findings")
    assert said[2] == "The whole log was verified 2026-11-22 09:30:00 UTC"
