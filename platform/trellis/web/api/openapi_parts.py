"""The parts of the OpenAPI description that are the same for every entity."""

from http import HTTPStatus
from typing import Any

from trellis.web.api.parameters import MAX_LIMIT
from trellis.web.api.problems import MEDIA_TYPE

Part = dict[str, Any]

RECORD_ID: Part = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}

HEADERS: Part = {
    "ETag": {"description": "The version of the record", "schema": {"type": "string"}},
    "Trellis-Warnings": {
        "description": "What was doubtful about the save: a JSON list of FieldProblem, in ASCII",
        "schema": {"type": "string"},
    },
    "Trellis-Stale": {
        "description": "The keys of computed fields that are being worked out anew, so that some values may be old",
        "schema": {"type": "string"},
    },
    "Location": {"description": "The address of the new record", "schema": {"type": "string"}},
    "Retry-After": {"description": "In how many seconds to try again", "schema": {"type": "integer"}},
}

_PROBLEM: Part = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "current": {"type": ["integer", "null"]},
        "advice": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What would be needed, and whom to ask",
        },
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
        "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
    },
}

COMMON_SCHEMAS: Part = {
    "Problem": _PROBLEM,
    "FieldProblem": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "pointer": {"type": "string"},
            "parameter": {"type": "string"},
            "field": {"type": "string"},
            "code": {"type": "string"},
            "message": {"type": "string"},
            "records": {"type": "array", "items": {"type": ["string", "null"]}},
        },
    },
    "Items": {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"type": "object"}}},
    },
    "History": {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": {"type": "object", "required": ["seq", "at", "action", "changes"]}},
            "next": {"type": ["integer", "null"]},
        },
    },
    "BatchResult": {
        "type": "object",
        "required": ["results"],
        "properties": {"results": {"type": "array", "items": {"type": "object", "required": ["op", "status"]}}},
    },
}

_REFUSALS = (400, 401, 403, 404, 409, 412, 413, 415, 422, 429)
RESPONSES: Part = {
    f"Problem{status}": {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in _REFUSALS
}
RESPONSES["Problem429"]["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}


CAUTIOUS: Part = {
    "name": "cautious",
    "in": "query",
    "description": "Save nothing when there are warnings",
    "schema": {"type": "boolean", "default": False},
}


FILE_TYPES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def reference(name: str) -> Part:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def responses(status: int, schema: Part, *headers: str) -> Part:
    """What a request answers when it succeeds."""
    answer: Part = {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": schema}}}
    if headers:
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return {str(status): answer}


def failures(*statuses: int) -> Part:
    """What a request answers when it does not."""
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def body_of(schema: Part) -> Part:
    """A JSON body that must be there."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def list_parameters() -> list[Part]:
    """The parameters of a list."""
    text: Part = {"type": "string"}
    known: dict[str, tuple[Part, str]] = {
        "fields": (text, "Comma-separated fields and paths over lookups, like account.name"),
        "filter": (text, "An expression, like amount > 1000 and account.industry == 'retail'"),
        "sort": (text, "Comma-separated fields, with - for descending"),
        "limit": ({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": 50}, "How many records"),
        "cursor": (text, "The value of next of the page before"),
        "count": (
            {"enum": ["none", "capped", "exact", "true", "false"], "default": "none"},
            "Whether to count all matches",
        ),
        "q": (text, "Words to search for"),
        "deleted": ({"type": "boolean", "default": False}, "Look into the bin"),
        "labels": ({"type": "boolean", "default": False}, "Add the titles of linked records as field:label"),
        "shared": ({"type": "boolean", "default": False}, "Only what others share with oneself"),
    }
    return [
        {"name": name, "in": "query", "description": description, "schema": schema}
        for name, (schema, description) in known.items()
    ]
