"""The part of the OpenAPI description about why somebody may do something."""

from typing import Any

from trellis.engine.access import ACTIONS, SYSTEM_RIGHTS
from trellis.services.access.proofs import Obstacle
from trellis.web.api.openapi_parts import failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_TEXT_OR_NULL: Part = {"type": ["string", "null"]}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_FLAG: Part = {"type": "boolean"}
_OPEN: Part = {"type": ["boolean", "null"], "description": "Null where it depends on the record"}
_ID: Part = {"type": "string", "format": "uuid"}
_LEVEL: Part = {"enum": ["none", "masked", "read", "create", "edit"]}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(schema: Part) -> Part:
    return {"type": "array", "items": schema}


def _or_null(schema: Part) -> Part:
    return {"oneOf": [schema, {"type": "null"}]}


_ROLE = _object(
    id=_TEXT, label=_TEXT,
    through={**_TEXTS, "description": "The roles by which it was inherited, from the one that was given"},
)  # fmt: skip
_CONDITION = _or_null(
    _object(
        text={**_TEXT_OR_NULL, "description": "With the labels of fields in braces; null where one may not know them"},
        holds=_OPEN,
        steps=_list(_object(text=_TEXT, type=_TEXT, value={}, used=_FLAG, failed=_FLAG)),
    )
)
_RULE = _object(
    role=_ROLE, scope=_TEXT, sharing={**_TEXT_OR_NULL, "description": "The document that shares the record"},
    holds=_OPEN, within={**_OPEN, "description": "Whether the record is within the scope"}, facts=_TEXTS,
    when=_CONDITION, where=_CONDITION,
)  # fmt: skip
_FIELD = _object(
    key=_TEXT, label=_TEXT, level=_LEVEL, needed=_LEVEL,
    reveal={"type": "boolean", "description": "Whether the value is masked and may be shown, which is recorded"},
    roles=_list(_object(role=_ROLE, level=_LEVEL, reveal={"type": "boolean"}, upgrade=_or_null(_LEVEL), where=_CONDITION)),
)  # fmt: skip
ACCESS_SCHEMAS: Part = {
    "Proof": _object(
        allowed=_FLAG, verdict=_TEXT, reason=_TEXT_OR_NULL, user=_object(id=_ID, name=_TEXT, active=_FLAG),
        entity=_TEXT_OR_NULL, action=_TEXT, record=_or_null(_object(id=_ID, title=_TEXT_OR_NULL)),
        obstacle=_or_null({"enum": [*Obstacle]}),
        actions=_list(_object(action={"enum": list(ACTIONS)}, allowed=_OPEN, rules=_list(_RULE))),
        field=_or_null(_FIELD), roles={**_list(_ROLE), "description": "Those that give a right of the system"},
        needed={**_TEXTS, "description": "What would have to be otherwise"},
        ask=_list(_object(id=_ID, name=_TEXT, how=_TEXT)),
    ),
}  # fmt: skip


def access_paths() -> Part:
    """The address for whoever asks why."""
    return {
        "/access/explain": {
            "get": {
                "tags": ["records"],
                "operationId": "explain_access",
                "summary": "Why somebody may do something, or may not",
                "description": "About oneself, or with the right `users` about anybody. Of a record that one may not see, "
                "and of one that does not exist, the same is said.",
                "parameters": [
                    _query("user", "Whose rights; oneself when missing", _ID),
                    _query("entity", "The entity of the records", _TEXT),
                    _query("record", "One record; records as such when missing", _ID),
                    _query("action", "What is to be done with them", {"enum": list(ACTIONS), "default": "read"}),
                    _query("field", "One field", _TEXT),
                    _query("right", "A right of the system instead of an entity", {"enum": list(SYSTEM_RIGHTS)}),
                ],
                "responses": responses(200, reference("Proof")) | failures(400, 401, 403, 404, 422),
            }
        }
    }


def _query(name: str, description: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "description": description, "schema": schema}
