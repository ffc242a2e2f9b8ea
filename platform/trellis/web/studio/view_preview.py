"""The list that a drafted view would show: its first records, by the renderer of lists and with the rights of who looks."""

from dataclasses import dataclass

from markupsafe import Markup

from trellis.engine.query import Page, Query, SortKey
from trellis.kernel.errors import FieldError, Invalid
from trellis.metadata.documents import View, in_order
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.studio.drafts import Draft
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.lists import Head, head_for, head_of, link_of, row_renderer, usable

ROWS = 10


@dataclass(frozen=True, slots=True)
class Preview:
    """The head and the rows of the list; `fresh` are the columns whose fields are not published yet."""

    heads: tuple[Head, ...]
    rows: Markup
    size: int
    fresh: tuple[str, ...]
    errors: tuple[FieldError, ...] = ()
    published: bool = True


async def preview_of(context: Context, draft: Draft, view: View, formats: LocaleFormats) -> Preview:
    """What people would see of a view; a filter that cannot be used yet is told and left out."""
    entity = view.entity
    if entity not in context.snapshot.entities:
        heads = tuple(_fresh_head(draft, view, path, formats) for path in in_order(view.columns))
        return Preview(heads, Markup(""), 0, (), published=False)
    heads = tuple(_head(context, draft, view, path, formats) for path in in_order(view.columns))
    known = tuple(head.path for head in heads if usable(context, entity, head.path))
    sort = tuple(
        SortKey(key.field, key.dir == "desc")
        for key in view.sort
        if (field := usable(context, entity, key.field)) and field.sortable
    )
    own = context.access.rights.own(context.snapshot.entity(entity)) if view.scope_default == "own" else None
    query = Query(entity, known, sort=sort, limit=ROWS, labels=True, filter=view.filter or None, base_filter=own)
    found, errors = await _found(context, query)
    render = row_renderer(context, entity, heads, found.columns, formats, link_of(view, _title(draft, entity)))
    fresh = tuple(head.label for head in heads if head.path not in known)
    return Preview(heads, render(found.rows) if found.rows else Markup(""), len(found.rows), fresh, errors)


async def _found(context: Context, query: Query) -> tuple[Page, tuple[FieldError, ...]]:
    try:
        return await queries.list_records(context, query), ()
    except Invalid as error:
        open_query = Query(query.entity, query.fields, sort=query.sort, limit=query.limit, labels=True)
        return await queries.list_records(context, open_query), error.errors


def _title(draft: Draft, entity: str) -> str:
    found = draft.merged.entity(entity)
    return found.title_field if found else ""


def _head(context: Context, draft: Draft, view: View, path: str, formats: LocaleFormats) -> Head:
    if usable(context, view.entity, path) is None:
        return _fresh_head(draft, view, path, formats)
    return head_of(context, view.entity, path, formats, view.columns[path])


def _fresh_head(draft: Draft, view: View, path: str, formats: LocaleFormats) -> Head:
    """The head of a column whose field only the draft has."""
    found = draft.merged.snapshot.localised(formats.locale).field_at(view.entity, path)
    return head_for(path, found, formats, view.columns[path])
