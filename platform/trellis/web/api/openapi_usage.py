"""The part of the OpenAPI description about where definitions are used."""

from typing import Any

from trellis.engine.usage import Stage, Use
from trellis.services.studio.usage import KINDS
from trellis.web.api.openapi_parts import failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


_PLACE = _object(
    document=_TEXT, kind={"enum": [*KINDS]}, pointer={"type": "string", "description": "A JSON pointer (RFC 6901)"},
    use={"enum": [*Use]}, label=_TEXT, href={"type": "string", "description": "The page where it is changed"},
)  # fmt: skip
_DAY: Part = {"type": ["string", "null"], "format": "date"}
_CLIENT_USE: Part = {
    **_object(
        token=_TEXT, name=_TEXT, owner={"type": ["string", "null"]}, of=_TEXT,
        because={"enum": ["removed", "hidden", "renamed", "retyped", None]},
        read=_DAY, read_all={**_DAY, "description": "When it read all fields, without naming any"}, wrote=_DAY,
        message=_TEXT,
    ),
    "description": "What a program used over the API, and on which days last; `owner` as far as one may see the user",
}  # fmt: skip
USAGE_SCHEMAS: Part = {
    "ClientUse": _CLIENT_USE,
    "Usage": _object(
        of=_TEXT, label=_TEXT, items={"type": "array", "items": _PLACE},
        clients={"type": "array", "items": reference("ClientUse")},
        removal=_object(stage={"enum": [*Stage]}, possible={"type": "boolean"}, message=_TEXT),
    ),
}  # fmt: skip


def usage_paths() -> Part:
    """The address for whoever asks where something is used."""
    of = {
        "name": "of",
        "in": "query",
        "required": True,
        "description": "A document, a place in it as <document>#<pointer>, or function:<name>",
        "schema": {"type": "string", "minLength": 1},
        "example": "sales.account#/fields/tier",
    }
    return {
        "/metadata/usage": {
            "get": {
                "tags": ["metadata"],
                "operationId": "usage",
                "summary": "Where is it used",
                "parameters": [of],
                "responses": responses(200, reference("Usage")) | failures(400, 401, 403, 404),
            }
        }
    }
