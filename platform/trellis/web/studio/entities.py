"""The kinds of records of a workspace, and one of them with all that belongs to it."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.web.http import Asked, locale_of
from trellis.web.studio.frame import studio_context, studio_page


@dataclass(frozen=True, slots=True)
class EntityRow:
    """One kind of record in the list."""

    id: str
    label: str
    plural: str
    icon: str
    fields: int
    pack: str


@dataclass(frozen=True)
class EntitiesPage:
    """All kinds of records."""

    rows: tuple[EntityRow, ...]


@get("/studio", include_in_schema=False)
async def entities_page(request: Asked) -> Response[Any]:
    """The list of entities."""
    context = await studio_context(request)
    snapshot = context.snapshot.localised(locale_of(request, context))
    rows = tuple(
        EntityRow(item.id, item.label, item.plural, item.icon, len(item.fields), item.pack)
        for item in sorted(snapshot.entities.values(), key=lambda item: item.label)
    )
    return await studio_page(request, context, "studio/entities.html", EntitiesPage(rows))


HANDLERS: list[Any] = [entities_page]
