"""The kinds of records of a workspace: the list, a new one, and one that goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.kernel.names import is_key
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import parts_in
from trellis.services.studio.layering import is_own
from trellis.services.studio.newentities import MENU, NewEntity, belongings, entity_name, new_documents
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import words
from trellis.web.studio.editing import Texts, one, posted, told
from trellis.web.studio.entity import entity_in, entity_url
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.panels.choices import Choice, icons


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One kind of record in the list; `what` was done to it in the draft."""

    id: str
    label: str
    plural: str
    icon: str
    fields: int
    own_fields: int
    pack: str
    own: bool
    what: str
    defects: int


@dataclass(frozen=True)
class EntitiesPage:
    """All kinds of records."""

    rows: tuple[EntityRow, ...]
    wanted: str


@dataclass(frozen=True)
class NewEntityPage:
    """The form for a new kind of record: what was typed, and what is wrong with it."""

    texts: dict[str, str]
    icons: tuple[str, ...]
    menus: tuple[Choice, ...]
    wrong: dict[str, Message] = field(default_factory=dict)


@get("/studio", include_in_schema=False)
async def entities_page(request: Asked) -> Response[Any]:
    """The list of entities, narrowed by what is looked for."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    wanted = request.query_params.get("q", "").strip()
    rows = tuple(
        row
        for row in sorted(_rows(request, draft), key=lambda row: (not row.own, row.plural))
        if wanted.casefold() in f"{row.label} {row.plural} {row.id}".casefold()
    )
    return await studio_page(request, context, "studio/entities.html", EntitiesPage(rows, wanted), draft=draft)


def _rows(request: Asked, draft: Draft) -> Iterator[EntityRow]:
    changes = {change.document: change.what for change in draft.changes}
    snapshot = draft.merged.snapshot.localised(locale_of(request, draft.context))
    for document, raw in draft.merged.raw.items():
        if raw.get("kind") != "entity":
            continue
        read = snapshot.entities.get(document)
        fields, below = parts_in(raw, "fields"), draft.below(document) or {}
        yield EntityRow(
            id=document,
            label=(read.label if read else str(raw.get("label") or "")) or document,
            plural=(read.plural if read else str(raw.get("labelPlural") or raw.get("label") or "")) or document,
            icon=str(raw.get("icon") or "database"),
            fields=len(fields),
            own_fields=len(fields.keys() - parts_in(below, "fields").keys()) if below else 0,
            pack=document.partition(".")[0],
            own=is_own(document),
            what=changes.get(document, ""),
            defects=sum(finding.severity == "error" for finding in draft.findings(document)),
        )


@get("/studio/new-entity", include_in_schema=False)
async def new_entity_page(request: Asked) -> Response[Any]:
    """The form for a new kind of record."""
    context = await studio_context(request)
    texts = {"title": str(words(locale_of(request, context))("Name")), "icon": "database", "menu": MENU}
    ticked = dict.fromkeys(("owned", "form", "view"), "1")
    return await _form(request, context, await drafts.load(context), texts | ticked)


@post("/studio/new-entity", include_in_schema=False, status_code=200)
async def make_entity(request: Asked) -> Response[Any]:
    """Make a kind of record with what it needs to be used."""
    context = await studio_context(request)
    draft, given = await drafts.load(context), await posted(request)
    texts = {name: one(given, name) for name in given}
    wanted = _wanted(request, context, given, draft)
    wrong = _wrong(wanted, draft)
    if wrong:
        return await _form(request, context, draft, texts, wrong)
    made = list(new_documents(wanted, draft.merged.raw))
    try:
        for document in made:
            await drafts.save(context, document)
    except Invalid as error:
        return await _form(request, context, draft, texts, {"label": error.message})
    said = Message("{entity} was added to the draft. Now give it fields.", {"entity": wanted.label})
    return told(request, context, entity_url(str(made[0]["id"])), said)


def _wanted(request: Asked, context: Context, given: Texts, draft: Draft) -> NewEntity:
    translated = words(locale_of(request, context))
    label = one(given, "label")
    return NewEntity(
        label=label,
        plural=one(given, "plural"),
        name=one(given, "name") or (entity_name(label, draft.merged.raw) if label else ""),
        icon=one(given, "icon") or "database",
        title=one(given, "title") or str(translated("Name")),
        owned=bool(one(given, "owned")),
        form=bool(one(given, "form")),
        view=bool(one(given, "view")),
        menu=one(given, "menu"),
        menu_label=str(translated("More")),
        all_label=str(translated(Message("All {entity}", {"entity": one(given, "plural") or label}))),
    )


def _wrong(wanted: NewEntity, draft: Draft) -> dict[str, Message]:
    wrong: dict[str, Message] = {}
    if not wanted.label:
        wrong["label"] = Message("{label} is required.", {"label": Message("Label")})
    elif not is_key(wanted.name):
        wrong["name"] = Message("A key has lower-case letters, digits and underscores, and begins with a letter.")
    elif f"x.{wanted.name}" in draft.merged.raw:
        wrong["name"] = Message("There is a document with this id already.")
    if wanted.icon not in icons():
        wrong["icon"] = Message("There is no such icon.")
    return wrong


async def _form(
    request: Asked, context: Context, draft: Draft, texts: dict[str, str], wrong: dict[str, Message] | None = None
) -> Response[Any]:
    snapshot = draft.merged.snapshot.localised(locale_of(request, context))
    known = [Choice(menu.id, menu.label or menu.id) for menu in snapshot.navigations.values()]
    fresh = [] if MENU in snapshot.navigations else [Choice(MENU, Message("A new menu"))]
    data = NewEntityPage(texts, icons(), (*known, *fresh), wrong or {})
    return await studio_page(
        request, context, "studio/new_entity.html", data, status=422 if wrong else 200, draft=draft
    )


@post("/studio/entities/{entity:str}/remove", include_in_schema=False, status_code=303)
async def remove_entity(request: Asked) -> Response[Any]:
    """Take an own kind of record out of the draft, with its forms, lists and entries of menus."""
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    entity_in(draft, entity)
    if not is_own(entity):
        raise Forbidden(Message("The pack decides this; it cannot be changed here."))
    for raw in belongings(entity, draft.merged.raw):
        if raw.get("entity") == entity or (is_own(str(raw["id"])) and not raw["items"]):
            await drafts.remove(context, str(raw["id"]))
        else:
            await drafts.save(context, raw)
    await drafts.remove(context, entity)
    return told(request, context, "/studio", Message("The entity was removed. Its records stay until they are purged."))


@post("/studio/entities/{entity:str}/hide", include_in_schema=False, status_code=303)
async def hide_entity(request: Asked) -> Response[Any]:
    """Take an entity out of all menus; its records stay, and links to them work."""
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    entity_in(draft, entity)
    for raw in belongings(entity, draft.merged.raw):
        if raw["kind"] == "navigation":
            await drafts.save(context, raw)
    return told(request, context, entity_url(entity), Message("No menu leads there any more."))


HANDLERS: list[Any] = [entities_page, new_entity_page, make_entity, remove_entity, hide_entity]
