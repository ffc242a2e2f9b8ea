"""Explaining a value: formula, inputs, steps and last writers; what a reader may not see is told to be there, no more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trellis.engine.access import NEVER_WRITABLE
from trellis.engine.computed import Computations, Formula, Rollup
from trellis.engine.disclosure import revealing
from trellis.engine.expr.nodes import Expression
from trellis.engine.expr.trace import trace
from trellis.engine.known import Known
from trellis.kernel.errors import NotFound
from trellis.kernel.identity import canonical_id
from trellis.metadata.documents import Level
from trellis.services import queries
from trellis.services.apiclients.noting import note_record
from trellis.services.context import Context
from trellis.services.explaining_rollups import explain_rollup
from trellis.services.explanations import Explanation, Input, Kind, Stale, Step, Text, Writer
from trellis.services.sight import Sight, Values, part, wording
from trellis.services.waiting import waiting
from trellis.storage.history import Written, last_writers

USER = "core.user"


async def explain(context: Context, entity_id: str, record_id: str, key: str) -> Explanation:
    """How the value of a field came about, for somebody who may read it; raises NotFound and Forbidden."""
    record, field = canonical_id(record_id), context.snapshot.entity(entity_id).field(key)
    if record is None or field is None or not await _readable(context, entity_id, record, key):
        raise NotFound()
    note_record(context, entity_id, (key,))
    match Computations.of(context.snapshot).at(entity_id, key):
        case Formula() as item:
            return await _formula(context, item, record)
        case Rollup() as item:
            return await explain_rollup(context, item, record)
    return await _entered(context, entity_id, record, key)


async def _readable(context: Context, entity: str, record: str, key: str) -> bool:
    """Whether the reader may read a field of a record; the record is only looked at if that makes a difference."""
    level, highest = context.access.level(entity, key), context.access.highest(entity, key)
    if level >= Level.READ or highest < Level.READ:
        return level >= Level.READ
    return key in (await queries.get_record(context, entity, record, (), labels=False)).readable


async def _entered(context: Context, entity: str, record: str, key: str) -> Explanation:
    sight = await Sight.of(context, entity, record, key)
    place = Written(entity, record, key)
    writers = await _writers(context, [place] if key not in NEVER_WRITABLE else [])
    return Explanation(
        sight.here, sight.field(key), Kind.ENTERED, sight.shown(key),
        writer=writers.get(place), default=_default(sight, key),
    )  # fmt: skip


def _default(sight: Sight, key: str) -> Text | None:
    """What fills the field of a new record, where that is an expression."""
    default = sight.field(key).default
    if not (isinstance(default, dict) and "expr" in default):
        return None
    return wording(sight.words, sight.context.language.expression(sight.entity, default["expr"]))


async def _formula(context: Context, item: Formula, record: str) -> Explanation:
    entity, key = item.field.entity, item.field.key
    sight = await Sight.of(context, entity, record, key, tuple(path.key for path in item.paths))
    here = Written(entity, record, key)
    inputs = [_input(sight, path.key) for path in item.paths]
    writers = await _writers(context, [place for one in inputs if (place := _entered_at(one))])
    waits = await waiting(context, [here, *(place for one in inputs if one.computed and (place := _place(one)))])
    known = Known({**context.parameters(), "record.exists": True, **sight.known})
    fresh = item.compute(known)
    return Explanation(
        sight.here, sight.field(key), Kind.FORMULA, sight.shown(key),
        text=wording(sight.words, item.expression),
        inputs=tuple(_noted(one, writers, waits) for one in inputs),
        steps=_steps(sight, item.expression, known, inputs),
        stale=waits.get(here),
        fresh=fresh,
        differs=item.field.stored and fresh != sight.known[key],
    )  # fmt: skip


def _input(sight: Sight, path: str) -> Input:
    return Input(path, sight.captions(path), sight.field(path), sight.shown(path), sight.place(path))


def _place(one: Input) -> Written | None:
    """The field of a record that an input is, as far as the reader may know."""
    return Written(one.record.entity, one.record.id, one.field.key) if one.record else None


def _entered_at(one: Input) -> Written | None:
    """Where the last writer of an input is noted; nobody has written what is computed, or may be told of the rest."""
    secret = one.shown.hidden or one.shown.masked
    return None if secret or one.computed or one.field.key in NEVER_WRITABLE else _place(one)


def _noted(one: Input, writers: Mapping[Written, Writer], waits: Mapping[Written, Stale]) -> Input:
    place = _place(one)
    if place is None:
        return one
    writer = writers.get(place) if _entered_at(one) else None
    return replace(one, writer=writer, stale=place in waits)


def _steps(sight: Sight, expression: Expression, known: Values, inputs: Sequence[Input]) -> tuple[Step, ...]:
    """The steps of a formula, without those that would tell of inputs which the reader may not see."""
    secret = revealing(expression, [one.path for one in inputs if one.shown.hidden or one.shown.masked])
    return tuple(
        Step(
            Text(step.source, part(sight.words, expression, step.span)),
            step.type, step.value, step.depth, step.used, step.failed,
        )
        for step in trace(expression, known)
        if step.span not in secret
    )  # fmt: skip


async def _writers(context: Context, wanted: Sequence[Written]) -> dict[Written, Writer]:
    """The last writers of fields, with their names as far as the reader may see them."""
    async with context.database.read(context.workspace) as connection:
        found = await last_writers(connection, context.release.statements, wanted)
    names = await _names(context, {user for user, _ in found.values() if user})
    return {place: Writer(user or None, names.get(user), at) for place, (user, at) in found.items()}


async def _names(context: Context, users: set[str]) -> dict[str, str]:
    title = context.snapshot.entity(USER).title_field
    if not users or not context.access.allows(USER, "read") or context.access.highest(USER, title) < Level.READ:
        return {}
    found = await queries.choices(context, USER, ids=sorted(users), limit=len(users))
    return {choice.id: choice.label for choice in found if choice.titled}
