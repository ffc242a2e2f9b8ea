"""Keeps the chain whole when Trellis itself forgets values in rows of history that are sealed."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from trellis.services.audit.hashes import LETTERS
from trellis.services.audit.log import Log
from trellis.services.audit.ranges import numbers_of, ranges_of
from trellis.services.audit.rowtags import RowTags
from trellis.services.audit.sealing import seal_within
from trellis.services.audit.state import read_ranges
from trellis.storage import audit_blocks
from trellis.storage.audit_blocks import HISTORY, Block
from trellis.storage.connection import Connection

_BLOCKS = 50
_Act = Callable[[Block, dict[int, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Rows that are about to be changed, less those that somebody else had changed before: they stay findings."""

    log: Log
    connection: Connection
    numbers: frozenset[int]

    async def finish(self) -> None:
        """The rows were changed: give their blocks the tags they have now, signed."""
        await _each(self.log, self.connection, self.numbers, self._change)

    async def _change(self, block: Block, found: dict[int, str]) -> None:
        tags = "".join(found.get(number, tag) for number, tag in _tags(block))
        changed = replace(block, tags=tags, changed_at=self.log.moment)
        await audit_blocks.change_block(self.connection, replace(changed, seal=self.log.key.seal(changed)))


async def forgetting(log: Log, connection: Connection, numbers: Iterable[int]) -> Forgetting:
    """Begin to change rows of history, in a transaction that keeps all writers out."""
    await seal_within(log, connection)
    wanted, true = frozenset(numbers), set[int]()

    async def look(block: Block, found: dict[int, str]) -> None:
        true.update(number for number, tag in _tags(block) if found.get(number) == tag)

    await _each(log, connection, wanted, look)
    return Forgetting(log, connection, frozenset(true))


async def _each(log: Log, connection: Connection, numbers: frozenset[int], act: _Act) -> None:
    """Do something with every block of history that has some of the rows, and the tags these have."""
    rows, after = RowTags(connection, log.key, HISTORY), 0
    while blocks := await audit_blocks.blocks_from(connection, after + 1, _BLOCKS):
        after = blocks[-1].number
        for block in blocks:
            mine = [number for number in numbers_of(read_ranges(block.ranges)) if number in numbers]
            if block.source == HISTORY and block.purged_at is None and mine:
                await act(block, await rows.read(ranges_of(mine)))


def _tags(block: Block) -> Iterator[tuple[int, str]]:
    for place, number in enumerate(numbers_of(read_ranges(block.ranges))):
        yield number, block.tags[place * LETTERS : (place + 1) * LETTERS]
