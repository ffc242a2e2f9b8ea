"""Lists of records, and the bin."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get
from litestar.response import Redirect
from markupsafe import Markup

from trellis.engine.query import COUNT_CAP, LABEL, Count, Page, Query, SortKey
from trellis.kernel.errors import BadRequest, FieldError, Invalid
from trellis.metadata.documents import Entity, View, in_order
from trellis.metadata.documents.view import LIST_ACTIONS
from trellis.services import queries
from trellis.services.access.refusing import refusal
from trellis.services.context import Context
from trellis.services.studio import spreadsheet
from trellis.web.http import Asked, page_context
from trellis.web.pages.bulkbar import BulkBar, bulk_bar
from trellis.web.pages.listframe import framed, kept, scope_of
from trellis.web.pages.liststate import ListState, condition_of, read_state, sort_keys
from trellis.web.pages.viewchoice import first_view, views_for
from trellis.web.render.environment import formats_of, page
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.lists import Head, head_of, link_of, row_renderer, usable
from trellis.web.render.totals import Total, totals_below


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
    bulk: BulkBar | None = None
    """What can be done with rows that are chosen; None where nothing can."""
    totals: tuple[Total, ...] = ()
    """What stands below the columns; nothing where no column is added up."""
    adding: str = ""
    """Where what stands there is worked out, if that is not done at once."""
    assign: str = ""
    """Where records of the list are given to somebody else; empty without the right."""
    stale: tuple[str, ...] = ()
    waiting: tuple[tuple[str, str, int], ...] = ()
    """Files out of which the entity was made and whose rows are not here yet: address, name and rows."""

    @property
    def size_differs(self) -> bool:
        """Whether the list has more rows than this page."""
        return bool(self.previous or self.next)


@get("/records/{entity:str}", include_in_schema=False)
async def list_page(request: Asked) -> Response[Any]:
    """The list of an entity."""
    context = await page_context(request)
    entity = context.snapshot.entity(request.path_params["entity"])
    if not context.access.allows(entity.id, "read"):
        raise await refusal(context, entity.id, None, "read")
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
    data = replace(data, stale=_stale(context, query, formats))
    if found.rows and any(head.summary for head in heads):
        at_once = not found.capped or "totals" in request.query_params
        below = await totals_below(context, query, heads, formats) if at_once else ()
        data = replace(data, totals=below, adding="" if at_once else _adding(state))
    if not found.rows and not state.narrowed:
        data = replace(data, waiting=await _waiting(context, entity))
    return page(request, context, "list.html", data, status=422 if errors else 200)


async def _waiting(context: Context, entity: Entity) -> tuple[tuple[str, str, int], ...]:
    runs = await spreadsheet.waiting_for(context, entity.id)
    return tuple((f"/studio/spreadsheet/{run.id}", run.file_name, spreadsheet.rows_of(run)) for run in runs)


def chosen_view(context: Context, state: ListState) -> View | None:
    """The view that the state names, else the first one that is meant for the actor."""
    named = next((view for view in context.snapshot.views_of(state.entity) if view.id == state.view), None)
    return named or first_view(views_for(context, state.entity))


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
    shown = [path for path in dict.fromkeys(paths) if usable(context, entity.id, path)]
    found = tuple(head_of(context, entity.id, path, formats, own.get(path)) for path in shown)
    return found or (head_of(context, entity.id, "id", formats),)


def query_of(
    context: Context, entity: Entity, view: View | None, state: ListState, heads: Sequence[Head]
) -> tuple[Query, list[FieldError]]:
    """The query of a state, and what is wrong with its filter."""
    source, errors = condition_of(context, state)
    quick = view.quick_filters.get(state.quick) if view else None
    own = context.access.rights.own(entity) if scope_of(state, view) == "own" else None
    base = [item for item in (view.filter if view else None, quick.filter if quick else None, own) if item]
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
        shared=scope_of(state, view) == "shared",
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
    offered = frozenset(view.bulk_actions) if view and view.bulk_actions else frozenset(LIST_ACTIONS)
    may_export = access.system("export") and access.allows(entity.id, "export") and "export" in offered
    bulk = bulk_bar(context, entity, state, offered, may_export=may_export)
    frame, bar, thead = framed(context, entity, view, state, heads, errors, formats, boxes=bulk is not None)
    return ListPage(
        entity=frame.entity,
        state=state,
        bar=bar,
        thead=thead,
        rows=_rows(context, entity, view, heads, found, formats, boxes=bulk is not None),
        size=len(found.rows),
        count=_count(found, formats),
        previous=state.url(cursor=found.previous) if found.previous else "",
        next=state.url(cursor=found.next) if found.next else "",
        errors=frame.errors,
        export=frame.export,
        may_create=access.allows(entity.id, "create"),
        may_export=may_export,
        may_import=access.system("import") and "import" in offered,
        may_delete=access.allows(entity.id, "delete") and "bin" in offered,
        bulk=bulk,
        assign=bulk.assign if bulk else "",
    )


def _adding(state: ListState) -> str:
    """The same page of the list with everything added up, which takes a while for many records."""
    address = state.url(cursor=state.cursor)
    return f"{address}{'&' if '?' in address else '?'}totals=1"


def _stale(context: Context, query: Query, formats: LocaleFormats) -> tuple[str, ...]:
    """The labels of what the list shows or goes by and is being worked out anew, as far as the actor may know of it."""
    if not context.home.stale:
        return ()
    conditions = f"{query.filter or ''} {query.base_filter or ''}"
    paths = (*query.fields, *(key.path for key in query.sort), *re.findall(r"[a-z_][\w.]*", conditions))
    shown = context.snapshot.localised(formats.locale)
    known = (shown.field_at(query.entity, path) for path in paths if usable(context, query.entity, path))
    waiting = (field for field in known if field is not None and context.is_stale(field.entity, field.key))
    return tuple(dict.fromkeys(formats.words(field.caption) for field in waiting))


def _rows(
    context: Context,
    entity: Entity,
    view: View | None,
    heads: tuple[Head, ...],
    found: Page,
    formats: LocaleFormats,
    *,
    boxes: bool,
) -> Markup:
    if not found.rows:
        return Markup("")
    link = link_of(view, entity.title_field)
    key = ("rows", entity.id, link, heads, found.columns, formats, context.access.key, boxes)
    render = kept(
        context, key, lambda: row_renderer(context, entity.id, heads, found.columns, formats, link, boxes=boxes)
    )
    return render(found.rows)


def _count(found: Page, formats: LocaleFormats) -> str:
    if found.count is None:
        return ""
    return formats.number(min(found.count, COUNT_CAP), 0) + ("+" if found.capped else "")


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
