"""Comparing stored computed fields with what they should be, worked out from scratch, and putting them right.

A field is compared with what its own inputs give, as they are stored. So the mistake is found where it is, and when all
fields agree with their inputs, all of them are true.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.computed import Computations, Computed, Formula, worked_out
from trellis.engine.dependencies import Dependant, Dependencies
from trellis.engine.expr.problems import ExprError
from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.services.computed import Cascade
from trellis.services.context import Context
from trellis.services.retrying import in_transaction
from trellis.storage import stale
from trellis.storage.computed import AT_ONCE, ComputedStore, fresh_name, path_name
from trellis.storage.connection import Connection

PAGE = 5_000
"""Records that one statement compares."""
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """A record whose stored value is not the right one."""

    id: str
    stored: object
    computed: object


@dataclass(slots=True)
class Verified:
    """What came out for one stored field; while it is `waiting` to be worked out, differences are to be expected."""

    entity: str
    key: str
    looked_at: int = 0
    differing: int = 0
    samples: list[Difference] = field(default_factory=list)
    waiting: bool = False

    @property
    def wrong(self) -> int:
        """How many values are wrong, and will stay so."""
        return 0 if self.waiting else self.differing


Found = Callable[[Computed, Sequence[Difference]], Awaitable[None]]


async def verify(context: Context, entity: str | None = None) -> list[Verified]:
    """Compare all stored computed fields of an entity, or of all; raises NotFound."""
    return await _looked_through(context, entity, _nothing)


async def repair(context: Context, entity: str | None = None) -> int:
    """Put wrong values right, and what follows from them; how many values of records were wrong. Raises NotFound."""
    repaired = 0

    async def put_right(item: Computed, differences: Sequence[Difference]) -> None:
        nonlocal repaired
        ids = [difference.id for difference in differences]
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            repaired += await in_transaction(context, lambda now, one: _put_right(now, one, item, part))  # noqa: B023

    await _looked_through(context, entity, put_right)
    return repaired


async def _nothing(item: Computed, differences: Sequence[Difference]) -> None:
    """What is done about differences when one only looks."""


async def _put_right(context: Context, connection: Connection, item: Computed, ids: Sequence[str]) -> int:
    cascade = Cascade(context.as_system(), connection)
    changed = await cascade.refresh(item.field.entity, {record: [item.field.key] for record in ids})
    await cascade.run()
    return changed


async def _looked_through(context: Context, entity: str | None, found: Found) -> list[Verified]:
    """All stored fields, those first that others are computed from."""
    if entity is not None and entity not in context.snapshot.entities:
        raise NotFound(Message("There is no entity “{entity}”.", {"entity": entity}))
    computations, stages = Computations.of(context.snapshot), Dependencies.of(context.snapshot).stages
    nodes = sorted((node for node in stages if entity in (None, node[0])), key=lambda node: (stages[node], node[0]))
    items = [item for node in nodes if (item := computations.at(*node)) is not None]
    return [await _look(context, item, found) for item in items]


async def _look(context: Context, item: Computed, found: Found) -> Verified:
    result = Verified(item.field.entity, item.field.key)
    result.waiting = await _waiting(context, item)
    after: str | None = None
    while True:
        last, number, differences = await _page(context, item, after)
        if last is None:
            return result
        if differences:
            result.waiting |= await _waiting(context, item)
        if differences and not result.waiting:
            await found(item, differences)
        result.looked_at += number
        result.differing += len(differences)
        result.samples += differences[: SAMPLES - len(result.samples)]
        after = last


async def _waiting(context: Context, item: Computed) -> bool:
    async with context.database.read(context.workspace) as connection:
        marks = await stale.marks(connection)
    return any(mark.entity == item.field.entity and item.field.key in mark.keys for mark in marks)


async def _page(context: Context, item: Computed, after: str | None) -> tuple[str | None, int, list[Difference]]:
    """The last of the next records, how many they are, and those of them that are wrong."""
    store = ComputedStore(context.release.statements, item.field.entity, context.sql_parameters())
    async with context.database.read(context.workspace) as connection:
        last, number = await store.last_of(connection, after, PAGE)
        if last is None:
            return None, 0, []
        try:
            suspects = await store.diverging(connection, item.field.key, after=after, until=last)
        except ExprError:
            every = Dependant((item.field.entity, item.field.key), ())
            suspects = await store.followers(connection, every, None, after=after, limit=number)
        return last, number, await _differences(context, connection, item, suspects)


async def _differences(
    context: Context, connection: Connection, item: Computed, ids: Sequence[str]
) -> list[Difference]:
    """Which records differ from what is worked out just as it would be for saving."""
    if not ids:
        return []
    key, store = item.field.key, ComputedStore(context.release.statements, item.field.entity, context.sql_parameters())
    own = Computations.of(context.snapshot).formulas(item.field.entity)
    formulas = own.named([key]) if isinstance(item, Formula) else ()
    virtual = {one.field.key for one in formulas if not one.field.stored}
    paths = {path_name(path) for one in formulas for path in one.paths} - virtual
    rollups = () if formulas else (key,)
    known = await store.read(connection, ids, sorted({*paths, key}), rollups)
    given = {**context.parameters(), "record.exists": True}

    def right(record: str, values: dict[str, Any]) -> object:
        if rollups:
            return values[fresh_name(key)]
        return worked_out(formulas, {**given, **values, "id": record})[key]

    compared = (Difference(record, values[key], right(record, values)) for record, values in sorted(known.items()))
    return [difference for difference in compared if difference.stored != difference.computed]
