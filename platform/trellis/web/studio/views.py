"""The designer of list views: columns, filter, order, quick filters, who gets it; and below the list as it would be."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.engine.filterrules import FieldAt
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.viewedits import (
    Mistakes,
    ViewInput,
    copy_of,
    free_id,
    hidden_quick,
    new_view,
    read_view,
    with_quick,
    write_view,
)
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import fragment, words
from trellis.web.studio.editing import Refusal, Texts, one, posted, save, save_translations, version_in
from trellis.web.studio.entity import entity_url
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.onedocument import elsewhere, of_kind, take_away, take_step
from trellis.web.studio.view_forms import Press, press_of, read_form
from trellis.web.studio.view_page import Typed, branch_page, new_page, view_page_of

Raw = Mapping[str, Any]


@get("/studio/views/{view:str}", include_in_schema=False)
async def view_page(request: Asked) -> Response[Any]:
    """The designer of a view."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["view"], "view")
    if away := elsewhere(draft, raw["id"]):
        return away
    return await _show(request, context, draft, raw, Typed(read_view(raw, _field_at(draft, raw))))


@get("/studio/views/{view:str}/fields", include_in_schema=False)
async def fields_part(request: Asked) -> Response[Any]:
    """One branch of the fields that can become columns, for a swap."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["view"], "view")
    at = request.query_params.get("at", "")
    return fragment(request, context, "studio/view/fields.html", branch_page(request, draft, raw, at))


@post("/studio/views/{view:str}", include_in_schema=False, status_code=200)
async def save_view(request: Asked) -> Response[Any]:
    """What the form holds goes into the draft, after the button did what it does; nothing typed gets lost."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["view"], "view")
    if away := elsewhere(draft, raw["id"]):
        return away
    texts = await posted(request)
    press = press_of(texts)
    if press.action in ("reset", "undo", "redo"):
        return await take_step(context, raw, press)
    mistakes = Mistakes()
    given = _restored(read_form(texts, press), press, draft, raw)
    wanted = write_view(raw, given, _field_at(draft, raw), mistakes, draft.below(raw["id"]))
    if mistakes.found:
        return await _show(request, context, draft, raw, Typed(given, texts, mistakes.found))
    saved = await save(context, wanted, version_in(texts))
    if isinstance(saved, Refusal):
        return await _show(request, context, await drafts.load(context), raw, Typed(given, texts, refusal=saved))
    await save_translations(context, saved, _of_quick(texts, raw, wanted), raw["id"], ())
    at = press.target if press.action == "at" else one(texts, "at")
    return Redirect(editor_url("view", raw["id"]) + (f"?at={quote(at)}" if at else ""), status_code=303)


@get("/studio/new-view", include_in_schema=False)
async def new_view_page(request: Asked) -> Response[Any]:
    """Which entity a new view is of, and what it is called."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    page = new_page(request, draft, request.query_params.get("entity", ""))
    return await studio_page(request, context, "studio/view_new.html", page, draft=draft)


@post("/studio/new-view", include_in_schema=False, status_code=200)
async def add_view(request: Asked) -> Response[Any]:
    """A new view with the title and the facts of its entity as columns."""
    context = await studio_context(request)
    draft, texts = await drafts.load(context), await posted(request)
    label, entity = one(texts, "label"), draft.merged.entity(one(texts, "entity"))
    if entity is None or not label:
        page = new_page(request, draft, one(texts, "entity"), label, missing=True)
        return await studio_page(request, context, "studio/view_new.html", page, status=422, draft=draft)
    columns = list(dict.fromkeys((entity.title_field, *entity.summary_fields)))
    wanted = new_view(free_id(label, draft.merged.raw), entity.id, label, columns)
    await drafts.save(context, wanted)
    return Redirect(editor_url("view", wanted["id"]), status_code=303)


@post("/studio/views/{view:str}/copy", include_in_schema=False, status_code=303)
async def copy_view(request: Asked) -> Redirect:
    """The same view once more, to be changed."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["view"], "view")
    label = words(locale_of(request, context))("Copy of {name}", name=raw.get("label", ""))
    wanted = copy_of(raw, free_id(raw["id"].partition(".")[2], draft.merged.raw), str(label))
    await drafts.save(context, wanted)
    return Redirect(editor_url("view", wanted["id"]), status_code=303)


@post("/studio/views/{view:str}/remove", include_in_schema=False, status_code=303)
async def remove_view(request: Asked) -> Redirect:
    """An own view goes, one of a pack is hidden."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["view"], "view")
    message = Message("The view “{name}” is gone from the draft.", {"name": raw.get("label", "")})
    return await take_away(
        request, context, raw["id"], entity_url(raw["entity"], "lists"), message, await posted(request)
    )


async def _show(request: Asked, context: Context, draft: Draft, raw: Raw, typed: Typed) -> Response[Any]:
    page = await view_page_of(request, context, draft, raw, typed)
    return await studio_page(
        request, context, "studio/view.html", page, status=422 if typed.refused else 200, draft=draft
    )


def _field_at(draft: Draft, raw: Raw) -> FieldAt:
    snapshot, entity = draft.merged.snapshot, str(raw["entity"])
    return lambda path: snapshot.field_at(entity, path)


def _restored(given: ViewInput, press: Press, draft: Draft, raw: Raw) -> ViewInput:
    """The input with a hidden quick filter of the pack back, if that is what was pressed."""
    known = hidden_quick(raw, draft.below(raw["id"]), _field_at(draft, raw))
    found = next((item for item in known if item.key == press.of("quick-show")), None)
    return with_quick(given, found) if found else given


def _of_quick(texts: Texts, raw: Raw, wanted: Raw) -> Texts:
    """The texts with those of a new quick filter at the key that it got."""
    fresh = next((key for key in wanted.get("quickFilters", {}) if key not in raw.get("quickFilters", {})), None)
    marker = "/quickFilters//label"
    return {
        name.replace(marker, f"/quickFilters/{fresh}/label") if name.endswith(marker) else name: values
        for name, values in texts.items()
        if not name.endswith(marker) or fresh
    }


HANDLERS: list[Any] = [view_page, fields_part, save_view, new_view_page, add_view, copy_view, remove_view]
