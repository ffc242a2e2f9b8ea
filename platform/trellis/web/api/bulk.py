"""Deleting, sharing and changing many records at once, for programs."""

from typing import Any

from litestar import post
from litestar.response.base import ASGIResponse

from trellis.engine.query import Query
from trellis.kernel.errors import FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message
from trellis.services.handing import bulk
from trellis.services.handing.selecting import Selection
from trellis.web.api.answers import Asked
from trellis.web.api.bodies import json_object
from trellis.web.api.handing import only, shown, text, texts
from trellis.web.api.shares import MEMBERS, read_terms
from trellis.web.http import context_of

DEEDS = {"delete": bulk.DELETE, "share": bulk.SHARE}
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
    choices = Message("This must be one of {choices}.", {"choices": ", ".join(DEEDS)})
    raise Invalid([FieldError("do", "choice", choices)])


def _selection(entity: str, body: dict[str, Any]) -> Selection:
    ids = texts(body, "ids")
    if ids or "filter" not in body:
        return Selection(entity, ids)
    return Selection(
        entity, query=Query(entity, filter=text(body, "filter") or None, search=text(body, "search") or None)
    )


HANDLERS: list[Any] = [do_to_many]
