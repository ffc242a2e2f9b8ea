"""Checks that look at other records: targets of links exist, unique values are free, conditions see behind lookups."""

from collections.abc import Sequence
from typing import Any

from trellis.engine.formstate import FormRules
from trellis.engine.query import Query
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.reading import Form as ValueForm
from trellis.storage.reading import ReadCompiler, Shape
from trellis.storage.references import References


async def check_links(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Every link that was set leads to a record that the actor may see and that is not in the bin."""
    links = [spec for spec in entity.all_fields.values() if spec.target is not None and spec.type != "id"]
    wanted: dict[str, set[str]] = {}
    for draft in drafts:
        for spec in links:
            wanted.setdefault(spec.target or "", set()).update(_new_targets(draft, spec))
    references = References(context.release.statements, context.access)
    for target, ids in wanted.items():
        ids -= {context.actor.id} if target == "core.user" else set()
        found = await references.present(connection, target, sorted(ids), context.sql_parameters()) if ids else set()
        found |= {draft.id for draft in drafts} if target == entity.id else set()
        absent = ids - found
        for draft in drafts if absent else ():
            _refuse_absent(draft, [spec for spec in links if spec.target == target], absent)
    await _check_filters(context, connection, entity, drafts)


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
        if not source or spec.target is None:
            continue
        references = References(context.release.statements, context.access)
        for known, alike in _alike(context, entity, spec, source, drafts):
            ids = sorted(set().union(*(_new_targets(draft, spec) for draft in alike)))
            fitting = await references.allowed_by(connection, entity.id, spec.target, source, ids, known)
            for draft in alike:
                if _new_targets(draft, spec) - fitting:
                    message = Message("This record cannot be chosen for {label}.", {"label": spec.caption})
                    draft.refuse([FieldError(spec.key, "not_a_candidate", message)])


def _alike(
    context: Context, entity: Entity, spec: FieldType, source: str, drafts: Sequence[Draft]
) -> list[tuple[dict[str, Any], list[Draft]]]:
    """The drafts that set a link, those together for which its filter reads the same values, with these values."""
    read = context.language.condition(entity.id, source, target=spec.target).parameters
    groups: dict[str, tuple[dict[str, Any], list[Draft]]] = {}
    for draft in drafts:
        if draft.alive and _new_targets(draft, spec):
            known = {**context.parameters(), **_record_values(entity, draft)}
            group = groups.setdefault(repr([known.get(name) for name in sorted(read)]), (known, []))
            group[1].append(draft)
    return list(groups.values())


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
    context: Context, connection: Connection, entity: Entity, form: Form, draft: Draft
) -> dict[str, Any]:
    """The values behind lookups that the conditions of a form read, by path."""
    found: dict[str, Any] = {}
    by_link: dict[str, list[str]] = {}
    for path in FormRules.of(context.snapshot, form).paths:
        link, _, rest = path.partition(".")
        by_link.setdefault(link, []).append(rest)
    for link, rests in by_link.items():
        spec, target = entity.field(link), draft.whole.get(link)
        if spec is not None and spec.target is not None and isinstance(target, str):
            values = await values_of(context, connection, spec.target, target, tuple(rests))
            found |= {f"{link}.{rest}": values.get(rest) for rest in rests}
    return found


async def values_of(
    context: Context, connection: Connection, entity_id: str, record: str, fields: tuple[str, ...]
) -> dict[str, Any]:
    """Some fields of one record, with the rights of the system: conditions see more than their reader."""
    system = context.as_system()
    shape = Shape(Query(entity_id, fields), None, 1, None, False, ValueForm.DOMAIN)
    key = ("values", shape)
    reading = context.release.statements.get(key, lambda: ReadCompiler(system.tables, system.access, shape).compiled())
    rows = await connection.fetch(reading.prepared, {"id0": record, "limit": 1})
    return dict(zip(reading.columns, reading.row(rows[0]), strict=True)) if rows else {}
