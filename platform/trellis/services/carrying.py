"""Carrying the values of fields to their new places: most of them ahead of a publish, the rest within it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from trellis.kernel.clock import Clock
from trellis.kernel.errors import InvalidMetadata
from trellis.metadata.fieldtypes import Reading
from trellis.metadata.plan import MoveValues
from trellis.services.patience import Patience
from trellis.storage.connection import POSTGRESQL, Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.obstacles import do_not_fit
from trellis.storage.preparing import longest_write
from trellis.storage.quarantine import Quarantined, write_quarantined
from trellis.storage.releases import release_moment
from trellis.storage.retyping import Move, carry

BATCH, LARGE_BATCH = 250, 1_000
"""Records that are carried in one transaction while others write: so few that nobody waits long for one of them. Where
one at a time writes, more of them, and then the others have their turn: they only look now and then whether they may."""

OTHERS_TURN, SHORT_TURN = Patience(first=0.05), Patience(first=0.015)
"""How long others have the database for themselves after a batch; the short one where they go on during it as well."""

MARGIN = timedelta(seconds=5)
"""By how much the clocks of several servers may differ."""

Refusals = dict[str, str]
"""Values that do not fit, as people read them, by record."""


@dataclass
class Carried:
    """One move: what did not fit so far, and from when on changes have to be looked at again."""

    operation: MoveValues
    zone: str = "UTC"
    """Where days begin."""
    since: datetime | None = None
    refused: Refusals = field(default_factory=dict)

    @cached_property
    def move(self) -> Move:
        """The move as storage wants it."""
        one = self.operation
        entity, _, pointer = one.at.partition("#")
        key = pointer.rpartition("/")[2]
        return Move(
            entity, key, one.table, one.source, one.target, one.before, one.after, one.replaced,
            linked=one.linked, reading=Reading(zone=self.zone), reviving=one.since is not None,
        )  # fmt: skip

    async def batch(self, connection: Connection, after: str | None, limit: int) -> str | None:
        """Carry the next records; the last of them, None when all are done."""
        done = await carry(connection, self.move, after, limit, self.since)
        self.refused.update(dict(done.refused))
        return done.last


async def carry_ahead(
    database: Database, workspace: Workspace, operation: MoveValues, clock: Clock, zone: str
) -> Carried:
    """Carry everything while others go on writing the old place; two rounds, so that little is left for the end."""
    carried = Carried(operation, zone, await _since(database, workspace, operation))
    for _ in range(2):
        since = await changes_from(database, workspace, clock)
        await in_parts(database, workspace, carried.batch)
        carried.since = since
    return carried


async def changes_from(database: Database, workspace: Workspace, clock: Clock) -> datetime:
    """From when on changes may come that a reader does not see now: what is being written says when it was begun."""
    now = clock.now()
    async with database.read(workspace) as connection:
        return now - await longest_write(connection, workspace) - MARGIN


async def in_parts(
    database: Database, workspace: Workspace, work: Callable[[Connection, str | None, int], Awaitable[str | None]]
) -> None:
    """Do some of the work in each transaction, from where the last one ended; others have their turns between them."""
    several = database.dialect == POSTGRESQL
    after: str | None = None
    while True:
        async with database.write(workspace) as connection:
            after = await work(connection, after, BATCH if several else LARGE_BATCH)
        if after is None:
            return
        await (SHORT_TURN if several else OTHERS_TURN).pause(0)


async def carry_rest(connection: Connection, carried: Carried) -> None:
    """Carry what was written since, while nobody else writes."""
    if carried.since is None:
        carried.since = await moment_of(connection, carried.operation)
    after = None
    while True:
        after = await carried.batch(connection, after, LARGE_BATCH)
        if after is None:
            return


async def keep_refused(
    connection: Connection, moved: Sequence[Carried], release: int, accepted: dict[str, int], now: datetime
) -> None:
    """Put what did not fit where people find it; InvalidMetadata when it is more than somebody has agreed to."""
    for one in moved:
        if len(one.refused) > accepted.get(one.operation.at, 0):
            raise InvalidMetadata([do_not_fit(one.operation, list(one.refused.values()))])
        if not one.refused:
            continue
        move = one.move
        rows = [Quarantined(release, move.entity, move.key, record, text) for record, text in one.refused.items()]
        await write_quarantined(connection, rows, now)


async def _since(database: Database, workspace: Workspace, operation: MoveValues) -> datetime | None:
    if operation.since is None:
        return None
    async with database.read(workspace) as connection:
        return await moment_of(connection, operation)


async def moment_of(connection: Connection, operation: MoveValues) -> datetime | None:
    """From when on the values of a place that comes back are too old; None for a place that was never in use."""
    if operation.since is None:
        return None
    moment = await release_moment(connection, operation.since)
    return moment - MARGIN if moment else None
