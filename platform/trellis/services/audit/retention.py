"""Removes old rows of the log: whole blocks only, and the blocks stay, so that the chain still verifies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.identity import new_id
from trellis.kernel.messages import Message
from trellis.kernel.settings import Settings
from trellis.services.audit.log import Log
from trellis.services.audit.noting import detail_text
from trellis.services.audit.state import read_ranges, read_state
from trellis.storage import audit_blocks
from trellis.storage.audit import Noted, append
from trellis.storage.audit_blocks import AUDIT, HISTORY, Block
from trellis.storage.audit_guard import removing
from trellis.storage.connection import Connection
from trellis.storage.moments import to_number

PURGED = "audit.purged"
_BLOCKS = 100


@dataclass(frozen=True, slots=True)
class Retention:
    """For how long rows of each table are kept; for ever where it does not say."""

    kept: Mapping[str, timedelta]


def retention_of(settings: Settings) -> Retention:
    """What the settings say; raises Invalid when they say no number of days."""
    given = {AUDIT: settings.audit_days, HISTORY: settings.history_days}
    return Retention({source: _days(text) for source, text in given.items() if text})


def _days(text: str) -> timedelta:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        reason = Message("“{value}” is no number of days from 1 to 36500.", {"value": text})
        raise Invalid([FieldError("days", "days", reason)])
    return timedelta(days=int(text))


async def purge(log: Log, retention: Retention) -> dict[str, int]:
    """Remove the rows of all blocks that are older; how many rows of each table."""
    removed = dict.fromkeys(retention.kept, 0)
    for source, kept in retention.kept.items():
        before = to_number(log.now - kept)
        while number := await _purge_some(log, source, before):
            removed[source] += number
    return removed


async def _purge_some(log: Log, source: str, before: int) -> int:
    """One transaction of it."""
    async with log.database.read(log.workspace) as connection:
        blocks = await audit_blocks.old_blocks(connection, source, before, _BLOCKS)
        upto = (await read_state(connection, log.key)).state.upto[source]
    blocks = [block for block in blocks if not _holds(block, upto) and log.key.made(block)]
    if not blocks:
        return 0
    async with log.database.write(log.workspace) as connection:
        async with removing(connection):
            for block in blocks:
                await _remove(log, connection, block)
        rows = sum(block.count for block in blocks)
        numbers = [blocks[0].number, blocks[-1].number]
        detail = detail_text({"source": source, "rows": rows, "blocks": numbers})
        await append(connection, Noted(new_id(log.now), log.now, PURGED, actor="", detail=detail))
    return rows


def _holds(block: Block, number: int) -> bool:
    """The newest row stays: SQLite would give its number again."""
    return any(first <= number <= last for first, last in read_ranges(block.ranges))


async def _remove(log: Log, connection: Connection, block: Block) -> None:
    for first, last in read_ranges(block.ranges):
        await audit_blocks.remove_rows(connection, block.source, first, last)
    gone = replace(block, tags="", purged_at=log.moment)
    await audit_blocks.change_block(connection, replace(gone, seal=log.key.seal(gone)))
