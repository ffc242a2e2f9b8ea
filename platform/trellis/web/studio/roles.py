"""The editor of roles: who may do what with which records and fields."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.messages import Message
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafts import Draft
from trellis.services.studio.roleedits import copy_of, new_role, read_role, write_role
from trellis.services.studio.viewedits import free_id
from trellis.web.http import Asked, locale_of
from trellis.web.render.environment import words
from trellis.web.studio.editing import Refusal, one, posted, save, save_translations, told, version_in
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.onedocument import elsewhere, of_kind, take_away, take_step
from trellis.web.studio.role_inputs import typed_role, wrong_limit
from trellis.web.studio.role_page import RoleTyped, role_page_of, roles_page_of
from trellis.web.studio.view_forms import press_of

Raw = Mapping[str, Any]
ROLES = "/studio/roles"


@get(ROLES, include_in_schema=False)
async def roles_page(request: Asked) -> Response[Any]:
    """All roles, and how many people have them."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    page = await roles_page_of(request, context, draft)
    return await studio_page(request, context, "studio/roles.html", page, draft=draft)


@post(ROLES, include_in_schema=False, status_code=303)
async def add_role(request: Asked) -> Redirect:
    """A new role, or a copy of one."""
    context = await studio_context(request)
    draft, texts = await drafts.load(context), await posted(request)
    label, source = one(texts, "label"), one(texts, "source")
    if source:
        raw = of_kind(draft, source, "role")
        label = label or str(words(locale_of(request, context))("Copy of {name}", name=raw.get("label", "")))
        wanted = copy_of(raw, free_id(source.partition(".")[2], draft.merged.raw), label)
    else:
        wanted = new_role(free_id(label or "role", draft.merged.raw), label or "Role")
    await drafts.save(context, wanted)
    return Redirect(editor_url("role", wanted["id"]), status_code=303)


@get("/studio/roles/{role:str}", include_in_schema=False)
async def role_page(request: Asked) -> Response[Any]:
    """The rights of a role."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["role"], "role")
    if away := elsewhere(draft, raw["id"]):
        return away
    return await _show(request, context, draft, raw, RoleTyped(read_role(raw)))


@post("/studio/roles/{role:str}", include_in_schema=False, status_code=200)
async def save_role(request: Asked) -> Response[Any]:
    """What the form holds goes into the draft; what its pack forbids comes back at its cell, and nothing typed gets lost."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["role"], "role")
    if away := elsewhere(draft, raw["id"]):
        return away
    texts = await posted(request)
    press = press_of(texts)
    if press.action in ("reset", "undo", "redo"):
        await take_step(context, raw, press)
        return Redirect(_address(raw["id"], one(texts, "opened")), status_code=303)
    given = typed_role(texts, read_role(raw))
    wrong = wrong_limit(given, raw["id"])
    saved = Refusal((wrong,)) if wrong else await save(context, write_role(raw, given), version_in(texts))
    if isinstance(saved, Refusal):
        return await _show(request, context, await drafts.load(context), raw, RoleTyped(given, texts, saved))
    await save_translations(context, saved, texts, raw["id"], ())
    return Redirect(
        _address(raw["id"], press.target if press.action == "open" else one(texts, "opened")), status_code=303
    )


@post("/studio/roles/{role:str}/remove", include_in_schema=False, status_code=303)
async def remove_role(request: Asked) -> Redirect:
    """An own role that nobody has goes."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    raw = of_kind(draft, request.path_params["role"], "role")
    people = (await accounts.holders(context)).get(raw["id"], 0)
    if people:
        text = Message("{count} people have this role. Give them another one first.", {"count": people})
        return told(request, context, editor_url("role", raw["id"]), text)
    message = Message("The role “{name}” is gone from the draft.", {"name": raw.get("label", "")})
    return await take_away(request, context, raw["id"], ROLES, message, await posted(request))


def _address(role: str, opened: str) -> str:
    """The editor with the rights on one entity beside it."""
    return editor_url("role", role) + (f"?entity={quote(opened)}#panel" if opened else "")


async def _show(request: Asked, context: Context, draft: Draft, raw: Raw, typed: RoleTyped) -> Response[Any]:
    page = await role_page_of(request, context, draft, raw, typed)
    return await studio_page(
        request, context, "studio/role.html", page, status=422 if typed.refusal else 200, draft=draft
    )


HANDLERS: list[Any] = [roles_page, add_role, role_page, save_role, remove_role]
