"""Deleting for good what was retired: after its time, by somebody with the right, who repeats its name."""

from collections.abc import Iterator
from datetime import datetime

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.ledger import Ledger, LedgerEntry, field_path
from trellis.services.audit import note
from trellis.services.audit.forgetting import forgetting
from trellis.services.audit.log import log_of
from trellis.services.context import Context
from trellis.services.patience import Patience
from trellis.services.studio.retired import RETENTION, days_of, key_of
from trellis.storage.connection import Connection, Contention
from trellis.storage.ledger import read_ledger
from trellis.storage.preferences import setting
from trellis.storage.preparing import hurry
from trellis.storage.purging import Purge, Remains, affected, remains_of
from trellis.storage.purging import purge as drop
from trellis.storage.releases import load_sources, release_moment

PATIENCE = Patience(tries=12, first=0.05)


async def purge(context: Context, uid: int, confirm: str, *, now: str = "") -> None:
    """Delete a retired field or entity with its values for good; nothing brings them back.

    `confirm` repeats its key or id; `now` repeats it once more to delete it before its time. Raises NotFound, Forbidden
    without the right, and Invalid when it was not confirmed or is too early.
    """
    if not context.access.system("purge"):
        raise Forbidden(Message("You may not delete what was retired."))
    for number in range(PATIENCE.tries - 1):
        try:
            return await _purge(context, uid, confirm, now)
        except Contention:  # somebody reads the table: others would have to wait behind us
            await PATIENCE.pause(min(number, 4))
    await _purge(context, uid, confirm, now)


async def _purge(context: Context, uid: int, confirm: str, now: str) -> None:
    async with context.database.publish(context.workspace) as connection:
        ledger = await read_ledger(connection)
        remains = remains_of(ledger, uid)
        if remains is None:
            raise NotFound()
        name = key_of(remains.entry)
        if confirm != name:
            raise _refused("confirm", "not_confirmed", Message("Repeat the name exactly: {name}.", {"name": name}))
        retired = await _moment(connection, remains.entry)
        if now != name:
            await _refuse_early(context, connection, retired)
        forget = await _forgotten(connection, ledger, remains, retired)
        await hurry(connection)
        wanted = Purge(remains, context.actor.id, context.clock.now(), forget)
        changing = await forgetting(log_of(context), connection, await affected(connection, wanted))
        await drop(connection, wanted)
        await changing.finish()
        await note(context, connection, "retired.purged", entity=remains.entry.entity, name=name)


def _refused(path: str, code: str, reason: Message) -> Invalid:
    return Invalid([FieldError(path, code, reason)])


async def _moment(connection: Connection, entry: LedgerEntry) -> datetime:
    found = await release_moment(connection, entry.retired or 0)
    if found is None:
        raise NotFound()
    return found


async def _refuse_early(context: Context, connection: Connection, retired: datetime) -> None:
    kept = days_of(await setting(connection, RETENTION))
    if context.clock.now() < retired + kept:
        reason = Message(
            "What was retired is kept for {days} days, here until {date}.",
            {"days": kept.days, "date": (retired + kept).date().isoformat()},
        )
        raise _refused("now", "too_early", reason)


async def _forgotten(
    connection: Connection, ledger: Ledger, remains: Remains, retired: datetime
) -> tuple[tuple[str, datetime], ...]:
    """Under which paths history has values of it, and until when; none where a field only got another column."""
    if not remains.whole and await _lives_on(connection, remains):
        return ()
    moments = [(path, await release_moment(connection, until)) for until, path in _names(remains.entry)]
    return ((remains.entry.path, retired), *((path, at) for path, at in moments if at is not None))


def _names(entry: LedgerEntry) -> Iterator[tuple[int, str]]:
    return ((until, path) for until, path in entry.former if path)


async def _lives_on(connection: Connection, remains: Remains) -> bool:
    """Whether the field itself was there in the release that retired its column."""
    entity, key = remains.entry.entity, key_of(remains.entry)
    for raw in await load_sources(connection, remains.entry.retired or 0):
        fields = raw.get("fields") if raw["id"] == entity else None
        added = raw.get("add") if raw.get("target") == entity else None
        if key in (fields or {}) or field_path("", key).removeprefix("#") in (added or {}):
            return True
    return False
