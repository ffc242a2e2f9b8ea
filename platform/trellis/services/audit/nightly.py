"""The log is verified every night: what is new each night, all of it once a week, in parts between which others work.

It changes nothing of the log. What it finds is kept for the page of the log, goes to the log of the server as an error,
and once into letters to those who may read the log.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import structlog

from trellis.engine.access.inheritance import giving
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.accountlinks import address_of
from trellis.services.audit.log import Log, log_of
from trellis.services.audit.remembered import (
    Round,
    Verdict,
    keep_verdict,
    last_verdict,
    signed,
    unsigned,
    verdict_of,
)
from trellis.services.audit.verifying import go_on, is_in_chain
from trellis.services.context import Context
from trellis.services.identities import actor_of
from trellis.services.mail import send_later
from trellis.services.worker import Handler, Job
from trellis.storage import people, timers
from trellis.storage.connection import Connection
from trellis.storage.explaining_access import users_with
from trellis.storage.timers import Wanted

KIND = "audit.verify"
RIGHT = "audit"
OFF = "off"
PAUSE = timedelta(seconds=1)
"""Between two parts, so that other work and the people at the server have their turn."""
WHOLE_EVERY = timedelta(days=7) - timedelta(hours=1)
MOST_LETTERS = 50

_log = structlog.get_logger()


def hour_of(text: str) -> time | None:
    """The setting: a time of the day in UTC, None for `off`; raises Invalid for anything else."""
    if text.strip().lower() == OFF:
        return None
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()
    except ValueError:
        reason = Message("“{value}” is no time of the day such as 19:10, nor “off”.", {"value": text})
        raise Invalid([FieldError("audit_verify", "time", reason)]) from None


def last_time(at: time, now: datetime) -> datetime:
    """The last moment at which the clock showed this time of the day in UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), at, UTC)
    return today if today <= now else today - timedelta(days=1)


async def ask(log: Log, moment: datetime) -> None:
    """Have the log verified for a day, unless somebody has asked for that before."""
    wanted = Wanted(KIND, due_at=moment, key=f"{KIND}/{moment:%Y-%m-%d}")
    async with log.database.write(log.workspace) as connection:
        await timers.enqueue(connection, wanted, log.now)


async def verify_some(job: Job) -> None:
    """One part of the verification; the next one follows by itself, after the last one the result is kept."""
    log = log_of(job.context)
    round_ = unsigned(log.key, str(job.timer.payload.get("round", "")), Round) or await _begin(log)
    part = await go_on(log, round_.place)
    round_ = round_.with_part(part.place, part.report)
    async with log.database.write(log.workspace) as connection:
        if part.over:
            await _finish(job.context, connection, log, round_)
        else:
            payload = {"round": signed(log.key, round_)}
            await timers.enqueue(connection, Wanted(KIND, payload, log.now + PAUSE), log.now)
        await job.finish(connection)


async def _begin(log: Log) -> Round:
    """From where the last verification ended, or from the beginning where that is a week ago or no place to trust."""
    async with log.database.read(log.workspace) as connection:
        before = await last_verdict(connection, log.key)
    if before is None or before.whole_at is None or log.now - before.whole_at >= WHOLE_EVERY:
        return Round(log.now)
    if not await is_in_chain(log, before.place):
        return Round(log.now)
    return Round(log.now, whole=False, place=before.place)


async def _finish(context: Context, connection: Connection, log: Log, round_: Round) -> None:
    before = await last_verdict(connection, log.key)
    verdict = verdict_of(before, round_, log.now)
    facts = {"workspace": log.workspace.name, "blocks": round_.blocks, "rows": round_.rows, "whole": round_.whole}
    if not verdict.findings:
        _log.info("audit_verified", **facts)
    else:
        _log.error("audit_broken", **facts, findings=verdict.findings, block=verdict.first_broken)
        if not verdict.told:
            await _tell(context, connection, verdict)
            verdict = replace(verdict, told=True)
    await keep_verdict(connection, log.key, verdict)


async def _tell(context: Context, connection: Connection, verdict: Verdict) -> None:
    """A line in the log, and a letter to everybody who may read it."""
    first = verdict.first_broken
    await audit.note(context, connection, "audit.broken", count=verdict.findings, block=first)
    users = await users_with(connection, giving(context.snapshot, RIGHT))
    known = await people.with_ids(connection, context.release.statements, users[:MOST_LETTERS])
    for person in known.values():
        if person.active and person.email:
            data = {
                "name": person.name, "site": address_of(context, "/"), "count": verdict.findings,
                "block": "?" if first is None else first, "link": address_of(context, "/admin/audit"),
            }  # fmt: skip
            locale = actor_of(person, context).locale
            await send_later(context, connection, to=person.email, template="audit_broken", data=data, locale=locale)


HANDLERS: Mapping[str, Handler] = {KIND: verify_some}
