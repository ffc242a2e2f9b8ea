"""Bringing the rows of a file in: every row through the write path, in batches that remember how far they came."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from trellis.engine.validation import Validator
from trellis.kernel.errors import TrellisError
from trellis.kernel.identity import new_id
from trellis.kernel.messages import Message, Translate
from trellis.services import records
from trellis.services.audit import note
from trellis.services.commands import Command, Create, Outcome, Update
from trellis.services.context import Context
from trellis.services.transfer.binding import Binding, bind
from trellis.services.transfer.linking import Links, find
from trellis.services.transfer.mapping import Mapping
from trellis.services.transfer.memory import seldom_collected
from trellis.services.transfer.reading import Choices, Row, Table, open_table
from trellis.services.transfer.rejects import Rejects, plain
from trellis.services.transfer.rows import Incoming, Seen, key_of, read_row
from trellis.storage import importruns, statistics
from trellis.storage.connection import Connection
from trellis.storage.importruns import DONE, FAILED, RUNNING, ImportRun

BATCH = 500
Progress = Callable[[ImportRun], None]


def unwatched(run: ImportRun) -> None:
    """Nobody looks how far it came."""


class TakenOver(TrellisError):
    """Somebody else carries on with this import."""

    code = "import_taken_over"


def choices_of(mapping: Mapping) -> Choices:
    """What a mapping says about its file."""
    options = mapping.options
    return Choices(options.encoding, options.delimiter, options.sheet, options.header)


async def start(context: Context, path: Path, mapping: Mapping, *, rejects: Path) -> ImportRun:
    """The unfinished run of the same file with the same mapping, or a new one; raises Unreadable, Invalid, Forbidden."""
    table = await asyncio.to_thread(open_table, path, choices_of(mapping))
    bind(mapping, context, table.columns)
    digest = await asyncio.to_thread(digest_of, path)
    async with context.database.read(context.workspace) as connection:
        unfinished = await importruns.find_unfinished(connection, mapping.entity, digest, mapping.text)
    if unfinished is not None:
        return replace(unfinished, state=RUNNING, error=None)
    total = await asyncio.to_thread(table.count)
    run = ImportRun(
        new_id(context.clock.now()), mapping.entity, path.name, digest, mapping.text, context.actor.id,
        _milliseconds(context), total=total, reject_file=str(rejects),
    )  # fmt: skip
    async with context.database.write(context.workspace) as connection:
        await importruns.add(connection, run)
        await note_start(context, connection, run)
    return run


async def note_start(context: Context, connection: Connection, run: ImportRun) -> None:
    """Say in the log that an import begins."""
    kind = "import.started"
    await note(context, connection, kind, entity=run.entity, run=run.id, file=run.file_name, count=run.total)


async def note_end(context: Context, connection: Connection, run: ImportRun) -> None:
    """Say in the log how an import ended."""
    await note(
        context, connection, "import.finished", entity=run.entity, run=run.id, state=run.state, count=run.position,
        created=run.created, updated=run.updated, rejected=run.rejected,
    )  # fmt: skip


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _milliseconds(context: Context) -> int:
    return int(context.clock.now().timestamp() * 1000)


async def carry_on(
    context: Context,
    run: ImportRun,
    path: Path,
    mapping: Mapping,
    *,
    progress: Progress = unwatched,
    translate: Translate = plain,
) -> ImportRun:
    """Bring in the rows that are not decided yet, and finish the run; `translate` is for the reasons. Raises TakenOver."""
    table = await asyncio.to_thread(open_table, path, choices_of(mapping))
    rejects = Rejects(Path(run.reject_file or f"{path}.rejected.csv"), table.columns, run.rejected, translate)
    with closing(rejects), seldom_collected():
        work = Importing(context, mapping, table, rejects, run, progress)
        try:
            await work.all_rows()
        except TakenOver:
            raise
        except TrellisError as error:
            return await work.finish(FAILED, error.message.translated(translate))
        return await work.finish(DONE)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and what they are under a binding, in parts that can be stored one after the other."""

    rows: list[Row]
    binding: Binding
    parts: list[list[Incoming]]


@dataclass
class Importing:
    """One import at work."""

    context: Context
    mapping: Mapping
    table: Table
    rejects: Rejects
    run: ImportRun
    progress: Progress
    _count_at: int = BATCH

    async def all_rows(self) -> None:
        """Decide every row that is left; while rows are being written, those after them are being read."""
        self.prepare()
        rows = await asyncio.to_thread(self._left)
        ahead = asyncio.create_task(self._read(rows))
        try:
            while (batch := await ahead).rows:
                ahead = asyncio.create_task(self._read(rows))
                await self._store_all(batch)
                await self._count_again()
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _read(self, rows: Iterator[Row]) -> "Batch":
        found = await asyncio.to_thread(lambda: list(islice(rows, BATCH)))
        return Batch(found, self.binding, list(self.parts(found)))

    async def _store_all(self, batch: "Batch") -> None:
        await self._follow_release()
        parts = batch.parts if batch.binding is self.binding else list(self.parts(batch.rows))
        for part in parts:
            await self._store(part)
            self.progress(self.run)

    async def _count_again(self) -> None:
        """Tell the database how large its tables have become, each time the file has brought four times as many rows."""
        if self.run.position < self._count_at:
            return
        self._count_at = self.run.position * 4
        entities = {self.binding.entity.id, *(column.link.target for column in self.binding.links if column.link)}
        tables = [self.context.tables.entity(entity) for entity in entities]
        async with self.context.database.write(self.context.workspace) as connection:
            await statistics.refresh(connection, tables)

    def prepare(self, *, make_missing: bool = True) -> None:
        """Bind the mapping to the release."""
        self.binding: Binding = bind(self.mapping, self.context, self.table.columns)
        self.links = Links(self.context, make_missing)
        keys = {key: self.binding.entity.all_fields[key] for key in self.binding.key if key != "id"}
        self._key_values = Validator(self.binding.entity, keys) if keys else None

    def _left(self) -> Iterator[Row]:
        rows = self.table.rows()
        for _decided in islice(rows, self.run.position):
            pass
        return rows

    async def _follow_release(self) -> None:
        """Definitions may change while an import runs; it goes on under the new ones."""
        release = await self.context.home.refresh()
        if release is not None and release.number != self.context.release.number:
            self.context = self.context.with_release(release)
            self.prepare()

    def parts(self, rows: Sequence[Row]) -> Iterator[list[Incoming]]:
        """Rows read into values, cut where a row needs one before it to be stored already."""
        part: list[Incoming] = []
        seen = Seen(self.binding)
        width = len(self.table.columns)
        for row in rows:
            incoming = read_row(row, self.binding, width)
            if not seen.add(incoming):
                yield part
                part, seen = [], Seen(self.binding)
                seen.add(incoming)
            part.append(incoming)
        if part:
            yield part

    async def commands(self, part: list[Incoming]) -> tuple[list[Command], list[Incoming], list[Incoming]]:
        """What to write, for which rows, and the rows that are refused already."""
        await self.links.resolve(part, self.binding)
        await self._recognise(part)
        sound = [incoming for incoming in part if not incoming.reasons]
        refused = [incoming for incoming in part if incoming.reasons]
        return [self._command(incoming) for incoming in sound], sound, refused

    async def _store(self, part: list[Incoming]) -> None:
        commands, sound, refused = await self.commands(part)
        moved: list[tuple[ImportRun, int]] = []

        async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
            unsound = [
                self._refused(incoming, outcome)
                for incoming, outcome in zip(sound, outcomes, strict=True)
                if outcome.error
            ]
            rows = sorted([*refused, *unsound], key=lambda incoming: incoming.row.number)
            end = await asyncio.to_thread(self.rejects.put, rows)
            after = self.run.moved(len(part), {**counts_of(outcomes), "rejected": len(rows)})
            if not await importruns.save(connection, after, self.run.position):
                raise TakenOver
            moved[:] = [(after, end)]

        if commands:
            await records.write(
                self.context,
                self.binding.entity.id,
                commands,
                atomic=False,
                causation=f"import:{self.run.id}",
                also=also,
            )
        else:
            async with self.context.database.write(self.context.workspace) as connection:
                await also(connection, [])
        ((self.run, end),) = moved
        self.rejects.keep(end)

    def _refused(self, incoming: Incoming, outcome: Outcome) -> Incoming:
        copy = replace(incoming, reasons=[])
        assert outcome.error is not None
        copy.refuse_for(outcome.error, self.binding)
        return copy

    async def _recognise(self, part: Sequence[Incoming]) -> None:
        """Find the records that rows mean, by the key of the mapping."""
        key = self.binding.key
        if not key or self.mapping.mode == "insert":
            return
        asked = [incoming for incoming in part if not incoming.reasons and self._has_key(incoming)]
        wanted = {id(incoming): self._key(incoming) for incoming in asked}
        found = await find(self.context, self.binding.entity.id, key, list(dict.fromkeys(wanted.values())))
        for incoming in asked:
            ids = found.get(wanted[id(incoming)], [])
            if len(ids) > 1:
                incoming.refuse(Message("Several records have this key."))
            elif ids:
                incoming.record = ids[0]
            elif self.mapping.mode == "update":
                incoming.refuse(Message("There is no record with this key."))

    def _has_key(self, incoming: Incoming) -> bool:
        if any(value in (None, "") for value in key_of(incoming, self.binding.key)):
            incoming.refuse(Message("The key is empty."))
            return False
        return True

    def _key(self, incoming: Incoming) -> tuple[object, ...]:
        """The key as it would be stored."""
        values = {name: incoming.values.get(name) for name in self.binding.key}
        if self._key_values is not None:
            asked = {name: value for name, value in values.items() if name != "id"}
            values |= self._key_values.check(asked).values
        return tuple(values[name] for name in self.binding.key)

    def _command(self, incoming: Incoming) -> Command:
        values = dict(incoming.values)
        wanted = values.pop("id", None)
        if incoming.record is not None:
            return Update(incoming.record, values)
        return Create(values, str(wanted) if wanted else None)

    async def finish(self, state: str, error: str | None = None) -> ImportRun:
        """The run at its end."""
        written = str(self.rejects.path) if self.run.rejected else None
        after = replace(
            self.run, state=state, error=error, finished_at=_milliseconds(self.context), reject_file=written
        )
        async with self.context.database.write(self.context.workspace) as connection:
            if not await importruns.save(connection, after, self.run.position):
                raise TakenOver
            await note_end(self.context, connection, after)
        return after


def counts_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many records were created, updated and left as they were, and how many of them with a warning."""
    stored = [outcome for outcome in outcomes if outcome.error is None]
    created = sum(1 for outcome in stored if outcome.action == "create")
    updated = sum(1 for outcome in stored if outcome.action == "update" and outcome.changed)
    warned = sum(1 for outcome in stored if outcome.warnings)
    return {"created": created, "updated": updated, "unchanged": len(stored) - created - updated, "warned": warned}
