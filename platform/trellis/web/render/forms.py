"""Forms as templates see them: sections of items, each with what an input needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from trellis.engine.formstate import FormRules, State
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form, Level, in_order
from trellis.metadata.documents.form import Item
from trellis.metadata.fieldtypes import FieldType, Option
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.defaults import Defaults
from trellis.services.livevalues import live_inputs
from trellis.web.render.formats import LocaleFormats


@dataclass(frozen=True)
class Input:
    """One input: `texts` is what stands in it, `titles` the names of linked records by id."""

    field: FieldType
    kind: str
    label: str
    texts: tuple[str, ...]
    titles: Mapping[str, str]
    required: bool
    readonly: bool
    wide: bool
    hint: str
    error: Message | None
    warning: Message | None
    refreshes: bool
    shown: str = ""
    may_create: bool = False
    prefix: str = ""
    closed: frozenset[str] = frozenset()
    """Options that cannot be chosen for the values of the form."""
    span: int = 1

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def options(self) -> tuple[tuple[str, str, bool], ...]:
        """What can be chosen, as key, label and whether it still can: what is chosen stays, even if it cannot be."""
        choices: Mapping[str, Option] = getattr(self.field, "choices", {})
        open_to = {key: option.active and key not in self.closed for key, option in choices.items()}
        shown = [key for key in choices if open_to[key] or key in self.texts]
        return tuple((key, choices[key].label or key, key not in self.closed) for key in shown)

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""

    @property
    def describedby(self) -> str:
        """The ids of the hint, the error and the warning, for screen readers."""
        ids = [f"{self.key}-hint"] if self.hint else []
        ids += [f"{self.key}-error"] if self.error else []
        return " ".join([*ids, *([f"{self.key}-warning"] if self.warning else [])])


@dataclass(frozen=True)
class InputSection:
    """A group of inputs; `because` names the fields whose values made it appear."""

    key: str
    label: str
    columns: int
    inputs: tuple[Input, ...]
    because: str = ""
    hint: str = ""


_KINDS = {
    "longtext": "longtext", "boolean": "boolean", "date": "date", "datetime": "datetime", "select": "select",
    "multiselect": "multiselect", "multilookup": "multilookup", "file": "file", "json": "json", "email": "email",
    "phone": "tel", "url": "url", "currency": "currency", "percent": "percent", "autonumber": "autonumber",
}  # fmt: skip


NOT_RAISED: Mapping[str, Level] = {}


def kind_of(field: FieldType) -> str:
    """Which input a field gets; types that nobody here knows get the one of their behaviour."""
    if field.type in _KINDS:
        return _KINDS[field.type]
    if field.target is not None:
        return "multilookup" if field.multiple else "lookup"
    return "number" if field.numeric else "text"


def default_form(entity: Entity) -> Form:
    """A form with all fields, for entities that have none."""
    items = {key: {"order": place} for place, key in enumerate(entity.fields)}
    raw = {
        "kind": "form",
        "id": f"{entity.id}_generated",
        "entity": entity.id,
        "use": ["create", "edit", "detail"],
        "sections": {"all": {"label": entity.label, "items": items}},
    }
    return Form.model_validate(raw)


def form_for(snapshot: Snapshot, context: Context, entity: Entity, use: str) -> Form:
    """The form of the actor for a use, in the language of the snapshot."""
    return snapshot.form_for(entity.id, use, context.actor.roles) or default_form(entity)


def text_of(field: FieldType, value: Any, formats: LocaleFormats) -> tuple[str, ...]:
    """What stands in the input for a value."""
    if value is None:
        return ()
    if field.multiple:
        return tuple(value)
    if field.type == "datetime":
        local = value.astimezone(ZoneInfo(formats.zone)).replace(tzinfo=None)
        return (local.isoformat(timespec="seconds" if local.second else "minutes"),)
    return (field.to_text(value),)


def sections_of(
    context: Context,
    form: Form,
    entity: Entity,
    state: State,
    texts: Mapping[str, Sequence[str]],
    titles: Mapping[str, Mapping[str, str]],
    errors: Sequence[FieldError],
    formats: LocaleFormats,
    *,
    exists: bool,
    shown: Mapping[str, str],
    levels: Mapping[str, Level] = NOT_RAISED,
    warnings: Sequence[FieldError] = (),
) -> tuple[InputSection, ...]:
    """The visible sections with their visible inputs; `entity` and `form` are in the reader's language.

    `levels` are those of the record, where they are not the same on every record.
    """
    triggers = FormRules.of(context.snapshot, form).triggers
    triggers |= frozenset() if exists else Defaults.of(context, context.snapshot.entity(entity.id)).inputs
    triggers |= live_inputs(context, form, entity, levels)
    wrong = {error.path: error.message for error in reversed(errors)}
    doubtful = {warning.path: warning.message for warning in reversed(warnings)}
    found = []
    for key, section in in_order(form.sections).items():
        if section.kind != "fields" or not state.sections.get(key, True):
            continue
        inputs = []
        for name, item in in_order(section.items).items():
            field = entity.field(name)
            level = levels.get(name, context.access.level(entity.id, name))
            if field is None or (level < Level.MASKED and name not in levels) or not state.items[name].visible:
                continue
            readonly = state.items[name].readonly or level < (Level.EDIT if exists else Level.CREATE)
            readonly = readonly or not field.writable or field.system
            if readonly and not exists and field.type == "autonumber":
                continue
            inputs.append(
                Input(
                    field=field,
                    kind="output" if readonly else kind_of(field),
                    label=item.label or formats.words(field.caption),
                    texts=tuple(texts.get(name, ())),
                    titles=titles.get(name, {}),
                    required=(state.items[name].required or _demanded(field, exists, texts)) and not readonly,
                    readonly=readonly,
                    wide=_wide(section.columns, item, field),
                    hint=_hint(
                        item, field, formats, excused=exists and not readonly and not _demanded(field, exists, texts)
                    ),
                    error=wrong.get(name),
                    warning=doubtful.get(name),
                    refreshes=name in triggers,
                    shown=shown.get(name, ""),
                    may_create=field.target is not None and context.access.allows(field.target, "create"),
                    prefix=formats.base_currency if field.type == "currency" else "",
                    closed=state.closed.get(name, frozenset()),
                    span=item.span,
                )
            )
        if inputs:
            columns = section.columns if isinstance(section.columns, int) else 2
            because = _because(section.visible, entity)
            found.append(InputSection(key, section.label, columns, tuple(inputs), because, section.hint))
    return tuple(found)


def _demanded(field: FieldType, exists: bool, texts: Mapping[str, Sequence[str]]) -> bool:
    """Whether a value is required: of some fields only in new records, and where there is one."""
    return field.required and (field.required_for == "all" or not exists or any(texts.get(field.key, ())))


def _hint(item: Item, field: FieldType, formats: LocaleFormats, *, excused: bool) -> str:
    """The help of an input; `excused` are those that only other records must fill."""
    hints = [item.hint or field.help, formats.words("Required for new records.") if excused and field.required else ""]
    return " ".join(hint for hint in hints if hint)


def _wide(columns: object, item: Item, field: FieldType) -> bool:
    return columns == 1 or columns == item.span == 2 or field.type in ("longtext", "json")


def _because(condition: bool | str, entity: Entity) -> str:
    """The labels of the fields that a condition names, to say why a section is there."""
    if isinstance(condition, bool):
        return ""
    return ", ".join(
        field.caption for key, field in entity.fields.items() if key in condition.replace("(", " ").split()
    )
