"""Giving records to others and hand-overs, for programs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from trellis.engine.query import Query
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.handing import handover, transfer
from trellis.services.handing.handover import Preview, Progress
from trellis.services.handing.recordchanges import reason
from trellis.services.handing.request import Request
from trellis.services.handing.selecting import MOST_IDS
from trellis.services.handing.transfer import Transfer
from trellis.web.api.answers import Asked, encode, expected_version, json_answer
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, translate_for

_TEXT = Message("This must be a text.")


@post("/records/{entity:str}/{record:str}/assign", status_code=200)
async def assign_record(request: Asked) -> ASGIResponse:
    """Another owner for one record."""
    context = await context_of(request)
    body, _ = await json_object(request)
    only(body, ("owner", "team"))
    params = request.path_params
    version = await transfer.give_one(
        context,
        params["entity"],
        params["record"],
        text(body, "owner"),
        team=text(body, "team") or None,
        version=expected_version(request),
    )
    return json_answer(encode({"id": params["record"], "version": version}))


@post("/records/{entity:str}/assign", status_code=201)
async def assign_records(request: Asked) -> ASGIResponse:
    """Another owner for some records, or for all that a filter finds."""
    context = await context_of(request)
    body, _ = await json_object(request)
    only(body, ("owner", "team", "ids", "filter", "search", "also"))
    entity = context.snapshot.entity(request.path_params["entity"]).id
    ids, wanted = texts(body, "ids"), None
    if not ids:
        if "filter" not in body:
            raise Invalid([FieldError("ids", "required", Message("Give ids, or a filter; an empty one finds all."))])
        wanted = Query(entity, filter=text(body, "filter") or None, search=text(body, "search") or None)
    asked = Transfer(
        entity, text(body, "owner"), ids, wanted, text(body, "team") or None, texts(body, "also")
    )  # fmt: skip
    started = await transfer.start(context, asked)
    return await shown(request, started, status=201)


@get("/handovers")
async def list_handovers(request: Asked) -> ASGIResponse:
    """The last hand-overs, newest first."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    items = [_line(Progress(one)) for one in await handover.recent(context)]
    return json_answer(encode({"items": items}))


@get("/handovers/preview")
async def preview_handover(request: Asked) -> ASGIResponse:
    """What would be handed over for a user."""
    context = await context_of(request)
    given = parameters(request.scope["query_string"], ("user",))
    return json_answer(encode(_preview(await handover.preview(context, given.get("user", "")))))


@post("/handovers", status_code=201)
async def begin_handover(request: Asked) -> ASGIResponse:
    """Close an account and hand everything over."""
    context = await context_of(request)
    body, _ = await json_object(request)
    only(body, ("user", "successor", "entities", "teams", "fields"))
    wanted = Request(
        text(body, "user"),
        text(body, "successor"),
        _map(body, "entities"),
        _map(body, "teams"),
        texts(body, "fields"),
    )
    return await shown(request, await handover.begin(context, wanted), status=201)


@get("/handovers/{handover:str}")
async def read_handover(request: Asked) -> ASGIResponse:
    """How far a hand-over came, and what was left."""
    return await shown(request, request.path_params["handover"])


@post("/handovers/{handover:str}/undo", status_code=200)
async def undo_handover(request: Asked) -> ASGIResponse:
    """Give everything back that was not changed since."""
    context = await context_of(request)
    await handover.undo(context, request.path_params["handover"])
    return await shown(request, request.path_params["handover"])


async def shown(request: Asked, handover_id: str, *, status: int = 200) -> ASGIResponse:
    """How far an operation came."""
    context = await context_of(request)
    found = await handover.progress(context, handover_id)
    translate = translate_for(request, context)
    body = {
        **_line(found),
        "missing": found.handover.request.get("missing", 0),
        "items": _counts(found),
        "left": [_left(item, translate) for item in found.left],
    }
    return json_answer(encode(body), status)


def _line(found: Progress) -> dict[str, Any]:
    one = found.handover
    return {
        "id": one.id, "kind": one.kind, "state": one.state, "user": one.user_id, "total": one.total, "done": one.done,
        "createdBy": one.created_by or None, "createdAt": _moment(one.created_at), "finishedAt": _moment(one.finished_at),
        "undoneBy": one.undone_by, "undoneAt": _moment(one.undone_at),
    }  # fmt: skip


def _counts(found: Progress) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "entity": entity, "state": state, "count": count}
        for (kind, entity, state), count in found.counts.items()
    ]


def _left(item: Any, translate: Translate) -> dict[str, Any]:
    why = reason(item)
    text = why.translated(translate) if why else None
    return {"kind": item.kind, "entity": item.entity, "record": item.record, "state": item.state, "reason": text}


def _preview(found: Preview) -> dict[str, Any]:
    parts = [
        {
            "kind": part.kind,
            "entity": part.entity,
            "field": part.key or None,
            "count": part.count,
            "optional": part.optional,
        }
        for part in found.parts
    ]
    return {
        "user": found.user, "name": found.name, "active": found.active, "successor": found.manager, "items": parts,
        "teams": [{"team": team, "count": count} for team, count in found.teams.items()],
        "sessions": found.sessions, "tokens": found.tokens,
    }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def only(body: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise Invalid for members that are not known."""
    unknown = sorted(body.keys() - set(names))
    if unknown:
        raise Invalid([FieldError(name, "unknown", Message("There is no such member.")) for name in unknown])


def text(body: Mapping[str, Any], name: str) -> str:
    """A text, empty where there is none; raises Invalid."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid([FieldError(name, "text", _TEXT)])
    return value or ""


def texts(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts; raises Invalid."""
    value = body.get(name) or []
    if not isinstance(value, list) or len(value) > MOST_IDS or not all(isinstance(one, str) for one in value):
        raise Invalid([FieldError(name, "texts", Message("This must be a list of texts, not too long."))])
    return tuple(value)


def _map(body: Mapping[str, Any], name: str) -> dict[str, str]:
    value = body.get(name) or {}
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise Invalid([FieldError(name, "map", Message("This must be an object whose values are texts."))])
    return value


HANDLERS: list[Any] = [
    assign_record, assign_records, list_handovers, preview_handover, begin_handover, read_handover, undo_handover,
]  # fmt: skip
