"""The part of the OpenAPI description about what is done to many records at once."""

from collections.abc import Iterable
from typing import Any

from trellis.engine.access import Access
from trellis.metadata.documents import Entity
from trellis.services.handing import bulk
from trellis.services.handing.selecting import MOST_IDS
from trellis.web.api.openapi_parts import body_of, failures, reference, responses
from trellis.web.api.openapi_shares import TERMS

Part = dict[str, Any]
_TEXT: Part = {"type": "string"}
_WHICH: dict[str, Part] = {
    "ids": {"type": "array", "items": _TEXT, "maxItems": MOST_IDS},
    "filter": {**_TEXT, "description": "Where there are no ids: which records; an empty one finds all"},
    "search": _TEXT,
    "id": {
        **_TEXT,
        "format": "uuid",
        "description": "Of the operation, chosen by the client: sent twice it is done once",
    },
}


_NUMBER: Part = {"type": "integer", "minimum": 0}
_REFUSED: Part = {"type": "object", "required": ["record", "reason"], "properties": {"record": _TEXT, "reason": _TEXT}}
BULK_SCHEMAS: Part = {
    "BulkPreview": {
        "type": "object",
        "required": ["tried", "changed", "unchanged", "warned", "refused"],
        "properties": {
            **dict.fromkeys(("tried", "changed", "unchanged", "warned"), _NUMBER),
            "refused": {"type": "array", "items": _REFUSED},
        },
    }
}


def bulk_paths(entities: Iterable[Entity], access: Access) -> Part:
    """The address for what the actor may do to many records of an entity."""
    return {
        f"/records/{entity.id}/bulk": {"post": _post(entity, deeds)}
        for entity in entities
        if (deeds := bulk.allowed(access, entity))
    }


def _post(entity: Entity, deeds: frozenset[str]) -> Part:
    change = {
        "values": {"type": "object", "description": "By field; only what one may edit"},
        "preview": {"type": "boolean", "description": "Only tell what would happen, for up to 500 records"},
    }
    known = {
        bulk.DELETE: _given("delete"),
        bulk.SHARE: _given("share", "grantee", **TERMS),
        bulk.CHANGE: _given("change", "values", **change),
    }
    answers = responses(201, reference("Handover")) | failures(400, 401, 403, 404, 413, 415, 422)
    if bulk.CHANGE in deeds:
        answers |= responses(200, reference("BulkPreview"))
    bodies = [body for deed, body in known.items() if deed in deeds]
    return {
        "tags": [entity.id],
        "operationId": f"bulk_{entity.id}",
        "summary": f"Do something to many {entity.plural}",
        "requestBody": body_of({"oneOf": bodies} if len(bodies) > 1 else bodies[0]),
        "responses": answers,
    }


def _given(deed: str, *required: str, **more: Part) -> Part:
    properties = {"do": {"const": deed}, **_WHICH, **more}
    return {"type": "object", "required": ["do", *required], "properties": properties, "additionalProperties": False}
