"""What belongs to an entity besides fields and rules: settings, forms, lists, and where it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.layers.places import value_at
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.clients import ClientUse, clients_of
from trellis.services.studio.drafts import Draft
from trellis.services.studio.layering import is_own
from trellis.services.studio.newentities import belongings
from trellis.services.studio.usage import WhereUsed, where_used
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import Refusal, Texts, one, posted, told
from trellis.web.studio.entity import Head, entity_in, entity_url, head_of
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url, field_url
from trellis.web.studio.onedocument import bench_of, draft_after, save_filled, status_of
from trellis.web.studio.panels.controls import Control, Wrong, controls_of, locked_names
from trellis.web.studio.panels.specs import specs_of
from trellis.web.studio.panels.texts import texts_of, typed_over, written

Raw = Mapping[str, Any]

ELSEWHERE = frozenset({"fields", "validations", "duplicates", "indexes"})
"""Members of an entity that have pages of their own."""


@dataclass(frozen=True)
class SettingsPage:
    """What holds for all records of an entity."""

    head: Head
    controls: tuple[Control, ...]
    wrong: tuple[Wrong, ...] = ()
    conflict: bool = False
    changed: bool = False
    in_menus: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A form or a list of the entity."""

    id: str
    label: str
    url: str
    about: tuple[Message, ...]
    roles: tuple[str, ...]
    own: bool
    changed: bool
    defects: int


@dataclass(frozen=True)
class DocumentsPage:
    """The forms, or the lists, of an entity."""

    head: Head
    rows: tuple[DocumentRow, ...]
    lists: bool
    hidden: tuple[tuple[str, str], ...]
    """Those of packs that are hidden, with their labels."""


@dataclass(frozen=True)
class UsagePage:
    """Who uses an entity or one of its fields."""

    head: Head
    used: WhereUsed
    back: str
    clients: tuple[ClientUse, ...]


USES = {"create": Message("to create"), "edit": Message("to change"), "detail": Message("to read")}


@get("/studio/entities/{entity:str}/settings", include_in_schema=False)
async def settings_page(request: Asked) -> Response[Any]:
    """Names, title and abilities of the records."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await _settings(request, context, draft, entity_in(draft, request.path_params["entity"]))


@post("/studio/entities/{entity:str}/settings", include_in_schema=False, status_code=200)
async def save_settings(request: Asked) -> Response[Any]:
    """Change names, title and abilities."""
    context = await studio_context(request)
    draft, entity, texts = await drafts.load(context), request.path_params["entity"], await posted(request)
    document = entity_in(draft, entity)
    specs = specs_of(Entity, ELSEWHERE)
    wanted: Raw = written(specs, texts, document, locked_names(bench_of(request, draft, document), specs))
    if place := one(texts, "_reset"):
        wanted = _reset(draft, wanted, place)
    if refusal := await save_filled(context, bench_of(request, draft, wanted), specs, wanted, texts):
        return await _settings(request, context, await draft_after(draft, refusal), wanted, texts, refusal)
    return told(request, context, entity_url(entity, "settings"), Message("Saved in the draft."))


def _reset(draft: Draft, wanted: Raw, place: str) -> Raw:
    """The document with one member, which may stand in a group, as the pack has it."""
    below = draft.below(str(wanted["id"])) or {}
    first, _, rest = place.strip("/").partition("/")
    if not rest:
        kept = {name: value for name, value in wanted.items() if name != first}
        return {**wanted, first: below[first]} if first in below else kept
    group = {name: value for name, value in wanted.get(first, {}).items() if name != rest}
    was = value_at(below, (first, rest))
    return {**wanted, first: {**group, rest: was} if rest in below.get(first, {}) else group}


async def _settings(
    request: Asked,
    context: Context,
    draft: Draft,
    document: Raw,
    texts: Texts | None = None,
    refusal: Refusal | None = None,
) -> Response[Any]:
    specs = specs_of(Entity, ELSEWHERE)
    bench = bench_of(request, draft, document, refusal)
    controls = controls_of(bench, specs, typed_over(texts_of(specs, document), texts))
    placed = [wrong.message for control in controls for wrong in control.wrong]
    wrong = tuple(
        Wrong(finding.message, finding.hint)
        for finding in (refusal.findings if refusal else ())
        if finding.message not in placed
    )
    head = head_of(request, draft, str(document["id"]), "settings")
    conflict = bool(refusal and refusal.conflict)
    in_menus = any(raw["kind"] == "navigation" for raw in belongings(head.id, draft.merged.raw))
    data = SettingsPage(head, controls, wrong, conflict, head.what == "changed" and not head.own, in_menus)
    return await studio_page(request, context, "studio/settings.html", data, status=status_of(refusal), draft=draft)


@get("/studio/entities/{entity:str}/forms", include_in_schema=False)
async def forms_page(request: Asked) -> Response[Any]:
    """The forms of the entity."""
    return await _documents(request, "form")


@get("/studio/entities/{entity:str}/lists", include_in_schema=False)
async def lists_page(request: Asked) -> Response[Any]:
    """The lists of the entity."""
    return await _documents(request, "view")


async def _documents(request: Asked, kind: str) -> Response[Any]:
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    entity_in(draft, entity)
    snapshot = draft.merged.snapshot.localised(locale_of(request, context))
    changes = {change.document for change in draft.changes}
    rows = []
    for key, raw in draft.merged.raw.items():
        if raw.get("kind") != kind or raw.get("entity") != entity:
            continue
        named = snapshot.documents.get(key)
        roles = raw.get("audience", {}).get("roles", ())
        about = tuple(USES[use] for use in raw.get("use", ()) if use in USES)
        rows.append(
            DocumentRow(
                id=key,
                label=(named.label if named else "") or key,
                url=editor_url(kind, key),
                about=(*about, Message("shown first")) if raw.get("default") else about,
                roles=tuple(snapshot.roles[role].label if role in snapshot.roles else str(role) for role in roles),
                own=is_own(key),
                changed=key in changes or (draft.below(key) is not None and draft.below(key) != raw),
                defects=len(draft.findings(key)),
            )
        )
    hidden = tuple(
        (raw["id"], str(raw.get("label") or raw["id"]))
        for raw in draft.sources
        if raw["kind"] == kind and raw.get("entity") == entity and raw["id"] not in draft.merged.raw
    )
    data = DocumentsPage(
        head_of(request, draft, entity, "lists" if kind == "view" else "forms"), tuple(rows), kind == "view", hidden
    )
    return await studio_page(request, context, "studio/entity_documents.html", data, draft=draft)


@get("/studio/entities/{entity:str}/usage", include_in_schema=False)
async def entity_usage(request: Asked) -> Response[Any]:
    """Who uses the entity."""
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    return await _usage(request, context, draft, entity, entity_url(entity))


@get("/studio/entities/{entity:str}/fields/{key:str}/usage", include_in_schema=False)
async def field_usage(request: Asked) -> Response[Any]:
    """Who uses a field."""
    context = await studio_context(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["key"]
    return await _usage(request, context, draft, f"{entity}#/fields/{key}", field_url(entity, key))


async def _usage(request: Asked, context: Context, draft: Draft, path: str, back: str) -> Response[Any]:
    entity = request.path_params["entity"]
    head = head_of(request, draft, entity, "usage")
    data = UsagePage(head, where_used(draft, path), back, await clients_of(draft, path))
    return await studio_page(request, context, "studio/usage.html", data, draft=draft)


HANDLERS: list[Any] = [settings_page, save_settings, forms_page, lists_page, entity_usage, field_usage]
