"""The tags of the rows that are there, read once in the order of their numbers."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trellis.services.audit.hashes import Key
from trellis.services.audit.ranges import Range, numbers_of, ranges_of
from trellis.storage.audit_blocks import COLUMNS, Row, rows_between
from trellis.storage.connection import Connection

PAGE = 5_000
BEYOND = 2**62
"""More than any number of a row; what an intruder adds may be negative."""


@dataclass(eq=False)
class RowTags:
    """The rows of one table: read up to `position`, those before `start` only when they are asked for."""

    connection: Connection
    key: Key
    source: str
    start: int = -BEYOND
    position: int = -BEYOND
    waiting: dict[int, str] = field(default_factory=dict)
    """What was read and belongs to no block yet."""
    doubtful: list[Range] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    """Where each block ends, with its number."""
    left: dict[int, int | None] = field(default_factory=dict)
    """What an earlier part of the verification has read and no block had sealed, with the block around it."""

    def skip(self, number: int) -> None:
        """Begin after a row."""
        self.start = self.position = max(self.position, number)

    def mark(self, last: int, block: int) -> None:
        """A block that has sealed rows up to one."""
        if not self.marks or last > self.marks[-1][0]:
            self.marks.append((last, block))

    async def read_to(self, last: int) -> None:
        """Read on up to a row."""
        while self.position < last:
            rows = await rows_between(self.connection, self.source, self.position + 1, last, PAGE)
            self.waiting.update((row[0], self.key.tag(self.source, row)) for row in rows)
            self.position = rows[-1][0] if len(rows) == PAGE else last

    async def take(self, ranges: Sequence[Range]) -> dict[int, str]:
        """The tags of the rows of a block, as far as they are there."""
        found, missing = {}, []
        for number in numbers_of(ranges):
            if self.left:
                self.left.pop(number, None)
            tag = self.waiting.pop(number, None)
            if tag is not None:
                found[number] = tag
            elif number <= self.start or number > self.position:
                missing.append(number)
        return found | await self.read(ranges_of(missing))

    async def read(self, ranges: Sequence[Range]) -> dict[int, str]:
        """The tags of rows, read now."""
        found = {}
        for first, last in ranges:
            for row in await rows_between(self.connection, self.source, first, last, last - first + 1):
                found[row[0]] = self.key.tag(self.source, row)
        return found

    def strangers(self, gaps: Sequence[Range]) -> Iterator[tuple[tuple[Range, ...], int | None]]:
        """Rows that no block has sealed and that could not come late, with the block that sealed those around them."""
        known = sorted([*gaps, *self.doubtful])
        for ranges, block in self.unclaimed():
            numbers = [number for number in numbers_of(ranges) if not _within(known, number)]
            if numbers:
                yield tuple(ranges_of(numbers)), block

    def unclaimed(self) -> list[tuple[tuple[Range, ...], int | None]]:
        """Rows that no block has sealed so far, with the block that sealed those around them."""
        around = {**self.left, **{number: self._block_of(number) for number in self.waiting}}
        by_block: dict[int | None, list[int]] = {}
        for number in sorted(around):
            by_block.setdefault(around[number], []).append(number)
        return [(tuple(ranges_of(numbers)), block) for block, numbers in by_block.items()]

    async def unsealed(self, before: int) -> tuple[int, list[int]]:
        """How many rows are not sealed yet and were written after a moment, and the numbers of those from before."""
        place, young, old = COLUMNS[self.source].index("at"), 0, []
        rows: list[Row] = []
        after = self.position
        while rows := await rows_between(self.connection, self.source, after + 1, BEYOND, PAGE):
            after = rows[-1][0]
            late = [row[0] for row in rows if row[place] < before and not _within(self.doubtful, row[0])]
            young += len(rows) - len(late)
            old += late
        return young, old

    def _block_of(self, number: int) -> int | None:
        place = bisect_left(self.marks, (number, 0))
        return self.marks[place][1] if place < len(self.marks) else None


def _within(ranges: Sequence[Range], number: int) -> bool:
    return any(first <= number <= last for first, last in ranges)
