"""The log is verified every night by itself: what is new, once a week everything, and an alarm that is told once."""

from datetime import UTC, datetime, time, timedelta
from typing import cast

import pytest
import structlog

from tests.support.auditlog import run, write_notes, write_saves
from trellis.kernel.actor import Actor
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Invalid
from trellis.services import accounts
from trellis.services.audit import nightly, sealing, verifying
from trellis.services.audit.findingwords import said_of
from trellis.services.audit.keeping import Keeper
from trellis.services.audit.log import Log, log_of
from trellis.services.audit.remembered import (
    Round,
    Verdict,
    last_verdict,
    signed,
    unsigned,
    verify_and_remember,
)
from trellis.services.audit.retention import Retention
from trellis.services.audit.sealing import seal
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import Search, timeline
from trellis.services.context import Context
from trellis.services.worker import Job, Worker
from trellis.services.workspaces import Workspaces

pytestmark = pytest.mark.anyio
AT = time(19, 10)
DAY = timedelta(days=1)


class Night:
    """A server at night: its clock, its keeper and its worker, and the letters it would send."""

    def __init__(self, system: Context) -> None:
        workspaces = Workspaces(system.database, system.clock)
        self.log: Log = log_of(system)
        self.clock = cast(FixedClock, system.clock)
        self.letters: list[tuple[str, str]] = []
        self.keeper = Keeper(workspaces, Retention({}), AT)
        self.worker = Worker(workspaces, {**nightly.HANDLERS, "mail": self._send}, "test")
        self.parts = 0

    async def _send(self, job: Job) -> None:
        self.letters.append((str(job.timer.payload["to"]), str(job.timer.payload["template"])))

    async def passes(self, days: int = 1) -> Verdict:
        """Some days later, everything that was to be done is done."""
        for _ in range(days):
            self.clock.advance(DAY)
            await self.keeper.keep()
            self.parts = 0
            while done := await self.worker.run_due():
                self.parts += done
                self.clock.advance(nightly.PAUSE)
                await seal(self.log)
        return await self.verdict()

    async def verdict(self) -> Verdict:
        async with self.log.database.read(self.log.workspace) as connection:
            found = await last_verdict(connection, self.log.key)
        assert found is not None
        return found

    async def tamper(self, sql: str) -> None:
        async with self.log.database.write(self.log.workspace) as connection:
            await run(connection, sql)


@pytest.fixture
async def night(system: Context, monkeypatch: pytest.MonkeyPatch) -> Night:
    """A log of 400 rows in small blocks, looked at in small parts."""
    monkeypatch.setattr(sealing, "MOST", 50)
    monkeypatch.setattr(verifying, "FEW", 2)
    monkeypatch.setattr(verifying, "SOME_ROWS", 100)
    await accounts.create_user(system, email="ada@example.com", name="Ada", roles=["core.admin"])
    await accounts.create_user(system, email="rep@example.com", name="Rep", roles=["sales.rep"])
    found = Night(system)
    await write_saves(found.log, 300)
    await write_notes(found.log, 100)
    await seal(found.log)
    return found


async def test_what_is_new_is_looked_at_each_night_and_everything_once_a_week(night: Night) -> None:
    first = await night.passes()
    parts = night.parts
    await write_saves(night.log, 10, start=1_000)
    second = await night.passes()
    few = night.parts

    assert (first.findings, first.at, first.whole_at) == (0, first.whole_at, first.at)
    assert second.block > first.block
    assert (second.findings, second.whole_at) == (0, first.whole_at)
    assert (parts > 3, few) == (True, 1), (parts, few)
    weekly = await night.passes(days=6)
    assert weekly.whole_at == weekly.at


async def test_an_old_row_that_was_edited_is_found_within_a_week_and_told_once(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    await night.passes()
    await night.tamper("UPDATE {history} SET actor = 'eve' WHERE seq = 7")
    assert (await night.passes(days=6)).findings == 0, "only what is new was looked at"

    with structlog.testing.capture_logs() as logs:
        alarm = await night.passes()
    later = await night.passes(days=8)

    assert [(one["log_level"], one["findings"], one["block"]) for one in logs if one["event"] == "audit_broken"] == [
        ("error", 1, alarm.first_broken)
    ]
    assert (alarm.findings, alarm.found[0].rows) == (1, ((7, 7),))
    assert str(said_of(alarm.found[0])).endswith("rows 7 of the table history were edited.")
    assert (later.findings, later.at > alarm.at) == (1, True)
    assert night.letters == [("ada@example.com", "audit_broken")]
    await night.tamper("UPDATE {history} SET actor = 'ada' WHERE seq = 7")
    assert (await night.passes(days=3)).findings == 1, "an alarm ends when the whole log was looked at"
    assert (await verify_and_remember(night.log)).findings == []
    assert ((await night.verdict()).findings, (await night.passes()).findings) == (0, 0)


async def test_new_rows_that_were_edited_are_found_the_next_night(night: Night, system: Context) -> None:
    await night.passes()
    await write_saves(night.log, 120, start=1_000)
    await seal(night.log)
    await night.tamper("DELETE FROM {history} WHERE seq = 350")

    alarm = await night.passes()

    assert (alarm.findings, alarm.told, alarm.whole_at != alarm.at) == (1, True, True)
    ada = await accounts.user_id(system, "ada@example.com")
    reader = system.with_actor(Actor(ada, "Ada", roles=frozenset({"core.admin"})))
    (line,) = [one for one in (await timeline(reader, Search(kind="audit"))).entries if one.kind == "audit.broken"]
    assert str(sentence(reader, line)) == "The log does not verify any more: 1 findings"


async def test_what_somebody_wrote_into_the_note_or_the_work_is_not_believed(night: Night) -> None:
    await night.passes()
    await night.tamper("UPDATE {setting} SET value = replace(value, 'findings', 'others') WHERE key = 'audit.verified'")

    with pytest.raises(AssertionError):
        await night.verdict()
    found = await night.passes()

    assert (found.findings, found.whole_at) == (0, found.at)
    begun = signed(night.log.key, Round(night.log.now, whole=False))
    assert unsigned(night.log.key, begun, Round) == Round(night.log.now, whole=False)
    for text in (begun.replace("false", "true"), signed(night.log.key, found), "", "[]", "{}", "nonsense"):
        assert unsigned(night.log.key, text, Round) is None


async def test_a_chain_that_ends_before_is_looked_at_from_the_beginning(night: Night) -> None:
    first = await night.passes()
    await night.tamper(f"DELETE FROM {{audit_block}} WHERE number > {first.block - 2}")

    alarm = await night.passes()

    assert (alarm.findings > 0, alarm.whole_at) == (True, alarm.at)


async def test_it_is_asked_for_once_a_day_by_however_many_processes(night: Night) -> None:
    other = Keeper(Workspaces(night.log.database, night.log.clock), Retention({}), AT)
    night.clock.advance(DAY)

    for keeper in (night.keeper, other, night.keeper):
        await keeper.keep()
    first = await night.worker.run_due()
    night.clock.advance(timedelta(hours=1))
    await other.keep()

    assert first == 1
    assert await night.worker.run_due() == 1, "the next part, and no second verification"


async def test_it_can_be_switched_off(night: Night) -> None:
    await Keeper(Workspaces(night.log.database, night.log.clock), Retention({})).keep()

    assert await night.worker.run_due() == 0


async def test_the_setting_is_a_time_of_the_day_or_off() -> None:
    now = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

    assert (nightly.hour_of("03:05"), nightly.hour_of("off")) == (time(3, 5), None)
    assert nightly.last_time(time(9, 30), now) == now
    assert nightly.last_time(time(9, 31), now) == now - DAY + timedelta(minutes=1)
    for text in ("25:00", "3", "tonight", "-1:00"):
        with pytest.raises(Invalid):
            nightly.hour_of(text)
