"""Publishing: documents become a release, in one transaction or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from trellis.engine.normalization import rules_to_refill
from trellis.engine.refills import Refill, to_refill
from trellis.kernel.actor import Actor
from trellis.kernel.clock import Clock
from trellis.kernel.errors import Finding, InvalidMetadata, StaleRelease
from trellis.metadata.diff import plan as plan_of
from trellis.metadata.intent import NO_INTENT, Intent
from trellis.metadata.ledger import Ledger
from trellis.metadata.plan import CreateIndex, CreateTable, MoveValues, Operation, Plan
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.services.audit.releases import release_notes
from trellis.services.carrying import Carried, carry_rest, keep_refused
from trellis.services.keying import Change, keys_ahead
from trellis.services.patience import Patience
from trellis.services.preparing import Prepared, prepare
from trellis.storage import audit, shares, stale
from trellis.storage.connection import Connection, Contention, UniqueViolation
from trellis.storage.database import Database, Workspace
from trellis.storage.ddl import statements
from trellis.storage.duplicatefill import catch_up, refill
from trellis.storage.ledger import write_ledger
from trellis.storage.obstacles import not_unique, obstacles
from trellis.storage.preparing import check_base, hurry
from trellis.storage.quarantine import rename_quarantined
from trellis.storage.releases import Release, ReleaseNote, load_snapshot, packed, write_release
from trellis.storage.stale import Mark
from trellis.storage.tokenuses import rename_uses

ATTEMPTS = 5
PUBLISHED = "published"
PATIENCE = Patience(tries=12, first=0.05)


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with both releases, its statements, the rules about duplicates that change, and fields to fill."""

    plan: Plan
    snapshot: Snapshot
    sql: tuple[str, ...]
    old: Snapshot | None = None
    ledger: Ledger = field(default_factory=Ledger)
    duplicates: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    """The rules about duplicates whose keys go, and those whose keys are made."""
    refills: tuple[Refill, ...] = ()
    elsewhere: frozenset[tuple[str, str]] = frozenset()
    """The fields whose values have another place or other values than before, by entity and key."""


async def _nothing_else(connection: Connection, release: int) -> None:
    """What belongs to most publishes besides the release itself."""


@dataclass(frozen=True)
class Order:
    """Who publishes, what for, and what they have agreed to.

    `accepted` gives for a field, by its path, how many values that do not fit may be put aside. `also` happens in the
    same transaction, `then` in it too, but after the tables have changed.
    """

    actor: Actor
    note: str
    kind: str = PUBLISHED
    restored: int | None = None
    accepted: Mapping[str, int] = field(default_factory=dict)
    plan: str | None = None
    """The plan as it was shown, as JSON; it stays with the release."""
    also: Callable[[Connection, int], Awaitable[None]] = _nothing_else
    then: Callable[[Connection, int], Awaitable[None]] = _nothing_else
    zone: str = "UTC"
    """Where days begin, for moments that become days and days that become moments."""
    address: str = ""
    """The network address that the wish to publish came from."""
    rehearsed: bool = False
    """Whether everything is taken back at the end."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How long a publish took that was taken back, in milliseconds, and how many values did not fit."""

    milliseconds: int
    refused: int


class _TakenBack(Exception):
    """The end of a rehearsal."""

    def __init__(self, refused: int) -> None:
        self.refused = refused
        super().__init__()


async def plan(
    database: Database, workspace: Workspace, documents: Iterable[Raw], intent: Intent = NO_INTENT
) -> Planned:
    """What publishing these checked documents, which replace all others, would do now."""
    async with database.read(workspace) as connection:
        current = await load_snapshot(connection)
    # hundreds of documents take a while: others go on being served
    return await asyncio.to_thread(planned_over, current, tuple(documents), intent, workspace.schema, database.dialect)


def planned_over(
    current: tuple[Snapshot, Ledger] | None,
    documents: Iterable[Raw] | Snapshot,
    intent: Intent,
    schema: str | None,
    dialect: str,
    *,
    sound: bool = True,
) -> Planned:
    """The plan over a release and its ledger; what is not `sound` has no computed fields that could be worked out."""
    old, ledger = current or (None, Ledger())
    number = old.release + 1 if old else 1
    new = documents if isinstance(documents, Snapshot) else Snapshot.of(number, documents, previous=old)
    made = plan_of(old, new, ledger, intent)
    sql = tuple(statements(made.operations, schema, dialect))
    moved = frozenset((move.after.entity, move.after.key) for move in _moves(made.operations))
    refills = _refills(old, new, made, moved) if sound else ()
    elsewhere = moved | _placed(intent)
    return Planned(made, new, sql, old, ledger, rules_to_refill(old, new, elsewhere), refills, elsewhere)


def _placed(intent: Intent) -> frozenset[tuple[str, str]]:
    """The fields, and entities, that somebody said are others than those of the same name before."""
    paths = (path.partition("#/fields/") for path in (*intent.renames.values(), *intent.separate, *intent.restores))
    return frozenset((entity, key) for entity, _, key in paths)


def _refills(old: Snapshot | None, new: Snapshot, made: Plan, moved: Collection[tuple[str, str]]) -> tuple[Refill, ...]:
    fresh = {operation.shape.entity for operation in made.operations if isinstance(operation, CreateTable)}
    return tuple(to_refill(old, new, fresh=fresh, moved=moved))


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
            return await publish(database, workspace, planned, clock, Order(actor, note))
        except StaleRelease:
            continue
    raise StaleRelease()


async def publish(database: Database, workspace: Workspace, planned: Planned, clock: Clock, order: Order) -> int:
    """Carry out exactly this plan and give the number of the new release; raises StaleRelease when its base has moved."""
    async with database.read(workspace) as connection:
        _refuse(await obstacles(connection, planned.plan))
    try:
        prepared = await prepare(database, workspace, planned.plan, clock, order.zone)
        if prepared.ledger is not None:
            planned = _again(planned, prepared.ledger, database.dialect, workspace.schema)
        keyed = await keys_ahead(database, workspace, _change(planned), clock)
        prepared = replace(prepared, keyed=keyed)
        release = await asyncio.to_thread(packed, planned.snapshot)
        return await _patiently(lambda: _publish(database, workspace, planned, prepared, release, clock, order))
    except UniqueViolation as problem:
        unique = [item for item in planned.plan.operations if isinstance(item, CreateIndex) and item.index.unique]
        if not unique:
            raise
        raise InvalidMetadata([not_unique(item) for item in unique]) from problem


async def rehearse(database: Database, workspace: Workspace, planned: Planned, clock: Clock, order: Order) -> int:
    """Do all of a publish in one transaction and take it back; the number of values that did not fit."""
    release = await asyncio.to_thread(packed, planned.snapshot)
    try:
        await _publish(database, workspace, planned, Prepared(), release, clock, replace(order, rehearsed=True))
    except _TakenBack as end:
        return end.refused
    return 0


async def _patiently(work: Callable[[], Awaitable[int]]) -> int:
    """Try again when somebody reads a table that has to change: others would have to wait behind us."""
    for number in range(PATIENCE.tries - 1):
        try:
            return await work()
        except Contention:
            await PATIENCE.pause(min(number, 4))
    return await work()


def _change(planned: Planned) -> Change:
    return Change(
        planned.old, planned.snapshot, planned.ledger, planned.plan.base, planned.duplicates[1], planned.elsewhere
    )


def _again(planned: Planned, ledger: Ledger, dialect: str, schema: str | None) -> Planned:
    """The same plan over the ledger in which room was made."""
    current = (planned.old, ledger) if planned.old else None
    return planned_over(current, planned.snapshot, planned.plan.intent, schema, dialect)


async def _publish(
    database: Database,
    workspace: Workspace,
    planned: Planned,
    prepared: Prepared,
    release: Release,
    clock: Clock,
    order: Order,
) -> int:
    number, now = planned.snapshot.release, clock.now()
    async with database.publish(workspace) as connection:
        await check_base(connection, planned.plan)
        _refuse(await obstacles(connection, planned.plan, indexed=prepared.indexes))
        for carried in prepared.carried:
            await carry_rest(connection, carried)
        await write_ledger(connection, planned.plan.written, planned.plan.removed)
        await rename_quarantined(connection, planned.plan.intent.renames)
        await shares.rename_entities(connection, planned.plan.intent.renames)
        await rename_uses(connection, planned.plan.intent.renames)
        for entity, keys in planned.refills:
            await stale.mark(connection, Mark.of_all(entity, keys, now))
        about = ReleaseNote(planned.plan.base, order.kind, now, order.actor.id, order.note, order.plan, order.restored)
        await write_release(connection, release, about)
        for noted in release_notes(planned.old, planned.snapshot, about, order.actor, order.address):
            await audit.append(connection, noted)
        await order.also(connection, number)
        await hurry(connection)
        await connection.run_ddl(planned.sql)
        rest = [Carried(move, order.zone) for move in _moves(planned.plan.operations) if move.at not in prepared.paths]
        for carried in rest:
            await carry_rest(connection, carried)
        await keep_refused(connection, [*prepared.carried, *rest], number, dict(order.accepted), now)
        gone, fresh = planned.duplicates
        await refill(connection, planned.snapshot, gone, fresh - prepared.keyed.rules)
        if prepared.keyed.since is not None:
            await catch_up(connection, planned.snapshot, prepared.keyed.rules, prepared.keyed.since)
        await order.then(connection, number)
        if order.rehearsed:
            raise _TakenBack(sum(len(one.refused) for one in rest))
    return number


def _moves(operations: Iterable[Operation]) -> list[MoveValues]:
    return [operation for operation in operations if isinstance(operation, MoveValues)]


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise InvalidMetadata(findings)
