"""Carries the values of a field from its old place to its new one, in batches, while others go on writing the old one."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from trellis.kernel.identity import canonical_id
from trellis.metadata.conversions import Conversion, converter
from trellis.metadata.fieldtypes import PLAIN, FieldType, Reading, Refused
from trellis.metadata.passages import readable
from trellis.metadata.shape import ColumnShape, SideShape
from trellis.metadata.storagekinds import DateTimeKind
from trellis.storage.codecs import Codec, decoder, encoder
from trellis.storage.connection import POSTGRESQL, Connection, Row
from trellis.storage.manyvalues import list_decoder
from trellis.storage.retypingstatements import RetypingStatements, statements_of

Result = TypeVar("Result")

WINDOW = 20_000
"""Rows whose different values are looked at at once."""
BATCH = 1_000
"""Rows that one transaction carries: some 10 to 30 milliseconds."""
_SAMPLE = 80
_SHORT = 200


@dataclass(frozen=True)
class Move:
    """Where the values of a field are, where they go, and how they change.

    `table` is the table of the entity, `linked` that of the entity to which links lead from now on. With `reviving`, the
    new place holds values from before: they stay where they still say what the old place says, and `replaced` are the
    options that were replaced when they were carried away.
    """

    entity: str
    key: str
    table: str
    source: ColumnShape | SideShape
    target: ColumnShape | SideShape
    before: FieldType
    after: FieldType
    replaced: Mapping[str, str] = field(default_factory=dict)
    linked: str | None = None
    reading: Reading = PLAIN
    reviving: bool = False
    _present: set[str] = field(default_factory=set, repr=False, compare=False)

    @cached_property
    def forth(self) -> Conversion:
        """From old values to new ones."""
        replaced = {} if self.reviving else self.replaced
        return converter(self.before, self.after, replaced, reading=self.reading, exists=self._present.__contains__)

    @cached_property
    def back(self) -> Conversion:
        """From new values to old ones; any record may have been there."""
        replaced = self.replaced if self.reviving else {}
        return converter(self.after, self.before, replaced, reading=self.reading, exists=lambda record: True)

    @property
    def in_place(self) -> bool:
        """Whether the values stay where they are and only some are replaced."""
        return self.source == self.target

    @property
    def asks_for_records(self) -> bool:
        """Whether values are links that must lead to records of another entity from now on."""
        return self.after.target is not None and self.after.target != self.before.target


@dataclass(frozen=True, slots=True)
class Measured:
    """What a move would find: rows, those with a value, those whose value cannot be carried, and some of these values."""

    rows: int
    filled: int
    unconvertible: int
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """What was carried: the last record, None when all are done; and the values that could not be, by record."""

    last: str | None
    rows: int
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Codecs:
    """Between drivers and values of both places."""

    read_source: Codec
    read_target: Codec
    write_target: Codec


async def measure(connection: Connection, move: Move, limit_samples: int = 5) -> Measured:
    """How many values there are and which cannot be carried; different values are converted once."""
    statements, codecs = statements_of(connection, move), _codecs(connection, move)
    rows = int((await connection.fetch(statements.count))[0][0])
    filled, bad, after = 0, Counter[str](), None
    while found := await connection.fetch(statements.window(after), _behind(connection.dialect, after, WINDOW)):
        until = str(found[0][0])
        limits = {"until": until} | ({"after": after} if after else {})
        different = await connection.fetch(statements.different(after), limits)
        values = [(codecs.read_source(raw), count) for raw, count in different]
        await _look_up(connection, move, statements, [value for value, _ in values])
        filled += sum(count for _, count in values)
        bad.update(await _in_thread(len(values), _unconvertible, move, values))
        after = until
    return Measured(rows, filled, bad.total(), tuple(text for text, _ in bad.most_common(limit_samples)))


def _unconvertible(move: Move, values: Iterable[tuple[Any, int]]) -> Counter[str]:
    bad: Counter[str] = Counter()
    for value, count in values:
        try:
            move.forth(value)
        except Refused:
            bad[_sample(move, value)] += count
    return bad


async def carry(
    connection: Connection, move: Move, after: str | None, limit: int = BATCH, since: datetime | None = None
) -> Batch:
    """Carry the values of the next records behind `after` by id; with `since` only of those changed at or after it.

    Records without a value any more lose their new one, too. Doing it again changes nothing.
    """
    statements, codecs = statements_of(connection, move), _codecs(connection, move)
    found = await connection.fetch(statements.batch(after, since), _behind(connection.dialect, after, limit, since))
    olds = [codecs.read_source(row[1]) for row in found]
    await _look_up(connection, move, statements, olds)
    changed, refused = await _in_thread(len(found), _changed, move, codecs, found)
    await _write(connection, move, statements, changed)
    return Batch(str(found[-1][0]) if len(found) == limit else None, len(found), tuple(refused))


def _changed(
    move: Move, codecs: _Codecs, found: Sequence[Row]
) -> tuple[list[tuple[Any, str, Any]], list[tuple[str, str]]]:
    """What to write, as row, record and value; and what was refused, by record."""
    changed: list[tuple[Any, str, Any]] = []
    refused: list[tuple[str, str]] = []
    for identity, raw, was, row in found:
        old = codecs.read_source(raw)
        if move.reviving and _says(move, codecs.read_target(was), old):
            continue
        try:
            new = codecs.write_target(move.forth(old))
        except Refused:
            refused.append((identity, readable(move.before, old)))
            new = was if move.in_place else None
        if new != was and not (new in (None, ()) and was in (None, "[]")):
            changed.append((row, identity, new))
    return changed, refused


def _says(move: Move, former: Any, now: Any) -> bool:
    """Whether a former value became what is there now, so that nobody has changed it since."""
    try:
        return bool(move.back(former) == now)
    except Refused:
        return now in (None, ())


async def _write(
    connection: Connection, move: Move, statements: RetypingStatements, changed: Sequence[tuple[Any, str, Any]]
) -> None:
    if not changed:
        return
    if isinstance(move.target, SideShape):
        await _write_side(connection, statements, changed)
    elif connection.dialect == POSTGRESQL:
        rows, values = [row for row, _, _ in changed], [value for _, _, value in changed]
        limits = {"first": rows[0], "last": rows[-1]}
        await connection.execute(statements.update, {"rows": rows, "values": values, **limits})
    else:
        await connection.execute_many(statements.update, [{"row": row, "new": value} for row, _, value in changed])


async def _write_side(
    connection: Connection, statements: RetypingStatements, changed: Sequence[tuple[Any, str, Any]]
) -> None:
    lines = [(record, place, one) for _, record, values in changed for place, one in enumerate(values or ())]
    if connection.dialect == POSTGRESQL:
        await connection.execute(statements.clear, {"records": [record for _, record, _ in changed]})
        columns = zip(*lines, strict=True) if lines else ((), (), ())
        named = dict(zip(("records", "places", "values"), map(list, columns), strict=True))
        await connection.execute(statements.insert, named)
        return
    await connection.execute_many(statements.clear, [{"held_by": record} for _, record, _ in changed])
    if lines:
        rows = [{"held_by": record, "place": place, "new": one} for record, place, one in lines]
        await connection.execute_many(statements.insert, rows)


async def diverged(connection: Connection, move: Move, since: datetime) -> int:
    """How many records, changed at or after a moment, say something else in `source` than `target` has kept."""
    statements, codecs = statements_of(connection, move), _codecs(connection, move)
    total, after = 0, None
    while True:
        found = await connection.fetch(statements.peek(after, since), _behind(connection.dialect, after, WINDOW, since))
        total += await _in_thread(len(found), _different, move, codecs, found)
        if len(found) < WINDOW:
            return total
        after = str(found[-1][0])


def _different(move: Move, codecs: _Codecs, found: Sequence[Row]) -> int:
    return sum(not _says(move, codecs.read_target(was), codecs.read_source(raw)) for _, raw, was, _ in found)


async def _look_up(connection: Connection, move: Move, statements: RetypingStatements, values: Iterable[Any]) -> None:
    """Find out which of the records that values name are there."""
    if not move.asks_for_records or move.linked is None:
        return
    items = (item for value in values for item in (value if isinstance(value, tuple | list) else (value,)))
    wanted = sorted({found for item in items if isinstance(item, str) and (found := canonical_id(item))})
    move._present.clear()
    for start in range(0, len(wanted), statements.at_once):
        part = wanted[start : start + statements.at_once]
        rows = await connection.fetch(statements.present, statements.asked(part))
        move._present.update(str(identity) for (identity,) in rows)


async def _in_thread(size: int, job: Callable[..., Result], *args: Any) -> Result:
    """Much work is done beside the loop, so that others are served meanwhile."""
    return await asyncio.to_thread(job, *args) if size > _SHORT else job(*args)


def _codecs(connection: Connection, move: Move) -> _Codecs:
    write = encoder(move.target.kind, connection.dialect) or _as_it_is
    if isinstance(move.target, SideShape):
        write = _each(write)
    return _Codecs(_reader(move.source, connection.dialect), _reader(move.target, connection.dialect), write)


def _reader(place: ColumnShape | SideShape, dialect: str) -> Codec:
    if isinstance(place, SideShape):
        return list_decoder("domain")  # type: ignore[no-any-return]
    return decoder(place.kind, dialect) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _each(write: Codec) -> Codec:
    return lambda values: tuple(write(value) for value in values or ())


def _sample(move: Move, value: Any) -> str:
    return readable(move.before, value)[:_SAMPLE]


def _behind(dialect: str, after: str | None, limit: int, since: datetime | None = None) -> dict[str, object]:
    write = encoder(DateTimeKind(), dialect) or _as_it_is
    return {"limit": limit} | ({"after": after} if after else {}) | ({"since": write(since)} if since else {})
