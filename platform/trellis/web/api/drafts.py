"""The draft: read it, change documents of it, take steps back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest, FieldError, Invalid, NotFound
from trellis.kernel.messages import Message, Translate
from trellis.metadata.layers.compose import Composition
from trellis.metadata.layers.leaves import leaves
from trellis.metadata.layers.places import MISSING
from trellis.metadata.strictjson import parse
from trellis.services.context import Context
from trellis.services.studio import drafts
from trellis.services.studio.drafted import DraftChange
from trellis.services.studio.drafts import Draft
from trellis.web.api.answers import Asked, etag, expected_version, json_answer, no_content
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.api.problems import finding_entry
from trellis.web.http import context_of, translate_for

encode = msgspec.json.Encoder(decimal_format="number").encode
Change = Callable[[Context, str, int | None], Awaitable[Draft]]


@get("/metadata/draft")
async def read_draft(request: Asked) -> ASGIResponse:
    """What would be published: changed documents, decisions, and what is wrong."""
    draft, translate = await _draft(request)
    body = {
        "release": draft.context.release.number,
        "stamp": draft.stamp,
        "changes": [_change(draft, change) for change in draft.changes],
        "decisions": intent_body(draft),
        "findings": [finding_entry(found, translate) for found in draft.findings()],
    }
    return json_answer(encode(body))


@delete("/metadata/draft", status_code=200)
async def discard_draft(request: Asked) -> ASGIResponse:
    """End all changes."""
    context = await _asked(request)
    await drafts.discard(context, None)
    return no_content()


@get("/metadata/draft/documents/{document:str}")
async def read_drafted(request: Asked) -> ASGIResponse:
    """One document as it would be published, with its version in the draft."""
    draft, translate = await _draft(request)
    document = request.path_params["document"]
    if document not in draft.merged.raw and not draft.version(document) and document not in draft.context.snapshot.raw:
        raise NotFound()
    return document_answer(draft, document, translate)


@put("/metadata/draft/documents/{document:str}")
async def save_drafted(request: Asked) -> ASGIResponse:
    """Make a document what is sent; findings do not keep it from being saved."""
    context, document = await _asked(request), request.path_params["document"]
    _value, body = await json_object(request)
    wanted = _strict(body)
    if wanted.setdefault("id", document) != document:
        text = Message("The id is not that of the address.")
        raise Invalid([FieldError("/id", "id_changed", text)])
    draft = await drafts.save(context, wanted, version=expected_version(request))
    return document_answer(draft, document, translate_for(request, context))


@delete("/metadata/draft/documents/{document:str}", status_code=200)
async def remove_drafted(request: Asked) -> ASGIResponse:
    """Take an own document out, or hide one of a pack."""
    return await _changed(request, lambda context, document, version: drafts.remove(context, document, version=version))


@post("/metadata/draft/documents/{document:str}/undo", status_code=200)
async def undo_drafted(request: Asked) -> ASGIResponse:
    """Take the last step back."""
    return await _changed(request, lambda context, document, version: drafts.undo(context, document, version=version))


@post("/metadata/draft/documents/{document:str}/redo", status_code=200)
async def redo_drafted(request: Asked) -> ASGIResponse:
    """Do again what was taken back."""
    return await _changed(request, lambda context, document, version: drafts.redo(context, document, version=version))


@post("/metadata/draft/documents/{document:str}/discard", status_code=200)
async def discard_drafted(request: Asked) -> ASGIResponse:
    """End the change of one document."""
    return await _changed(
        request, lambda context, document, version: drafts.discard(context, document, version=version)
    )


@post("/metadata/draft/documents/{document:str}/keep", status_code=200)
async def keep_drafted(request: Asked) -> ASGIResponse:
    """Of a document that was published in another state since, keep the draft's."""
    return await _changed(
        request, lambda context, document, version: drafts.resolve(context, document, "mine", version=version)
    )


@post("/metadata/draft/documents/{document:str}/reset", status_code=200)
async def reset_drafted(request: Asked) -> ASGIResponse:
    """Make a place of a document what the layer below says."""
    place = parameters(request.scope["query_string"], ("at",)).get("at", "")
    if place and not place.startswith("/"):
        raise BadRequest(Message("A place in a document begins with a slash."))
    context, document = await context_of(request), request.path_params["document"]
    draft = await drafts.reset(context, document, place, version=expected_version(request))
    return document_answer(draft, document, translate_for(request, context))


@get("/metadata/documents/{document:str}")
async def read_document(request: Asked) -> ASGIResponse:
    """One document in force, with the places that other layers than its own have changed."""
    context, document = await _asked(request), request.path_params["document"]
    drafts.require_designer(context)
    found = context.snapshot.raw.get(document)
    if found is None:
        raise NotFound()
    return json_answer(encode({"document": found, "origins": origins(context.snapshot.composition, document)}))


def intent_body(draft: Draft) -> dict[str, Any]:
    """What was decided, as far as it fits the draft."""
    intent = draft.intent
    return {"renames": dict(intent.renames), "separate": sorted(intent.separate), "restores": dict(intent.restores)}


def origins(composition: Composition, document: str) -> list[dict[str, Any]]:
    """Each place that an extension touches: the layer, what it does, and the value without it."""
    found = {}
    for stage in composition.stages.get(document, ()):
        for leaf in leaves(composition.sources[document], stage.extension) if stage.extension else ():
            origin = composition.origin(document, leaf.pointer)
            below = {} if origin.below is MISSING else {"below": origin.below}
            about = {"layer": origin.layer, "verb": origin.verb, "extension": origin.extension}
            found[leaf.pointer] = {"pointer": leaf.pointer, **about, **below}
    return [found[place] for place in sorted(found)]


async def _asked(request: Asked) -> Context:
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    return context


async def _draft(request: Asked) -> tuple[Draft, Translate]:
    context = await _asked(request)
    return await drafts.load(context), translate_for(request, context)


async def _changed(request: Asked, change: Change) -> ASGIResponse:
    context, document = await _asked(request), request.path_params["document"]
    draft = await change(context, document, expected_version(request))
    return document_answer(draft, document, translate_for(request, context))


def document_answer(draft: Draft, document: str, translate: Translate) -> ASGIResponse:
    """A document with its state; `document` is null when there would be none."""
    raw, change, version = draft.merged.raw.get(document), draft.change(document), draft.version(document)
    body = {
        "document": raw,
        "version": version,
        "change": _change(draft, change) if change else None,
        "can_undo": draft.can_undo(document),
        "can_redo": draft.can_redo(document),
        "origins": origins(draft.merged.snapshot.composition, document) if raw else [],
        "findings": [finding_entry(found, translate) for found in draft.findings(document)],
    }
    return json_answer(encode(body), headers={"etag": etag(version)})


def _change(draft: Draft, change: DraftChange) -> dict[str, Any]:
    raw: Mapping[str, Any] = draft.merged.raw.get(change.document) or draft.context.snapshot.raw.get(
        change.document, {}
    )
    return {
        "document": change.document,
        "kind": raw.get("kind"),
        "what": change.what,
        "by": change.by or None,
        "at": change.at,
        "version": change.version,
        "conflict": change.conflict,
    }


def _strict(body: bytes) -> dict[str, Any]:
    """A document as strict JSON; raises Invalid with all that is wrong."""
    parsed = parse(body)
    if parsed.problems:
        raise Invalid(FieldError(found.pointer, found.code, found.message) for found in parsed.problems)
    value: dict[str, Any] = parsed.value
    return value
