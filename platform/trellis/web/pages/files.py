"""Files that people uploaded."""

from typing import Any
from urllib.parse import quote

from litestar import get
from litestar.response import Stream

from trellis.services import files
from trellis.web.http import Asked, page_context


@get("/files/{file:str}", include_in_schema=False)
async def read_file(request: Asked) -> Stream:
    """A file, always as a download: nothing that was uploaded runs in our pages."""
    context = await page_context(request)
    found = await files.download(context, request.path_params["file"])
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.name)}",
        "cache-control": "private, no-store",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Stream(found.pieces, media_type="application/octet-stream", headers=headers)


HANDLERS: list[Any] = [read_file]
