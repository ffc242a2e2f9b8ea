"""The front door of the administration."""

from typing import Any

from litestar import get
from litestar.response import Redirect

from trellis.web.admin.frame import frame_of, require
from trellis.web.http import Asked, page_context


@get("/admin", include_in_schema=False)
async def first_place(request: Asked) -> Redirect:
    """The first place that the actor may see; raises Forbidden when there is none."""
    context = await page_context(request)
    sections = frame_of(request, context).sections
    if not sections:
        require(context, "users")
    return Redirect(sections[0].url)


HANDLERS: list[Any] = [first_place]
