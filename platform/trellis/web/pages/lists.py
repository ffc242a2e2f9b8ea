"""Lists of records, and the bin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from litestar import Response, get
from litestar.response import Redirect
from markupsafe import Markup

from trellis.engine.query import COUNT_CAP, LABEL, Count, Page, Query, SortKey
from trellis.kernel.errors import BadRequest, FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, View, in_order
from trellis.metadata.fieldtypes import FieldType
from trellis.services import queries
from trellis.services.context import Context
from trellis.web.http import Asked, page_context
from trellis.web.pages.liststate import ListState, Rule, condition_of, operator_of, read_state, sort_keys
from trellis.web.render.environment import formats_of, page, part
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.lists import Head, head_of, row_renderer, usable


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
    chips: tuple[Chip, ...]
    heads: tuple[SortHead, ...]
    builder: Markup
    columns: tuple[Option, ...]
    errors: tuple[FieldError, ...]
    export: str


@dataclass(frozen=True)
class ListPage:
    """What the list template shows."""

    entity: Entity
    state: ListState
    bar: Markup
    thead: Markup
    rows: Markup
    size: int
    count: str
    previous: str
    next: str
    errors: tuple[FieldError, ...]
    export: str
    may_create: bool
    may_export: bool
    may_import: bool
    may_delete: bool


@get("/records/{entity:str}", include_in_schema=False)
async def list_page(request: Asked) -> Response[Any]:
    """The list of an entity."""
    context = await page_context(request)
    entity = context.snapshot.entity(request.path_params["entity"])
    if not context.access.allows(entity.id, "read"):
        raise Forbidden(Message("You may not see {entity}.", {"entity": entity.plural}))
    state = read_state(entity.id, request.query_params.dict())
    return await show_list(request, context, entity, state)


async def show_list(request: Asked, context: Context, entity: Entity, state: ListState) -> Response[Any]:
    """One page of the list in a state; mistakes in the filter are shown and nothing is lost."""
    formats = formats_of(request, context)
    view = chosen_view(context, state)
    heads = columns_of(context, entity, view, state, formats)
    query, errors = query_of(context, entity, view, state, heads)
    found = Page((), [])
    try:
        if not errors:
            found = await queries.list_records(context, query)
    except Invalid as error:
        errors = list(error.errors)
    except BadRequest:
        found = await queries.list_records(context, replace(query, cursor=None))
    data = _data(context, entity, view, state, heads, found, errors, formats)
    return page(request, context, "list.html", data, status=422 if errors else 200)


def chosen_view(context: Context, state: ListState) -> View | None:
    """The view that the state names, else the default one."""
    views = context.snapshot.views_of(state.entity)
    named = next((view for view in views if view.id == state.view), None)
    return named or next((view for view in views if view.default), views[0] if views else None)


def columns_of(
    context: Context, entity: Entity, view: View | None, state: ListState, formats: LocaleFormats
) -> tuple[Head, ...]:
    """The columns that are shown: those chosen, else the view's, else title and summary; only what one may see."""
    if state.columns:
        return _columns(context, entity, view, state, formats)
    key = ("heads", entity.id, view.id if view else "", formats, context.access.key)
    return kept(context, key, lambda: _columns(context, entity, view, state, formats))


def _columns(
    context: Context, entity: Entity, view: View | None, state: ListState, formats: LocaleFormats
) -> tuple[Head, ...]:
    localised = context.snapshot.localised(formats.locale)
    own = in_order(localised.views[view.id].columns) if view else {}
    paths: Sequence[str] = state.columns or tuple(own) or (entity.title_field, *entity.summary_fields)
    found = []
    for path in dict.fromkeys(paths):
        if usable(context, entity.id, path):
            column = own.get(path)
            label, hide = (column.label, column.hide_below or "") if column else ("", "")
            found.append(head_of(context, entity.id, path, label, formats, hide))
    return tuple(found) or (head_of(context, entity.id, "id", "", formats),)


def query_of(
    context: Context, entity: Entity, view: View | None, state: ListState, heads: Sequence[Head]
) -> tuple[Query, list[FieldError]]:
    """The query of a state, and what is wrong with its filter."""
    source, errors = condition_of(context, state)
    quick = view.quick_filters.get(state.quick) if view else None
    base = [item for item in (view.filter if view else None, quick.filter if quick else None) if item]
    query = Query(
        entity.id,
        tuple(head.path for head in heads),
        filter=source,
        base_filter=" and ".join(f"({item})" for item in base) or None,
        search=state.search or None,
        sort=sort_keys(context, state, view),
        limit=view.paging.size if view else 50,
        cursor=state.cursor or None,
        count=Count.CAPPED,
        labels=True,
    )
    return query, errors


def _data(
    context: Context,
    entity: Entity,
    view: View | None,
    state: ListState,
    heads: tuple[Head, ...],
    found: Page,
    errors: list[FieldError],
    formats: LocaleFormats,
) -> ListPage:
    access = context.access
    frame, bar, thead = _framed(context, entity, view, state, heads, errors, formats)
    return ListPage(
        entity=frame.entity,
        state=state,
        bar=bar,
        thead=thead,
        rows=_rows(context, entity, heads, found, formats),
        size=len(found.rows),
        count=_count(found, formats),
        previous=state.url(cursor=found.previous) if found.previous else "",
        next=state.url(cursor=found.next) if found.next else "",
        errors=frame.errors,
        export=frame.export,
        may_create=access.allows(entity.id, "create"),
        may_export=access.system("export"),
        may_import=access.system("import"),
        may_delete=access.allows(entity.id, "delete"),
    )


def _framed(
    context: Context,
    entity: Entity,
    view: View | None,
    state: ListState,
    heads: tuple[Head, ...],
    errors: list[FieldError],
    formats: LocaleFormats,
) -> tuple[Frame, Markup, Markup]:
    """The frame with its HTML, made once per state of the list."""

    def made() -> tuple[Frame, Markup, Markup]:
        frame = _frame(context, entity, view, state, heads, errors, formats)
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
            for item in localised.views_of(entity.id)
        ),
        quick=_quick(localised.views[view.id], state) if view else (),
        chips=tuple(_chips(context, shown, state, errors, formats)),
        heads=tuple(_sort_head(head, state, keys) for head in heads),
        builder=offer.builder,
        columns=_column_choices(offer, heads),
        errors=tuple(error for error in errors if not error.path.startswith("f")) or tuple(errors),
        export=_export(state),
    )


def _export(state: ListState) -> str:
    """The address of the export of this list, to be completed with the format."""
    path, _, query = state.url().partition("?")
    return f"{path}/export?{query}&format=" if query else f"{path}/export?format="


def _rows(context: Context, entity: Entity, heads: tuple[Head, ...], found: Page, formats: LocaleFormats) -> Markup:
    if not found.rows:
        return Markup("")
    key = ("rows", entity.id, heads, found.columns, formats, context.access.key)
    render = kept(
        context, key, lambda: row_renderer(context, entity.id, heads, found.columns, formats, entity.title_field)
    )
    return render(found.rows)


def _count(found: Page, formats: LocaleFormats) -> str:
    if found.count is None:
        return ""
    return formats.number(min(found.count, COUNT_CAP), 0) + ("+" if found.capped else "")


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
        if key not in ("id", "version", "deleted_at") and usable(context, entity.id, key)
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


@dataclass(frozen=True)
class BinPage:
    """What the bin shows."""

    entity: Entity
    rows: tuple[tuple[str, str, str, str], ...]
    next: str


@get("/records/{entity:str}/bin", include_in_schema=False)
async def bin_page(request: Asked) -> Response[Any]:
    """What was deleted, newest first."""
    context = await page_context(request)
    formats = formats_of(request, context)
    entity = context.snapshot.localised(formats.locale).entity(request.path_params["entity"])
    if not entity.traits.soft_delete:
        return Redirect(f"/records/{entity.id}")
    fields = (entity.title_field, "deleted_at", "updated_by")
    query = Query(
        entity.id, fields, deleted=True, labels=True, sort=(SortKey("deleted_at", True),), limit=50,
        cursor=request.query_params.get("cursor"),
    )  # fmt: skip
    found = await queries.list_records(context, query)
    rows = tuple(_binned(entity, record, formats) for record in found.records())
    more = f"/records/{entity.id}/bin?cursor={found.next}" if found.next else ""
    return page(request, context, "bin.html", BinPage(entity, rows, more))


def _binned(entity: Entity, record: dict[str, Any], formats: LocaleFormats) -> tuple[str, str, str, str]:
    title = record.get(entity.title_field + LABEL) or entity.title.to_text(record.get(entity.title_field))
    when = formats.datetime(record["deleted_at"])
    return record["id"], title or record["id"], when, record.get("updated_by" + LABEL) or ""


HANDLERS: list[Any] = [list_page, bin_page]
