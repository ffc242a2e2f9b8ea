"""The part of the OpenAPI description about giving records to others and hand-overs."""

from collections.abc import Iterable
from typing import Any

from trellis.engine.access import Access
from trellis.metadata.documents import Entity
from trellis.services.handing.deeds import DEEDS
from trellis.web.api.openapi_parts import RECORD_ID, body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_MAYBE: Part = {"type": ["string", "null"]}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_FLAG: Part = {"type": "boolean"}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_MAP: Part = {"type": "object", "additionalProperties": _TEXT}
_STATES = ["planned", "running", "done", "undoing", "undone", "failed"]


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _given(required: tuple[str, ...], **properties: Part) -> Part:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_LINE: dict[str, Part] = {
    "id": _TEXT, "kind": {"enum": ["leaver", "transfer", *DEEDS]}, "state": {"enum": _STATES}, "user": _MAYBE, "total": _NUMBER,
    "done": _NUMBER, "createdBy": _MAYBE, "createdAt": {"type": "string", "format": "date-time"}, "finishedAt": _MAYBE,
    "undoneBy": _MAYBE, "undoneAt": _MAYBE,
}  # fmt: skip

HANDING_SCHEMAS: Part = {
    "HandoverLine": _object(**_LINE),
    "Handover": _object(
        **_LINE,
        missing={**_NUMBER, "description": "Ids that were given and are not there, as far as one may see"},
        items={"type": "array", "items": _object(kind=_TEXT, entity=_TEXT, state=_TEXT, count=_NUMBER)},
        left={
            "type": "array",
            "items": _object(kind=_TEXT, entity=_TEXT, record=_TEXT, state=_TEXT, reason=_MAYBE),
            "description": "What did not change hands, or not back, as far as it is listed",
        },
    ),
    "HandoverPreview": _object(
        user=_TEXT, name=_TEXT, active=_FLAG, successor={**_MAYBE, "description": "The manager"},
        items={
            "type": "array",
            "items": _object(kind=_TEXT, entity=_TEXT, field=_MAYBE, count=_NUMBER, optional=_FLAG),
        },
        teams={"type": "array", "items": _object(team=_TEXT, count=_NUMBER)}, sessions=_NUMBER, tokens=_NUMBER,
    ),
}  # fmt: skip


def handing_paths(entities: Iterable[Entity], access: Access) -> Part:
    """The addresses of hand-overs, and of giving away records of entities for which the actor may do that."""
    found = _handover_paths()
    for entity in entities:
        if entity.traits.owned and access.allows(entity.id, "assign"):
            found |= _entity_paths(entity)
    return found


def _entity_paths(entity: Entity) -> Part:
    owner = {"owner": {**_TEXT, "description": "The id of the new owner"}}
    team = {"team": {**_MAYBE, "description": "The id of the team; without one it follows the owner"}}
    many = {
        "ids": _TEXTS,
        "filter": {**_TEXT, "description": "Where there are no ids: which records; an empty one finds all"},
        "search": _TEXT,
        "also": {**_TEXTS, "description": "Links by which other records of the same owner go along"},
    }
    match = {"name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'}}
    one = body_of(_given(("owner",), **owner, **team))
    some = body_of(_given(("owner",), **owner, **team, **many))
    given = responses(200, _object(id=_TEXT, version=_NUMBER)) | failures(400, 401, 403, 404, 409, 412, 413, 415, 422)
    begun = responses(201, reference("Handover")) | failures(400, 401, 403, 404, 413, 415, 422)
    return {
        f"/records/{entity.id}/assign": {
            "post": {
                "tags": [entity.id], "operationId": f"assign_many_{entity.id}",
                "summary": f"Give {entity.plural} to another owner", "requestBody": some, "responses": begun,
            },
        },
        f"/records/{entity.id}/{{id}}/assign": {
            "parameters": [RECORD_ID],
            "post": {
                "tags": [entity.id], "operationId": f"assign_{entity.id}",
                "summary": f"Give {entity.label} to another owner", "parameters": [match], "requestBody": one,
                "responses": given,
            },
        },
    }  # fmt: skip


def _handover_paths() -> Part:
    handover = {"name": "handover", "in": "path", "required": True, "schema": _TEXT}
    user = {"name": "user", "in": "query", "required": True, "schema": _TEXT}
    request = _given(
        ("user", "successor"), user=_TEXT, successor=_TEXT,
        entities={**_MAP, "description": "Other successors by entity"},
        teams={**_MAP, "description": "Other successors by the team of the record"},
        fields={**_TEXTS, "description": "Optional parts that go along"},
    )  # fmt: skip
    listed = responses(200, _object(items={"type": "array", "items": reference("HandoverLine")}))
    shown = responses(200, reference("Handover"))
    return {
        "/handovers": {
            "get": _operation("handovers", "List hand-overs", listed, 400),
            "post": _operation(
                "begin_handover", "Close an account and hand everything over",
                responses(201, reference("Handover")), 400, 404, 413, 415, 422, requestBody=body_of(request),
            ),
        },
        "/handovers/preview": {
            "get": _operation(
                "preview_handover", "Count what would be handed over", responses(200, reference("HandoverPreview")),
                400, 404, parameters=[user],
            ),
        },
        "/handovers/{handover}": {
            "parameters": [handover],
            "get": _operation("handover", "Read how far a hand-over came", shown, 404),
        },
        "/handovers/{handover}/undo": {
            "parameters": [handover],
            "post": _operation("undo_handover", "Give back what was not changed since", shown, 404, 422),
        },
    }  # fmt: skip


def _operation(name: str, summary: str, answer: Part, *refusals: int, **parts: Any) -> Part:
    found = {"tags": ["hand-overs"], "operationId": name, "summary": summary, **parts}
    return {**found, "responses": answer | failures(*sorted({401, 403, *refusals}))}
