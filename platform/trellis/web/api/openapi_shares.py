"""The part of the OpenAPI description about shares of records."""

from collections.abc import Iterable
from typing import Any

from trellis.engine.access import Access
from trellis.engine.access.actions import SHARED
from trellis.engine.access.grantees import GranteeKind
from trellis.metadata.documents import Entity
from trellis.services.sharing import LONGEST_PART, MOST_RECORDS
from trellis.web.api.openapi_parts import RECORD_ID, body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_MAYBE: Part = {"type": ["string", "null"]}
_MOMENT: Part = {"type": "string", "format": "date-time"}
_ACTIONS: Part = {"type": "array", "items": {"enum": list(SHARED)}}
_KIND: Part = {"enum": [kind.value for kind in GranteeKind]}
TERMS: Part = {
    "grantee": {
        "type": "object", "required": ["kind", "id"], "additionalProperties": False,
        "properties": {"kind": _KIND, "id": {**_TEXT, "description": "Of a user, a team or a role"}},
    },
    "actions": {**_ACTIONS, "description": "Besides reading; only what one may do oneself"},
    "part": {**_MAYBE, "maxLength": LONGEST_PART, "description": "What the grantee does for the record"},
    "expires_at": {"oneOf": [_MOMENT, {"type": "null"}]},
}  # fmt: skip


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


SHARE_SCHEMAS: Part = {
    "Share": _object(
        id=_TEXT, grantee=_object(kind=_KIND, id=_TEXT, name=_MAYBE), actions=_ACTIONS, part=_MAYBE, expires_at=_MAYBE,
        created_at=_MOMENT, created_by={"oneOf": [_object(id=_TEXT, name=_MAYBE), {"type": "null"}]},
    ),
    "Shares": _object(items={"type": "array", "items": reference("Share")}),
}  # fmt: skip


def share_paths(entities: Iterable[Entity], access: Access) -> Part:
    """The addresses of the shares of records, as far as the actor may read and share them."""
    found: Part = {}
    for entity in entities:
        if access.allows(entity.id, "read"):
            found |= _paths(entity, may_share=access.allows(entity.id, "share"))
    return found


def _paths(entity: Entity, *, may_share: bool) -> Part:
    base = f"/records/{entity.id}"
    read = responses(200, reference("Shares")) | failures(400, 401, 403, 404)
    found: Part = {
        f"{base}/{{id}}/shares": {
            "parameters": [RECORD_ID],
            "get": _operation(
                entity, "list_shares", f"With whom a record of {entity.plural} is shared", responses=read
            ),
        }
    }
    if may_share:
        found[f"{base}/{{id}}/shares"]["post"] = _share(entity)
        found[f"{base}/{{id}}/shares/{{share}}"] = {"parameters": [RECORD_ID, _SHARE_ID], "delete": _revoke(entity)}
        found[f"{base}/shares"] = {"post": _share_many(entity)}
    return found


_SHARE_ID: Part = {"name": "share", "in": "path", "required": True, "schema": _TEXT}


def _operation(entity: Entity, verb: str, summary: str, **parts: Any) -> Part:
    return {"tags": [entity.id], "operationId": f"{verb}_{entity.id}", "summary": summary, **parts}


def _given(*required: str, **more: Part) -> Part:
    properties = {**TERMS, **more}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def _share(entity: Entity) -> Part:
    answer = responses(201, reference("Share"), "Location") | failures(400, 401, 403, 404, 413, 415, 422)
    text = f"Share a record of {entity.plural}, or change how it is shared"
    return _operation(entity, "share", text, requestBody=body_of(_given("grantee")), responses=answer)


def _share_many(entity: Entity) -> Part:
    ids = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": MOST_RECORDS}
    count = _object(count={"type": "integer", "minimum": 0})
    answer = responses(200, count) | failures(400, 401, 403, 404, 413, 415, 422)
    body = body_of(_given("grantee", "ids", ids=ids))
    return _operation(entity, "share_many", f"Share several {entity.plural}", requestBody=body, responses=answer)


def _revoke(entity: Entity) -> Part:
    answer = {"204": {"description": "No longer shared"}} | failures(400, 401, 403, 404)
    return _operation(entity, "end_share", f"End a share of {entity.label}", responses=answer)
