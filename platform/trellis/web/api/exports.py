"""Lists as files."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.background_tasks import BackgroundTask
from litestar.response import File, Stream

from trellis.engine.query import Count, Query
from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.transfer.exporting import FORMATS, Export, csv_chunks, plan
from trellis.services.transfer.workbookfile import write_xlsx
from trellis.web.api.answers import Asked
from trellis.web.api.parameters import EXPORT, list_query, parameters
from trellis.web.http import context_of

_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@get("/records/{entity:str}/export")
async def export_records(request: Asked) -> Response[Any]:
    """All records that a list would show, page after page, as CSV or XLSX; `raw=true` for a file to import again."""
    context = await context_of(request)
    entity = request.path_params["entity"]
    given = parameters(request.scope["query_string"], (*EXPORT, "format", "raw"))
    wanted, raw = given.pop("format", "csv"), given.pop("raw", "false")
    query = list_query(entity, urlencode(given).encode())
    return await file_answer(context, query, wanted, raw=raw in ("true", "1"))


async def file_answer(context: Context, query: Query, wanted: str, *, raw: bool = False) -> Response[Any]:
    """The file of a query; raises what the query is refused for, before anything is sent."""
    if wanted not in FORMATS:
        raise BadRequest(Message("The format is one of {choices}.", {"choices": ", ".join(FORMATS)}))
    entity = context.snapshot.entity(query.entity)
    export = plan(context, replace(query, count=Count.NONE), raw=raw)
    name = f"{entity.name}-{context.today().isoformat()}.{wanted}"
    return await (_workbook if wanted == "xlsx" else _csv)(context, export, name)


async def _csv(context: Context, export: Export, name: str) -> Response[Any]:
    chunks = csv_chunks(context, export)
    first = await anext(chunks)

    async def all_chunks() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return Stream(all_chunks(), media_type=_TYPES["csv"], headers=_headers(name))


async def _workbook(context: Context, export: Export, name: str) -> Response[Any]:
    with tempfile.NamedTemporaryFile(suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    try:
        await write_xlsx(context, export, path)
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return File(path, filename=name, media_type=_TYPES["xlsx"], background=gone, headers={"cache-control": "no-store"})


def _headers(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
