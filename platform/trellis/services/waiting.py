"""Whether a stored value waits to be worked out anew in the background."""

from collections.abc import Sequence
from uuid import UUID

from trellis.services.context import Context
from trellis.services.explanations import Stale
from trellis.storage import stale
from trellis.storage.computed import ComputedStore
from trellis.storage.connection import Connection
from trellis.storage.history import Written
from trellis.storage.stale import Mark


async def waiting(context: Context, values: Sequence[Written]) -> dict[Written, Stale]:
    """Those of some values that wait: since when, and how many records are done; one statement while nothing does."""
    found: dict[Written, Stale] = {}
    async with context.database.read(context.workspace) as connection:
        marks = await stale.marks(connection)
        for value in values:
            covering = [mark for mark in marks if await _covers(context, connection, mark, value)]
            if covering:
                found[value] = Stale(covering[0].since, sum(mark.done for mark in covering))
    return found


async def _covers(context: Context, connection: Connection, mark: Mark, value: Written) -> bool:
    """Whether a mark is about a field of a record, and has not come to it yet."""
    if mark.entity != value.entity or value.field not in mark.keys:
        return False
    if mark.after is not None and value.record <= mark.after:
        return False
    if mark.dependant is None:
        return True
    store = ComputedStore(context.release.statements, value.entity)
    before = str(UUID(int=UUID(value.record).int - 1))
    return await store.followers(connection, mark.dependant, mark.ids, after=before, limit=1) == [value.record]
