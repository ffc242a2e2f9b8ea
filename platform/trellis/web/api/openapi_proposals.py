"""The part of the OpenAPI description about proposals for files."""

from typing import Any

from trellis.web.api.openapi_parts import failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_SURE: Part = {"type": "number", "minimum": 0, "maximum": 1}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(schema: Part) -> Part:
    return {"type": "array", "items": schema}


_LOOKUP = _object(entity=_TEXT, by=_TEXT, found=_NUMBER, asked=_NUMBER)
_COLUMN = _object(
    header=_TEXT, key=_TEXT, label=_TEXT, keep={"type": "boolean"}, type=_TEXT, confidence=_SURE, reasons=_list(_TEXT),
    alternatives=_list(_object(type=_TEXT, confidence=_SURE)), samples=_list(_TEXT), blanks=_NUMBER, distinct=_NUMBER,
    more={"type": "boolean", "description": "Whether there are more different values than were counted"},
    lookup={"oneOf": [_LOOKUP, {"type": "null"}]},
)  # fmt: skip
PROPOSAL_SCHEMAS: Part = {
    "Proposal": _object(
        id=_TEXT, label=_TEXT, title={"type": ["string", "null"]}, key=_list(_TEXT), rows=_NUMBER, notes=_list(_TEXT),
        columns=_list(_COLUMN), documents=_list({"type": "object"}),
        mapping={"type": "object", "description": "With it the same file is imported"},
    ),
}  # fmt: skip


def proposal_paths() -> Part:
    """The address for whoever starts from a spreadsheet."""
    file: Part = {
        "type": "string",
        "format": "binary",
        "description": "CSV in any encoding, plain or gzip, or a workbook",
    }
    body = {"type": "object", "required": ["file"], "properties": {"file": file}}
    return {
        "/metadata/proposals": {
            "post": {
                "tags": ["metadata"],
                "operationId": "propose_entity",
                "summary": "Propose an entity for a file",
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": body}}},
                "responses": responses(200, reference("Proposal")) | failures(400, 401, 403, 413, 415, 422),
            }
        }
    }
