"""Formulas of a form while somebody fills it in, worked out from what was typed so far."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from trellis.engine.computed import Computations, Formula, Rollup, own_inputs, worked_out
from trellis.engine.formstate import FormRules
from trellis.metadata.documents import Entity, Form, Level
from trellis.services.behind import behind
from trellis.services.context import Context
from trellis.services.forms import fields_of
from trellis.storage.computed import path_name
from trellis.storage.connection import Connection

Values = Mapping[str, Any]
Levels = Mapping[str, Level]
NOT_RAISED: Levels = MappingProxyType({})


def live_inputs(context: Context, form: Form, entity: Entity, levels: Levels = NOT_RAISED) -> frozenset[str]:
    """The fields whose change may change a formula that the form shows or goes by."""
    return own_inputs(_formulas(context, form, entity, levels))


async def live_values(
    context: Context,
    form: Form,
    entity: Entity,
    values: Values,
    *,
    exists: bool,
    levels: Levels = NOT_RAISED,
    connection: Connection | None = None,
) -> dict[str, Any]:
    """The formulas that the form shows or goes by, for these clean values; fields that one may not read are not used.

    `levels` are those of the record as it is saved, where they are not the same on every record; a new record has none.
    """
    formulas = _formulas(context, form, entity, levels)
    if not formulas:
        return {}
    known: dict[str, Any] = {**context.parameters(), **values, "record.exists": exists}
    if not exists:
        rollups = (item for item in Computations.of(context.snapshot).of_entity(entity.id) if isinstance(item, Rollup))
        known |= {item.field.key: item.empty for item in rollups}
    paths = {path_name(path) for item in formulas for path in item.paths if path.hops}
    if any(values.get(path.partition(".")[0]) for path in paths):
        known |= await _linked(context, connection, entity, values, paths)
    return worked_out(formulas, known, virtual=True)


async def _linked(
    context: Context, connection: Connection | None, entity: Entity, values: Values, paths: set[str]
) -> dict[str, Any]:
    if connection is not None:
        return (await behind(context, connection, entity, [values], paths))[0]
    async with context.database.read(context.workspace) as reading:
        return (await behind(context, reading, entity, [values], paths))[0]


def _formulas(context: Context, form: Form, entity: Entity, levels: Levels) -> tuple[Formula, ...]:
    """The formulas that matter for a form, as far as the actor may see all that they are computed from."""
    raised = frozenset(name for name, level in levels.items() if level >= Level.READ)
    key = ("live formulas", form.id, entity.id, context.access.key, raised)
    found: tuple[Formula, ...] | None = context.snapshot.derived.get(key)
    if found is None:
        own = Computations.of(context.snapshot).formulas(entity.id)
        asked = {*fields_of(form, entity), *FormRules.of(context.snapshot, form).triggers}
        open_ones = [
            item.field.key
            for item in own.closure(asked)
            if all(
                name in raised or _readable(context, entity, name) for name in own_inputs(own.closure({item.field.key}))
            )
        ]
        found = context.snapshot.derived[key] = own.closure(open_ones)
    return found


def _readable(context: Context, entity: Entity, key: str) -> bool:
    return context.access.level(entity.id, key) >= Level.READ
