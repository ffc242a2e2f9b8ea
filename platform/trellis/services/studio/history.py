"""The releases of a workspace as people read them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from trellis.engine.wording import Worded, changes
from trellis.kernel.errors import NotFound
from trellis.metadata.ledger import Ledger
from trellis.metadata.snapshot import Snapshot
from trellis.services import queries
from trellis.services.context import Context
from trellis.storage.ledger import read_ledger
from trellis.storage.releases import Published, find_release, list_releases, load_sources


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release: who made it, when and why; `current` is the one in force, `restored` the one it took up again."""

    number: int
    kind: str
    at: datetime
    who: str
    note: str
    restored: int | None
    current: bool


@dataclass(frozen=True)
class ReleaseDetails:
    """A release with what it changed; `plan` is the plan that was carried out, as JSON, empty for the oldest ones."""

    line: ReleaseLine
    snapshot: Snapshot
    before: Snapshot | None
    words: tuple[Worded, ...]
    plan: str


async def releases(context: Context, *, before: int | None = None, limit: int = 50) -> list[ReleaseLine]:
    """Releases, the newest first."""
    async with context.database.read(context.workspace) as connection:
        found = await list_releases(connection, before=before, limit=limit)
    return await _lines(context, found)


async def release(context: Context, number: int) -> ReleaseDetails:
    """One release; raises NotFound."""
    async with context.database.read(context.workspace) as connection:
        found = await find_release(connection, number)
        if found is None:
            raise NotFound()
        sources = await load_sources(connection, number)
        former = await load_sources(connection, found.base) if found.base else None
        ledger = await read_ledger(connection)
    new = await asyncio.to_thread(Snapshot.of, number, sources)
    old = await asyncio.to_thread(Snapshot.of, found.base, former) if former is not None else None
    renames = _renames(ledger, found.base, number) if found.base else {}
    words = await asyncio.to_thread(changes, old, new, renames, context.locale)
    (line,) = await _lines(context, [found])
    return ReleaseDetails(line, new, old, words, found.plan or "")


def _renames(ledger: Ledger, before: int, after: int) -> dict[str, str]:
    """The entities and fields that are kept under another name in one release than in the other."""
    paths = ((entry.path_at(before), entry.path_at(after)) for entry in ledger.entries)
    return {was: now for was, now in paths if was and now and was != now and ("#" not in was or "#/fields/" in was)}


async def _lines(context: Context, found: list[Published]) -> list[ReleaseLine]:
    people = sorted({item.actor for item in found if item.actor})
    choices = await queries.choices(context.as_system(), "core.user", ids=people) if people else []
    names = {choice.id: choice.label for choice in choices}
    return [
        ReleaseLine(
            item.number, item.kind, item.at, names.get(item.actor, ""), item.text, item.restored,
            item.number == context.release.number,
        )
        for item in found
    ]  # fmt: skip
