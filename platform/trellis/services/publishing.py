"""Publishing: documents become a release, in one transaction or not at all."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from trellis.engine.normalization import rule_names
from trellis.engine.refills import Refill, to_refill
from trellis.kernel.actor import Actor
from trellis.kernel.clock import Clock
from trellis.kernel.errors import InvalidMetadata, StaleRelease
from trellis.metadata.diff import plan as plan_of
from trellis.metadata.ledger import Ledger
from trellis.metadata.plan import Plan
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.storage import stale
from trellis.storage.connection import Connection
from trellis.storage.database import Database, Workspace
from trellis.storage.ddl import statements
from trellis.storage.duplicatefill import refill
from trellis.storage.ledger import write_ledger
from trellis.storage.obstacles import obstacles
from trellis.storage.releases import ReleaseNote, load_snapshot, read_pointer, write_release
from trellis.storage.stale import Mark

ATTEMPTS = 5
PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the release that it leads to, its statements, the rules about duplicates before, and fields to fill."""

    plan: Plan
    snapshot: Snapshot
    sql: tuple[str, ...]
    rules: frozenset[str] = frozenset()
    refills: tuple[Refill, ...] = ()


async def plan(database: Database, workspace: Workspace, documents: Iterable[Raw]) -> Planned:
    """What publishing these checked documents, which replace all others, would do now."""
    async with database.read(workspace) as connection:
        current = await load_snapshot(connection)
    # hundreds of documents take a while: others go on being served
    return await asyncio.to_thread(_planned, current, tuple(documents), workspace.schema, database.dialect)


def _planned(
    current: tuple[Snapshot, Ledger] | None, documents: Iterable[Raw], schema: str | None, dialect: str
) -> Planned:
    old, ledger = current or (None, Ledger())
    new = Snapshot.of(old.release + 1 if old else 1, documents)
    made = plan_of(old, new, ledger)
    sql = tuple(statements(made.operations, schema, dialect))
    return Planned(made, new, sql, frozenset(rule_names(old)), tuple(to_refill(old, new)))


async def install_packs(
    database: Database, workspace: Workspace, documents: Iterable[Raw], clock: Clock, *, actor: Actor, note: str
) -> int:
    """Make these checked documents the release in force and give its number; does nothing when they are already.

    Raises InvalidMetadata when stored values stand in the way, and StaleRelease when others keep publishing.
    """
    documents = tuple(documents)
    for _ in range(ATTEMPTS):
        planned = await plan(database, workspace, documents)
        if planned.plan.empty:
            return planned.plan.base
        try:
            return await publish(database, workspace, planned, clock, actor=actor, note=note)
        except StaleRelease:
            continue
    raise StaleRelease()


async def publish(
    database: Database, workspace: Workspace, planned: Planned, clock: Clock, *, actor: Actor, note: str
) -> int:
    """Carry out exactly this plan and give the number of the new release; raises StaleRelease when its base has moved."""
    async with database.publish(workspace) as connection:
        if (await read_pointer(connection) or 0) != planned.plan.base:
            raise StaleRelease()
        await _refuse_obstacles(connection, planned.plan)
        await connection.run_ddl(planned.sql)
        await write_ledger(connection, planned.plan.written, planned.plan.removed)
        await refill(connection, planned.snapshot, planned.rules)
        for entity, keys in planned.refills:
            await stale.mark(connection, Mark.of_all(entity, keys, clock.now()))
        about = ReleaseNote(planned.plan.base, PUBLISHED, clock.now(), actor.id, note)
        await write_release(connection, planned.snapshot, about)
    return planned.snapshot.release


async def _refuse_obstacles(connection: Connection, plan: Plan) -> None:
    findings = await obstacles(connection, plan)
    if findings:
        raise InvalidMetadata(findings)
