"""Bringing files in and taking lists out."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import File, Redirect

from trellis.kernel.errors import BadRequest, FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.transfer import uploads
from trellis.services.transfer.limits import Unreadable
from trellis.services.transfer.mapping import Mapping, mapping_of
from trellis.services.transfer.uploads import ImportRun
from trellis.web.api.exports import file_answer
from trellis.web.http import Asked, page_context, pieces_of
from trellis.web.pages.importform import ColumnsPage, columns_page, posted_mapping
from trellis.web.pages.lists import chosen_view, columns_of, query_of
from trellis.web.pages.liststate import read_state
from trellis.web.render.environment import formats_of, fragment, page


@get("/records/{entity:str}/export", include_in_schema=False)
async def export_list(request: Asked) -> Response[Any]:
    """The list in its present state, whole, as a file."""
    context = await page_context(request)
    entity = context.snapshot.entity(request.path_params["entity"])
    state = read_state(entity.id, request.query_params.dict())
    view = chosen_view(context, state)
    heads = columns_of(context, entity, view, state, formats_of(request, context))
    query, errors = query_of(context, entity, view, state, heads)
    if errors:
        raise Invalid(errors)
    return await file_answer(context, query, request.query_params.get("format", "csv"))


@dataclass(frozen=True)
class UploadPage:
    """Where a file is chosen, and what was imported before."""

    entity: Entity
    runs: tuple[tuple[str, str, str, str], ...]
    error: Message | None = None


@get("/records/{entity:str}/import", include_in_schema=False)
async def upload_page(request: Asked) -> Response[Any]:
    """Choose a file."""
    return await _upload_page(request, await page_context(request))


async def _upload_page(request: Asked, context: Context, error: Message | None = None) -> Response[Any]:
    entity = _entity(request, context)
    formats = formats_of(request, context)
    runs = tuple(
        (f"/records/{entity.id}/import/{run.id}", run.file_name, formats.datetime(run.began), run.state)
        for run in await uploads.recent(context, entity.id)
    )
    return page(request, context, "transfer/upload.html", UploadPage(entity, runs, error), status=422 if error else 200)


@post("/records/{entity:str}/import", include_in_schema=False, status_code=303)
async def upload_file(request: Asked) -> Response[Any]:
    """Keep the file and go on to its columns."""
    context = await page_context(request)
    entity = request.path_params["entity"]
    form = await request.form()
    file, told = form.get("file"), form.get("mapping")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadRequest(Message("Choose a file."))
        mapping = await _told_mapping(told, entity)
        run = await uploads.upload(context, entity, file.filename, pieces_of(file), mapping)
    except (BadRequest, Invalid) as error:
        first = error.errors[0].message if isinstance(error, Invalid) and error.errors else error.message
        return await _upload_page(request, context, first)
    return Redirect(f"/records/{entity}/import/{run.id}", status_code=303)


async def _told_mapping(told: object, entity: str) -> Mapping | None:
    if not isinstance(told, UploadFile) or not told.filename:
        return None
    mapping = mapping_of(await told.read())
    if mapping.entity != entity:
        raise BadRequest(Message("This mapping is for {entity}.", {"entity": mapping.entity}))
    return mapping


@dataclass(frozen=True)
class RunPage:
    """How far an import came, and what became of the rows."""

    entity: Entity
    run: ImportRun
    address: str

    @property
    def working(self) -> bool:
        return self.run.state in ("waiting", "running")

    @property
    def percent(self) -> int:
        return int(self.run.share * 100)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        run = self.run
        return (
            ("New", run.created),
            ("Updated", run.updated),
            ("Unchanged", run.unchanged),
            ("Rejected", run.rejected),
            *([("With a warning", run.warned)] if run.warned else []),
        )


@get("/records/{entity:str}/import/{run:str}", include_in_schema=False)
async def run_page(request: Asked) -> Response[Any]:
    """The columns of a draft; the progress and the result of what was started."""
    context = await page_context(request)
    run = await _run(request, context)
    if run.state != "draft":
        return page(request, context, "transfer/run.html", _run_page(request, context, run))
    return await _columns(request, context, run, mapping_of(run.mapping))


@get("/records/{entity:str}/import/{run:str}/progress", include_in_schema=False)
async def run_progress(request: Asked) -> Response[Any]:
    """The part of the page that says how far it came."""
    context = await page_context(request)
    return fragment(
        request, context, "transfer/progress.html", _run_page(request, context, await _run(request, context))
    )


@get("/records/{entity:str}/import/{run:str}/rejects", include_in_schema=False)
async def run_rejects(request: Asked) -> File:
    """The refused rows with their reasons, as a file."""
    context = await page_context(request)
    run = await _run(request, context)
    path = uploads.rejects_of(context, run)
    if not run.rejected or not path.is_file():
        raise NotFound
    name = f"{run.file_name.rpartition('.')[0] or run.file_name}.rejected.csv"
    return File(path, filename=name, media_type="text/csv", headers={"cache-control": "no-store"})


@post("/records/{entity:str}/import/{run:str}", include_in_schema=False, status_code=200)
async def change_run(request: Asked) -> Response[Any]:
    """Take other settings, try the first rows, or start."""
    context = await page_context(request)
    run = await _run(request, context)
    address = f"/records/{run.entity}/import/{run.id}"
    if run.state != "draft":
        return Redirect(address, status_code=303)
    form = {key: [str(value) for value in values] for key, values in (await request.form()).dict().items()}
    action = form.get("action", [""])[0]
    try:
        mapping = posted_mapping(form, mapping_of(run.mapping))
        run = await uploads.change(context, run, mapping)
        if action == "start":
            await uploads.begin(context, run, mapping)
            return Redirect(address, status_code=303)
    except Invalid as error:
        return await _columns(request, context, run, mapping_of(run.mapping), error.errors)
    except Unreadable as error:
        return await _columns(
            request, context, run, mapping_of(run.mapping), [FieldError("", error.code, error.message)]
        )
    return await _columns(request, context, run, mapping, tried=action == "preview")


async def _columns(
    request: Asked, context: Context, run: ImportRun, mapping: Mapping, errors: Any = (), *, tried: bool = False
) -> Response[Any]:
    data: ColumnsPage = await columns_page(context, _entity(request, context), run, mapping, tuple(errors), tried=tried)
    return page(request, context, "transfer/columns.html", data, status=422 if data.errors else 200)


def _run_page(request: Asked, context: Context, run: ImportRun) -> RunPage:
    return RunPage(_entity(request, context), run, f"/records/{run.entity}/import/{run.id}")


async def _run(request: Asked, context: Context) -> ImportRun:
    return await uploads.find(context, request.path_params["entity"], request.path_params["run"])


def _entity(request: Asked, context: Context) -> Entity:
    locale = formats_of(request, context).locale
    return context.snapshot.localised(locale).entity(request.path_params["entity"])


HANDLERS: list[Any] = [export_list, upload_page, upload_file, run_page, run_progress, run_rejects, change_run]
