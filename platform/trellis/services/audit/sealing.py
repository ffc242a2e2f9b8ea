"""Seals the rows of the log into blocks, shortly after they were written, without holding any writer up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from trellis.kernel.identity import new_id
from trellis.services.audit.hashes import START, Key, content_of
from trellis.services.audit.heads import Head, keep_head, read_head
from trellis.services.audit.log import Log
from trellis.services.audit.ranges import gaps_between, ranges_of, to_text, without
from trellis.services.audit.state import KEY, Gap, Kept, State, read_state
from trellis.services.audit.state import to_text as state_text
from trellis.storage import audit_blocks
from trellis.storage.audit import Noted, append
from trellis.storage.audit_blocks import SOURCES, Block, Row
from trellis.storage.connection import SQLITE, Connection

MOST = 1_000
"""How many rows of a table go into one block at most."""

REPLACED = "audit.state_replaced"
"""What the log says when somebody has tampered with how far it is sealed."""

ACCEPTED = "audit.head_accepted"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of one table that can be sealed, and the gaps that are left then."""

    source: str
    rows: list[Row]
    upto: int
    gaps: Sequence[Gap]


async def seal(log: Log) -> int:
    """Seal everything that is there; how many rows that were. Nothing, if somebody else is at it."""
    total = 0
    while sealed := await _seal_some(log):
        total += sealed
    return total


async def newest_head(log: Log) -> Head:
    """The last block of the chain that is there."""
    async with log.database.read(log.workspace) as connection:
        newest = await audit_blocks.newest_block(connection)
    return Head(newest.number, newest.hash) if newest else Head(0, START)


async def accept_head(log: Log) -> Head:
    """Take the chain that is there as the true one, and say so in the log."""
    head = await newest_head(log)
    async with log.database.write(log.workspace) as connection:
        await append(
            connection, Noted(new_id(log.now), log.now, ACCEPTED, actor="", detail=f'{{"block":{head.number}}}')
        )
    keep_head(log.workspace, head)
    return head


async def seal_within(log: Log, connection: Connection) -> None:
    """Seal everything that is there in a transaction that keeps all writers out."""
    key = log.key
    while True:
        kept = await read_state(connection, key)
        found = await _look(connection, kept.state, log.moment)
        if not any(one.rows for one in found):
            return
        await _write(log, connection, key, kept, found)


async def _seal_some(log: Log) -> int:
    key = log.key
    async with log.database.read(log.workspace) as connection:
        kept = await read_state(connection, key)
        if not await _is_behind(connection, kept):
            return 0
        found = await _look(connection, kept.state, log.moment)
    if not (kept.forged or any(one.rows for one in found) or _gaps_changed(kept.state, found)):
        return 0
    async with log.database.write(log.workspace) as connection:
        state = await _write(log, connection, key, kept, found)
    if state is None:
        return 0
    await _keep_head(log, Head(kept.state.number, kept.state.hash), Head(state.number, state.hash))
    return sum(len(one.rows) for one in found)


async def _is_behind(connection: Connection, kept: Kept) -> bool:
    newest = await audit_blocks.newest_rows(connection)
    state = kept.state
    return kept.forged or any(state.gaps[source] or newest[source] > state.upto[source] for source in SOURCES)


async def _look(connection: Connection, state: State, now: int) -> list[_Found]:
    """What can be sealed. The transactions are read first: those that had ended by then have no more rows to show."""
    ended, _ = await audit_blocks.transactions(connection)
    return [await _look_at(connection, state, source, now, ended) for source in SOURCES]


async def _look_at(connection: Connection, state: State, source: str, now: int, ended: int) -> _Found:
    upto, gaps, late = state.upto[source], list(state.gaps[source]), []
    for gap in gaps:
        late += await audit_blocks.rows_between(connection, source, gap.first, gap.last, MOST)
    new = await audit_blocks.rows_after(connection, source, upto, MOST)
    if connection.dialect == SQLITE:  # one writer at a time: what is not there will not come
        return _Found(source, [*late, *new], new[-1][0] if new else upto, ())
    _, horizon = await audit_blocks.transactions(connection)
    came = frozenset(row[0] for row in late)
    left = [
        replace(gap, first=first, last=last)
        for gap in gaps
        if gap.may_come(now, ended) or len(late) >= MOST
        for first, last in without([(gap.first, gap.last)], came)
    ]
    noticed = [Gap(first, last, now, horizon) for first, last in gaps_between(upto, (row[0] for row in new))]
    return _Found(source, [*late, *new], new[-1][0] if new else upto, (*left, *noticed))


def _gaps_changed(state: State, found: Sequence[_Found]) -> bool:
    return any(tuple(state.gaps[one.source]) != tuple(one.gaps) for one in found)


async def _write(log: Log, connection: Connection, key: Key, kept: Kept, found: Sequence[_Found]) -> State | None:
    """Add the blocks and keep the state; None, and nothing is changed, when somebody else was faster."""
    at, blocks, state = log.moment, [], kept.state
    for one in found:
        if one.rows:
            block = _block(key, one, state, at)
            blocks.append(block)
            state = replace(state, number=block.number, hash=block.hash)
    state = replace(
        state, upto={one.source: one.upto for one in found}, gaps={one.source: tuple(one.gaps) for one in found}
    )
    if not await audit_blocks.replace_state(connection, KEY, kept.text, state_text(key, state)):
        return None
    if blocks:
        await audit_blocks.add_blocks(connection, blocks)
    if kept.forged:
        _log.error("audit_state_was_replaced", workspace=log.workspace.name)
        await append(connection, _replaced(log))
    return state


def _replaced(log: Log) -> Noted:
    return Noted(new_id(log.now), log.now, REPLACED, actor="")


def _block(key: Key, found: _Found, state: State, at: int) -> Block:
    tags = key.tags(found.source, found.rows)
    ranges = to_text(ranges_of(row[0] for row in found.rows))
    number, content = state.number + 1, content_of(tags)
    block = Block(number, at, found.source, ranges, len(found.rows), state.hash, content, tags=tags)
    return replace(block, hash=key.hash(block))


async def _keep_head(log: Log, before: Head, head: Head) -> None:
    """Move the kept head on, but only along the chain: one that the chain does not have stays, to be found."""
    kept = read_head(log.workspace)
    if kept is None or kept == before or (kept.number < head.number and await is_in_chain(log, kept)):
        keep_head(log.workspace, head)


async def is_in_chain(log: Log, head: Head) -> bool:
    """Whether a head that was kept is part of the chain that is there."""
    if head.number == 0:
        return True
    async with log.database.read(log.workspace) as connection:
        found = await audit_blocks.blocks_from(connection, head.number, 1)
    return bool(found) and (found[0].number, found[0].hash) == (head.number, head.hash)
