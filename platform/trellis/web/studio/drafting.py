"""What can be done with the draft from every page of the Studio: undo, redo, reset, discard; and checking expressions."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import NotFound
from trellis.kernel.messages import Message
from trellis.services import expressions
from trellis.services.context import Context
from trellis.services.expressions import CompleteRequest
from trellis.services.studio import drafts
from trellis.services.studio.trial import as_if_published
from trellis.web.api.expressions import completions_body
from trellis.web.http import Asked, translate_for
from trellis.web.links import inside
from trellis.web.pages.expressions import Verdict, place_in, verdict_on
from trellis.web.render.environment import fragment
from trellis.web.studio.editing import one, posted, told
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.links import editor_url


@dataclass(frozen=True)
class DiscardPage:
    """Whether one really wants to go back to what is in force."""

    count: int


@get("/studio/discard", include_in_schema=False)
async def discard_page(request: Asked) -> Response[Any]:
    """The question before everything is discarded."""
    context = await studio_context(request)
    draft = await drafts.load(context)
    return await studio_page(request, context, "studio/discard.html", DiscardPage(len(draft.changes)), draft=draft)


@post("/studio/discard", include_in_schema=False, status_code=303)
async def discard(request: Asked) -> Response[Any]:
    """Go back to what is in force, for one document or for all."""
    context = await studio_context(request)
    texts = await posted(request)
    await drafts.discard(context, one(texts, "document") or None)
    return told(request, context, inside(one(texts, "back") or "/studio"), Message("The changes were discarded."))


@post("/studio/undo/{document:str}", include_in_schema=False, status_code=303)
async def undo(request: Asked) -> Response[Any]:
    """Take the last step of a document back."""
    context = await studio_context(request)
    document = request.path_params["document"]
    await drafts.undo(context, document)
    return told(request, context, await _back(request, context, document), Message("The last step was taken back."))


@post("/studio/redo/{document:str}", include_in_schema=False, status_code=303)
async def redo(request: Asked) -> Response[Any]:
    """Do again what was taken back."""
    context = await studio_context(request)
    document = request.path_params["document"]
    await drafts.redo(context, document)
    return told(request, context, await _back(request, context, document), Message("Done again."))


@post("/studio/reset/{document:str}", include_in_schema=False, status_code=303)
async def reset(request: Asked) -> Response[Any]:
    """Make a place of a document what the pack says."""
    context = await studio_context(request)
    document, texts = request.path_params["document"], await posted(request)
    await drafts.reset(context, document, one(texts, "pointer"))
    said = Message("It is again as the pack has it.")
    return told(request, context, await _back(request, context, document), said, f"/studio/undo/{document}")


async def _back(request: Asked, context: Context, document: str) -> str:
    """Where one came from, when the form says so; else the page of the document, or the start when it is gone."""
    back = one(await posted(request), "back")
    if back.startswith("/studio"):
        return inside(back)
    raw = (await drafts.load(context)).merged.raw.get(document)
    return editor_url(str(raw.get("kind")), document) if raw else "/studio"


@get("/studio/expressions/check", include_in_schema=False)
async def check(request: Asked) -> Response[Any]:
    """What is right and wrong about an expression that is written for the draft."""
    context = as_if_published(await drafts.load(await studio_context(request)))
    params = request.query_params
    source = params.get(params.get("_name", "expr"), "")
    return fragment(request, context, "parts/verdict.html", await _verdict(request, context, source))


async def _verdict(request: Asked, context: Context, source: str) -> Verdict | None:
    """What the field says, nothing where the entity cannot be read yet."""
    try:
        return await verdict_on(request, context, source) if source.strip() else None
    except NotFound:
        return None


@get("/studio/expressions/complete", include_in_schema=False)
async def complete(request: Asked) -> Response[Any]:
    """What can be written at the cursor in an expression for the draft, as JSON."""
    context = as_if_published(await drafts.load(await studio_context(request)))
    source = request.query_params.get("expr", "")
    cursor = request.query_params.get("cursor", "")
    place = int(cursor) if cursor.isdecimal() and len(cursor) < 9 else len(source)
    translate = translate_for(request, context)
    found = await expressions.complete(
        context, CompleteRequest(place_in(request), source, min(place, len(source))), translate
    )
    return Response(completions_body(found, translate), headers={"cache-control": "no-store"})


HANDLERS: list[Any] = [discard_page, discard, undo, redo, reset, check, complete]
