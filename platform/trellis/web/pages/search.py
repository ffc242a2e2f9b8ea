"""Search over everything one may read."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.engine.query import Choice
from trellis.metadata.documents import Entity
from trellis.services import queries
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.render.environment import fragment, page

PER_ENTITY = 5


@dataclass(frozen=True)
class SearchPage:
    """What was found, by entity."""

    text: str
    groups: tuple[tuple[Entity, list[Choice]], ...]


@get("/search", include_in_schema=False)
async def search_page(request: Asked) -> Response[Any]:
    """Records whose words begin with what was typed; a fragment for the palette."""
    context = await page_context(request)
    text = request.query_params.get("q", "").strip()[:200]
    localised = context.snapshot.localised(locale_of(request, context))
    groups = []
    for entity in localised.entities.values():
        if (
            text
            and context.access.allows(entity.id, "read")
            and entity.traits.child_of is None
            and entity.id != "core.file"
        ):
            found = await queries.choices(context, entity.id, text, limit=PER_ENTITY)
            if found:
                groups.append((entity, found))
    data = SearchPage(text, tuple(groups))
    if request.headers.get("hx-request-type") == "partial":
        return fragment(request, context, "parts/results.html", data)
    return page(request, context, "search.html", data)


HANDLERS: list[Any] = [search_page]
