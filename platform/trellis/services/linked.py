"""Checks that look at other records: targets of links exist, unique values are free, conditions see behind lookups."""

from collections.abc import Mapping, Sequence
from typing import Any

from trellis.engine.expr.evaluator import condition
from trellis.engine.expr.nodes import Expression
from trellis.engine.formstate import FormRules
from trellis.engine.known import Known
from trellis.engine.query import Query
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.storage.connection import Connection
from trellis.storage.lists import numbered, rounded
from trellis.storage.outputs import Form as ValueForm
from trellis.storage.reading import ReadCompiler, Shape
from trellis.storage.references import Candidates, References


async def check_links(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Every link that was set leads to a record that the actor may see and that is not in the bin."""
    links = _links(context, entity)
    wanted: dict[Candidates, set[str]] = {}
    for draft in drafts:
        for spec, candidates in links:
            if draft.values.get(spec.key) is not None:
                wanted.setdefault(candidates, set()).update(_new_targets(draft, spec))
    asked = {candidates: sorted(ids) for candidates, ids in wanted.items() if ids}
    if not asked:
        return
    references = References(context.release.statements, context.access)
    found = await references.present(connection, asked, context.sql_parameters())
    fresh = {draft.id for draft in drafts}
    for draft in drafts:
        for spec, candidates in links:
            if draft.values.get(spec.key) is None:
                continue
            known = found.get(candidates, {})
            for target in _new_targets(draft, spec):
                if target in fresh and spec.target == entity.id or target == context.actor.id and target not in known:
                    continue
                _judge(draft, spec, known.get(target))
    await _check_filters(context, connection, entity, drafts)


def _judge(draft: Draft, spec: FieldType, fits: bool | None) -> None:
    """Refuse a target that is not there (None) or that the filter of the link keeps out (False)."""
    if fits is None:
        message = Message("There is no such record, or you may not see it.")
        draft.refuse([FieldError(spec.key, "no_such_record", message)])
    elif not fits:
        draft.refuse([_not_a_candidate(spec)])


def _not_a_candidate(spec: FieldType) -> FieldError:
    message = Message("This record cannot be chosen for {label}.", {"label": spec.caption})
    return FieldError(spec.key, "not_a_candidate", message)


def _links(context: Context, entity: Entity) -> list[tuple[FieldType, Candidates]]:
    """The fields of an entity that lead to other records, with who may be chosen; found once per release."""
    key = ("links", entity.id)
    if key not in context.snapshot.derived:
        links = [spec for spec in entity.all_fields.values() if spec.target is not None and spec.type != "id"]
        context.snapshot.derived[key] = [(spec, _candidates(context, entity, spec)) for spec in links]
    found: list[tuple[FieldType, Candidates]] = context.snapshot.derived[key]
    return found


def _candidates(context: Context, entity: Entity, spec: FieldType) -> Candidates:
    rule = _filter(context, entity, spec)
    alone = rule is not None and all(name.startswith(("me.", "today", "now")) for name in rule.parameters)
    chosen = rule if alone and spec.target != entity.id else None
    key = (Candidates, spec.target, chosen.source if chosen else "")
    found: Candidates = context.snapshot.derived.setdefault(key, Candidates(spec.target or "", chosen))
    return found


def _filter(context: Context, entity: Entity, spec: FieldType) -> Expression | None:
    source = getattr(spec, "filter", None)
    return context.language.condition(entity.id, source, target=spec.target) if source and spec.target else None


def _new_targets(draft: Draft, spec: FieldType) -> set[str]:
    value = draft.values.get(spec.key)
    if value is None or (draft.current is not None and draft.current.values.get(spec.key) == value):
        return set()
    return set(value) if spec.multiple else {value}


async def _check_filters(context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft]) -> None:
    """Filters that read the record itself."""
    for spec, candidates in _links(context, entity):
        rule = _filter(context, entity, spec) if candidates.filter is None else None
        setting = [draft for draft in drafts if draft.alive and _new_targets(draft, spec)] if rule is not None else []
        if rule is not None and setting:
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
    test = condition(rule)
    for draft in drafts:
        record = {**context.parameters(), **_record_values(entity, draft)}
        for target in _new_targets(draft, spec):
            candidate = known.get(target, {})
            values = Known({**record, **{f"target.{key}": candidate.get(key) for key in fields}})
            if not test(values):
                draft.refuse([_not_a_candidate(spec)])
                break


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
    shape = Shape(Query(entity_id, fields, limit=len(padded)), None, len(padded), None, False, ValueForm.DOMAIN)
    reading = context.release.statements.get(
        ("values", shape), lambda: ReadCompiler(system.tables, system.access, shape).compiled()
    )
    rows = await connection.fetch(reading.prepared, {**numbered("id", padded), "limit": len(padded)})
    return {str(row[0]): dict(zip(reading.columns, reading.row(row), strict=True)) for row in rows}
