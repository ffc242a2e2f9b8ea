"""Who the caller is."""

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.engine.access import SYSTEM_RIGHTS
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of


@get("/me")
async def read_me(request: Asked) -> ASGIResponse:
    """The user behind the token, with roles and rights."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    actor = context.actor
    described = {
        "id": actor.id,
        "name": actor.name,
        "email": actor.email,
        "locale": actor.locale,
        "zone": actor.zone,
        "team": actor.team,
        "roles": sorted(actor.roles),
        "rights": [right for right in SYSTEM_RIGHTS if context.access.system(right)],
        "workspace": context.workspace.name,
    }
    return json_answer(encode(described))
