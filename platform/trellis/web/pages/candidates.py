"""The records that may be chosen in a lookup."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get

from trellis.engine.query import Choice
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import FieldType
from trellis.services import queries
from trellis.services.context import Context
from trellis.web.http import Asked, page_context

LIMIT = 12


async def candidates(
    context: Context, entity: Entity, spec: FieldType, text: str, values: Mapping[str, Any], limit: int = LIMIT
) -> list[Choice]:
    """The records of the target that match the text and that the filter of the lookup lets in."""
    return await queries.candidates(context, entity.id, spec.key, text, values, limit=limit)


@get("/records/{entity:str}/lookup/{field:str}", include_in_schema=False)
async def lookup(request: Asked) -> Response[Any]:
    """Candidates for a lookup as JSON; the other query parameters are the values of the form."""
    context = await page_context(request)
    entity = context.snapshot.entity(request.path_params["entity"])
    spec = entity.field(request.path_params["field"])
    if spec is None or spec.target is None:
        return Response({"choices": []})
    given = {key: texts[-1] for key, texts in request.query_params.dict().items() if key in entity.all_fields and texts}
    found = await candidates(context, entity, spec, request.query_params.get("q", "")[:200], given)
    items = [{"id": choice.id, "label": choice.label, "facts": list(choice.facts)} for choice in found]
    return Response(
        {"choices": items, "create": context.access.allows(spec.target, "create")},
        headers={"cache-control": "no-store"},
    )


HANDLERS: list[Any] = [lookup]
