"""What a form shows for given values: which parts are visible, required, read-only; the same at render and at save."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trellis.engine.expr.evaluator import condition as holds
from trellis.engine.known import Known
from trellis.engine.language import language
from trellis.engine.options import OptionRules
from trellis.metadata.documents import Form
from trellis.metadata.snapshot import Snapshot

Values = Mapping[str, object]
Test = Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class ItemState:
    """One item for given values."""

    visible: bool = True
    required: bool = False
    readonly: bool = False
    clear_when_hidden: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A form for given values: sections by key, items by field key, and the options that cannot be chosen by field key."""

    sections: Mapping[str, bool]
    items: Mapping[str, ItemState]
    closed: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FormRules:
    """The conditions of one form, ready to be asked."""

    form: Form
    paths: tuple[str, ...]
    """Values behind lookups that the conditions read, such as `account.tier`."""
    triggers: frozenset[str]
    """Fields whose change may change the form."""
    _tests: Mapping[tuple[str, ...], Test]
    _options: OptionRules

    @classmethod
    def of(cls, snapshot: Snapshot, form: Form) -> "FormRules":
        """The rules of a form, made once per release."""
        key = (FormRules, form.id)
        found: FormRules | None = snapshot.derived.get(key)
        return found or snapshot.derived.setdefault(key, cls._made(snapshot, form))

    @classmethod
    def _made(cls, snapshot: Snapshot, form: Form) -> "FormRules":
        tests: dict[tuple[str, ...], Test] = {}
        read: dict[str, None] = {}
        for place, condition in _conditions(form):
            if isinstance(condition, bool):
                tests[place] = _constant(condition)
            else:
                expression = language(snapshot).condition(form.entity, condition)
                tests[place] = holds(expression)
                read |= dict.fromkeys(path.key.removeprefix("record.") for path in expression.paths)
        options = OptionRules.of(snapshot, snapshot.entity(form.entity))
        for section in form.sections.values():
            for key in section.items.keys() & options.inputs.keys():
                read |= dict.fromkeys(sorted(options.inputs[key] | options.paths[key]))
        followed = tuple(path for path in read if "." in path)
        refreshed = {key for section in form.sections.values() for key, item in section.items.items() if item.refresh}
        triggers = frozenset({path.partition(".")[0] for path in read} | refreshed)
        return cls(form, followed, triggers, tests, options)

    def state(self, values: Values) -> State:
        """The form for these values; a name that is missing counts as empty."""
        known = Known(values)
        sections = {key: self._tests["section", key](known) for key in self.form.sections}
        items = {
            key: ItemState(
                visible=sections[name] and self._tests["item", name, key, "visible"](known),
                required=self._tests["item", name, key, "required"](known),
                readonly=self._tests["item", name, key, "readonly"](known),
                clear_when_hidden=section.when_hidden == "clear",
            )
            for name, section in self.form.sections.items()
            for key in section.items
        }
        return State(sections, items, {key: self._options.closed(key, known) for key in items})

    def badges(self, values: Values) -> tuple[str, ...]:
        """The keys of the badges that apply."""
        known = Known(values)
        return tuple(key for key in self.form.header.badges if self._tests["badge", key](known))


def _conditions(form: Form) -> list[tuple[tuple[str, ...], bool | str]]:
    found: list[tuple[tuple[str, ...], bool | str]] = []
    for name, section in form.sections.items():
        found.append((("section", name), section.visible))
        for key, item in section.items.items():
            found += [(("item", name, key, what), getattr(item, what)) for what in ("visible", "required", "readonly")]
    return [*found, *((("badge", key), badge.when) for key, badge in form.header.badges.items())]


def _constant(value: bool) -> Test:
    return lambda values: value
