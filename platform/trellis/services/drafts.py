"""Commands on their way through the write path: input checked, defaults set, conditions applied; no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from trellis.engine.access import NEVER_WRITABLE, Access
from trellis.engine.formstate import FormRules
from trellis.engine.validation import Checked, Validator, missing
from trellis.kernel.errors import FieldError, Invalid, NotFound, TrellisError, VersionConflict, Warned
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form, Level
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.snapshot import Snapshot
from trellis.services.commands import Assign, Command, Create, Restore, Update, refusal_of, right_of
from trellis.services.context import Context
from trellis.services.refusing import denied
from trellis.storage.records import Current


@dataclass
class Draft:
    """One command with its clean values; `values` and what is `computed` become part of the record, `error` ends it."""

    command: Command
    id: str
    values: dict[str, Any] = field(default_factory=dict)
    computed: dict[str, Any] = field(default_factory=dict)
    current: Current | None = None
    error: TrellisError | None = None
    warnings: list[FieldError] = field(default_factory=list)
    keys: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """By rule about duplicates, the key of the record before the command and after it."""

    def refuse(self, errors: Sequence[FieldError]) -> None:
        """Note what is wrong; later findings add to earlier ones."""
        before = self.error.errors if isinstance(self.error, Invalid) else ()
        self.error = Invalid((*before, *errors))

    def differs(self, key: str) -> bool:
        """Whether the command gives a field another value than it had."""
        before = self.current.values.get(key) if self.current else None
        return key in self.values and _or_none(self.values[key]) != _or_none(before)

    @property
    def changes(self) -> bool:
        """Whether the record would be another one after the command."""
        return self.current is None or any(self.differs(key) for key in self.values)

    def leaves_open(self, key: str) -> bool:
        """Whether nothing was said about a field of a new record, so that it gets its default."""
        return self.values.get(key) is None and key not in getattr(self.command, "values", {})

    @property
    def alive(self) -> bool:
        return self.error is None

    @property
    def whole(self) -> dict[str, Any]:
        """The record as it would stand after the command."""
        return {**(self.current.values if self.current else {}), **self.values, **self.computed}

    @property
    def changed(self) -> set[str]:
        """The fields to which the command gives another value than they had."""
        return {key for key in self.values if self.differs(key)}


def _or_none(value: Any) -> Any:
    return None if value == () else value


def note_moments(entity: Entity, draft: Draft, now: datetime) -> None:
    """The moments that say when another field last changed."""
    for key, watched in entity.watches:
        if draft.values.get(key) is None and draft.differs(watched):
            draft.values[key] = now


def validator(snapshot: Snapshot, access: Access, entity: Entity, level: Level) -> Validator:
    """The validator for what the actor may write, made once per release and rights."""
    key = (Validator, entity.id, level, access.key)
    found: Validator | None = snapshot.derived.get(key)
    if found is None:
        system = access.rights.everything
        writable = {
            name: spec
            for name, spec in entity.all_fields.items()
            if _writable(name, spec, system) and _open_to(access, entity, name, level)
        }
        found = snapshot.derived[key] = Validator(entity, writable)
    return found


def _open_to(access: Access, entity: Entity, key: str, level: Level) -> bool:
    """Whether the actor may write a field of some records; of new ones only what holds for every record counts."""
    return (access.highest if level is Level.EDIT else access.level)(entity.id, key) >= level


def _writable(key: str, spec: FieldType, system: bool) -> bool:
    if key in NEVER_WRITABLE or spec.computed is not None:
        return False
    return system or (spec.writable and not spec.system)


def check_input(context: Context, entity: Entity, draft: Draft) -> None:
    """Clean values, or errors on the draft."""
    command = draft.command
    if not isinstance(command, Create | Update):
        return
    if isinstance(command, Assign):
        draft.values = dict(command.values)
        return
    level = Level.CREATE if isinstance(command, Create) else Level.EDIT
    checked: Checked = validator(context.snapshot, context.access, entity, level).check(command.values)
    draft.values = dict(checked.values)
    if checked.errors:
        draft.refuse(checked.errors)


def check_levels(entity: Entity, draft: Draft) -> None:
    """What may be changed on some records only is changed on those; a value that may be read may be given again."""
    current = draft.current
    if current is None or not current.levels or isinstance(draft.command, Assign):
        return
    closed = {key for key, level in current.levels.items() if level < Level.EDIT} & draft.values.keys()
    kept = {key for key in closed if current.levels[key] >= Level.READ and not draft.differs(key)}
    draft.values = {key: value for key, value in draft.values.items() if key not in kept}
    refused = [key for key in draft.values if key in closed]
    if refused:
        draft.refuse([closed_field(entity, key) for key in refused])


def closed_field(entity: Entity, key: str) -> FieldError:
    """The error of a field that may be changed on other records only."""
    message = Message("You may not change {label} of this record.", {"label": entity.all_fields[key].caption})
    return FieldError(key, "not_writable", message)


def check_required(entity: Entity, draft: Draft, required: frozenset[str]) -> None:
    """These fields have a value: all of them in a new record, those that were given in an update.

    What records that were saved without a value may do without is asked when the record is known: `check_kept`.
    """
    if isinstance(draft.command, Update):
        required = (required & draft.values.keys()) - entity.excused_keys
    errors = missing(entity, draft.values, required)
    if errors:
        draft.refuse(errors)


def check_kept(entity: Entity, drafts: Sequence[Draft]) -> None:
    """A record that has a value of a field that only new records must fill does not lose it."""
    for draft in drafts if entity.excused_keys else ():
        before = draft.current.values if draft.current else {}
        held = frozenset(key for key in entity.excused_keys & draft.values.keys() if before.get(key) not in (None, ()))
        errors = missing(entity, draft.values, held)
        if errors:
            draft.refuse(errors)


def apply_form(context: Context, entity: Entity, form: Form, draft: Draft, linked: Mapping[str, Any]) -> None:
    """The conditions of the form hold at save as they did on the screen."""
    rules = FormRules.of(context.snapshot, form)
    before = draft.current.values if draft.current else {}
    known = {**context.parameters(), **linked, "record.exists": draft.current is not None}
    state = rules.state({**draft.whole, **known})
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


def raise_first(drafts: Sequence[Draft]) -> None:
    """Raise what is wrong with any draft: all invalid input at once, else all warnings, else the first error."""
    errors = [(place, draft.error) for place, draft in enumerate(drafts) if draft.error is not None]
    if not errors:
        return
    stronger = [(place, error) for place, error in errors if not isinstance(error, Warned)] or errors
    first = stronger[0][1]
    if len(drafts) == 1 or not all(isinstance(error, Invalid | Warned) for _, error in stronger):
        raise first
    found = [
        replace(problem, path=f"{place}/{problem.path}")
        for place, error in stronger
        for problem in (error.warnings if isinstance(error, Warned) else getattr(error, "errors", ()))
    ]
    raise Warned(found) if isinstance(first, Warned) else Invalid(found)


def stop_warned(drafts: Sequence[Draft], accepted: str) -> None:
    """Warnings that nobody has accepted stop their commands."""
    for draft in drafts:
        if draft.alive and draft.warnings and Warned(draft.warnings).fingerprint != accepted:
            draft.error = Warned(draft.warnings)


def hold(drafts: Sequence[Draft], errors: Mapping[str, TrellisError]) -> None:
    """Commands on records that are held back end with the reason."""
    for draft in drafts:
        draft.error = draft.error or errors.get(draft.id)


def objection(context: Context, entity: Entity, draft: Draft) -> TrellisError | None:
    """Why a command cannot be carried out on the record that was found, as far as rights and versions go."""
    current, command = draft.current, draft.command
    if current is None or "read" not in current.rights or current.deleted != isinstance(command, Restore):
        return NotFound()
    if right_of(command) not in current.rights:
        return denied(context, entity.id, refusal_of(command))
    version = getattr(command, "version", None)
    if version is not None and version != current.version:
        return VersionConflict(current.version)
    return None
