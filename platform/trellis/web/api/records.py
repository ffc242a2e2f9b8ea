"""Records of any entity: list, make, read, change, delete, restore, history."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from litestar import delete, get, patch, post
from litestar.response.base import ASGIResponse

from trellis.engine.query import Query
from trellis.kernel.errors import Forbidden, NotFound
from trellis.metadata.documents import Level
from trellis.services import queries, records
from trellis.services.commands import Create, Delete, Outcome, Restore, Update
from trellis.services.context import Context
from trellis.services.idempotency import Reply
from trellis.services.records import Also
from trellis.web.api.answers import (
    Asked,
    encode,
    etag,
    expected_version,
    json_answer,
    matches,
    no_content,
    not_modified,
    record_answer,
)
from trellis.web.api.bodies import json_object
from trellis.web.api.idempotency import once, sent
from trellis.web.api.parameters import cautious, fields_of, list_query, parameters, whole_number
from trellis.web.api.problems import entries
from trellis.web.http import context_of, translate_for

LIST_FIELDS = 100


@get("/records/{entity:str}")
async def list_records(request: Asked) -> ASGIResponse:
    """One page of records."""
    context = await context_of(request)
    entity = request.path_params["entity"]
    query = list_query(entity, request.scope["query_string"])
    everything = not query.fields
    if everything:
        query = with_all_fields(context, query)
    return json_answer(await queries.list_json(context, query, everything=everything), headers=_stale(context, entity))


@post("/records/{entity:str}")
async def create_record(request: Asked) -> ASGIResponse:
    """Make one record."""
    context = await context_of(request)
    stops = cautious(request.scope["query_string"])
    values, body = await json_object(request)
    entity = request.path_params["entity"]

    async def write(also: Also | None) -> list[Outcome]:
        return await records.write(context, entity, [Create(values)], also=also, cautious=stops)

    async def respond(outcomes: Sequence[Outcome]) -> Reply:
        headers = {"location": f"/api/v1/records/{entity}/{outcomes[0].id}"}
        return await _saved(context, entity, outcomes[0], 201, headers | _warnings(request, context, outcomes[0]))

    return await once(request, context, body, write, respond)


@get("/records/{entity:str}/{record:str}")
async def read_record(request: Asked) -> ASGIResponse:
    """One record with its version."""
    context = await context_of(request)
    fields = None
    if request.scope["query_string"]:
        given = parameters(request.scope["query_string"], ("fields",))
        fields = fields_of(given["fields"]) or None
    params = request.path_params
    body, version = await queries.get_json(context, params["entity"], params["record"], fields)
    moving = context.snapshot.entity(params["entity"]).computed_keys or context.access.raised(params["entity"])
    return (
        not_modified(version)
        if matches(request, version) and not moving
        else record_answer(body, version, headers=_stale(context, params["entity"]))
    )


@patch("/records/{entity:str}/{record:str}")
async def update_record(request: Asked) -> ASGIResponse:
    """Change some fields of one record."""
    context = await context_of(request)
    stops = cautious(request.scope["query_string"])
    values, _body = await json_object(request)
    entity, record = request.path_params["entity"], request.path_params["record"]
    command = Update(record, values, expected_version(request))
    (outcome,) = await records.write(context, entity, [command], cautious=stops)
    return sent(await _saved(context, entity, outcome, headers=_warnings(request, context, outcome)))


@delete("/records/{entity:str}/{record:str}", status_code=200)
async def delete_record(request: Asked) -> ASGIResponse:
    """Put one record into the bin."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    entity, record = request.path_params["entity"], request.path_params["record"]
    await records.write(context, entity, [Delete(record, expected_version(request))])
    return no_content()


@post("/records/{entity:str}/{record:str}/restore", status_code=200)
async def restore_record(request: Asked) -> ASGIResponse:
    """Take one record out of the bin."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    entity, record = request.path_params["entity"], request.path_params["record"]

    async def write(also: Also | None) -> list[Outcome]:
        return await records.write(context, entity, [Restore(record)], also=also)

    async def respond(outcomes: Sequence[Outcome]) -> Reply:
        return await _saved(context, entity, outcomes[0], headers=_warnings(request, context, outcomes[0]))

    return await once(request, context, b"", write, respond)


@get("/records/{entity:str}/{record:str}/history")
async def read_history(request: Asked) -> ASGIResponse:
    """The saves of one record, newest first."""
    context = await context_of(request)
    given = parameters(request.scope["query_string"], ("before", "limit"))
    limit = whole_number("limit", given.get("limit", "50"), 1, 200)
    before = whole_number("before", given["before"], 0, 2**62) if "before" in given else None
    params = request.path_params
    entries = await queries.history(context, params["entity"], params["record"], before=before, limit=limit)
    names = await _names(context, {entry.actor for entry in entries if entry.actor})
    items = [_history_item(entry, names) for entry in entries]
    more = items[-1]["seq"] if len(items) == limit else None
    return json_answer(encode({"items": items, "next": more}))


def _history_item(entry: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "action": entry.action.value,
        "actor": {"id": entry.actor, "name": names.get(entry.actor)} if entry.actor else None,
        "causation": entry.causation or None,
        "changes": [{"field": key, "old": old, "new": new} for key, (old, new) in entry.changes.items()],
    }


async def _names(context: Context, ids: set[str]) -> dict[str, str]:
    """The names of users, as far as the actor may see them."""
    if not ids or not context.access.allows("core.user", "read"):
        return {}
    return {
        choice.id: choice.label
        for choice in await queries.choices(context, "core.user", ids=sorted(ids), limit=len(ids))
    }


def with_all_fields(context: Context, query: Query) -> Query:
    """The query with every field that the actor may see."""
    return replace(query, fields=queries.readable_fields(context, query.entity)[:LIST_FIELDS])


def _stale(context: Context, entity: str) -> dict[str, str]:
    """The header that tells which fields are being worked out anew, so that some values may be old."""
    keys = [key for owner, key in sorted(context.home.stale) if owner == entity]
    readable = [key for key in keys if context.access.level(entity, key) >= Level.READ]
    return {"trellis-stale": ", ".join(readable)} if readable else {}


def _warnings(request: Asked, context: Context, outcome: Outcome) -> dict[str, str]:
    """The header that tells what was doubtful about a save, as JSON in ASCII."""
    if not outcome.warnings:
        return {}
    return {"trellis-warnings": json.dumps(entries(outcome.warnings, translate_for(request, context)))}


async def _saved(
    context: Context, entity: str, outcome: Outcome, status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    """The record as it stands now; someone who may write it but not see it gets its id."""
    try:
        body, version = await queries.get_json(replace(context, client=""), entity, outcome.id)
    except (Forbidden, NotFound):
        body, version = encode({"id": outcome.id, "version": outcome.version}), outcome.version
    return Reply(status, {"cache-control": "no-store", "etag": etag(version), **(headers or {})}, body.decode())
