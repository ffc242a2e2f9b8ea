"""The part of the OpenAPI description about the audit log."""

from typing import Any

from trellis.services.audit.timeline import MOST
from trellis.web.api.openapi_parts import failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_MAYBE: Part = {"type": ["string", "null"]}


_MOMENT: Part = {"type": ["string", "null"], "format": "date-time"}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_BLOCK: Part = {"type": ["integer", "null"]}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


AUDIT_SCHEMAS: Part = {
    "AuditLine": _object(
        source={"enum": ["history", "audit"], "description": "Data changes, or everything else"},
        seq={"type": "integer"}, at={"type": "string", "format": "date-time"}, kind=_TEXT, text=_TEXT,
        actor=_MAYBE, actorName=_MAYBE, impersonator=_MAYBE, entity=_MAYBE, record=_MAYBE, title=_MAYBE,
        address=_MAYBE, detail={"type": "object"},
        changes={"type": "object", "additionalProperties": _object(old={}, new={})},
        hidden={"type": "integer", "description": "How many changed fields the reader may not see"},
    ),
    "AuditVerdict": _object(
        at=_MOMENT, block={**_NUMBER, "description": "The last block that was looked at"},
        wholeAt={**_MOMENT, "description": "When the whole log was verified last"}, findings=_NUMBER, firstBroken=_BLOCK,
        found={"type": "array", "items": _object(kind=_TEXT, block=_BLOCK, text=_TEXT)},
    ),
    "AuditStatus": _object(
        block=_NUMBER, sealedAt=_MOMENT,
        verified={"anyOf": [reference("AuditVerdict"), {"type": "null"}], "description": "Null: never"},
    ),
    "AuditPage": _object(items={"type": "array", "items": reference("AuditLine")}, next=_MAYBE),
}  # fmt: skip


def audit_paths() -> Part:
    """The address for whoever collects the log."""
    return {
        "/audit": {
            "get": {
                "tags": ["audit"],
                "operationId": "audit",
                "summary": "Read the audit log, newest first",
                "parameters": [
                    _parameter("from", "Not before this day", {"type": "string", "format": "date"}),
                    _parameter("until", "Not after this day", {"type": "string", "format": "date"}),
                    _parameter("actor", "The id of who did it", _TEXT),
                    _parameter("kind", "A kind such as sign_in.failed, or its first word", _TEXT),
                    _parameter("entity", "The entity that it is about", _TEXT),
                    _parameter("record", "The id of the record that it is about", _TEXT),
                    _parameter("text", "A person, a record or a network address", _TEXT),
                    _parameter("limit", "How many lines", {"type": "integer", "minimum": 1, "maximum": MOST}),
                    _parameter("cursor", "What `next` of the page before said", _TEXT),
                ],
                "responses": responses(200, reference("AuditPage")) | failures(400, 401, 403, 422),
            }
        },
        "/audit/status": {
            "get": {
                "tags": ["audit"],
                "operationId": "audit_status",
                "summary": "How far the log is sealed, and what its last verification said",
                "responses": responses(200, reference("AuditStatus")) | failures(400, 401, 403),
            }
        },
    }


def _parameter(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}
