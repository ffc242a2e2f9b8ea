"""Starting from a spreadsheet: a file is kept, and what is proposed for it is changed until it suits."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.proposing.edits import ColumnEdit, Edits, edited, edits_of
from trellis.services.proposing.lookups import find_lookups, with_lookups
from trellis.services.proposing.naming import key_from
from trellis.services.proposing.proposal import Lookup, Proposal
from trellis.services.proposing.proposing import propose
from trellis.services.proposing.statistics import gather
from trellis.services.studio import drafts
from trellis.services.transfer import limits, uploads
from trellis.services.transfer.reading import UNTOLD, Choices, Table, open_table
from trellis.storage import files, importruns
from trellis.storage.importruns import DRAFT, ImportRun

NOT_YET = '{"entity":"","columns":{}}'


@dataclass(frozen=True)
class Start:
    """An uploaded file with what is proposed for it and what somebody wants instead."""

    run: ImportRun
    table: Table
    proposal: Proposal
    """As the file says."""
    edits: Edits

    @property
    def wanted(self) -> Proposal:
        """As somebody wants it."""
        return edited(self.proposal, self.edits)


def require(context: Context) -> None:
    """Raises Forbidden unless the actor may design and import."""
    if not context.access.system("designer") or not context.access.system("import"):
        raise Forbidden(Message("To start from a spreadsheet one must be allowed to change definitions and to import."))


async def upload(context: Context, name: str, pieces: AsyncIterable[bytes]) -> ImportRun:
    """Keep a file; raises Unreadable when it is no table, Forbidden."""
    require(context)
    content = await files.keep(context.workspace, pieces, most=limits.FILE_BYTES)
    path = files.path(context.workspace, content.checksum)
    _table, proposal = await _proposed(context, path, name, UNTOLD)
    now = context.clock.now()
    run = ImportRun(
        new_id(now), "", name[:200], content.checksum, NOT_YET, context.actor.id, int(now.timestamp() * 1000),
        options=await _options(context, proposal, ""), state=DRAFT,
    )  # fmt: skip
    run = replace(run, reject_file=str(uploads.rejects_of(context, run)))
    async with context.database.write(context.workspace) as connection:
        await importruns.add(connection, run)
    return run


async def _options(context: Context, proposal: Proposal, sheet: str, edits: Edits | None = None) -> str:
    found = await find_lookups(context, proposal)
    lookups = {header: asdict(lookup) for header, lookup in found.items()}
    wanted = asdict(edits) if edits else None
    told = {"spreadsheet": True, "sheet": sheet, "rows": proposal.rows, "lookups": lookups, "edits": wanted}
    return json.dumps(told, ensure_ascii=False)


async def propose_only(context: Context, name: str, pieces: AsyncIterable[bytes]) -> tuple[Table, Proposal]:
    """What would be proposed for a file, which is not kept; raises Unreadable, Forbidden."""
    require(context)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        await asyncio.to_thread(path.touch)
        async for piece in pieces:
            await asyncio.to_thread(_append, path, piece)
        table, proposal = await asyncio.to_thread(_read.__wrapped__, path, name, UNTOLD, context.locale)
    proposal = await _free(context, proposal)
    return table, with_lookups(proposal, await find_lookups(context, proposal))


def _append(path: Path, piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)


async def find(context: Context, run_id: str) -> ImportRun:
    """One's own file; raises NotFound, Forbidden."""
    require(context)
    known = canonical_id(run_id)
    async with context.database.read(context.workspace) as connection:
        run = await importruns.find(connection, known) if known else None
    if run is None or run.actor != context.actor.id or not told_of(run).get("spreadsheet"):
        raise NotFound
    return run


async def recent(context: Context) -> list[ImportRun]:
    """One's own newest files."""
    require(context)
    async with context.database.read(context.workspace) as connection:
        return [run for run in await importruns.recent(connection, context.actor.id) if told_of(run).get("spreadsheet")]


def rows_of(run: ImportRun) -> int:
    """How many rows the file has."""
    return int(told_of(run).get("rows", 0))


async def waiting_for(context: Context, entity: str) -> list[ImportRun]:
    """One's own files that became this entity and whose rows have not been brought in; none for who may not design."""
    if not entity.startswith("x.") or not context.access.system("designer") or not context.access.system("import"):
        return []
    async with context.database.read(context.workspace) as connection:
        runs = await importruns.recent(connection, context.actor.id)
    return [run for run in runs if run.entity == entity and run.state == DRAFT and told_of(run).get("spreadsheet")]


async def look(context: Context, run: ImportRun) -> Start:
    """What is proposed for a file; raises Unreadable."""
    told = told_of(run)
    path = files.path(context.workspace, run.file_hash)
    table, proposal = await _proposed(context, path, run.file_name, Choices(sheet=told.get("sheet") or None))
    lookups = {header: Lookup(**found) for header, found in told.get("lookups", {}).items()}
    proposal = with_lookups(proposal, lookups)
    given = told.get("edits")
    return Start(run, table, proposal, _edits(given) if given else edits_of(proposal))


async def another_sheet(context: Context, run: ImportRun, sheet: str) -> Start:
    """The proposal for another sheet of the workbook; raises Unreadable."""
    path = files.path(context.workspace, run.file_hash)
    _table, proposal = await _proposed(context, path, run.file_name, Choices(sheet=sheet or None))
    changed = replace(run, options=await _options(context, proposal, sheet))
    await save(context, changed)
    return await look(context, changed)


async def change(context: Context, start: Start, edits: Edits) -> Start:
    """Keep what somebody wants."""
    told = {**told_of(start.run), "edits": asdict(edits)}
    run = replace(start.run, options=json.dumps(told, ensure_ascii=False))
    await save(context, run)
    return replace(start, run=run, edits=edits)


async def save(context: Context, run: ImportRun) -> None:
    """Keep a file in another state."""
    async with context.database.write(context.workspace) as connection:
        await importruns.save(connection, run, run.position)


def told_of(run: ImportRun) -> dict[str, Any]:
    """What was noted about a file: its sheet, its lookups, what somebody wants, and what came of it."""
    found: dict[str, Any] = json.loads(run.options or "{}")
    return found


def _edits(given: Mapping[str, Any]) -> Edits:
    columns = {header: ColumnEdit(**column) for header, column in given["columns"].items()}
    return Edits(**{**given, "columns": columns, "splits": tuple(given.get("splits", ()))})


async def _proposed(context: Context, path: Path, name: str, choices: Choices) -> tuple[Table, Proposal]:
    """What the file says."""
    table, proposal = await asyncio.to_thread(_read, path, name, choices, context.locale)
    return table, await _free(context, proposal)


async def _free(context: Context, proposal: Proposal) -> Proposal:
    """The proposal with an id that is free in the draft."""
    known = (await drafts.load(context)).merged.raw
    taken = {document.partition(".")[2] for document in known if document.startswith("x.")}
    return replace(proposal, id=f"x.{key_from(proposal.id.partition('.')[2], taken, 'table')}")


@lru_cache(16)
def _read(path: Path, name: str, choices: Choices, locale: str) -> tuple[Table, Proposal]:
    """The proposal for a content, which never changes under its path."""
    table = open_table(path, choices)
    return table, propose(gather(table), None, locale, name, sheet_name=table.sheet)
