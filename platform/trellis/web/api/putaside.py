"""What did not fit and what was retired, for programs: read it, put it right, bring it back, delete it for good."""

from typing import Any

from litestar import delete, get, post
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest, FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.context import Context
from trellis.services.studio import quarantine
from trellis.services.studio.planjson import client_body
from trellis.services.studio.purging import purge
from trellis.services.studio.quarantine import Entry
from trellis.services.studio.retired import RetiredPart, restore, retired
from trellis.web.api.answers import Asked, encode, json_answer, no_content
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language, translate_for

MOST = 500


@get("/metadata/putaside")
async def list_waiting(request: Asked) -> ASGIResponse:
    """The fields of which values wait to be put right."""
    context = await _asked(request)
    found = [
        {"entity": one.entity, "field": one.field, "label": one.caption, "count": one.count, "since": one.since}
        for one in await quarantine.fields_waiting(context)
    ]
    return json_answer(encode({"items": found}))


@get("/metadata/putaside/{entity:str}/{field:str}")
async def list_entries(request: Asked) -> ASGIResponse:
    """The values of one field that wait, oldest first, page by page."""
    context = await context_of(request)
    given = parameters(request.scope["query_string"], ("after", "limit"))
    page = await quarantine.entries(
        context, *_place(request), after=given.get("after"), limit=_limit(given.get("limit", "50"))
    )
    return json_answer(encode({"items": [_entry(entry) for entry in page.entries], "next": page.next}))


@post("/metadata/putaside/{entity:str}/{field:str}/{entry:str}", status_code=200)
async def put_right(request: Asked) -> ASGIResponse:
    """Give the record of an entry the right value."""
    context = await _asked(request)
    entry = await _known(request, context)
    content = await _members(request, "value")
    await quarantine.give(context, entry.id, content.get("value"))
    return no_content()


@delete("/metadata/putaside/{entity:str}/{field:str}/{entry:str}", status_code=200)
async def dismiss(request: Asked) -> ASGIResponse:
    """Forget a value that did not fit."""
    context = await _asked(request)
    await quarantine.dismiss(context, (await _known(request, context)).id)
    return no_content()


@delete("/metadata/putaside/{entity:str}/{field:str}", status_code=200)
async def dismiss_all(request: Asked) -> ASGIResponse:
    """Forget all values of a field that wait."""
    context = await _asked(request)
    return json_answer(encode({"dismissed": await quarantine.dismiss_all(context, *_place(request))}))


@get("/metadata/retired")
async def list_retired(request: Asked) -> ASGIResponse:
    """Fields and entities that are no longer in use and keep their values, the latest first."""
    context = await _asked(request)
    translate = translate_for(request, context)
    reader = in_their_language(request, context)
    return json_answer(encode({"items": [_part(part, translate) for part in await retired(reader)]}))


@post("/metadata/retired/{uid:int}/restore", status_code=200)
async def restore_retired(request: Asked) -> ASGIResponse:
    """Put a retired part back into the draft, with the values that it had."""
    context = await _asked(request)
    await restore(context, request.path_params["uid"])
    return no_content()


@post("/metadata/retired/{uid:int}/purge", status_code=200)
async def purge_retired(request: Asked) -> ASGIResponse:
    """Delete a retired part with its values for good."""
    context = await _asked(request)
    content = await _members(request, "confirm", "now")
    await purge(context, request.path_params["uid"], str(content.get("confirm", "")), now=str(content.get("now", "")))
    return no_content()


async def _asked(request: Asked) -> Context:
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    return context


def _place(request: Asked) -> tuple[str, str]:
    return request.path_params["entity"], request.path_params["field"]


async def _known(request: Asked, context: Context) -> Entry:
    return await quarantine.entry_of(context, *_place(request), request.path_params["entry"])


async def _members(request: Asked, *known: str) -> dict[str, Any]:
    """The body, with no other members than these; raises Invalid."""
    content, _ = await json_object(request)
    text = Message("There is no such member.")
    wrong = [FieldError(key, "unknown_member", text) for key in content if key not in known]
    if wrong:
        raise Invalid(wrong)
    return content


def _limit(text: str) -> int:
    if not text.isdecimal() or len(text) > 6 or int(text) < 1:
        raise BadRequest(Message("'{text}' is not a number.", {"text": text[:20]}))
    return min(int(text), MOST)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id, "record": entry.record, "label": entry.label, "value": entry.value,
        "release": entry.release, "at": entry.at,
    }  # fmt: skip


def _part(part: RetiredPart, translate: Translate) -> dict[str, Any]:
    return {
        "uid": part.uid, "path": part.path, "name": part.name, "entity": part.entity, "field": part.field or None,
        "release": part.release, "at": part.at, "values": part.values, "restorable": part.restorable,
        "purgeable_at": part.purgeable_at, "clients": [client_body(one, translate) for one in part.clients],
    }  # fmt: skip
