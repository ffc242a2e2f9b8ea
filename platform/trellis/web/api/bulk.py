"""Deleting, sharing and changing many records at once, for programs."""

from dataclasses import replace
from typing import Any

from litestar import post
from litestar.response.base import ASGIResponse

from trellis.engine.query import Query
from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.context import Context
from trellis.services.handing import bulk
from trellis.services.handing.fieldchanges import Trial
from trellis.services.handing.selecting import Selection
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.bodies import json_object
from trellis.web.api.handing import only, shown, text, texts
from trellis.web.api.shares import MEMBERS, read_terms
from trellis.web.http import context_of, translate_for

DEEDS = {"delete": bulk.DELETE, "share": bulk.SHARE, "change": bulk.CHANGE}
WHICH = ("do", "ids", "filter", "search", "id")


@post("/records/{entity:str}/bulk", status_code=201)
async def do_to_many(request: Asked) -> ASGIResponse:
    """Do something to some records, or to all that a filter finds; the operation can be looked up and undone."""
    context = await context_of(request)
    entity = context.snapshot.entity(request.path_params["entity"])
    if not bulk.offered(context, entity):
        raise Forbidden(Message("You may not do this to several records at once."))
    body, _ = await json_object(request)
    deed, once = DEEDS.get(text(body, "do")), text(body, "id")
    selection = _selection(entity.id, body)
    if deed == bulk.DELETE:
        only(body, WHICH)
        return await shown(request, await bulk.delete(context, selection, once=once), status=201)
    if deed == bulk.SHARE:
        grantee, terms = read_terms({key: body[key] for key in body if key not in WHICH}, MEMBERS)
        return await shown(request, await bulk.share(context, selection, grantee, terms, once=once), status=201)
    if deed == bulk.CHANGE:
        only(body, (*WHICH, "values", "preview"))
        return await _change(request, context, selection, body)
    choices = Message("This must be one of {choices}.", {"choices": ", ".join(DEEDS)})
    raise Invalid([FieldError("do", "choice", choices)])


async def _change(request: Asked, context: Context, selection: Selection, body: dict[str, Any]) -> ASGIResponse:
    values, preview = body.get("values"), body.get("preview", False)
    if not isinstance(values, dict):
        raise Invalid([FieldError("values", "object", Message("This must be an object of fields."))])
    if not isinstance(preview, bool):
        raise Invalid([FieldError("preview", "boolean", Message("This must be true or false."))])
    try:
        if preview:
            return _told(await bulk.try_change(context, selection, values), translate_for(request, context))
        done = await bulk.change(context, selection, values, once=text(body, "id"))
    except Invalid as error:
        raise Invalid([_in_values(one) for one in error.errors], error.message) from None
    return await shown(request, done, status=201)


def _in_values(error: FieldError) -> FieldError:
    """The error where it stands in the body."""
    return error if error.path == "ids" else replace(error, path=f"values/{error.path}".rstrip("/"))


def _told(trial: Trial, translate: Translate) -> ASGIResponse:
    refused = [{"record": record, "reason": why.translated(translate)} for record, why in trial.refused]
    counts = {"tried": trial.tried, "changed": trial.changed, "unchanged": trial.unchanged, "warned": trial.warned}
    return json_answer(encode({**counts, "refused": refused}))


def _selection(entity: str, body: dict[str, Any]) -> Selection:
    ids = texts(body, "ids")
    if ids or "filter" not in body:
        return Selection(entity, ids)
    return Selection(
        entity, query=Query(entity, filter=text(body, "filter") or None, search=text(body, "search") or None)
    )


HANDLERS: list[Any] = [do_to_many]
