"""Before rows are locked: which are not yet, in which order, and how long to wait for them."""

from collections.abc import Collection

from trellis.engine.lockorder import LockOrder
from trellis.metadata.snapshot import Snapshot
from trellis.storage.connection import POSTGRESQL, Connection

A_MOMENT = "100ms"


async def to_lock(
    connection: Connection, snapshot: Snapshot, entity: str, ids: Collection[str], *, shared: bool = False
) -> list[str]:
    """The records that the caller locks now, in this order; none on SQLite, which has one writer.

    When others who hold them may be waiting for this transaction, the rest of it waits a moment only for any lock.
    """
    if connection.dialect != POSTGRESQL:
        return []
    locks, rank = connection.locks, LockOrder.of(snapshot).rank(entity)
    missing = locks.missing(entity, ids, shared=shared)
    if not locks.hurried and locks.is_late(rank, entity, missing):
        locks.hurried = True
        await connection.run_ddl([f"SET LOCAL lock_timeout = '{A_MOMENT}'"])
    locks.note(rank, entity, missing, shared=shared)
    return missing
