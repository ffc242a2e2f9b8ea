"""Finds everything that was done to the log behind Trellis' back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from trellis.services.audit.findings import Finding, Kind, Verified
from trellis.services.audit.hashes import LETTERS, START, Key
from trellis.services.audit.heads import Head, read_head
from trellis.services.audit.log import Log
from trellis.services.audit.places import Part, Place, Standing
from trellis.services.audit.ranges import Range, numbers_of, ranges_of
from trellis.services.audit.rowtags import BEYOND, RowTags
from trellis.services.audit.state import State, read_ranges, read_state
from trellis.storage import audit_blocks
from trellis.storage.audit_blocks import SOURCES, Block
from trellis.storage.connection import Connection
from trellis.storage.moments import optional_moment, to_number

BLOCKS = 200
AT_ONCE = 20_000
"""How many rows are held in memory, about."""
FEW, SOME_BLOCKS, SOME_ROWS = 25, 1_000, 20_000
"""How many blocks are read at once, and after how much others have their turn, where one verifies part by part."""
SOON = timedelta(minutes=1)
"""Rows must be sealed by then."""


async def verify(log: Log, *, first: int = 1, head: Head | None = None) -> Verified:
    """Look at the chain from a block on; a head that was kept elsewhere, else that of the data folder, must be in it."""
    key = log.key
    async with log.database.read(log.workspace) as connection:
        run = _Run(connection, key, log.now - SOON)
        await run.start(first)
        while await run.next_blocks():
            pass
        await run.finish()
        await run.compare(head or read_head(log.workspace))
    return run.report


async def go_on(log: Log, place: Place) -> Part:
    """Look at some more of the chain from a place on, so much that others need not wait long."""
    async with log.database.read(log.workspace) as connection:
        run = _Run(connection, log.key, log.now - SOON)
        run.take_up(place)
        while run.report.rows + run.report.purged < SOME_ROWS and run.report.blocks < SOME_BLOCKS:
            if not await run.next_blocks(FEW):
                await run.finish()
                await run.compare(read_head(log.workspace))
                return Part(run.place, run.report, over=True)
        return Part(run.place, run.report)


async def is_in_chain(log: Log, place: Place) -> bool:
    """Whether the block at which a verification ended is still there as it was."""
    async with log.database.read(log.workspace) as connection:
        found = await audit_blocks.blocks_from(connection, place.number, 1)
    return bool(found) and (found[0].number, found[0].hash) == (place.number, place.hash)


async def first_block(log: Log, moment: datetime) -> int:
    """The first block that was sealed at a moment or after it."""
    async with log.database.read(log.workspace) as connection:
        return await audit_blocks.block_at(connection, to_number(moment))


@dataclass(eq=False)
class _Run:
    """One verification: what it knows of the chain so far."""

    connection: Connection
    key: Key
    old: datetime
    report: Verified = field(default_factory=Verified)
    state: State = field(default_factory=State)
    previous: str = START
    number: int = 0
    tags: dict[str, RowTags] = field(default_factory=dict)
    sealed_at: dict[str, int] = field(default_factory=dict)

    async def start(self, first: int) -> None:
        """Take everything before a block as true."""
        self.tags = {source: RowTags(self.connection, self.key, source) for source in SOURCES}
        if first <= 1:
            return
        self.number = first - 1
        for _, at, source, ranges in await audit_blocks.outlines(self.connection, first):
            if source not in self.tags:
                continue
            self.tags[source].skip(max((last for _, last in read_ranges(ranges)), default=0))
            self.sealed_at[source] = at
        before = await audit_blocks.blocks_from(self.connection, first - 1, 1)
        if before:
            self.previous = before[0].hash

    def take_up(self, place: Place) -> None:
        """Go on where an earlier part ended."""
        self.number, self.previous = place.number, place.hash
        for source in SOURCES:
            known = place.tables.get(source, Standing())
            tags = self.tags[source] = RowTags(self.connection, self.key, source, doubtful=list(known.doubtful))
            if known.position is not None:
                tags.skip(known.position)
            if known.sealed_at is not None:
                self.sealed_at[source] = known.sealed_at
            tags.left = {number: block for ranges, block in known.left for number in numbers_of(ranges)}

    @property
    def place(self) -> Place:
        """Where this part ends."""
        return Place(
            self.number,
            self.previous,
            {
                source: Standing(
                    tags.position if tags.position > -BEYOND else None,
                    self.sealed_at.get(source),
                    tuple(tags.unclaimed()),
                    tuple(tags.doubtful),
                )
                for source, tags in self.tags.items()
            },
        )

    async def next_blocks(self, most: int = BLOCKS) -> bool:
        """Judge some more blocks; False when there are none."""
        kept = await read_state(self.connection, self.key)
        self.state = kept.state
        blocks = await audit_blocks.blocks_from(self.connection, self.number + 1, most)
        for group in _groups(blocks):
            await self._read_rows(group)
            for block in group:
                await self._judge(block)
        if not blocks and kept.forged:
            self.report.findings.append(Finding(Kind.STATE_FORGED))
        return bool(blocks)

    async def finish(self) -> None:
        """Judge what no block has sealed."""
        if self.state.number > self.number:
            self._missing(self.number + 1, self.state.number)
        for source, tags in self.tags.items():
            gaps = [(gap.first, gap.last) for gap in self.state.gaps[source]]
            for rows, block in tags.strangers(gaps):
                self.report.findings.append(Finding(Kind.INSERTED, block, source=source, rows=rows))
            young, old = await tags.unsealed(to_number(self.old))
            self.report.unsealed += young
            if old:
                self.report.findings.append(Finding(Kind.UNSEALED, source=source, rows=tuple(ranges_of(old))))

    async def compare(self, head: Head | None) -> None:
        """A head that was kept must be in the chain."""
        self.report.head = Head(self.number, self.previous)
        if head is None or head.number == 0 or head == self.report.head:
            return
        found = await audit_blocks.blocks_from(self.connection, head.number, 1)
        if not found or (found[0].number, found[0].hash) != (head.number, head.hash):
            self.report.findings.append(Finding(Kind.HEAD_MISSING, head.number))

    async def _read_rows(self, blocks: Sequence[Block]) -> None:
        for source, tags in self.tags.items():
            true = [block for block in blocks if block.source == source and block.hash == self.key.hash(block)]
            await tags.read_to(max((_last(block) for block in true), default=0))

    async def _judge(self, block: Block) -> None:
        true = self._judge_block(block)
        self.report.blocks += 1
        if block.source in self.tags:
            await self._judge_rows(block, true)
            self.tags[block.source].mark(_last(block) if true else 0, block.number)
            self.sealed_at[block.source] = block.at
        self.number, self.previous = block.number, block.hash

    def _judge_block(self, block: Block) -> bool:
        if block.number != self.number + 1:
            self._missing(self.number + 1, block.number - 1)
        elif block.previous != self.previous:
            self._found(Kind.BLOCK_MOVED, block)
        if self.key.made(block):
            return True
        self._found(Kind.BLOCK_EDITED, block)
        return False

    async def _judge_rows(self, block: Block, true: bool) -> None:
        ranges, tags = read_ranges(block.ranges), self.tags[block.source]
        if true and block.purged_at is not None:
            self.report.purged += block.count  # whatever is still there belongs to no block
            return
        if not true:
            tags.doubtful += ranges
        if len(block.tags) != _length(ranges) * LETTERS:
            return  # the block was found already
        self.report.rows += block.count
        wrong = _wrong(block, await tags.take(ranges))
        if any(wrong):
            wrong = await self._look_again(block, wrong)
        for kind, numbers in zip((Kind.EDITED, Kind.DELETED), wrong, strict=True):
            if numbers:
                self._found(kind, block, numbers)

    async def _look_again(self, block: Block, wrong: "_Wrong") -> "_Wrong":
        """Whether it is still wrong, when Trellis itself has changed the block meanwhile."""
        (now,) = await audit_blocks.blocks_from(self.connection, block.number, 1) or (block,)
        if now == block or not self.key.made(now):
            return wrong
        if now.purged_at is not None:
            return [], []
        return _wrong(now, await self.tags[block.source].read(read_ranges(now.ranges)))

    def _missing(self, first: int, last: int) -> None:
        self.report.findings.append(Finding(Kind.BLOCK_MISSING, first, blocks=(first, last)))

    def _found(self, kind: Kind, block: Block, numbers: Sequence[int] = ()) -> None:
        since = self.sealed_at.get(block.source)
        self.report.findings.append(
            Finding(
                kind,
                block.number,
                source=block.source if block.source in self.tags else "",
                rows=tuple(ranges_of(numbers)),
                since=_moment(since),
                until=_moment(block.at),
            )
        )


_Wrong = tuple[list[int], list[int]]
"""Which rows are not what they were, and which are gone."""


def _wrong(block: Block, found: Mapping[int, str]) -> _Wrong:
    edited, deleted = [], []
    for place, number in enumerate(numbers_of(read_ranges(block.ranges))):
        tag = found.get(number)
        if tag is None:
            deleted.append(number)
        elif tag != block.tags[place * LETTERS : (place + 1) * LETTERS]:
            edited.append(number)
    return edited, deleted


def _moment(number: int | None) -> datetime | None:
    """None also where somebody wrote a number that is no moment."""
    try:
        return optional_moment(number)
    except OverflowError:
        return None


def _last(block: Block) -> int:
    return max((last for _, last in read_ranges(block.ranges)), default=0)


def _length(ranges: Sequence[Range]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The blocks in portions that fit into memory with their rows."""
    group: list[Block] = []
    for block in blocks:
        if group and sum(len(one.tags) for one in group) + len(block.tags) > AT_ONCE * LETTERS:
            yield group
            group = []
        group.append(block)
    if group:
        yield group
