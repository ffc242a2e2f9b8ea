"""Commands on their way through the write path: input checked, defaults set, conditions applied; no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trellis.engine.access import NEVER_WRITABLE, Access
from trellis.engine.expr.evaluator import value_or_null
from trellis.engine.expr.nodes import Expression
from trellis.engine.formstate import FormRules
from trellis.engine.validation import Checked, Validator, missing
from trellis.kernel.errors import FieldError, Invalid, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form, Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot
from trellis.services.commands import Command, Create, Update
from trellis.services.context import Context
from trellis.storage.records import Current


@dataclass
class Draft:
    """One command with its clean values; `values` become part of the record, `error` ends it."""

    command: Command
    id: str
    values: dict[str, Any] = field(default_factory=dict)
    current: Current | None = None
    error: TrellisError | None = None

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Note what is wrong; later findings add to earlier ones."""
        before = self.error.errors if isinstance(self.error, Invalid) else ()
        self.error = Invalid((*before, *errors))

    @property
    def alive(self) -> bool:
        return self.error is None

    @property
    def whole(self) -> dict[str, Any]:
        """The record as it would stand after the command."""
        return {**(self.current.values if self.current else {}), **self.values}


def validator(snapshot: Snapshot, access: Access, entity: Entity, level: Level) -> Validator:
    """The validator for what the actor may write, made once per release and rights."""
    key = (Validator, entity.id, level, access.key)
    found: Validator | None = snapshot.derived.get(key)
    if found is None:
        system = access.rights.everything
        writable = {
            name: spec
            for name, spec in entity.all_fields.items()
            if _writable(name, spec, system) and access.level(entity.id, name) >= level
        }
        found = snapshot.derived[key] = Validator(entity, writable)
    return found


def _writable(key: str, spec: FieldType, system: bool) -> bool:
    if key in NEVER_WRITABLE:
        return False
    return system or (spec.writable and not spec.system)


def check_input(context: Context, entity: Entity, draft: Draft) -> None:
    """Clean values, or errors on the draft."""
    command = draft.command
    if not isinstance(command, Create | Update):
        return
    level = Level.CREATE if isinstance(command, Create) else Level.EDIT
    checked: Checked = validator(context.snapshot, context.access, entity, level).check(command.values)
    draft.values = dict(checked.values)
    if checked.errors:
        draft.refuse(checked.errors)


def set_defaults(context: Context, entity: Entity, draft: Draft) -> None:
    """Values for what a new record was not given: literal defaults, then expressions, then owner and currency."""
    values = draft.values
    for key, value in _literal_defaults(context, entity).items():
        if values.get(key) is None and key not in draft.command.values:  # type: ignore[union-attr]
            values[key] = value
    if entity.traits.owned and values.get("owner") is None:
        values["owner"] = context.actor.id or None
    if entity.traits.owned and values.get("owner_team") is None:
        values["owner_team"] = context.actor.team
    if entity.traits.multi_currency and values.get("currency") is None:
        values["currency"] = context.preferences.currency
    known: dict[str, Any] = {}
    for key, compute in _expression_defaults(context, entity).items():
        if values.get(key) is None and key not in draft.command.values:  # type: ignore[union-attr]
            known = known or {
                **dict.fromkeys(entity.all_fields),
                **context.parameters(),
                **values,
                "record.exists": False,
            }
            values[key] = known[key] = compute(known)


def input_errors(context: Context, entity: Entity, command: Create | Update) -> tuple[FieldError, ...]:
    """What is wrong with the input of a command as far as one can tell without the database."""
    draft = Draft(command, "")
    check_input(context, entity, draft)
    if isinstance(command, Create):
        set_defaults(context, entity, draft)
    check_required(entity, draft)
    return draft.error.errors if isinstance(draft.error, Invalid) else ()


def new_values(context: Context, entity: Entity, given: Mapping[str, object]) -> dict[str, Any]:
    """What a new record would start with: what is given, and defaults for the rest."""
    draft = Draft(Create(given), "")
    draft.values = validator(context.snapshot, context.access, entity, Level.CREATE).check(given).values
    set_defaults(context, entity, draft)
    return draft.values


def _literal_defaults(context: Context, entity: Entity) -> Mapping[str, Any]:
    key = ("defaults", entity.id)
    if key not in context.snapshot.derived:
        raw = {
            name: spec.default
            for name, spec in entity.fields.items()
            if spec.default is not None and not (isinstance(spec.default, dict) and "expr" in spec.default)
        }
        context.snapshot.derived[key] = Validator(entity, {name: entity.fields[name] for name in raw}).check(raw).values
    found: Mapping[str, Any] = context.snapshot.derived[key]
    return found


def _expression_defaults(context: Context, entity: Entity) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
    """For each field with a computed default a function from the record so far to the clean value."""
    key = ("default expressions", entity.id)
    if key not in context.snapshot.derived:
        context.snapshot.derived[key] = {
            name: _computed(entity, name, context.language.expression(entity.id, spec.default["expr"]))
            for name, spec in entity.fields.items()
            if isinstance(spec.default, dict) and "expr" in spec.default
        }
    found: Mapping[str, Callable[[Mapping[str, Any]], Any]] = context.snapshot.derived[key]
    return found


def _computed(entity: Entity, key: str, expression: Expression) -> Callable[[Mapping[str, Any]], Any]:
    evaluate, clean = value_or_null(expression), Validator(entity, {key: entity.fields[key]})

    def compute(known: Mapping[str, Any]) -> Any:
        value = evaluate(known)
        return None if value is None else clean.check({key: value}).values.get(key)

    return compute


def check_required(entity: Entity, draft: Draft) -> None:
    """Required fields have a value: all of them in a new record, those that were given in an update."""
    required = entity.required_keys
    if isinstance(draft.command, Update):
        required &= draft.values.keys()
    errors = missing(entity, draft.values, required)
    if errors:
        draft.refuse(errors)


def apply_form(context: Context, entity: Entity, form: Form, draft: Draft, linked: Mapping[str, Any]) -> None:
    """The conditions of the form hold at save as they did on the screen."""
    rules = FormRules.of(context.snapshot, form)
    before = draft.current.values if draft.current else {}
    known = {**context.parameters(), **linked, "record.exists": draft.current is not None}
    state = rules.state({**known, **draft.whole})
    errors = []
    for key, item in state.items.items():
        if key not in entity.all_fields:
            continue
        if not item.visible and item.clear_when_hidden:
            if before.get(key) not in (None, ()):
                draft.values[key] = () if entity.all_fields[key].multiple else None
            else:
                draft.values.pop(key, None)
        elif (
            item.readonly and key in draft.values and draft.current is not None and draft.values[key] != before.get(key)
        ):
            errors.append(
                FieldError(
                    key,
                    "readonly",
                    Message("{label} cannot be changed now.", {"label": entity.all_fields[key].caption}),
                )
            )
        elif item.visible and item.required and draft.whole.get(key) in (None, ()):
            errors.append(
                FieldError(key, "required", Message("{label} is required.", {"label": entity.all_fields[key].caption}))
            )
    if errors:
        draft.refuse(errors)
