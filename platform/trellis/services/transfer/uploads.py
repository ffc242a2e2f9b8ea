"""Imports from a page: the file is kept beside the database, the work is done by a timer."""

import asyncio
import json
from collections.abc import AsyncIterable, Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message, Translate
from trellis.services.context import Context
from trellis.services.transfer import limits
from trellis.services.transfer.acting import as_user_id
from trellis.services.transfer.binding import bind
from trellis.services.transfer.guessing import guess
from trellis.services.transfer.importing import carry_on, choices_of, note_end, note_start
from trellis.services.transfer.limits import Unreadable
from trellis.services.transfer.mapping import Mapping, mapping_of
from trellis.services.transfer.reading import UNTOLD, open_table
from trellis.services.worker import Handler, Job
from trellis.storage import files, importruns, timers
from trellis.storage.connection import Connection
from trellis.storage.importruns import DRAFT, FAILED, RUNNING, WAITING, ImportRun
from trellis.storage.timers import Wanted

KIND = "import"
NEXT = "then"
"""In the options of a run: the run that begins when it has ended."""


def file_of(context: Context, run: ImportRun) -> Path:
    """Where the uploaded file of a run is; raises NotFound."""
    return files.path(context.workspace, run.file_hash)


def rejects_of(context: Context, run: ImportRun) -> Path:
    """Where the refused rows of a run are, once there are any."""
    return context.workspace.files / "imports" / f"{run.id}.rejected.csv"


async def upload(
    context: Context, entity: str, name: str, pieces: AsyncIterable[bytes], mapping: Mapping | None = None
) -> ImportRun:
    """Keep a file as a draft of an import, with a guess what its columns are; raises Forbidden, NotFound, Unreadable."""
    _require(context, entity)
    content = await files.keep(context.workspace, pieces, most=limits.FILE_BYTES)
    path = files.path(context.workspace, content.checksum)
    choices = choices_of(mapping) if mapping else UNTOLD
    table = await asyncio.to_thread(open_table, path, choices)
    told = mapping or guess(context.snapshot, context.access, entity, table.columns)
    now = context.clock.now()
    run = ImportRun(
        new_id(now), entity, name[:200], content.checksum, told.text, context.actor.id, int(now.timestamp() * 1000), state=DRAFT
    )  # fmt: skip
    run = replace(run, reject_file=str(rejects_of(context, run)))
    async with context.database.write(context.workspace) as connection:
        await importruns.add(connection, run)
    return run


def _require(context: Context, entity: str) -> None:
    context.snapshot.entity(entity)
    if not context.access.system("import") or not context.access.allows(entity, "create"):
        raise Forbidden(Message("You may not import."))


async def find(context: Context, entity: str, run_id: str) -> ImportRun:
    """One's own import; raises NotFound."""
    _require(context, entity)
    known = canonical_id(run_id)
    async with context.database.read(context.workspace) as connection:
        run = await importruns.find(connection, known) if known else None
    if run is None or run.entity != entity or run.actor != context.actor.id:
        raise NotFound
    return run


async def recent(context: Context, entity: str) -> list[ImportRun]:
    """One's own newest imports into an entity."""
    _require(context, entity)
    async with context.database.read(context.workspace) as connection:
        return [run for run in await importruns.recent(connection, context.actor.id) if run.entity == entity]


async def change(context: Context, run: ImportRun, mapping: Mapping) -> ImportRun:
    """Keep another mapping for a draft."""
    changed = replace(run, mapping=mapping.text)
    async with context.database.write(context.workspace) as connection:
        await importruns.save(connection, changed, run.position)
    return changed


async def begin(context: Context, run: ImportRun, mapping: Mapping) -> None:
    """Hand a draft to the worker; raises Invalid, Forbidden, Unreadable when it could not be done."""
    await begin_in_turn(context, [replace(run, mapping=mapping.text)])


async def begin_in_turn(context: Context, runs: Sequence[ImportRun]) -> None:
    """Hand drafts to the worker, each when the one before has ended, for later rows name records of earlier ones.

    What was begun already goes its own way.
    """
    waiting = [await _waiting(context, run) for run in runs if run.state == DRAFT]
    chained = [replace(run, options=_with_next(run, after.id)) for run, after in pairwise(waiting)] + waiting[-1:]
    async with context.database.write(context.workspace) as connection:
        for run in chained:
            await importruns.save(connection, run, run.position)
            await note_start(context, connection, run)
        if chained:
            await _enqueue(connection, context, chained[0].id)


async def _waiting(context: Context, run: ImportRun) -> ImportRun:
    mapping = mapping_of(run.mapping)
    table = await asyncio.to_thread(open_table, file_of(context, run), choices_of(mapping))
    bind(mapping, context, table.columns)
    return replace(run, state=WAITING, total=await asyncio.to_thread(table.count))


def _with_next(run: ImportRun, after: str) -> str:
    return json.dumps({**json.loads(run.options), NEXT: after}, ensure_ascii=False)


async def _enqueue(connection: Connection, context: Context, run: str) -> None:
    wanted = Wanted(KIND, {"run": run}, key=f"import:{run}")
    await timers.enqueue(connection, wanted, context.clock.now())


def import_job(translators: Callable[[str], Translate]) -> Handler:
    """The handler that carries on with an uploaded import, in the name and in the language of who asked for it."""

    async def handle(job: Job) -> None:
        async with job.context.database.read(job.context.workspace) as connection:
            run = await importruns.find(connection, str(job.timer.payload["run"]))
        if run is None or run.state not in (WAITING, RUNNING):
            return
        context = await as_user_id(job.context, run.actor)
        translate = translators(context.actor.locale)
        try:
            path, mapping = file_of(context, run), mapping_of(run.mapping)
            await carry_on(context, replace(run, state=RUNNING), path, mapping, translate=translate)
        except (Unreadable, Invalid, Forbidden, NotFound) as error:
            await _fail(context, run, error.message.translated(translate))
        await _go_on(context, run)

    return handle


async def _go_on(context: Context, run: ImportRun) -> None:
    """Wake the import that waits for this one, however it ended: rows that lead nowhere are refused with their reason."""
    after = json.loads(run.options).get(NEXT)
    if after:
        async with context.database.write(context.workspace) as connection:
            await _enqueue(connection, context, after)


async def _fail(context: Context, run: ImportRun, reason: str) -> None:
    finished = int(context.clock.now().timestamp() * 1000)
    failed = replace(run, state=FAILED, error=reason, finished_at=finished)
    async with context.database.write(context.workspace) as connection:
        await importruns.save(connection, failed, run.position)
        await note_end(context, connection, failed)


__all__ = ["KIND", "ImportRun", "begin", "change", "file_of", "find", "import_job", "recent", "rejects_of", "upload"]
