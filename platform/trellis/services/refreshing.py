"""Working through stale computed fields in the background, a piece in each transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from trellis.engine.computed import Computations, Formula, OwnFormulas
from trellis.engine.dependencies import Dependant, Dependencies
from trellis.engine.expr.problems import ExprError
from trellis.metadata.snapshot import Snapshot
from trellis.services.computed import Cascade
from trellis.services.context import Context
from trellis.services.retrying import in_transaction
from trellis.services.worker import Handler, Job
from trellis.storage import stale
from trellis.storage.computed import AT_ONCE, ComputedStore, Stretch
from trellis.storage.connection import Connection
from trellis.storage.stale import Mark

IN_SQL = 5_000
"""Records that one statement rewrites."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The next `number` records of a mark, up to the id `last`, None at the end; `turn` is what is left to do of them."""

    last: str | None = None
    number: int = 0
    turn: int = 0


async def refresh_stale(job: Job) -> None:
    """The handler of `stale.REFRESH`: work through one mark until nothing of it is left."""
    begun: Begun | None = Begun()
    while begun is not None:
        begun = await _piece(job.context, str(job.timer.payload["mark"]), begun)


HANDLERS: Mapping[str, Handler] = {stale.REFRESH: refresh_stale}


async def _piece(context: Context, mark_id: str, begun: Begun) -> Begun | None:
    """The next records of a mark, in a transaction of their own; where to go on, None when nothing is left."""

    async def work(now: Context, connection: Connection) -> Begun | None:
        mark = await stale.find(connection, mark_id)
        return await _work_on(now, connection, mark, begun) if mark is not None else None

    return await in_transaction(context, work)


async def _work_on(context: Context, connection: Connection, mark: Mark, begun: Begun) -> Begun | None:
    keys = _still_there(context.snapshot, mark)
    done = await _in_sql(context, connection, mark, keys, begun) if keys and mark.dependant is None else None
    if done is None and keys:
        done = await _in_python(context, connection, mark, keys)
    if done is None or done.last is None:
        await stale.clear(connection, mark)
        return None
    if done.turn:
        return done
    await stale.advance(connection, mark, done.last, done.number)
    return Begun()


def _still_there(snapshot: Snapshot, mark: Mark) -> tuple[str, ...]:
    """The fields of a mark that a newer release still keeps."""
    stages = Dependencies.of(snapshot).stages
    return tuple(key for key in mark.keys if (mark.entity, key) in stages)


async def _in_sql(
    context: Context, connection: Connection, mark: Mark, keys: tuple[str, ...], begun: Begun
) -> Begun | None:
    """All records, thousands in one statement, where no other record follows these fields; None if that cannot be."""
    if not _stands_alone(context.snapshot, mark.entity, keys):
        return None
    store = ComputedStore(context.release.statements, mark.entity, context.sql_parameters())
    if not begun.turn:
        begun = Begun(*await store.last_of(connection, mark.after, IN_SQL * store.turns))
    if begun.last is None:
        return begun
    several = store.turns > 1 and begun.number > IN_SQL
    stretch = Stretch(mark.after, begun.last, begun.turn if several else None)
    if store.reads_others(keys):
        await store.lock_range(connection, stretch)
    try:
        await store.refill(connection, keys, stretch)
    except ExprError:
        return None
    return replace(begun, turn=(begun.turn + 1) % store.turns if several else 0)


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


async def _in_python(context: Context, connection: Connection, mark: Mark, keys: tuple[str, ...]) -> Begun:
    store = ComputedStore(context.release.statements, mark.entity, context.sql_parameters())
    dependant = mark.dependant or Dependant((mark.entity, keys[0]), ())
    ids = await store.followers(
        connection, dependant, mark.ids if mark.dependant else None, after=mark.after, limit=AT_ONCE
    )
    if not ids:
        return Begun()
    cascade = Cascade(context.as_system(), connection)
    await cascade.refresh(mark.entity, dict.fromkeys(ids, keys))
    await cascade.run()
    return Begun(ids[-1], len(ids))
