"""The part of the OpenAPI description about the draft."""

from typing import Any

from trellis.web.api.openapi_parts import body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_TEXT_OR_NULL: Part = {"type": ["string", "null"]}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_YES_OR_NO: Part = {"type": "boolean"}
_DOCUMENT: Part = {"type": "object", "description": "A document of the metadata, with all layers in it"}
_IF_MATCH: Part = {
    "name": "If-Match",
    "in": "header",
    "description": "The version of the document in the draft; 0 when nobody has changed it",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'},
}
_ID: Part = {"name": "document", "in": "path", "required": True, "schema": _TEXT}
_AT: Part = {
    "name": "at",
    "in": "query",
    "description": "A JSON pointer; empty for the whole document",
    "schema": {"type": "string", "pattern": "^(/.*)?$"},
}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(schema: Part) -> Part:
    return {"type": "array", "items": schema}


_DECISIONS: Part = {
    "renames": {"type": "object", "additionalProperties": _TEXT, "description": "From paths before to paths after"},
    "separate": {**_list(_TEXT), "description": "Paths of what is new, although something like it went away"},
    "restores": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "For a path the number of the retired entry whose values it takes back",
    },
}
_FINDING: Part = {
    "code": _TEXT,
    "severity": {"enum": ["error", "warning"]},
    "document": _TEXT,
    "pointer": _TEXT,
    "span": {"type": ["array", "null"], "items": _NUMBER},
    "message": _TEXT,
    "hint": _TEXT_OR_NULL,
}
_CHANGE: Part = {
    "document": _TEXT,
    "kind": _TEXT_OR_NULL,
    "what": {"enum": ["added", "changed", "removed"]},
    "by": _TEXT_OR_NULL,
    "at": {"type": "string", "format": "date-time"},
    "version": _NUMBER,
    "conflict": {"type": "boolean", "description": "Whether another state of it was published since"},
}
_ORIGIN: Part = {
    **_object(pointer=_TEXT, layer=_TEXT, verb={"enum": ["own", "add", "change", "hide"]}, extension=_TEXT_OR_NULL),
    "description": "A place that an extension touches; `below` is the value without the topmost layer, if any",
}
DRAFT_SCHEMAS: Part = {
    "Finding": _object(**_FINDING),
    "DraftChange": _object(**_CHANGE),
    "Draft": _object(
        release=_NUMBER,
        stamp=_NUMBER,
        changes=_list(reference("DraftChange")),
        decisions=_object(**_DECISIONS),
        findings=_list(reference("Finding")),
    ),
    "DraftDocument": _object(
        document={"type": ["object", "null"]},
        version=_NUMBER,
        change={"oneOf": [reference("DraftChange"), {"type": "null"}]},
        can_undo=_YES_OR_NO,
        can_redo=_YES_OR_NO,
        origins=_list(_ORIGIN),
        findings=_list(reference("Finding")),
    ),
}


def draft_paths() -> Part:
    """The addresses of the draft."""
    base = "/metadata/draft/documents/{document}"
    rename = {**_object(field=_TEXT, to=_TEXT), "additionalProperties": False}
    decisions = {"type": "object", "properties": _DECISIONS, "additionalProperties": False}
    steps = {
        "undo": "Take the last step back",
        "redo": "Do again what was taken back",
        "discard": "End the change of one document",
        "keep": "Keep the draft's state of a document that was published since",
    }
    return {
        "/metadata/draft": {
            "get": _operation("draft", "Read the draft", responses(200, reference("Draft")), 400, 401, 403),
            "delete": _operation("discard_draft", "End all changes", {"204": {"description": "Done"}}, 400, 401, 403),
        },
        "/metadata/draft/decisions": {
            "put": _operation(
                "decide", "Answer questions about the draft", responses(200, _object(**_DECISIONS)),
                400, 401, 403, 413, 415, 422, requestBody=body_of(decisions),
            )
        },
        base: {
            "parameters": [_ID],
            "get": _operation("drafted", "Read a document of the draft", _drafted(), 400, 401, 403, 404),
            "put": _changing("save_drafted", "Save a document", 413, 415, requestBody=body_of(_DOCUMENT)),
            "delete": _changing("remove_drafted", "Remove a document, or hide one of a pack"),
        },
        **{
            f"{base}/{step}": {"parameters": [_ID], "post": _changing(f"{step}_drafted", summary)}
            for step, summary in steps.items()
        },
        f"{base}/reset": {
            "parameters": [_ID], "post": _changing("reset_drafted", "Take what the layer below says", asked=(_AT,)),
        },
        f"{base}/rename": {
            "parameters": [_ID],
            "post": _changing("rename_field", "Give an own field another key", 413, 415, requestBody=body_of(rename)),
        },
        "/metadata/documents/{document}": {
            "parameters": [_ID],
            "get": _operation(
                "document", "Read a document in force",
                responses(200, _object(document=_DOCUMENT, origins=_list(_ORIGIN))), 400, 401, 403, 404,
            ),
        },
    }  # fmt: skip


def _drafted() -> Part:
    return responses(200, reference("DraftDocument"), "ETag")


def _changing(name: str, summary: str, *refusals: int, asked: tuple[Part, ...] = (), **parts: Any) -> Part:
    return _operation(
        name, summary, _drafted(), 400, 401, 403, 404, 412, 422, *refusals, parameters=[_IF_MATCH, *asked], **parts
    )


def _operation(name: str, summary: str, answer: Part, *refusals: int, **parts: Any) -> Part:
    return {
        "tags": ["draft"], "operationId": name, "summary": summary, **parts,
        "responses": answer | failures(*sorted(refusals)),
    }  # fmt: skip
