"""Checks that look at other records: targets of links exist, unique values are free, conditions see behind lookups."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.engine.expr.evaluator import evaluator
from trellis.engine.expr.nodes import Expression
from trellis.engine.formstate import FormRules
from trellis.engine.query import Query
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.lists import numbered, rounded
from trellis.storage.reading import Form as ValueForm
from trellis.storage.reading import ReadCompiler, Shape
from trellis.storage.references import References


async def check_links(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Every link that was set leads to a record that the actor may see and that is not in the bin."""
    links = _links(context, entity)
    wanted: dict[str, set[str]] = {}
    for draft in drafts:
        for spec in links:
            if draft.values.get(spec.key) is not None:
                wanted.setdefault(spec.target or "", set()).update(_new_targets(draft, spec))
    if "core.user" in wanted:
        wanted["core.user"].discard(context.actor.id)
    references = References(context.release.statements, context.access)
    asked = {target: sorted(ids) for target, ids in wanted.items() if ids}
    found = await references.present(connection, asked, context.sql_parameters()) if asked else {}
    for target, ids in asked.items():
        absent = set(ids) - found[target] - ({draft.id for draft in drafts} if target == entity.id else set())
        for draft in drafts if absent else ():
            _refuse_absent(draft, [spec for spec in links if spec.target == target], absent)
    await _check_filters(context, connection, entity, drafts)


def _links(context: Context, entity: Entity) -> list[FieldType]:
    """The fields of an entity that lead to other records, found once per release."""
    key = ("links", entity.id)
    if key not in context.snapshot.derived:
        fields = entity.all_fields.values()
        context.snapshot.derived[key] = [spec for spec in fields if spec.target is not None and spec.type != "id"]
    found: list[FieldType] = context.snapshot.derived[key]
    return found


def _new_targets(draft: Draft, spec: FieldType) -> set[str]:
    value = draft.values.get(spec.key)
    if value is None or (draft.current is not None and draft.current.values.get(spec.key) == value):
        return set()
    return set(value) if spec.multiple else {value}


def _refuse_absent(draft: Draft, links: Sequence[FieldType], absent: set[str]) -> None:
    message = Message("There is no such record, or you may not see it.")
    errors = [FieldError(spec.key, "no_such_record", message) for spec in links if _new_targets(draft, spec) & absent]
    if errors:
        draft.refuse(errors)


async def _check_filters(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    for spec in entity.fields.values():
        source = getattr(spec, "filter", None)
        setting = [draft for draft in drafts if source and draft.alive and _new_targets(draft, spec)]
        if source and setting and spec.target is not None:
            rule = context.language.condition(entity.id, source, target=spec.target)
            fresh = {draft.id: {**draft.whole, "id": draft.id} for draft in drafts} if spec.target == entity.id else {}
            await _check_candidates(context, connection, entity, spec, rule, setting, fresh)


async def _check_candidates(
    context: Context,
    connection: Connection,
    entity: Entity,
    spec: FieldType,
    rule: Expression,
    drafts: Sequence[Draft],
    fresh: Mapping[str, Mapping[str, Any]],
) -> None:
    """The filter of a lookup, asked for every target that is newly set; `fresh` are targets of the same batch."""
    fields = tuple(path.key.removeprefix("target.") for path in rule.paths)
    ids = sorted({target for draft in drafts for target in _new_targets(draft, spec)})
    known = {**fresh, **await values_of(context, connection, spec.target or "", ids, fields)}
    test = evaluator(rule)
    for draft in drafts:
        record = {**context.parameters(), **_record_values(entity, draft)}
        for target in _new_targets(draft, spec):
            candidate = known.get(target, {})
            values = _Known({**record, **{f"target.{key}": candidate.get(key) for key in fields}})
            if test(values) is not True:
                message = Message("This record cannot be chosen for {label}.", {"label": spec.caption})
                draft.refuse([FieldError(spec.key, "not_a_candidate", message)])
                break


class _Known(dict[str, Any]):
    """Values in which everything else is empty."""

    def __missing__(self, key: str) -> None:
        return None


def _record_values(entity: Entity, draft: Draft) -> dict[str, Any]:
    """The record as the filter of a lookup reads it."""
    values = {**dict.fromkeys(entity.all_fields), **draft.whole, "id": draft.id}
    return (
        values
        | {f"record.{key}": value for key, value in values.items()}
        | {"record.exists": draft.current is not None}
    )


async def check_unique(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Values that must be unique are free: in the table and among the drafts themselves."""
    rules: list[tuple[str, ...]] = [(spec.key,) for spec in entity.fields.values() if spec.unique]
    rules += [index.fields for index in entity.indexes.values() if index.unique and index.fields not in rules]
    for keys in rules:
        await _check_rule(context, connection, entity, keys, drafts)


async def _check_rule(
    context: Context, connection: Connection, entity: Entity, keys: tuple[str, ...], drafts: Sequence[Draft]
) -> None:
    claims: dict[tuple[Any, ...], list[Draft]] = {}
    for draft in drafts:
        values = tuple(draft.whole.get(key) for key in keys)
        touched = (
            draft.current is None
            or draft.current.deleted
            or any(key in draft.values and draft.values[key] != draft.current.values.get(key) for key in keys)
        )
        if touched and None not in values:
            claims.setdefault(values, []).append(draft)
    if not claims:
        return
    references = References(context.release.statements, context.access)
    holders = await references.holders(connection, entity.id, keys, list(claims))
    for values, claimants in claims.items():
        holder = holders.get(values)
        first = 0 if holder is not None else 1
        for draft in claimants[first:]:
            if draft.id != holder:
                _refuse_taken(entity, keys, draft)


def _refuse_taken(entity: Entity, keys: tuple[str, ...], draft: Draft) -> None:
    labels = ", ".join(entity.all_fields[key].caption for key in keys)
    message = Message("There is already a record with this {labels}.", {"labels": labels})
    draft.refuse([FieldError(keys[0], "not_unique", message)])


async def linked_values(
    context: Context, connection: Connection, form: Form, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values behind lookups that the conditions of a form read, by path."""
    entity = context.snapshot.entity(form.entity)
    found: dict[str, Any] = {}
    wanted: dict[str, list[str]] = {}
    for path in FormRules.of(context.snapshot, form).paths:
        link, _, rest = path.partition(".")
        wanted.setdefault(link, []).append(rest)
    for link, rests in wanted.items():
        spec, target = entity.field(link), values.get(link)
        if spec is not None and spec.target is not None and isinstance(target, str):
            behind = (await values_of(context, connection, spec.target, [target], tuple(rests))).get(target, {})
            found |= {f"{link}.{rest}": behind.get(rest) for rest in rests}
    return found


async def values_of(
    context: Context, connection: Connection, entity_id: str, ids: Sequence[str], fields: tuple[str, ...]
) -> dict[str, dict[str, Any]]:
    """Some fields of some records by id, with the rights of the system: conditions see more than their reader."""
    if not ids:
        return {}
    system = context.as_system()
    padded = rounded(ids)
    shape = Shape(Query(entity_id, fields), None, len(padded), None, False, ValueForm.DOMAIN)
    reading = context.release.statements.get(
        ("values", shape), lambda: ReadCompiler(system.tables, system.access, shape).compiled()
    )
    rows = await connection.fetch(reading.prepared, {**numbered("id", padded), "limit": len(padded)})
    return {str(row[0]): dict(zip(reading.columns, reading.row(row), strict=True)) for row in rows}
