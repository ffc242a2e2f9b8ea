"""Working through stale computed fields in the background, a piece in each transaction."""

from collections.abc import Iterable, Mapping

from trellis.engine.computed import Computations, Formula, OwnFormulas
from trellis.engine.dependencies import Dependant, Dependencies
from trellis.engine.expr.problems import ExprError
from trellis.metadata.snapshot import Snapshot
from trellis.services.computed import Cascade
from trellis.services.context import Context
from trellis.services.retrying import in_transaction
from trellis.services.worker import Handler, Job
from trellis.storage import stale
from trellis.storage.computed import AT_ONCE, ComputedStore
from trellis.storage.connection import Connection
from trellis.storage.stale import Mark

IN_SQL = 5_000
"""Records that one statement rewrites."""


async def refresh_stale(job: Job) -> None:
    """The handler of `stale.REFRESH`: work through one mark until nothing of it is left."""
    while await _piece(job.context, str(job.timer.payload["mark"])):
        pass


HANDLERS: Mapping[str, Handler] = {stale.REFRESH: refresh_stale}


async def _piece(context: Context, mark_id: str) -> bool:
    """The next records of a mark, in a transaction of their own; whether there are more."""

    async def work(now: Context, connection: Connection) -> bool:
        mark = await stale.find(connection, mark_id)
        return mark is not None and await _work_on(now, connection, mark)

    return await in_transaction(context, work)


async def _work_on(context: Context, connection: Connection, mark: Mark) -> bool:
    keys = _still_there(context.snapshot, mark)
    last = await _in_sql(context, connection, mark, keys) if keys and mark.dependant is None else None
    if last is None and keys:
        last = await _in_python(context, connection, mark, keys)
    if not keys or last is None or last[0] is None:
        await stale.clear(connection, mark)
        return False
    await stale.advance(connection, mark, last[0], last[1])
    return True


def _still_there(snapshot: Snapshot, mark: Mark) -> tuple[str, ...]:
    """The fields of a mark that a newer release still keeps."""
    stages = Dependencies.of(snapshot).stages
    return tuple(key for key in mark.keys if (mark.entity, key) in stages)


async def _in_sql(
    context: Context, connection: Connection, mark: Mark, keys: tuple[str, ...]
) -> tuple[str | None, int] | None:
    """All records, thousands in one statement, where no other record follows these fields; None if that cannot be."""
    if not _stands_alone(context.snapshot, mark.entity, keys):
        return None
    store = ComputedStore(context.release.statements, mark.entity, context.sql_parameters())
    last, number = await store.last_of(connection, mark.after, IN_SQL)
    if last is None:
        return None, 0
    await store.lock_range(connection, mark.after, last)
    try:
        await store.refill(connection, keys, after=mark.after, until=last)
    except ExprError:
        return None
    return last, number


def _stands_alone(snapshot: Snapshot, entity: str, keys: Iterable[str]) -> bool:
    """Whether nothing else is computed from these fields: no other record, no formula, no text to search."""
    dependencies = Dependencies.of(snapshot)
    formulas: OwnFormulas = Computations.of(snapshot).formulas(entity)
    wanted = set(keys)
    others = {item.field.key for item in formulas.affected(wanted) if item.field.stored} - wanted
    inner = any(_reads_stored(formulas, key, wanted) for key in wanted)
    searched = any(snapshot.entity(entity).fields[key].search for key in wanted)
    title = snapshot.entity(entity).title_field in wanted
    followed = any(dependencies.dependants.get((entity, key)) for key in wanted)
    return not (others or inner or searched or title or followed)


def _reads_stored(formulas: OwnFormulas, key: str, wanted: set[str]) -> bool:
    """Whether one of the fields is computed from another one of them, whose new value no single statement sees."""
    item = next((one for one in formulas.ordered if one.field.key == key), None)
    return isinstance(item, Formula) and any(not path.hops and path.field in wanted for path in item.paths)


async def _in_python(
    context: Context, connection: Connection, mark: Mark, keys: tuple[str, ...]
) -> tuple[str | None, int]:
    store = ComputedStore(context.release.statements, mark.entity, context.sql_parameters())
    dependant = mark.dependant or Dependant((mark.entity, keys[0]), ())
    ids = await store.followers(
        connection, dependant, mark.ids if mark.dependant else None, after=mark.after, limit=AT_ONCE
    )
    if not ids:
        return None, 0
    cascade = Cascade(context.as_system(), connection)
    await cascade.refresh(mark.entity, dict.fromkeys(ids, keys))
    await cascade.run()
    return ids[-1], len(ids)
