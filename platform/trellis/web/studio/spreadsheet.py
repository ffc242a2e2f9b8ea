"""Starting from a spreadsheet: upload a file, look at the entity it would become, open it as a draft, bring its rows in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from trellis.kernel.errors import BadRequest, FieldError, Invalid, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.fieldtypes import fieldtypes
from trellis.services.context import Context
from trellis.services.proposing.edits import UNTITLED, ColumnEdit, Edits, check
from trellis.services.proposing.proposal import Proposal, ProposedColumn, Verdict
from trellis.services.studio import drafts, sheetdraft, spreadsheet
from trellis.services.studio.spreadsheet import Start
from trellis.services.transfer.uploads import ImportRun
from trellis.web.http import Asked, pieces_of, translate_for
from trellis.web.render.environment import formats_of
from trellis.web.studio.editing import Texts, one, posted, told
from trellis.web.studio.frame import studio_context, studio_page

PLACE = "/studio/spreadsheet"


@dataclass(frozen=True)
class UploadPage:
    """Where a file is chosen, and the files of before."""

    runs: tuple[tuple[str, str, str, Message], ...]
    error: Message | None = None


@dataclass(frozen=True)
class ProposalPage:
    """The entity that a file would become, ready to be changed; errors by the name of the input."""

    start: Start
    wanted: Proposal
    errors: tuple[FieldError, ...] = ()
    notice: Message | None = None

    @property
    def address(self) -> str:
        return f"{PLACE}/{self.start.run.id}"

    @property
    def titles(self) -> tuple[ProposedColumn, ...]:
        """The columns that may be the title."""
        return tuple(column for column in self.wanted.kept if column.type not in UNTITLED)

    @property
    def keys(self) -> tuple[ProposedColumn, ...]:
        """The columns by which rows may be recognised."""
        return tuple(column for column in self.wanted.kept if column.may_be_key)

    def percent(self, column: ProposedColumn) -> int:
        """How sure the type of a column is, of a hundred."""
        return round(100 * column.confidence)

    def type_title(self, verdict: Verdict) -> str:
        """What a type is called."""
        cls = fieldtypes.get(verdict.type)
        return cls.title if cls else verdict.type

    def error(self, path: str) -> Message | None:
        """What is wrong with one input."""
        return next((error.message for error in self.errors if error.path == path), None)


@dataclass(frozen=True)
class ReadyPage:
    """A file whose entity is in the draft or published."""

    run: ImportRun
    label: str
    rows: int
    published: bool
    form: str
    documents: tuple[tuple[str, str, str], ...] = field(default=())

    @property
    def address(self) -> str:
        return f"{PLACE}/{self.run.id}"


@get(PLACE, include_in_schema=False)
async def upload_page(request: Asked) -> Response[Any]:
    """Choose a file."""
    return await _upload_page(request, await studio_context(request))


async def _upload_page(request: Asked, context: Context, error: Message | None = None) -> Response[Any]:
    formats = formats_of(request, context)
    runs = tuple(
        (f"{PLACE}/{run.id}", run.file_name, formats.datetime(run.began), _stage(context, run))
        for run in await spreadsheet.recent(context)
    )
    page = UploadPage(runs, error)
    return await studio_page(request, context, "studio/spreadsheet.html", page, status=422 if error else 200)


def _stage(context: Context, run: ImportRun) -> Message:
    if not run.entity:
        return Message("Proposed")
    if run.state == "draft":
        return Message("Ready to import") if run.entity in context.snapshot.entities else Message("In the draft")
    return Message("Imported") if run.state == "done" else Message("Import begun")


@post(PLACE, include_in_schema=False, status_code=303)
async def upload_file(request: Asked) -> Response[Any]:
    """Keep a file and propose an entity for it."""
    context = await studio_context(request)
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadRequest(Message("Choose a file."))
        run = await spreadsheet.upload(context, file.filename, pieces_of(file))
    except (BadRequest, Invalid) as error:
        return await _upload_page(request, context, _first(error))
    return Redirect(f"{PLACE}/{run.id}", status_code=303)


def _first(error: TrellisError) -> Message:
    return error.errors[0].message if isinstance(error, Invalid) and error.errors else error.message


@get(PLACE + "/{run:str}", include_in_schema=False)
async def start_page(request: Asked) -> Response[Any]:
    """The proposal for a file, or how far it has come."""
    context = await studio_context(request)
    run = await spreadsheet.find(context, request.path_params["run"])
    if run.state != "draft":
        return Redirect(f"/records/{run.entity}/import/{run.id}", status_code=303)
    published = run.entity in context.snapshot.entities
    drafted = published or bool(run.entity) and run.entity in (await drafts.load(context)).merged.raw
    if drafted and (published or "edit" not in request.query_params):
        return await _ready_page(request, context, run, published=published)
    start = await spreadsheet.look(context, run)
    return await _proposal_page(request, context, ProposalPage(start, start.wanted))


async def _ready_page(request: Asked, context: Context, run: ImportRun, *, published: bool) -> Response[Any]:
    start = await spreadsheet.look(context, run)
    page = ReadyPage(
        run, start.wanted.label, start.wanted.rows, published, f"{run.entity}_form" if start.edits.form else ""
    )
    return await studio_page(request, context, "studio/spreadsheet_ready.html", page)


async def _proposal_page(request: Asked, context: Context, page: ProposalPage) -> Response[Any]:
    status = 422 if page.errors else 200
    return await studio_page(request, context, "studio/spreadsheet_proposal.html", page, status=status)


@post(PLACE + "/{run:str}", include_in_schema=False, status_code=200)
async def change_start(request: Asked) -> Response[Any]:
    """Look at what was changed, take another sheet, or open the draft."""
    context = await studio_context(request)
    texts = await posted(request)
    run = await spreadsheet.find(context, request.path_params["run"])
    if run.state != "draft":
        return Redirect(f"{PLACE}/{run.id}", status_code=303)
    start = await spreadsheet.look(context, run)
    if one(texts, "sheet") and one(texts, "sheet") != start.table.sheet:
        start = await spreadsheet.another_sheet(context, run, one(texts, "sheet"))
        return await _proposal_page(request, context, ProposalPage(start, start.wanted))
    start = await spreadsheet.change(context, start, posted_edits(texts, start))
    if one(texts, "action") != "draft":
        return await _proposal_page(request, context, ProposalPage(start, start.wanted, _errors(start)))
    try:
        await sheetdraft.open_as_draft(context, start, translate_for(request, context))
    except Invalid as error:
        return await _proposal_page(request, context, ProposalPage(start, start.wanted, tuple(error.errors)))
    message = Message("“{label}” is in the draft.", {"label": start.wanted.label})
    return told(request, context, f"{PLACE}/{run.id}", message)


def _errors(start: Start) -> tuple[FieldError, ...]:
    try:
        check(start.wanted, frozenset())
    except Invalid as error:
        return tuple(error.errors)
    return ()


@post(PLACE + "/{run:str}/import", include_in_schema=False, status_code=303)
async def begin_import(request: Asked) -> Response[Any]:
    """Bring the rows in."""
    context = await studio_context(request)
    run = await spreadsheet.find(context, request.path_params["run"])
    await sheetdraft.begin(context, run)
    return Redirect(f"/records/{run.entity}/import/{run.id}", status_code=303)


def posted_edits(texts: Texts, start: Start) -> Edits:
    """What the form says; columns are named by their place in the file."""
    known = start.proposal.columns
    columns = {column.header: _posted_column(texts, place, column) for place, column in enumerate(known)}
    place_of = {str(place): column.header for place, column in enumerate(known)}
    return replace(
        start.edits,
        label=one(texts, "label"),
        plural=one(texts, "plural"),
        name=one(texts, "name").removeprefix("x."),
        title=place_of.get(one(texts, "title"), ""),
        key=place_of.get(one(texts, "key"), ""),
        form=bool(one(texts, "with-form")),
        view=bool(one(texts, "with-view")),
        menu=bool(one(texts, "with-menu")),
        columns=columns,
        splits=tuple(texts.get("split", ())),
    )


def _posted_column(texts: Mapping[str, Sequence[str]], place: int, column: ProposedColumn) -> ColumnEdit:
    def text(name: str) -> str:
        return next(iter(texts.get(f"{name}-{place}", ())), "").strip()

    types = {verdict.type for verdict in column.choices()}
    wanted = text("type")
    return ColumnEdit(bool(text("keep")), text("label"), text("key"), wanted if wanted in types else column.type)


HANDLERS: list[Any] = [upload_page, upload_file, start_page, change_start, begin_import]
