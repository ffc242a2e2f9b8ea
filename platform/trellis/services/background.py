"""What is still being done in the background after a publish, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.services.context import Context
from trellis.services.packs.migrating import MIGRATE
from trellis.services.studio.drafts import require_designer
from trellis.storage import measures, stale, timers
from trellis.storage.connection import Connection
from trellis.storage.stale import Mark

KINDS = frozenset({stale.REFRESH, MIGRATE})
"""What a publish leaves to be done; imports have pages of their own."""
SOON = timedelta(hours=1)
"""Work that is due later than this does not wait, it is planned."""


@dataclass(frozen=True, slots=True)
class Work:
    """Stored fields of an entity that are worked out anew; `rows` is how many records that are, None where it depends."""

    entity: str
    captions: tuple[str, ...]
    plural: str
    rows: int | None
    done: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Background:
    """Everything that waits; `jobs` counts migrations of packs, `failed` what was given up after several attempts."""

    works: tuple[Work, ...] = ()
    jobs: int = 0
    failed: int = 0
    active: bool = False
    """Whether it will change by itself, so that it is worth looking again."""


async def background(context: Context) -> Background:
    """What is done in the background now; raises Forbidden."""
    require_designer(context)
    async with context.database.read(context.workspace) as connection:
        found = await timers.outstanding(connection, context.now() + SOON)
        known = {(kind, state): count for (kind, state), count in found.items() if kind in KINDS}
        marks = await stale.marks(connection) if any(kind == stale.REFRESH for kind, _ in known) else []
        works = [work for mark in marks if (work := await _work(context, connection, mark))]
    failed = sum(count for (_, state), count in known.items() if state == timers.DEAD)
    jobs = sum(count for (kind, state), count in known.items() if kind != stale.REFRESH and state != timers.DEAD)
    active = any(state != timers.DEAD for _, state in known)
    return Background(tuple(works), jobs, failed, active)


async def _work(context: Context, connection: Connection, mark: Mark) -> Work | None:
    """One mark in words; None where the entity is gone."""
    entity = context.snapshot.localised(context.locale).entities.get(mark.entity)
    found = context.tables.ledger.live.get(mark.entity)
    if entity is None or found is None:
        return None
    captions = tuple(field.caption for key in mark.keys if (field := entity.field(key)))
    rows = await measures.rows(connection, found.physical) if mark.dependant is None else None
    return Work(mark.entity, captions, entity.plural, rows, mark.done, mark.since)
