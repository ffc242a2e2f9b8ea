"""Shares of records, for programs: who has one, giving it, taking it away."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import delete, get, post
from litestar.response.base import ASGIResponse

from trellis.engine.access.grantees import Grantee, GranteeKind
from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.services import sharing
from trellis.services.sharing import Shared, Terms
from trellis.web.api.answers import Asked, encode, json_answer, no_content
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of

MEMBERS = ("grantee", "actions", "part", "expires_at")
_KINDS = {kind.value: kind for kind in GranteeKind}


@get("/records/{entity:str}/{record:str}/shares")
async def list_shares(request: Asked) -> ASGIResponse:
    """With whom a record is shared, as far as the actor may see it."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    params = request.path_params
    found = await sharing.shares_of(context, params["entity"], params["record"])
    return json_answer(encode({"items": [_item(one) for one in found]}))


@post("/records/{entity:str}/{record:str}/shares", status_code=201)
async def share_record(request: Asked) -> ASGIResponse:
    """Share one record, or change how it is shared with the same grantee."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    body, _ = await json_object(request)
    grantee, terms = read_terms(body, MEMBERS)
    entity, record = request.path_params["entity"], request.path_params["record"]
    saved = await sharing.share(context, entity, record, grantee, terms)
    found = await sharing.shares_of(context, entity, record)
    item = next((_item(one) for one in found if one.id == saved.id), None)
    if item is None:  # somebody was quick to end it
        raise NotFound
    headers = {"location": f"/api/v1/records/{entity}/{saved.record}/shares/{saved.id}"}
    return json_answer(encode(item), 201, headers=headers)


@post("/records/{entity:str}/shares", status_code=200)
async def share_records(request: Asked) -> ASGIResponse:
    """Share up to 1,000 records with the same grantee, all or none."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    body, _ = await json_object(request)
    grantee, terms = read_terms(body, (*MEMBERS, "ids"))
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise Invalid([FieldError("ids", "type", Message("This must be a list of texts."))])
    count = await sharing.share_many(context, request.path_params["entity"], ids, grantee, terms)
    return json_answer(encode({"count": count}))


@delete("/records/{entity:str}/{record:str}/shares/{share:str}", status_code=200)
async def revoke_share(request: Asked) -> ASGIResponse:
    """End a share."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    params = request.path_params
    await sharing.revoke(context, params["entity"], params["record"], params["share"])
    return no_content()


def _item(share: Shared) -> dict[str, Any]:
    return {
        "id": share.id,
        "grantee": {"kind": share.grantee.kind.value, "id": share.grantee.id, "name": share.name},
        "actions": list(share.actions),
        "part": share.part or None,
        "expires_at": _text(share.expires_at) if share.expires_at else None,
        "created_at": _text(share.created_at),
        "created_by": {"id": share.created_by, "name": share.giver} if share.created_by else None,
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_terms(body: Mapping[str, Any], known: tuple[str, ...]) -> tuple[Grantee, Terms]:
    """The grantee and the terms of a body; raises Invalid with all that is wrong."""
    text = Message("There is no such member.")
    wrong = [FieldError(key, "unknown_member", text) for key in body if key not in known]
    grantee = _grantee(body.get("grantee"))
    if grantee is None:
        text = Message("This must be an object with kind ({kinds}) and id.", {"kinds": ", ".join(_KINDS)})
        wrong.append(FieldError("grantee", "type", text))
    actions, part, until = body.get("actions", []), body.get("part"), body.get("expires_at")
    if not (isinstance(actions, list) and all(isinstance(one, str) for one in actions)):
        wrong.append(FieldError("actions", "type", Message("This must be a list of texts.")))
    if part is not None and not isinstance(part, str):
        wrong.append(FieldError("part", "type", Message("This must be a text.")))
    moment = None if until is None else _moment(until)
    if until is not None and moment is None:
        text = Message("Write this moment with its zone, like 2026-11-21T18:00:00Z.")
        wrong.append(FieldError("expires_at", "type", text))
    if wrong or grantee is None:
        raise Invalid(wrong)
    return grantee, Terms(frozenset(actions), part or "", moment)


def _grantee(value: object) -> Grantee | None:
    if not isinstance(value, dict) or value.keys() != {"kind", "id"}:
        return None
    kind, identity = value["kind"], value["id"]
    if not isinstance(identity, str) or not isinstance(kind, str) or kind not in _KINDS or "\x00" in identity:
        return None
    return Grantee(_KINDS[kind], identity)


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC).replace(microsecond=0) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
