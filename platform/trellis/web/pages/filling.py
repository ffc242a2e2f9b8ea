"""A form while somebody fills it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trellis.kernel.errors import FieldError
from trellis.metadata.documents import Entity, Form, Level
from trellis.services.drafts import closed_field
from trellis.services.forms import FormInput
from trellis.services.revealing import Revealed
from trellis.web.links import edit_url, new_url
from trellis.web.pages import presets
from trellis.web.pages.changes import Conflict
from trellis.web.pages.warnings import Warnings

Texts = dict[str, list[str]]


@dataclass(frozen=True)
class Filling:
    """A form while somebody fills it in."""

    entity: Entity
    form: Form
    record: str = ""
    version: int = 0
    texts: Texts = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    """How far fields of the record are open that are not equally open on every record."""
    masked: Mapping[str, str] = field(default_factory=dict)
    """What is shown of values that may only be seen in part."""
    errors: tuple[FieldError, ...] = ()
    warned: Warnings | None = None
    conflict: Conflict | None = None
    presets: Mapping[str, str] = field(default_factory=dict)
    revealed: Revealed | None = None
    """A masked value that is shown in this answer."""
    quick: bool = False
    drawn: str = ""
    """What the form was drawn from, as its page tells."""
    redrawn: bool = False
    """Whether it has changed since, so that people have to look again."""

    @property
    def exists(self) -> bool:
        return bool(self.record)

    @property
    def action(self) -> str:
        """Where the form is posted to."""
        return edit_url(self.entity.id, self.record) if self.record else new_url(self.entity.id)


def is_untouched(filling: Filling, key: str, texts: list[str] | None) -> bool:
    """Whether a field was posted as it was shown; a local time alone may mean two moments, a choice has lost its order."""
    spec, shown = filling.entity.field(key), filling.texts.get(key, [])
    if spec is None or texts is None:
        return False
    if spec.multiple:
        return set(filter(None, texts)) == set(shown)
    return "".join(texts[-1:]).replace("\r\n", "\n") == "".join(shown[-1:])


def without_closed(filling: Filling, read: FormInput) -> FormInput:
    """The input without the fields that are not open on this record; each is refused, unless it says what is there."""
    closed = {key for key, level in filling.levels.items() if level < Level.EDIT} & read.texts.keys()
    if not closed:
        return read
    kept = {key for key in closed if key in filling.before and read.values.get(key) == filling.before[key]}
    refused = tuple(closed_field(filling.entity, key) for key in sorted(closed - kept))
    return FormInput(
        {key: value for key, value in read.values.items() if key not in closed},
        (*(error for error in read.errors if error.path not in closed), *refused),
        {key: texts for key, texts in read.texts.items() if key not in closed},
    )


def picked(filling: Filling, pick: str, remove: str) -> Filling:
    """The form after a record was chosen in, or taken out of, a lookup."""
    key, _, record = (pick or remove).partition(":")
    spec = filling.entity.field(key)
    if spec is None:
        return filling
    before = [text for text in filling.texts.get(key, []) if text and text != record]
    after = before if remove else ([*before, record] if spec.multiple else [record])
    if remove and not spec.multiple:
        after = [""]
    value: Any = tuple(after) if spec.multiple else (after[-1] or None)
    return replace(filling, texts={**filling.texts, key: after}, values={**filling.values, key: value}, errors=())


def hidden_inputs(filling: Filling) -> tuple[tuple[str, str], ...]:
    """Everything that was typed, to be carried along."""
    found = [("_version", str(filling.version))] if filling.exists else []
    found.append(("_drawn", filling.drawn))
    found += [(presets.PREFIX + key, text) for key, text in filling.presets.items()]
    return (*found, *((key, text) for key, texts in filling.texts.items() for text in texts))
