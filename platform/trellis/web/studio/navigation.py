"""The editor of menus: which there are and in which order, and the entries of one as a tree."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.navigationedits import (
    MenuInput,
    moved,
    nested,
    new_menu,
    pointer_of,
    raised,
    read_menu,
    restored,
    without,
    write_menu,
)
from trellis.services.studio.ordering import arranged
from trellis.services.studio.ordering import moved as shifted
from trellis.services.studio.viewedits import free_id
from trellis.web.http import Asked
from trellis.web.studio.editing import Refusal, Texts, one, posted, save, save_translations, version_in
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.navigation_page import MenuTyped, menu_page_of, menus_page_of, rows_in
from trellis.web.studio.onedocument import elsewhere, of_kind, take_away, take_step
from trellis.web.studio.view_forms import Press, press_of

Raw = Mapping[str, Any]
MENUS = "/studio/navigation"


@get(MENUS, include_in_schema=False)
async def menus_page(request: Asked) -> Response[Any]:
    """All menus in their order."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await studio_page(request, context, "studio/navigation.html", menus_page_of(request, draft), draft=draft)


@post(MENUS, include_in_schema=False, status_code=303)
async def arrange_menus(request: Asked) -> Redirect:
    """The menus in another order, a new menu, or a hidden one of a pack again."""
    context = await studio_context(request)
    draft, texts = await drafts.load(context), await posted(request)
    press = press_of(texts)
    if press.action == "show":
        await drafts.reset(context, press.target, "")
        return Redirect(MENUS, status_code=303)
    if press.action == "new":
        wanted = new_menu(free_id(one(texts, "label"), draft.merged.raw), one(texts, "label") or "Menu")
        await drafts.save(context, wanted)
        return Redirect(editor_url("navigation", wanted["id"]), status_code=303)
    await _arranged(context, draft, texts.get("menu", []), press)
    return Redirect(MENUS, status_code=303)


@get("/studio/navigation/{menu:str}", include_in_schema=False)
async def menu_page(request: Asked) -> Response[Any]:
    """The entries of a menu."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["menu"], "navigation")
    if away := elsewhere(draft, raw["id"]):
        return away
    return await _show(request, context, draft, raw, MenuTyped(read_menu(raw)))


@post("/studio/navigation/{menu:str}", include_in_schema=False, status_code=200)
async def save_menu(request: Asked) -> Response[Any]:
    """What the form holds goes into the draft, after the button did what it does; nothing typed gets lost."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["menu"], "navigation")
    if away := elsewhere(draft, raw["id"]):
        return away
    texts = await posted(request)
    press = press_of(texts)
    if press.action in ("reset", "undo", "redo"):
        return await take_step(context, raw, press)
    below = draft.below(raw["id"])
    given = _pressed(MenuInput(one(texts, "label"), rows_in(texts), read_menu(raw).order), press, raw, below)
    wanted = write_menu(raw, below, given)
    saved = await save(context, wanted, version_in(texts))
    if isinstance(saved, Refusal):
        return await _show(request, context, await drafts.load(context), raw, MenuTyped(given, texts, saved))
    await save_translations(context, saved, _with_paths(texts, given, wanted), raw["id"], ())
    return Redirect(editor_url("navigation", raw["id"]), status_code=303)


@post("/studio/navigation/{menu:str}/remove", include_in_schema=False, status_code=303)
async def remove_menu(request: Asked) -> Redirect:
    """An own menu goes, one of a pack is hidden."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["menu"], "navigation")
    message = Message("The menu “{name}” is gone from the draft.", {"name": raw.get("label", "")})
    return await take_away(request, context, raw["id"], MENUS, message, await posted(request))


async def _arranged(context: Context, draft: Draft, menus: list[str], press: Press) -> None:
    """The order numbers of the menus, as few of them as possible changed."""
    known = {key: draft.raw(key) for key in menus if key in draft.merged.snapshot.navigations}
    wanted = {"up": -1, "down": 1}
    if press.action in wanted:
        menus = shifted(menus, press.target, wanted[press.action])
    orders = {key: {"order": draft.merged.snapshot.navigations[key].order} for key in known}
    for key, placed in arranged(orders, menus).items():
        if placed != orders[key]:
            await drafts.save(context, {**known[key], **placed})


def _pressed(given: MenuInput, press: Press, raw: Raw, below: Raw | None) -> MenuInput:
    rows = given.rows
    if press.action == "show":
        rows = restored(rows, raw, below, tuple(press.target.split("/")))
    place = next((number for number, row in enumerate(rows) if "/".join(row.path) == press.target), None)
    if place is not None:
        match press.action:
            case "up":
                rows = moved(rows, place, -1)
            case "down":
                rows = moved(rows, place, 1)
            case "nest":
                rows = nested(rows, place)
            case "raise":
                rows = raised(rows, place)
            case "remove":
                rows = without(rows, place)
    return MenuInput(given.label, rows, given.order)


def _with_paths(texts: Texts, given: MenuInput, wanted: Raw) -> Texts:
    """The texts in other languages at the places where the entries stand now."""
    rows = [row for row in given.rows if row.path or row.label or row.goal]
    places = {
        pointer_of(before.path): pointer_of(after.path)
        for before, after in zip(rows, read_menu(wanted).rows, strict=True)
        if before.path
    }
    found: Texts = {}
    for name, values in texts.items():
        start, mark, pointer = name.partition("/")
        place, _, member = (mark + pointer).rpartition("/")
        if not name.startswith("@") or not place:
            found[name] = values
        elif place in places:
            found[f"{start}{places[place]}/{member}"] = values
    return found


async def _show(request: Asked, context: Context, draft: Draft, raw: Raw, typed: MenuTyped) -> Response[Any]:
    page = await menu_page_of(request, context, draft, raw, typed)
    return await studio_page(
        request, context, "studio/navigation_menu.html", page, status=422 if typed.refusal else 200, draft=draft
    )


HANDLERS: list[Any] = [menus_page, arrange_menus, menu_page, save_menu, remove_menu]
