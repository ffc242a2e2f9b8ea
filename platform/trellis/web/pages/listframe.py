"""What surrounds the rows of a list: tabs, filters, column heads; made once per state, rights and language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from markupsafe import Markup

from trellis.engine.filterrules import operator_of
from trellis.engine.query import SortKey
from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, View, in_order
from trellis.metadata.fieldtypes import FieldType
from trellis.services.context import Context
from trellis.web.pages.liststate import ListState, Rule, sort_keys
from trellis.web.pages.viewchoice import views_for
from trellis.web.render.environment import part
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.lists import Head, usable


@dataclass(frozen=True, slots=True)
class Chip:
    """One rule as a sentence, with the address of the list without it."""

    label: str
    operator: str
    value: str
    remove: str
    error: Message | None = None


@dataclass(frozen=True, slots=True)
class SortHead:
    """A column head with what a click on it does."""

    head: Head
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a menu."""

    key: str
    label: str
    url: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person may narrow and widen a list by; the same on every page of an entity, so it is made once."""

    builder: Markup
    columns: tuple[Option, ...]


@dataclass(frozen=True)
class Frame:
    """What surrounds the rows and stays the same on every page of a list; `bar` and `thead` are its HTML."""

    entity: Entity
    state: ListState
    tabs: tuple[Option, ...]
    quick: tuple[Option, ...]
    scope: Option | None
    shared: Option | None
    chips: tuple[Chip, ...]
    heads: tuple[SortHead, ...]
    builder: Markup
    columns: tuple[Option, ...]
    errors: tuple[FieldError, ...]
    export: str
    boxes: bool
    """Whether rows can be chosen."""


def framed(
    context: Context,
    entity: Entity,
    view: View | None,
    state: ListState,
    heads: tuple[Head, ...],
    errors: list[FieldError],
    formats: LocaleFormats,
    *,
    boxes: bool = False,
) -> tuple[Frame, Markup, Markup]:
    """The frame with its HTML, made once per state of the list."""

    def made() -> tuple[Frame, Markup, Markup]:
        frame = replace(_frame(context, entity, view, state, heads, errors, formats), boxes=boxes)
        bar, thead = (part(f"parts/{name}.html", formats.locale, page=frame) for name in ("bar", "thead"))
        return frame, bar, thead

    if errors:
        return made()
    key = ("list frame", replace(state, cursor=""), view.id if view else "", formats, context.access.key)
    return kept(context, key, made)


def _frame(
    context: Context,
    entity: Entity,
    view: View | None,
    state: ListState,
    heads: tuple[Head, ...],
    errors: list[FieldError],
    formats: LocaleFormats,
) -> Frame:
    localised = context.snapshot.localised(formats.locale)
    shown = localised.entity(entity.id)
    offer = offer_of(context, shown, formats)
    keys = sort_keys(context, state, view)
    return Frame(
        entity=shown,
        state=state,
        tabs=tuple(
            Option(item.id, item.label, f"/records/{entity.id}?view={item.id}", view is not None and item.id == view.id)
            for item in (localised.views[shown.id] for shown in views_for(context, entity.id))
        ),
        quick=_quick(localised.views[view.id], state) if view else (),
        scope=_scope(view, state, formats),
        shared=_shared(context, state, formats),
        chips=tuple(_chips(context, shown, state, errors, formats)),
        heads=tuple(_sort_head(head, state, keys) for head in heads),
        builder=offer.builder,
        columns=_column_choices(offer, heads),
        errors=tuple(error for error in errors if not error.path.startswith("f")) or tuple(errors),
        export=_export(state),
        boxes=False,
    )


def _export(state: ListState) -> str:
    """The address of the export of this list, to be completed with the format."""
    path, _, query = state.url().partition("?")
    return f"{path}/export?{query}&format=" if query else f"{path}/export?format="


def scope_of(state: ListState, view: View | None) -> str:
    """Whether one's own records are shown, those that others share, or all: as somebody chose, else as the view says."""
    return state.scope or (view.scope_default if view else "all")


def _scope(view: View | None, state: ListState, formats: LocaleFormats) -> Option | None:
    """What leads from one's own records to all and back, where the view begins with one's own."""
    if view is None or view.scope_default == "all":
        return None
    own = scope_of(state, view) == "own"
    return Option("own", formats.words("Only mine"), state.url(scope="all" if own else ""), own)


def _shared(context: Context, state: ListState, formats: LocaleFormats) -> Option | None:
    """What leads to the records that others share with the reader, where his roles use shares."""
    if not context.access.uses_shares(state.entity):
        return None
    chosen = state.scope == "shared"
    return Option("shared", formats.words("Shared with me"), state.url(scope="" if chosen else "shared"), chosen)


def _quick(view: View, state: ListState) -> tuple[Option, ...]:
    return tuple(
        Option(key, item.label, state.url(quick="" if state.quick == key else key), state.quick == key)
        for key, item in in_order(view.quick_filters).items()
    )


def _chips(
    context: Context, entity: Entity, state: ListState, errors: Sequence[FieldError], formats: LocaleFormats
) -> list[Chip]:
    wrong = {error.path: error.message for error in errors}
    found = []
    for place, rule in enumerate(state.rules):
        field = context.snapshot.localised(formats.locale).field_at(entity.id, rule.path)
        operator = operator_of(field, rule.operator) if field else None
        found.append(
            Chip(
                formats.words(field.caption) if field else rule.path,
                formats.words(operator.label) if operator else rule.operator,
                _chip_value(field, rule, formats),
                state.without(rule),
                wrong.get(f"f{place}"),
            )
        )
    return found


def _chip_value(field: FieldType | None, rule: Rule, formats: LocaleFormats) -> str:
    if field is None or not rule.value:
        return rule.value
    if field.target is not None and rule.value == "me":
        return formats.words("me")
    label = getattr(field, "option_label", None)
    values = [label(part.strip()) if label else part.strip() for part in rule.value.split(",")]
    return ", ".join(values) + (f" – {rule.value2}" if rule.value2 else "")


def _sort_head(head: Head, state: ListState, keys: Sequence[SortKey]) -> SortHead:
    current = keys[0] if keys and keys[0].path == head.path else None
    direction = "" if current is None else ("descending" if current.descending else "ascending")
    wanted = f"-{head.path}" if direction == "ascending" else head.path
    return SortHead(head, state.url(sort=wanted) if head.sortable else "", direction)


def offer_of(context: Context, entity: Entity, formats: LocaleFormats) -> Offer:
    """The filter builder and all columns, for a reader's rights and language."""
    return kept(context, (Offer, entity.id, formats, context.access.key), lambda: _offer(context, entity, formats))


def _offer(context: Context, entity: Entity, formats: LocaleFormats) -> Offer:
    fields = [
        field
        for key, field in entity.all_fields.items()
        if key not in ("id", "version", "deleted_at") and not field.hidden and usable(context, entity.id, key)
    ]
    offered = [field for field in fields if field.operators]
    operators = dict.fromkeys(operator for field in offered for operator in field.operators)
    builder = part("parts/filter_fields.html", formats.locale, fields=offered, operators=list(operators))
    return Offer(builder, tuple(Option(field.key, formats.words(field.caption)) for field in fields))


def _column_choices(offer: Offer, heads: Sequence[Head]) -> tuple[Option, ...]:
    shown = {head.path: Option(head.path, head.label, chosen=True) for head in heads}
    return (*shown.values(), *(option for option in offer.columns if option.key not in shown))


Kept = TypeVar("Kept")


def kept(context: Context, key: tuple[object, ...], make: Callable[[], Kept]) -> Kept:
    """What is made once per release and `key`."""
    found = context.release.derived.get(key)
    if found is None:
        found = context.release.derived[key] = make()
    return found  # type: ignore[return-value]
