"""One record: its head, its fields, what points to it, its history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from markupsafe import Markup

from trellis.engine.query import Count, Query, Record, SortKey
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity, Form, Level, View, in_order
from trellis.metadata.documents.form import Section
from trellis.metadata.snapshot import Relation
from trellis.services import queries
from trellis.services.commands import Delete, Restore
from trellis.services.context import Context
from trellis.services.forms import evaluate_form, form_badges
from trellis.services.records import write
from trellis.services.revealing import Revealed, is_revealable
from trellis.services.sharing import is_offered, shares_seen
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.links import access_url, list_url, new_url, record_url, restore_url, reveal_url, sharing_url, why_url
from trellis.web.pages.changes import Saved, saves_of
from trellis.web.render.environment import formats_of, page, words
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.forms import form_for
from trellis.web.render.lists import Head, head_of, row_renderer, usable
from trellis.web.render.masked import MaskedValue, shown_value
from trellis.web.render.sharing import ShareLine, share_line
from trellis.web.render.values import HIDDEN, display, tag

TABS = ("details", "related", "history")
RELATED_ROWS = 5


@dataclass(frozen=True)
class Shown:
    """One field in read mode."""

    key: str
    label: str
    html: Markup
    wide: bool = False
    computed: bool = False
    """Whether one can ask how the value came about."""
    masked: MaskedValue | None = None
    """For a masked value that may be shown, or was."""


@dataclass(frozen=True)
class Part:
    """A section in read mode."""

    label: str
    fields: tuple[Shown, ...]


@dataclass(frozen=True)
class Related:
    """Records that point here."""

    label: str
    heads: tuple[Head, ...]
    rows: Markup
    count: str
    all: str
    new: str


@dataclass(frozen=True)
class RecordPage:
    """What the record template shows."""

    entity: Entity
    record: Record
    title: str
    tab: str
    badges: Markup
    facts: tuple[Shown, ...]
    parts: tuple[Part, ...]
    related: tuple[Related, ...]
    saves: tuple[Saved, ...]
    system: tuple[Shown, ...]
    why: str
    """Why it cannot be changed."""
    access: str
    """Who may do what with it, for those who may ask."""
    sharing: str
    """Where one sees with whom it is shared; empty where nothing is."""
    shares: tuple[ShareLine, ...]


@get("/records/{entity:str}/{record:str}", include_in_schema=False)
async def record_page(request: Asked) -> Response[Any]:
    """A record, also from the bin."""
    context = await page_context(request)
    return await show_record(request, context, request.path_params["entity"], request.path_params["record"])


async def show_record(
    request: Asked, context: Context, entity_id: str, record_id: str, revealed: Revealed | None = None
) -> Response[Any]:
    """The page of a record, with one masked value shown."""
    formats = formats_of(request, context)
    localised = context.snapshot.localised(formats.locale)
    entity = localised.entity(entity_id)
    record = await _record(context, entity, record_id)
    form = form_for(localised, context, entity, "detail")
    shareable = is_offered(context, entity) and not record.deleted
    tab = request.query_params.get("tab", "details")
    tab = tab if tab in TABS else "details"
    may_ask = context.access.system("users") and not context.actor.impersonator
    data = RecordPage(
        entity=entity,
        record=record,
        title=title_of(entity, record),
        tab=tab,
        badges=await _badges(context, form, record),
        facts=_facts(context, entity, form, record, formats),
        parts=await _parts(context, entity, form, record, formats) if tab == "details" else (),
        related=await _related(context, entity, form, record, formats, tab) if tab != "history" else (),
        saves=await saves_of(context, entity, record.id, formats) if tab == "history" else (),
        system=_system(context, entity, record, formats),
        why=why_url(entity.id, record.id, "edit"),
        access=access_url("", entity.id, record.id) if may_ask else "",
        sharing=sharing_url(entity.id, record.id) if shareable else "",
        shares=tuple(share_line(one, formats) for one in await shares_seen(context, record)) if shareable else (),
    )
    return page(request, context, "record.html", _with(data, revealed, formats) if revealed else data)


def _with(data: RecordPage, revealed: Revealed, formats: LocaleFormats) -> RecordPage:
    """The page with one value shown wherever the field stands."""
    value = shown_value(revealed, formats)

    def opened(fields: tuple[Shown, ...]) -> tuple[Shown, ...]:
        return tuple(replace(one, masked=value) if one.key == revealed.field.key else one for one in fields)

    parts = tuple(replace(part, fields=opened(part.fields)) for part in data.parts)
    return replace(data, facts=opened(data.facts), parts=parts, system=opened(data.system))


async def _record(context: Context, entity: Entity, record: str) -> Record:
    try:
        return await queries.get_record(context, entity.id, record)
    except NotFound:
        if not entity.traits.soft_delete:
            raise
        return await queries.get_record(context, entity.id, record, deleted=True)


def title_of(entity: Entity, record: Record) -> str:
    """The name of a record, or of what its title field leads to."""
    label = record.labels.get(entity.title_field)
    return str(label) if label else entity.title.to_text(record.values.get(entity.title_field)) or record.id


def _shown(
    context: Context, entity: Entity, key: str, record: Record, formats: LocaleFormats, label: str = ""
) -> Shown | None:
    field = entity.field(key)
    level = record.levels.get(key, context.access.level(entity.id, key))
    if field is None or key not in record.values or (level < Level.MASKED and key not in record.levels):
        return None
    if level < Level.MASKED:
        return Shown(key, label or formats.words(field.caption), HIDDEN.format(formats.words("hidden from you")))
    caption, value = label or formats.words(field.caption), record.values[key]
    html, masked = display(field, value, record.labels.get(key), formats, level), None
    if is_revealable(context, entity.id, key, level, value) and not record.deleted:
        masked = MaskedValue(html, caption, reveal_url(entity.id, record.id, key))
    computed = field.computed is not None and level >= Level.READ and not record.deleted
    if computed and context.is_stale(entity.id, key):
        html = Markup("{} {}").format(html, Markup(tag(formats.words("being worked out"), "warn")))  # noqa: S704
    return Shown(key, caption, html, field.type in ("longtext", "json"), computed, masked)


def _facts(context: Context, entity: Entity, form: Form, record: Record, formats: LocaleFormats) -> tuple[Shown, ...]:
    found = (_shown(context, entity, key, record, formats) for key in form.header.facts)
    return tuple(item for item in found if item is not None)


async def _badges(context: Context, form: Form, record: Record) -> Markup:
    if form.id not in context.snapshot.forms:
        return Markup("")
    keys = await form_badges(context, form, record.known)
    badges = in_order(form.header.badges)
    return Markup(" ".join(tag(badge.label, badge.tone) for key, badge in badges.items() if key in keys))  # noqa: S704


async def _parts(
    context: Context, entity: Entity, form: Form, record: Record, formats: LocaleFormats
) -> tuple[Part, ...]:
    state = await evaluate_form(context, form, dict(record.values), exists=True)
    parts = []
    for key, section in in_order(form.sections).items():
        if section.kind != "fields" or not state.sections.get(key, True):
            continue
        items = in_order(section.items).items()
        found = (
            _shown(context, entity, name, record, formats, item.label)
            for name, item in items
            if state.items[name].visible
        )
        fields = tuple(item for item in found if item is not None)
        if fields:
            parts.append(Part(section.label, fields))
    return tuple(parts)


async def _related(
    context: Context, entity: Entity, form: Form, record: Record, formats: LocaleFormats, tab: str
) -> tuple[Related, ...]:
    """On the details the lists that the form names, on the tab all lists of records that point here."""
    sections = {section.relation: section for section in in_order(form.sections).values() if section.kind == "related"}
    relations = context.snapshot.localised(formats.locale).relations.get(entity.id, ())
    found = []
    for relation in relations:
        section = sections.get(relation.id)
        if (tab == "details" and section is None) or not context.access.allows(relation.entity, "read"):
            continue
        if context.access.highest(relation.entity, relation.field) < Level.READ:
            continue
        found.append(await _related_list(context, relation, section, record.id, formats))
    return tuple(found)


async def _related_list(
    context: Context, relation: Relation, section: Section | None, record: str, formats: LocaleFormats
) -> Related:
    entity = context.snapshot.localised(formats.locale).entity(relation.entity)
    field = entity.fields[relation.field]
    paths = _related_paths(context, relation, section)
    heads = tuple(head_of(context, entity.id, path, formats) for path in paths)
    condition = f"has({relation.field}, '{record}')" if field.multiple else f"{relation.field} == '{record}'"
    query = Query(
        entity.id, paths, base_filter=condition, sort=(SortKey("id", True),), labels=True, count=Count.CAPPED,
        limit=min(section.max_rows if section else RELATED_ROWS, 50),
    )  # fmt: skip
    found = await queries.list_records(context, query)
    render = row_renderer(context, entity.id, heads, found.columns, formats, entity.title_field)
    return Related(
        label=(section.label if section else "") or relation.label,
        heads=heads,
        rows=render(found.rows),
        count=formats.number(found.count or 0, 0) + ("+" if found.capped else ""),
        all=list_url(entity.id, filter=condition) if (found.count or 0) > len(found.rows) else "",
        new=new_url(entity.id, **{relation.field: record}) if context.access.allows(entity.id, "create") else "",
    )


def _related_paths(context: Context, relation: Relation, section: Section | None) -> tuple[str, ...]:
    paths: Sequence[str] = ()
    if section is not None and isinstance(section.columns, dict):
        paths = tuple(in_order(section.columns))
    if not paths:
        view: View | None = next(iter(context.snapshot.views_of(relation.entity)), None)
        paths = tuple(in_order(view.columns))[:5] if view else (context.snapshot.entity(relation.entity).title_field,)
    usable_paths = tuple(path for path in paths if usable(context, relation.entity, path) and path != relation.field)
    return usable_paths or (context.snapshot.entity(relation.entity).title_field,)


def team_of(context: Context, entity: Entity, record: Record, formats: LocaleFormats) -> tuple[Shown, ...]:
    """The owner and the owner's team, as far as one may see them."""
    found = (_shown(context, entity, key, record, formats) for key in ("owner", "owner_team"))
    return tuple(item for item in found if item is not None)


def _system(context: Context, entity: Entity, record: Record, formats: LocaleFormats) -> tuple[Shown, ...]:
    keys = ("created_at", "created_by", "updated_at", "updated_by", "owner", "owner_team")
    found = (_shown(context, entity, key, record, formats) for key in keys)
    return tuple(item for item in found if item is not None)


@post("/records/{entity:str}/{record:str}/delete", include_in_schema=False, status_code=303)
async def delete_record(request: Asked) -> Response[Any]:
    """Into the bin; the next page offers to undo it."""
    context = await page_context(request)
    entity, record = request.path_params["entity"], request.path_params["record"]
    say = words(locale_of(request, context))
    try:
        await write(context, entity, [Delete(record)])
    except (Forbidden, NotFound):
        raise
    except (Invalid, TrellisError) as error:
        return Redirect(
            record_url(entity, record), status_code=303, cookies=[flash_cookie(str(say(error.message)), refused=True)]
        )
    binned = context.snapshot.entity(entity).traits.soft_delete
    undo = restore_url(entity, record) if binned else ""
    return Redirect(list_url(entity), status_code=303, cookies=[flash_cookie(str(say(Message("Deleted."))), undo)])


@post("/records/{entity:str}/{record:str}/restore", include_in_schema=False, status_code=303)
async def restore_record(request: Asked) -> Response[Any]:
    """Out of the bin; what stands in the way, such as a value that another record has now, is told there."""
    context = await page_context(request)
    entity, record = request.path_params["entity"], request.path_params["record"]
    say = words(locale_of(request, context))
    try:
        await write(context, entity, [Restore(record)])
    except Invalid as error:
        reasons = " ".join(str(say(found.message)) for found in error.errors)
        return Redirect(f"{list_url(entity)}/bin", status_code=303, cookies=[flash_cookie(reasons, refused=True)])
    text = say("Restored.")
    return Redirect(record_url(entity, record), status_code=303, cookies=[flash_cookie(text)])


HANDLERS: list[Any] = [record_page, delete_record, restore_record]
