"""Built-in places of the menu that concern many entities: all bins, all imports, all menus."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.render.environment import page


@dataclass(frozen=True)
class PlacesPage:
    """Entities to choose from, each with the address of its page."""

    title: str
    entities: tuple[tuple[Entity, str], ...]


@get("/menu", include_in_schema=False)
async def menu_page(request: Asked) -> Response[Any]:
    """All places, for phones."""
    return page(request, await page_context(request), "menu.html", None)


@get("/bin", include_in_schema=False)
async def bins_page(request: Asked) -> Response[Any]:
    """The bins of all entities whose records one may delete."""
    context = await page_context(request)
    found = [item for item in _entities(request, context) if item.traits.soft_delete and _may(context, item, "delete")]
    return page(request, context, "places.html", PlacesPage("Bin", _with(found, "bin")))


@get("/import", include_in_schema=False)
async def imports_page(request: Asked) -> Response[Any]:
    """The imports into all entities in which one may make records."""
    context = await page_context(request)
    allowed = context.access.system("import")
    found = [item for item in _entities(request, context) if allowed and _may(context, item, "create")]
    return page(request, context, "places.html", PlacesPage("Import", _with(found, "import")))


def _entities(request: Asked, context: Context) -> list[Entity]:
    entities = context.snapshot.localised(locale_of(request, context)).entities.values()
    return sorted((item for item in entities if _may(context, item, "read")), key=lambda item: item.plural)


def _may(context: Context, entity: Entity, action: str) -> bool:
    return context.access.allows(entity.id, action)


def _with(entities: list[Entity], name: str) -> tuple[tuple[Entity, str], ...]:
    return tuple((item, f"/records/{item.id}/{name}") for item in entities)


HANDLERS: list[Any] = [menu_page, bins_page, imports_page]
