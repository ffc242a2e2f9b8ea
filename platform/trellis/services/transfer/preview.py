"""What an import would do, tried on the first rows and taken back."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from trellis.kernel.messages import Message
from trellis.services import records
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.transfer.importing import Importing, choices_of, counts_of, unwatched
from trellis.services.transfer.mapping import Mapping
from trellis.services.transfer.reading import open_table
from trellis.services.transfer.rejects import Rejects
from trellis.services.transfer.rows import Incoming
from trellis.storage.connection import Connection
from trellis.storage.importruns import ImportRun

ROWS = 200


@dataclass(frozen=True, slots=True)
class Preview:
    """How many of the first rows would be created, updated, left alone and refused, and why the first ones are refused."""

    rows: int
    counts: dict[str, int]
    refused: list[tuple[int, list[Message]]]


class _TakenBack(Exception):
    """Nothing of this stays."""


async def preview(context: Context, run: ImportRun, path: Path, mapping: Mapping, *, most: int = 10) -> Preview:
    """Try the first rows; raises Unreadable, Invalid, Forbidden. Missing records are not created, but not missed either."""
    table = await asyncio.to_thread(open_table, path, choices_of(mapping))
    rows = await asyncio.to_thread(lambda: list(islice(table.rows(), ROWS)))
    nowhere = Rejects(path.with_suffix(".preview"), table.columns, 0)
    work = Importing(context, mapping, table, nowhere, run, unwatched)
    work.prepare(make_missing=False)
    counts = dict.fromkeys(("created", "updated", "unchanged", "rejected", "warned"), 0)
    refused: list[Incoming] = []
    for part in work.parts(rows):
        outcomes, sound, unsound = await _try(work, part)
        for incoming, outcome in zip(sound, outcomes, strict=True):
            if outcome.error is not None:
                incoming.refuse_for(outcome.error, work.binding)
                unsound.append(incoming)
        for name, count in counts_of(outcomes).items():
            counts[name] += count
        refused += unsound
    counts["rejected"] = len(refused)
    first = sorted(refused, key=lambda incoming: incoming.row.number)[:most]
    return Preview(len(rows), counts, [(incoming.row.number, incoming.reasons) for incoming in first])


async def _try(work: Importing, part: list[Incoming]) -> tuple[Sequence[Outcome], list[Incoming], list[Incoming]]:
    commands, sound, unsound = await work.commands(part)
    seen: list[Outcome] = []

    async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        seen[:] = outcomes
        raise _TakenBack

    if commands:
        with suppress(_TakenBack):
            await records.write(work.context, work.binding.entity.id, commands, atomic=False, also=also)
    return seen, sound, unsound
