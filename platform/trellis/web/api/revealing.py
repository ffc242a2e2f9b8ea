"""One masked value in full, for programs; the log tells of it first."""

from typing import Any

from litestar import post
from litestar.response.base import ASGIResponse

from trellis.services.revealing import Revealed, reveal
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language


@post("/records/{entity:str}/{record:str}/reveal/{field:str}", status_code=200)
async def reveal_value(request: Asked) -> ASGIResponse:
    """A value that is masked everywhere else."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    params = request.path_params
    reader = in_their_language(request, context)
    found = await reveal(reader, params["entity"], params["record"], params["field"])
    return json_answer(encode(_body(found)))


def _body(found: Revealed) -> dict[str, Any]:
    return {
        "field": found.field.key,
        "label": found.field.caption,
        "type": found.field.type,
        "value": found.field.to_json(found.value),
        "title": _title(found.label),
        "recorded": found.recorded,
    }


def _title(label: object) -> str | None:
    """The title of one link, or of several."""
    if isinstance(label, list):
        return ", ".join(title or identity for identity, title in label) or None
    return None if label is None else str(label)
