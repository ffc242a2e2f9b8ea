"""Values that change with a version of a pack: each change once, in the publish itself or in the background after it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from trellis.engine.access import access_of
from trellis.engine.expr.evaluator import value_or_null
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import Clock
from trellis.kernel.errors import Finding, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents.pack import DataMigration
from trellis.metadata.fingerprints import digest
from trellis.metadata.snapshot import Snapshot
from trellis.services.commands import Update
from trellis.services.context import Context, Home, Release
from trellis.services.drafts import Draft
from trellis.services.holding import hold_early
from trellis.services.publishing import Planned
from trellis.services.records import Batch
from trellis.services.retrying import in_transaction
from trellis.services.worker import Handler, Job
from trellis.storage.computed import ComputedStore
from trellis.storage.connection import Connection
from trellis.storage.ledger import read_ledger
from trellis.storage.packmigrations import Ran, forget_migrations, migrations_ran, note_migration, records_meant
from trellis.storage.statements import Statements
from trellis.storage.tables import Tables
from trellis.storage.timers import Wanted, enqueue

MIGRATE = "pack.migrate"
"""The kind of timer that goes on with a migration."""
AT_ONCE = 500
"""Records that are changed in one go."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Migration:
    """A change of values that a pack brings, with the fingerprint of what it says."""

    pack: str
    content: DataMigration
    checksum: str

    @property
    def ran(self) -> Ran:
        """The note that it was begun."""
        return Ran(self.pack, self.content.id, self.checksum)


def migrations_of(snapshot: Snapshot) -> list[Migration]:
    """All migrations of the packs in use, pack by pack, in their order."""
    return [
        Migration(pack.id, content, digest(raw))
        for pack in snapshot.packs.values()
        for content, raw in zip(
            pack.data_migrations, snapshot.sources[pack.id].get("dataMigrations", ()), strict=True
        )
    ]  # fmt: skip


async def changed_since(context: Context, snapshot: Snapshot) -> tuple[Finding, ...]:
    """Migrations that ran here and say something else by now: they do not run again."""
    async with context.database.read(context.workspace) as connection:
        ran = {(one.pack, one.id): one.checksum for one in await migrations_ran(connection)}
    return tuple(
        Finding(
            "migration_changed",
            Message("The migration '{id}' has run already; what it says now is not done.", {"id": one.content.id}),
            one.pack,
            f"/dataMigrations/{_place(snapshot, one)}",
            Message("Give it another name to have it run again."),
            severity="warning",
        )
        for one in migrations_of(snapshot)
        if ran.get((one.pack, one.content.id), one.checksum) != one.checksum
    )


def _place(snapshot: Snapshot, migration: Migration) -> int:
    return list(snapshot.packs[migration.pack].data_migrations).index(migration.content)


def migrating(home: Home, clock: Clock, planned: Planned) -> Callable[[Connection, int], Awaitable[None]]:
    """What a publish of packs does when its tables have changed: begin every migration that was not begun before."""

    async def begin(connection: Connection, number: int) -> None:
        await forget_migrations(connection, _new_packs(planned))
        ran = {(one.pack, one.id) for one in await migrations_ran(connection)}
        todo = [one for one in migrations_of(planned.snapshot) if (one.pack, one.content.id) not in ran]
        context = await _inside(home, clock, planned.snapshot, connection, number) if todo else None
        for one in todo:
            await note_migration(connection, one.ran, number, clock.now())
            if one.content.phase == "after-publish":
                await enqueue(connection, Wanted(MIGRATE, {"pack": one.pack, "id": one.content.id}), clock.now())
            elif context is not None:
                await _all_of(context, connection, one)

    return begin


def _new_packs(planned: Planned) -> Iterable[str]:
    """The packs that were not there before."""
    before = planned.old.sources if planned.old else {}
    return {key for key, raw in planned.snapshot.sources.items() if raw["kind"] == "pack" and key not in before}


async def _inside(home: Home, clock: Clock, snapshot: Snapshot, connection: Connection, number: int) -> Context:
    """The release that is just being published, as the platform sees it."""
    ledger = await read_ledger(connection)
    tables = Tables.of(snapshot, ledger, connection.schema, connection.dialect)
    release = Release(number, snapshot, tables, Statements(tables))
    return Context(home, release, access_of(SYSTEM, snapshot), clock)


async def _all_of(context: Context, connection: Connection, migration: Migration) -> None:
    after: str | None = None
    while True:
        after = await _next(context, connection, migration, after)
        if after is None:
            return


async def migrate(job: Job) -> None:
    """The handler of `MIGRATE`: the next records, and a timer for those behind them, in one transaction."""
    pack, name, after = (job.timer.payload.get(key) for key in ("pack", "id", "after"))

    async def work(context: Context, connection: Connection) -> None:
        found = [one for one in migrations_of(context.snapshot) if (one.pack, one.content.id) == (pack, name)]
        last = await _next(context.as_system(), connection, found[0], after) if found else None
        if last is not None:
            await enqueue(connection, Wanted(MIGRATE, {"pack": pack, "id": name, "after": last}), context.now())
        await job.finish(connection)

    await in_transaction(job.context, work)


HANDLERS: Mapping[str, Handler] = {MIGRATE: migrate}


async def _next(context: Context, connection: Connection, migration: Migration, after: str | None) -> str | None:
    """Change the next records; the last of them, None when there were no more."""
    content, snapshot = migration.content, context.snapshot
    store = ComputedStore(context.release.statements, content.entity, context.sql_parameters())
    where = context.language.condition(content.entity, content.where) if content.where else None
    ids = await records_meant(connection, store, where, after, AT_ONCE)
    if not ids:
        return None
    batch = _Quiet(context, snapshot.entity(content.entity), f"pack:{migration.pack} {content.id}")
    updates = [Update(record, values) for record, values in (await _values(context, connection, content, ids)).items()]
    drafts = batch.drafts(updates)
    await batch.prepare(connection, drafts)
    await batch.save(connection, drafts)
    if refused := sum(not draft.alive for draft in drafts):
        _log.warning("packs.values_refused", pack=migration.pack, migration=content.id, records=refused)
    return ids[-1] if len(ids) == AT_ONCE else None


async def _values(
    context: Context, connection: Connection, content: DataMigration, ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """The new values of each record, worked out from what it has now."""
    store = ComputedStore(context.release.statements, content.entity, context.sql_parameters())
    read = {key: context.language.expression(content.entity, source) for key, source in content.values.items()}
    compute = {key: value_or_null(expression) for key, expression in read.items()}
    paths = sorted({path.key for expression in read.values() for path in expression.paths})
    parameters = context.parameters()
    found = await store.read(connection, ids, paths)
    return {
        record: {
            key: one({**parameters, **values, "id": record, "record.exists": True}) for key, one in compute.items()
        }
        for record, values in found.items()
    }


class _Quiet(Batch):
    """Saves what a pack says without asking the rules for people, in records of the bin too."""

    async def prepare(self, connection: Connection, drafts: Sequence[Draft]) -> None:
        alive = [draft for draft in drafts if draft.alive]
        await hold_early(self.context, connection, self.entity, alive)
        await self._load(connection, drafts)
        await self._complete(connection, [draft for draft in drafts if draft.alive])

    def _objection(self, draft: Draft) -> TrellisError | None:
        return NotFound() if draft.current is None else None


__all__ = ["HANDLERS", "MIGRATE", "changed_since", "migrating", "migrations_of"]
