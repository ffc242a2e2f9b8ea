"""Packs: what is installed, what was changed in each, and plans of bringing, changing and removing them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from trellis.kernel.errors import (
    BadRequest,
    FieldError,
    Forbidden,
    Invalid,
    InvalidMetadata,
    StaleRelease,
    TrellisError,
)
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.metadata.layers.order import CUSTOMER
from trellis.services import packs
from trellis.services.context import Context
from trellis.services.packs import Disabling, Enabling, Installing, PackChange, Uninstalling
from trellis.services.packs.archives import MOST_BYTES, unzipped, zipped
from trellis.services.packs.deciding import decide
from trellis.services.packs.held import held, hold
from trellis.services.packs.layerfiles import export_layer, read_files, read_layers
from trellis.services.packs.listing import PackLine, list_packs, pack_details, pack_folder
from trellis.services.studio import plans
from trellis.services.studio.plans import PlanChanged
from trellis.web.api.packs import folder_of
from trellis.web.http import Asked, in_their_language
from trellis.web.studio.editing import one, posted, told
from trellis.web.studio.frame import KINDS, studio_context, studio_page
from trellis.web.studio.links import editor_url
from trellis.web.studio.planpage import PlanPage, plan_page
from trellis.web.studio.upgrade_rows import UpgradeRow, upgrade_rows

PLACE = "/studio/packs"
TITLES = {
    "install": Message("Install {pack}"),
    "disable": Message("Switch off {pack}"),
    "enable": Message("Switch on {pack}"),
    "uninstall": Message("Remove {pack}"),
}
BUTTONS = {
    "install": Message("Install"),
    "disable": Message("Switch off"),
    "enable": Message("Switch on"),
    "uninstall": Message("Remove"),
}
Answers = Mapping[str, list[str]]


@dataclass(frozen=True)
class PacksPage:
    """All packs; `own` says whether there is a layer of the customer to take away as files."""

    packs: tuple[PackLine, ...]
    own: int
    may_change: bool
    problem: TrellisError | None = None
    places: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class PackPage:
    """One pack: its documents by kind, and each change of the customer."""

    line: PackLine
    documents: tuple[tuple[Message, tuple[tuple[str, str], ...]], ...]
    rows: tuple[UpgradeRow, ...]
    may_change: bool

    @property
    def open(self) -> tuple[UpgradeRow, ...]:
        """What somebody has to decide."""
        return tuple(row for row in self.rows if row.open or row.orphan)

    @property
    def others(self) -> tuple[UpgradeRow, ...]:
        """What needs nobody."""
        return tuple(row for row in self.rows if not (row.open or row.orphan))


@get(PLACE, include_in_schema=False)
async def packs_page(request: Asked) -> Response[Any]:
    """All packs."""
    return await _show(request, await _context(request))


@get(PLACE + "/{pack:str}", include_in_schema=False)
async def pack_page(request: Asked) -> Response[Any]:
    """One pack, with what was changed in it."""
    context = await _context(request)
    found = await pack_details(context, request.path_params["pack"], folder_of(request))
    kinds: dict[str, list[tuple[str, str]]] = {}
    known = context.snapshot.localised(context.locale).documents
    for raw in found.documents:
        named = known.get(raw["id"])
        label = (named.label if named else "") or str(raw.get("label") or raw["id"])
        kinds.setdefault(raw["kind"], []).append((label, editor_url(raw["kind"], raw["id"])))
    documents = tuple((KINDS[kind], tuple(kinds[kind])) for kind in KINDS if kind in kinds and kind != "pack")
    rows = upgrade_rows(found.items, context.snapshot, context.locale)
    page = PackPage(found.line, documents, rows, context.access.system("packs"))
    return await studio_page(request, context, "studio/pack.html", page)


@get(PLACE + "/{pack:str}/download", include_in_schema=False)
async def download(request: Asked) -> Response[Any]:
    """The files of a pack, or of the customer's layer, as a zip file."""
    context, layer = await studio_context(request), request.path_params["pack"]
    content = await asyncio.to_thread(zipped, export_layer(context, layer))
    headers = {"content-disposition": f'attachment; filename="{layer}.zip"', "cache-control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


@post(PLACE, include_in_schema=False, status_code=303)
async def upload(request: Asked) -> Response[Any]:
    """Keep a zip file of layers, and show what it would do."""
    context = await _context(request)
    packs.require_packs(context)
    file = (await request.form()).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise BadRequest(Message("Choose a file."))
        content = await file.read(MOST_BYTES + 1)
        await asyncio.to_thread(lambda: read_files(unzipped(content)))
    except (BadRequest, Invalid, InvalidMetadata) as error:
        return await _show(request, context, error)
    name = await hold(context, content)
    return Response(b"", status_code=303, headers={"location": f"{PLACE}/uploads/{name}"})


@get(PLACE + "/uploads/{name:str}", include_in_schema=False)
async def upload_plan(request: Asked) -> Response[Any]:
    """What a zip file of layers would do."""
    given = {name: [value] for name, value in request.query_params.items()}
    return await _plan(request, await _context(request), _answers(given))


@post(PLACE + "/uploads/{name:str}", include_in_schema=False, status_code=303)
async def publish_upload(request: Asked) -> Response[Any]:
    """Put the layers of a zip file in force."""
    return await _publish(request)


@get(PLACE + "/{pack:str}/change/{action:str}", include_in_schema=False)
async def change_plan(request: Asked) -> Response[Any]:
    """What installing, switching off or on, or removing a pack would do."""
    return await _plan(request, await _context(request), {})


@post(PLACE + "/{pack:str}/change/{action:str}", include_in_schema=False, status_code=303)
async def publish_change(request: Asked) -> Response[Any]:
    """Do it."""
    return await _publish(request)


@post(PLACE + "/{pack:str}/decide", include_in_schema=False, status_code=303)
async def decide_change(request: Asked) -> Response[Any]:
    """Keep one's own value or take the pack's: a change of the draft."""
    context, texts = await _context(request), await posted(request)
    whose = "theirs" if one(texts, "whose") == "theirs" else "mine"
    await decide(context, one(texts, "target"), {one(texts, "pointer"): whose})  # type: ignore[dict-item]
    return told(request, context, f"{PLACE}/{request.path_params['pack']}", Message("Kept in the draft."))


async def _context(request: Asked) -> Context:
    context = await studio_context(request)
    return in_their_language(request, context)


async def _show(request: Asked, context: Context, problem: TrellisError | None = None) -> Response[Any]:
    own = sum(key.startswith(f"{CUSTOMER}.") for key in context.snapshot.sources)
    lines = tuple(await asyncio.to_thread(list_packs, context, folder_of(request)))
    places = problem.errors if isinstance(problem, Invalid) else ()
    if isinstance(problem, InvalidMetadata):
        places = tuple(FieldError(_place(found), found.code, found.message) for found in problem.findings[:50])
    page = PacksPage(lines, own, context.access.system("packs"), problem, places)
    return await studio_page(request, context, "studio/packs.html", page, status=422 if problem else 200)


def _place(found: Any) -> str:
    return f"{found.file or found.document} {found.pointer}".strip()


async def _plan(
    request: Asked, context: Context, answers: Answers, note: str = "", problem: TrellisError | None = None
) -> Response[Any]:
    packs.require_packs(context)
    try:
        page = await _page(request, context, answers, note, problem)
    except (Invalid, InvalidMetadata) as error:
        return await _show(request, context, error)
    return await studio_page(request, context, "studio/plan.html", page, status=409 if problem else 200)


async def _page(
    request: Asked, context: Context, answers: Answers, note: str, problem: TrellisError | None
) -> PlanPage:
    found = await packs.plan(context, await _change(request, context, answers))
    action = request.path_params.get("action", "install")
    label = request.path_params.get("pack") or Message("the files")
    view = await plans.counted(context, found.view)
    page = plan_page(
        context, view, context.locale, title=Message(TITLES[action].template, {"pack": label}),
        action=str(request.scope["path"]), back=PLACE, right="packs", editable=False, note=note, problem=problem,
    )  # fmt: skip
    return replace(
        page,
        upgrade=upgrade_rows(found.items, found.view.planned.snapshot, context.locale),
        button=BUTTONS[action],
        answers=tuple((name, values[-1]) for name, values in answers.items()),
        asks="name" in request.path_params,
    )


async def _change(request: Asked, context: Context, answers: Answers) -> PackChange:
    """What is to be done, by the address."""
    given = request.path_params
    if "name" in given:
        content = await held(context, given["name"])
        documents = await asyncio.to_thread(lambda: read_files(unzipped(content)))
        return Installing(documents, _intent(answers))
    match given["action"]:
        case "disable":
            return Disabling(given["pack"])
        case "enable":
            return Enabling(given["pack"])
        case "uninstall":
            return Uninstalling(given["pack"])
        case "install":
            folder = pack_folder(folder_of(request), given["pack"])
            return Installing(await asyncio.to_thread(read_layers, folder))
        case _:
            raise BadRequest()


def _answers(texts: Answers) -> Answers:
    """What was chosen about the questions of a plan, of all that a form sends."""
    return {name: values for name, values in texts.items() if name.startswith(("question.", "candidates."))}


def _intent(answers: Answers) -> Intent:
    """The answers to the questions of a plan; what is new says so with its own path."""
    renames, separate = {}, set()
    for name, values in answers.items():
        gone = name.removeprefix("question.")
        if gone == name or not values:
            continue
        if values[-1] == "new":
            separate |= set(answers.get(f"candidates.{gone}", [""])[-1].split())
        else:
            renames[gone] = values[-1]
    return Intent(renames, frozenset(separate - {""}))


async def _publish(request: Asked) -> Response[Any]:
    context, texts = await _context(request), await posted(request)
    note = one(texts, "note")[:500]
    answers = _answers(texts)
    try:
        change = await _change(request, context, answers)
        number = await packs.publish(context, change, one(texts, "fingerprint"), texts.get("consent", []), note)
    except (PlanChanged, StaleRelease, Forbidden, InvalidMetadata) as problem:
        return await _plan(request, context, answers, note, problem)
    place = f"{PLACE}/{request.path_params['pack']}" if "pack" in request.path_params else PLACE
    place = PLACE if request.path_params.get("action") == "uninstall" else place
    return told(request, context, place, Message("Release {number} is in force.", {"number": number}))


HANDLERS: list[Any] = [
    packs_page, pack_page, download, upload, upload_plan, publish_upload, change_plan, publish_change, decide_change,
]  # fmt: skip
