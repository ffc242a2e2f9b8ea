"""The part of the OpenAPI description about expressions."""

from typing import Any

from trellis.engine.completions import MOST, CompletionKind
from trellis.engine.expr.types import Kind
from trellis.services.expressions import Purpose
from trellis.web.api.openapi_parts import body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_PLACE: Part = {"type": "integer", "minimum": 0, "maximum": 100_000, "description": "Characters before the cursor"}
_ASKED: Part = {
    "entity": _TEXT,
    "expr": _TEXT,
    "purpose": {"enum": [*Purpose]},
    "field": {"type": "string", "description": "The lookup whose filter it is"},
    "cursor": _PLACE,
}
_SPAN: Part = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0},
    "minItems": 2,
    "maxItems": 2,
    "description": "The characters from the first up to but not including the second",
}


def _object(properties: Part, optional: str = "") -> Part:
    required = [name for name in properties if name != optional]
    return {"type": "object", "required": required, "properties": properties}


def _or_null(schema: Part) -> Part:
    return {"oneOf": [schema, {"type": "null"}]}


def _list(schema: Part) -> Part:
    return {"type": "array", "items": schema}


def _body(required: tuple[str, ...], **properties: Part) -> Part:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": {**_ASKED, **properties},
    }


_NUMBER: Part = {"type": "integer", "minimum": 0}
_MISTAKE: Part = {
    "code": _TEXT,
    "span": _SPAN,
    "message": _TEXT,
    "hint": {"type": ["string", "null"]},
    "suggestions": _list(_TEXT),
}
_SQL: Part = {
    "class": {"enum": ["A", "B", "C"]},
    "filter": {"type": "boolean", "description": "Whether it can be used as a filter"},
    "reason": _or_null(reference("ExpressionMistake")),
}
_COST: Part = dict.fromkeys(("nodes", "depth", "paths", "joins", "score"), _NUMBER)
_CHECKED: Part = {
    "ok": {"type": "boolean"},
    "type": {"enum": [*Kind, None]},
    "type_text": _TEXT,
    "evaluated": {"type": "boolean", "description": "Whether there was a record to try it on, or it needs none"},
    "value": {"description": "Decimals are strings, dates ISO 8601, several values a list"},
    "value_text": _TEXT,
    "sql": _or_null(_object(_SQL)),
    "cost": _or_null(_object(_COST)),
    "reads": _list(_object({"path": _TEXT, "label": _TEXT})),
    "volatile": {"type": "boolean", "description": "Whether it reads the time or the user"},
    "errors": _list(reference("ExpressionMistake")),
    "completions": reference("ExpressionCompletions"),
}
_COMPLETION: Part = {
    "insert": _TEXT,
    "label": _TEXT,
    "detail": _TEXT,
    "kind": {"enum": [*CompletionKind]},
    "doc": {"type": ["string", "null"]},
}
_COMPLETIONS: Part = {
    "from": _NUMBER,
    "to": _NUMBER,
    "items": {**_list(_object(_COMPLETION)), "maxItems": MOST},
    "call": _or_null(_object({"signature": _TEXT, "position": _NUMBER, "doc": _TEXT})),
}
EXPRESSION_SCHEMAS: Part = {
    "ExpressionMistake": _object(_MISTAKE),
    "ExpressionChecked": _object(_CHECKED, optional="completions"),
    "ExpressionCompletions": _object(_COMPLETIONS),
}


def expression_paths() -> Part:
    """The addresses for whoever writes expressions."""
    record = {"type": "string", "format": "uuid", "description": "The record to try it on"}
    expect = {
        "type": "string",
        "description": "The name of a type, or field: and the key of the field that will hold it",
    }
    nulls = {"enum": ["propagate", "zero"], "default": "propagate", "description": "What empty numbers count as"}
    check = _body(("entity", "expr"), record=record, expect=expect, nulls=nulls)
    complete = _body(("entity", "expr"))
    return {
        "/expressions/check": {
            "post": _operation("check_expression", "Check an expression", check, "ExpressionChecked")
        },
        "/expressions/complete": {
            "post": _operation("complete_expression", "Complete an expression", complete, "ExpressionCompletions")
        },
    }


def _operation(name: str, summary: str, body: Part, answer: str) -> Part:
    return {
        "tags": ["expressions"],
        "operationId": name,
        "summary": summary,
        "requestBody": body_of(body),
        "responses": responses(200, reference(answer)) | failures(400, 401, 403, 404, 413, 415, 422),
    }
