"""What is done to the chosen rows of a list: into the bin, into a file; looked up afterwards, and taken back."""

from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.handing import bulk, handover, operations, selecting
from trellis.web.api.exports import file_answer
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.pages.chosen import listed, posted, selection, suffix_of
from trellis.web.render.environment import formats_of, fragment, page, words
from trellis.web.render.handovers import shown

LONGEST_STATE = 1_000
"""A longer state of a list is not carried along in a cookie."""


@post("/records/{entity:str}/delete", include_in_schema=False, status_code=303)
async def delete_chosen(request: Asked) -> Redirect:
    """Move the chosen records into the bin."""
    context = await page_context(request)
    entity = _entity(request, context)
    bulk.require(context, entity, bulk.DELETE)
    given = posted(await request.form())
    try:
        meant = selection(entity, listed(request, context, entity), given)
        done = await bulk.delete(context, meant, once=given.once)
    except Invalid as error:
        return _refused(request, context, entity, error)
    return await ended(request, context, entity, done, Message("Moved to the bin: {count}."))


@post("/records/{entity:str}/export", include_in_schema=False, status_code=200)
async def export_chosen(request: Asked) -> Response[Any]:
    """The chosen records as a file, with the columns of the list."""
    context = await page_context(request)
    entity = _entity(request, context)
    if not context.access.allows(entity.id, "export") or not context.access.system("export"):
        raise Forbidden(Message("You may not export."))
    given, query = posted(await request.form()), listed(request, context, entity)
    if not given.all:
        try:
            selecting.check(selection(entity, query, given))
        except Invalid as error:
            return _refused(request, context, entity, error)
        query = replace(query, ids=given.ids, filter=None, base_filter=None, search=None, shared=False)
    return await file_answer(context, query, request.query_params.get("format", "csv"))


@get("/records/{entity:str}/bulk/{operation:str}", include_in_schema=False)
async def bulk_page(request: Asked) -> Response[Any]:
    """What became of the records."""
    context = await page_context(request)
    return page(request, context, "assigned.html", await shown(context, *_place(request)))


@get("/records/{entity:str}/bulk/{operation:str}/progress", include_in_schema=False)
async def bulk_progress(request: Asked) -> Response[Any]:
    """The part of the page that renews itself."""
    context = await page_context(request)
    return fragment(request, context, "parts/handover.html", await shown(context, *_place(request)))


@post("/records/{entity:str}/bulk/{operation:str}/undo", include_in_schema=False, status_code=303)
async def undo_bulk(request: Asked) -> Redirect:
    """Take it back; back in the list when everything is as it was."""
    context = await page_context(request)
    operation, address = _place(request)
    found = await handover.progress(context, operation)
    if found.handover.state == "undone":
        return Redirect(address, status_code=303)
    await handover.undo(context, operation)
    if found.handover.total > bulk.AT_ONCE:
        return Redirect(address, status_code=303)
    await operations.finish(context, operation)
    found = await handover.progress(context, operation)
    if found.count("changed"):
        return Redirect(address, status_code=303)
    text = _said(request, context, Message("Taken back: {count}."), found.count("undone"))
    return _to_list(request, _entity(request, context), text)


async def ended(request: Asked, context: Context, entity: Entity, done: str, sentence: Message) -> Redirect:
    """Back to the list with what was done and the way back; to the page of the operation where something is left."""
    found = await handover.progress(context, done)
    address, state = f"/records/{entity.id}/bulk/{done}", suffix_of(request)
    count = found.count("done")
    if found.handover.is_active or found.left or not count or found.handover.request.get("missing"):
        return Redirect(address, status_code=303)
    undo = f"{address}/undo{state if len(state) < LONGEST_STATE else ''}"
    return _to_list(request, entity, _said(request, context, sentence, count), undo)


def _refused(request: Asked, context: Context, entity: Entity, error: Invalid) -> Redirect:
    """Back to the list with the reason."""
    first = error.errors[0].message if error.errors else error.message
    text = str(words(locale_of(request, context))(first))
    cookie = flash_cookie(text, refused=True)
    return Redirect(f"/records/{entity.id}{suffix_of(request)}", status_code=303, cookies=[cookie])


def _to_list(request: Asked, entity: Entity, text: str, undo: str = "") -> Redirect:
    cookie = flash_cookie(text, undo)
    return Redirect(f"/records/{entity.id}{suffix_of(request)}", status_code=303, cookies=[cookie])


def _said(request: Asked, context: Context, sentence: Message, count: int) -> str:
    number = formats_of(request, context).number(count, 0)
    return str(words(locale_of(request, context))(Message(sentence.template, {"count": number})))


def _place(request: Asked) -> tuple[str, str]:
    params = request.path_params
    return params["operation"], f"/records/{params['entity']}/bulk/{params['operation']}"


def _entity(request: Asked, context: Context) -> Entity:
    return context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])


HANDLERS: list[Any] = [delete_chosen, export_chosen, bulk_page, bulk_progress, undo_bulk]
