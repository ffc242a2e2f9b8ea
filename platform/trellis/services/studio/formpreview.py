"""A drafted form as it would be evaluated: with what the draft says, on values of records as they are now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from trellis.engine.formstate import FormRules, State
from trellis.kernel.errors import Finding
from trellis.metadata.documents import Form
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.linked import values_of

Raw = Mapping[str, Any]

CONDITIONS = frozenset({"visible", "required", "readonly", "when"})


def drafted(context: Context, snapshot: Snapshot, roles: frozenset[str]) -> Context:
    """The context as if the draft were in force and whoever asks had some roles, for definitions, not for reading."""
    alone = replace(snapshot, derived={key: made for key, made in snapshot.derived.items() if not _about_forms(key)})
    released = context.with_release(replace(context.release, snapshot=alone, derived={}))
    return released.with_actor(replace(context.actor, roles=roles)) if roles else released


def _about_forms(key: object) -> bool:
    return isinstance(key, tuple) and bool(key) and key[0] in (FormRules, "live formulas")


def without_faulty_conditions(form: Raw, findings: Iterable[Finding]) -> Raw:
    """The form without the conditions that nobody can evaluate yet; they count as not written."""
    for finding in findings:
        parts = parts_of(finding.pointer) if finding.pointer else []
        if finding.severity == "error" and parts and parts[-1] in CONDITIONS:
            form = _without(form, parts)
    return form


def _without(value: Any, parts: list[str]) -> Any:
    key, *rest = parts
    if not isinstance(value, Mapping) or key not in value:
        return value
    if not rest:
        return {**value, key: False} if key == "when" else {name: kept for name, kept in value.items() if name != key}
    return {**value, key: _without(value[key], rest)}


async def preview_state(
    context: Context, preview: Context, form: Form, values: Mapping[str, Any], *, exists: bool
) -> State:
    """The state of the form for some values; raises ExprError where the definitions are too unsound to tell.

    `context` reads what stands behind links in the release in force, `preview` is that of the draft.
    """
    rules = FormRules.of(preview.snapshot, form)
    linked = await _behind(context, form.entity, rules.paths, values)
    record = {f"record.{key}": value for key, value in values.items()}
    return rules.state({**preview.parameters(), **linked, **values, **record, "record.exists": exists})


async def _behind(context: Context, entity_id: str, paths: Iterable[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands behind the links that conditions read, as far as it is published."""
    entity = context.snapshot.entities.get(entity_id)
    wanted: dict[str, list[str]] = {}
    for path in paths:
        if context.snapshot.field_at(entity_id, path) is not None:
            link, _, rest = path.partition(".")
            wanted.setdefault(link, []).append(rest)
    found: dict[str, Any] = {}
    for link, rests in wanted.items():
        spec, target = entity.field(link) if entity else None, values.get(link)
        if spec is not None and spec.target is not None and isinstance(target, str):
            async with context.database.read(context.workspace) as connection:
                records = await values_of(context, connection, spec.target, [target], tuple(rests))
            found |= {f"{link}.{rest}": records.get(target, {}).get(rest) for rest in rests}
    return found
