"""The fields of an entity: the table, and the panel that has everything about one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import Finding, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.kernel.names import is_key
from trellis.metadata.anatomy import members
from trellis.metadata.fieldtypes import FieldType, fieldtypes
from trellis.metadata.layers.places import MISSING, value_at
from trellis.metadata.pointers import pointer
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.fieldedits import fitted, key_for, parts_in, prefix_in, with_part, without_part
from trellis.services.studio.layering import is_own
from trellis.services.studio.quarantine import waiting_of
from trellis.web.http import Asked, locale_of
from trellis.web.studio.editing import (
    Refusal,
    Texts,
    one,
    other_languages,
    posted,
    save,
    save_translations,
    told,
    version_in,
)
from trellis.web.studio.entity import FieldRow, Head, entity_in, entity_url, field_rows, head_of, origin_of
from trellis.web.studio.frame import studio_context, studio_fragment, studio_page
from trellis.web.studio.links import field_url
from trellis.web.studio.onedocument import draft_after, status_of
from trellis.web.studio.panels.controls import Bench, Control, Wrong, controls_of, locked_names, missing
from trellis.web.studio.panels.moves import moved_rows, with_keys
from trellis.web.studio.panels.specs import Spec, specs_of
from trellis.web.studio.panels.texts import texts_of, typed_over, written
from trellis.web.studio.panels.words import TypeWords, all_types

Raw = Mapping[str, Any]

COMPUTED_APART = frozenset({"required", "requiredFor", "default", "unique", "system"})
"""Members that computed values have no use for."""


@dataclass(frozen=True)
class Panel:
    """Everything about one field, to be filled in."""

    entity: str
    key: str
    new: bool
    action: str
    type: str
    types: tuple[TypeWords, ...]
    type_locked: bool
    controls: tuple[Control, ...]
    version: int
    origin: str
    own: bool
    published: bool
    hidden: bool
    prefix: str
    wrong: tuple[Wrong, ...] = ()
    wrong_key: Message | None = None
    conflict: bool = False
    retyped: bool = False
    aside: int = 0
    """Values that did not fit and wait."""


@dataclass(frozen=True)
class FieldsPage:
    """The fields of an entity, with the panel of one of them, or with the types for a new one."""

    head: Head
    rows: tuple[FieldRow, ...]
    panel: Panel | None = None
    types: tuple[TypeWords, ...] = ()


@get("/studio/entities/{entity:str}", include_in_schema=False)
async def fields_page(request: Asked) -> Response[Any]:
    """The table of the fields."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await _show(request, context, draft, request.path_params["entity"], None)


@get("/studio/entities/{entity:str}/add", include_in_schema=False)
async def new_field_page(request: Asked) -> Response[Any]:
    """The types for a new field; with `type` its panel."""
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    kind = request.query_params.get("type", "")
    if fieldtypes.get(kind) is None:
        return await _show(request, context, draft, entity, None, choosing=True)
    return await _show(request, context, draft, entity, _panel(request, draft, entity, "", {"type": kind}))


@get("/studio/entities/{entity:str}/fields/{key:str}", include_in_schema=False)
async def field_page(request: Asked) -> Response[Any]:
    """The panel of a field beside the table."""
    context = await studio_context(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["key"]
    panel = _panel(request, draft, entity, key, _field(draft, entity, key))
    waiting = await waiting_of(context, entity, key)
    panel = replace(panel, aside=waiting.count if waiting else 0)
    return await _show(request, context, draft, entity, panel)


@post("/studio/entities/{entity:str}/add", include_in_schema=False, status_code=200)
async def add_field(request: Asked) -> Response[Any]:
    """Make a field from the posted panel, or do what another of its buttons says."""
    return await _posted(request, "")


@post("/studio/entities/{entity:str}/fields/{key:str}", include_in_schema=False, status_code=200)
async def change_field(request: Asked) -> Response[Any]:
    """Change a field from the posted panel, or do what another of its buttons says."""
    return await _posted(request, request.path_params["key"])


@post("/studio/entities/{entity:str}/fields/{key:str}/remove", include_in_schema=False, status_code=303)
async def remove_field(request: Asked) -> Response[Any]:
    """Take a field away: an own one is retired, one of a pack is hidden."""
    context = await studio_context(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["key"]
    _field(draft, entity, key)
    await drafts.save(
        context, without_part(draft.raw(entity), "fields", key), version=version_in(await posted(request))
    )
    of_pack = origin_of(draft, entity, ("fields", key)) != "yours"
    said = Message("The field is hidden.") if of_pack else Message("The field was removed.")
    return told(request, context, entity_url(entity), said, f"/studio/undo/{entity}")


@post("/studio/entities/{entity:str}/fields/{key:str}/show", include_in_schema=False, status_code=303)
async def show_field(request: Asked) -> Response[Any]:
    """Offer a hidden field of a pack again."""
    context = await studio_context(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["key"]
    field = {name: value for name, value in _field(draft, entity, key).items() if name != "hidden"}
    await drafts.save(context, with_part(draft.raw(entity), "fields", key, field))
    return told(request, context, field_url(entity, key), Message("The field is offered again."))


@post("/studio/entities/{entity:str}/fields/{key:str}/rename", include_in_schema=False, status_code=200)
async def rename_field(request: Asked) -> Response[Any]:
    """Give an own field another key, here and wherever it is named."""
    context = await studio_context(request)
    draft, entity, key = await drafts.load(context), request.path_params["entity"], request.path_params["key"]
    new = one(await posted(request), "_new_key")
    wrong = _key_error(draft.raw(entity), new)
    if wrong is None:
        try:
            await drafts.rename_field(context, entity, key, new)
            return told(request, context, field_url(entity, new), Message("The key is now {key}.", {"key": new}))
        except Invalid as error:
            wrong = error.errors[0].message if error.errors else error.message
    panel = replace(_panel(request, draft, entity, key, _field(draft, entity, key)), wrong_key=wrong)
    return await _show(request, context, draft, entity, panel, status=422)


async def _posted(request: Asked, key: str) -> Response[Any]:
    context = await studio_context(request)
    draft, entity = await drafts.load(context), request.path_params["entity"]
    texts = await posted(request)
    before = _field(draft, entity, key) if key else {"type": one(texts, "type")}
    cls = fieldtypes.get(one(texts, "type")) or fieldtypes.get(str(before.get("type")))
    if cls is None:
        raise NotFound()
    of_pack = bool(key) and origin_of(draft, entity, ("fields", key)) != "yours"
    texts = with_keys(texts, _specs(cls), prefix_in(entity) if of_pack else "")
    kind = one(texts, "type") or str(before["type"])
    retyped = kind != (one(texts, "_shown") or kind)
    base = before if before.get("type") == kind else fitted(before, members(cls), kind)
    bench = _bench(draft, entity, key, base)
    field: Raw = written(_specs(cls), texts, base, locked_names(bench, _specs(cls)))
    if one(texts, "_act") or retyped:
        shown = moved_rows(texts, one(texts, "_act"), _specs(cls))
        panel = _panel(request, draft, entity, key, field, shown)
        return await _show(request, context, draft, entity, replace(panel, retyped=retyped))
    if place := one(texts, "_reset"):
        field = _reset(draft, entity, key, field, place)
    return await _saved(request, context, draft, key, field, texts)


async def _saved(request: Asked, context: Context, draft: Draft, key: str, field: Raw, texts: Texts) -> Response[Any]:
    entity = request.path_params["entity"]
    document = draft.raw(entity)
    name = (
        key
        or one(texts, "_key")
        or key_for(str(field.get("label", "")), parts_in(document, "fields"), prefix=prefix_in(entity))
    )
    wrong = None if key else _key_error(document, name)
    needed = missing(_bench(draft, entity, name, field), _specs_of(field), texts)
    found: Draft | Refusal = Refusal(needed)
    if wrong is None and not needed:
        wanted = with_part(document, "fields", name, field)
        found = await save(context, wanted, version_in(texts), pointer(("fields", name)))
    if isinstance(found, Refusal):
        current = await draft_after(draft, found)
        panel = _panel(request, current, entity, key, field, texts, found.findings, name)
        panel = replace(panel, wrong_key=wrong, conflict=found.conflict is not None)
        return await _show(request, context, current, entity, panel, status=status_of(found))
    await save_translations(context, found, texts, entity, ("fields", name))
    said = Message("The field was added to the draft.") if not key else Message("Saved in the draft.")
    return told(request, context, field_url(entity, name), said)


def _reset(draft: Draft, entity: str, key: str, field: Raw, place: str) -> Raw:
    """The field with one member as the pack has it."""
    below = value_at(draft.below(entity), ("fields", key))
    first = place.strip("/").partition("/")[0]
    if below is MISSING:
        return field
    if first in below:
        return {**field, first: below[first]}
    return {name: value for name, value in field.items() if name != first}


def _key_error(document: Raw, key: str) -> Message | None:
    prefix = prefix_in(str(document["id"]))
    if not is_key(key):
        return Message("A key has lower-case letters, digits and underscores, and begins with a letter.")
    if not key.startswith(prefix):
        return Message("In a document of a pack your keys begin with {prefix}.", {"prefix": prefix})
    if key in parts_in(document, "fields"):
        return Message("There is a field with this key already.")
    return None


def _field(draft: Draft, entity: str, key: str) -> Raw:
    found = parts_in(entity_in(draft, entity), "fields").get(key)
    if not isinstance(found, Mapping):
        raise NotFound()
    return found


def _specs(cls: type[FieldType]) -> tuple[Spec, ...]:
    return specs_of(cls, frozenset() if cls.writable or "pattern" in cls.model_fields else COMPUTED_APART)


def _specs_of(field: Raw) -> tuple[Spec, ...]:
    cls = fieldtypes.get(str(field.get("type")))
    return _specs(cls) if cls else ()


def _bench(draft: Draft, entity: str, key: str, field: Raw, findings: tuple[Finding, ...] = ()) -> Bench:
    name = key or "new"
    document = draft.raw(entity)
    return Bench(
        snapshot=draft.merged.snapshot,
        document=with_part(document, "fields", name, field),
        path=("fields", name),
        below=draft.below(entity),
        findings=findings,
        published=draft.context.snapshot.raw.get(entity),
        translations=other_languages(draft),
    )


def _panel(
    request: Asked,
    draft: Draft,
    entity: str,
    key: str,
    field: Raw,
    texts: Texts | None = None,
    findings: tuple[Finding, ...] | None = None,
    name: str = "",
) -> Panel:
    cls = fieldtypes.get(str(field.get("type")))
    found = draft.findings(entity) if findings is None and key else (findings or ())
    bench = replace(_bench(draft, entity, key or name, field, found), snapshot=_spoken(request, draft))
    specs = _specs(cls) if cls else ()
    shown = typed_over(texts_of(specs, field), texts)
    published = value_at(bench.published, ("fields", key)) is not MISSING if bench.published and key else False
    controls = controls_of(bench, specs, shown)
    below = pointer(("fields", key or name))
    placed = [wrong.message for control in controls for wrong in control.wrong]
    return Panel(
        entity=entity,
        key=key or one(texts or {}, "_key"),
        new=not key,
        action=field_url(entity, key) if key else entity_url(entity, "add"),
        type=str(field.get("type")),
        types=all_types(),
        type_locked=bench.of_pack,
        controls=controls,
        version=draft.version(entity),
        origin=origin_of(draft, entity, ("fields", key)) if key else "yours",
        own=is_own(entity),
        published=published,
        hidden=bool(field.get("hidden")),
        prefix=prefix_in(entity),
        wrong=tuple(
            Wrong(item.message, item.hint, item.severity == "warning")
            for item in found
            if (item.pointer == below or item.pointer.startswith(below + "/")) and item.message not in placed
        ),
    )


def _spoken(request: Asked, draft: Draft) -> Snapshot:
    """The drafted definitions in the language of the reader."""
    return draft.merged.snapshot.localised(locale_of(request, draft.context))


async def _show(
    request: Asked,
    context: Context,
    draft: Draft,
    entity: str,
    panel: Panel | None,
    *,
    status: int = 200,
    choosing: bool = False,
) -> Response[Any]:
    """The whole page, or only the panel when the browser asks for just that."""
    current = panel.key if panel and not panel.new else ""
    head = head_of(request, draft, entity)
    if request.headers.get("hx-target", "").endswith("panel") or request.headers.get("hx-request-type") == "partial":
        data = FieldsPage(head, (), panel, all_types() if choosing else ())
        return await studio_fragment(request, context, "studio/field.html", data, status=status, draft=draft)
    data = FieldsPage(head, field_rows(request, draft, entity, current), panel, all_types() if choosing else ())
    return await studio_page(request, context, "studio/entity.html", data, status=status, draft=draft)


HANDLERS: list[Any] = [
    fields_page, new_field_page, field_page, add_field, change_field, remove_field, show_field, rename_field,
]  # fmt: skip
