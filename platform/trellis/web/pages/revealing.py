"""Showing one masked value: in its place, or without a script as the page of the record; its address never tells it."""

from typing import Any

from litestar import Response, get, post
from markupsafe import Markup

from trellis.kernel.errors import Forbidden, NotFound, TooManyRequests
from trellis.services.revealing import reveal
from trellis.web.api.problems import status_of
from trellis.web.http import Asked, page_context
from trellis.web.pages.records import show_record
from trellis.web.render.environment import formats_of, fragment
from trellis.web.render.masked import MaskedValue, shown_value


@post("/records/{entity:str}/{record:str}/reveal/{field:str}", include_in_schema=False, status_code=200)
async def reveal_value(request: Asked) -> Response[Any]:
    """The value, once the log tells who saw it."""
    context = await page_context(request)
    params, swapped = request.path_params, request.headers.get("hx-request-type") == "partial"
    try:
        found = await reveal(context, params["entity"], params["record"], params["field"])
    except (Forbidden, NotFound, TooManyRequests) as error:
        if not swapped:
            raise
        refused = MaskedValue(Markup(), error=error.message, advice=getattr(error, "advice", ()))
        return fragment(request, context, "parts/masked.html", None, status=status_of(error), masked=refused)
    if swapped:
        shown = shown_value(found, formats_of(request, context))
        return fragment(request, context, "parts/masked.html", None, masked=shown)
    return await show_record(request, context, params["entity"], found.record, found)


@get("/records/{entity:str}/{record:str}/reveal/{field:str}", include_in_schema=False)
async def masked_again(request: Asked) -> Response[Any]:
    """The record with the value masked, for who opens the address of a value that was shown once more."""
    context = await page_context(request)
    return await show_record(request, context, request.path_params["entity"], request.path_params["record"])


HANDLERS: list[Any] = [reveal_value, masked_again]
