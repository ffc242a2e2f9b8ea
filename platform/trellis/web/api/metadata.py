"""The definitions behind the records, as far as the actor may know them, in the actor's language."""

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.services.context import Context
from trellis.web.api import describe
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of

USES = ("create", "edit", "detail")


@get("/metadata/entities")
async def list_entities(request: Asked) -> ASGIResponse:
    """All entities that the actor may use."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    known = [entity for entity in localised(context).entities.values() if describe.may_know(context.access, entity)]
    return json_answer(encode({"items": [describe.entity_summary(entity, context.access) for entity in known]}))


@get("/metadata/entities/{entity:str}")
async def read_entity(request: Asked) -> ASGIResponse:
    """One entity with its fields, operators and schemas."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    entity = _entity(context, request.path_params["entity"])
    return json_answer(encode(describe.entity_details(localised(context), entity, context.access)))


@get("/metadata/entities/{entity:str}/form")
async def read_form(request: Asked) -> ASGIResponse:
    """The form of an entity for one use."""
    context = await context_of(request)
    use = parameters(request.scope["query_string"], ("use",)).get("use", "edit")
    if use not in USES:
        raise BadRequest(Message("The use of a form is one of {choices}.", {"choices": ", ".join(USES)}))
    entity = _entity(context, request.path_params["entity"])
    form = localised(context).form_for(entity.id, use, context.access.rights.roles)
    if form is None:
        raise NotFound
    return json_answer(encode(describe.describe_form(form, entity, context.access)))


@get("/metadata/views")
async def list_views(request: Asked) -> ASGIResponse:
    """The views that are meant for the actor, of all entities or of one."""
    context = await context_of(request)
    entity = parameters(request.scope["query_string"], ("entity",)).get("entity")
    if entity is not None:
        _entity(context, entity)
    views = describe.shown_views(localised(context), context.access, entity)
    return json_answer(encode({"items": [describe.describe_view(view, context.access) for view in views]}))


def localised(context: Context) -> Snapshot:
    """The release in the actor's language."""
    return context.snapshot.localised(context.actor.locale)


def _entity(context: Context, entity_id: str) -> Entity:
    entity = localised(context).entity(entity_id)
    if not describe.may_know(context.access, entity):
        raise NotFound
    return entity
