"""Forms as people fill them in: posted text becomes input for the write path, conditions are evaluated as at save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.formstate import FormRules, State
from trellis.kernel.errors import FieldError, Invalid
from trellis.metadata.documents import Entity, Form, Level
from trellis.metadata.fieldtypes import FieldType, Reading, Refused
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.defaults import check_given, set_defaults
from trellis.services.drafts import Draft, check_input, validator
from trellis.services.linked import linked_values
from trellis.services.refusing import in_their_words


@dataclass(frozen=True, slots=True)
class FormInput:
    """What was posted: values that could be read, errors of those that could not, and every text as it was typed."""

    values: dict[str, object] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    texts: dict[str, list[str]] = field(default_factory=dict)


def read_form(
    context: Context, form: Form, posted: Mapping[str, Sequence[str]], reading: Reading, extra: Sequence[str] = ()
) -> FormInput:
    """Read the posted texts of a form's fields (and `extra` ones, such as a parent link); fields not posted stay out."""
    entity = context.snapshot.entity(form.entity)
    values: dict[str, object] = {}
    errors: list[FieldError] = []
    texts: dict[str, list[str]] = {}
    for key in dict.fromkeys([*fields_of(form, entity), *extra]):
        spec = entity.field(key)
        if spec is None or key not in posted or context.access.highest(entity.id, key) < Level.CREATE:
            continue
        texts[key] = list(posted[key])
        try:
            values[key] = _read(spec, texts[key], reading)
        except Refused as refused:
            errors.append(FieldError(key, refused.code, refused.message))
    return FormInput(values, tuple(errors), texts)


def _read(spec: FieldType, texts: Sequence[str], reading: Reading) -> object:
    if spec.multiple:
        return tuple(text for text in texts if text)
    return spec.from_text(texts[-1], reading) if texts else None


def fields_of(form: Form, entity: Entity) -> tuple[str, ...]:
    """The keys of all fields in a form, in no particular order."""
    return tuple(key for section in form.sections.values() for key in section.items if key in entity.all_fields)


def input_errors(context: Context, entity: Entity, command: Create | Update) -> tuple[FieldError, ...]:
    """What is wrong with the input of a command as far as one can tell without the database."""
    draft = Draft(command, "")
    check_input(context, entity, draft)
    if isinstance(command, Create):
        set_defaults(context, entity, draft)
    check_given(context, entity, draft)
    return in_their_words(context, entity.id, draft.error).errors if isinstance(draft.error, Invalid) else ()


async def evaluate_form(context: Context, form: Form, values: Mapping[str, Any], *, exists: bool) -> State:
    """Which parts of the form are visible, required and read-only for these clean values."""
    rules = FormRules.of(context.snapshot, form)
    linked = await _linked(context, form, rules, values)
    return rules.state({**context.parameters(), **linked, **values, **_as_record(values), "record.exists": exists})


async def form_badges(context: Context, form: Form, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the badges that a record with these values has."""
    rules = FormRules.of(context.snapshot, form)
    linked = await _linked(context, form, rules, values) if form.header.badges else {}
    return rules.badges({**context.parameters(), **linked, **values, **_as_record(values), "record.exists": True})


def _as_record(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"record.{key}": value for key, value in values.items()}


async def _linked(context: Context, form: Form, rules: FormRules, values: Mapping[str, Any]) -> dict[str, Any]:
    if not rules.paths:
        return {}
    async with context.database.read(context.workspace) as connection:
        return await linked_values(context, connection, form, values)


def clean_values(
    context: Context, entity: Entity, values: Mapping[str, object], level: Level = Level.CREATE
) -> dict[str, Any]:
    """As much of the input as is valid, for showing a form that is not finished yet; `level` edit for records there are."""
    checked = validator(context.snapshot, context.access, entity, level).check(values)
    return checked.values
