"""The part of the OpenAPI description about values that did not fit, and about what was retired."""

from typing import Any

from trellis.web.api.openapi_parts import body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_MOMENT: Part = {"type": "string", "format": "date-time"}
_DONE: Part = {"204": {"description": "Done"}}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(name: str) -> Part:
    return {"type": "array", "items": reference(name)}


PUT_ASIDE_SCHEMAS: Part = {
    "WaitingField": _object(entity=_TEXT, field=_TEXT, label=_TEXT, count=_NUMBER, since=_NUMBER),
    "WaitingValue": _object(id=_TEXT, record=_TEXT, label=_TEXT, value=_TEXT, release=_NUMBER, at=_MOMENT),
    "RetiredPart": _object(
        uid=_NUMBER, path=_TEXT, name=_TEXT, entity=_TEXT, field={"type": ["string", "null"]}, release=_NUMBER,
        at=_MOMENT, values=_NUMBER, restorable={"type": "boolean"}, purgeable_at=_MOMENT,
        clients=_list("ClientUse"),
    ),
}  # fmt: skip


def put_aside_paths() -> Part:
    """The addresses of values that wait and of what was retired."""
    field = "/metadata/putaside/{entity}/{field}"
    place = [_in_path("entity", _TEXT), _in_path("field", _TEXT)]
    after = {"name": "after", "in": "query", "description": "`next` of the page before", "schema": _TEXT}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "default": 50}}
    value = {**_object(value={}), "additionalProperties": False}
    names: Part = {
        "type": "object", "required": ["confirm"], "additionalProperties": False,
        "properties": {
            "confirm": {**_TEXT, "description": "Its name"},
            "now": {**_TEXT, "description": "Its name again, to delete it before its time"},
        },
    }  # fmt: skip
    page = _object(items=_list("WaitingValue"), next={"type": ["string", "null"]})
    return {
        "/metadata/putaside": {
            "get": _operation("waiting", "List fields with values that did not fit", _items("WaitingField"), 400),
        },
        field: {
            "parameters": place,
            "get": _operation(
                "waiting_values", "List the values of a field that wait", responses(200, page), 400, 404,
                parameters=[after, limit],
            ),
            "delete": _operation(
                "dismiss_values", "Forget all of them", responses(200, _object(dismissed=_NUMBER)), 400, 404
            ),
        },
        f"{field}/{{entry}}": {
            "parameters": [*place, _in_path("entry", _TEXT)],
            "post": _operation(
                "put_right", "Give the record the right value", _DONE, 400, 404, 409, 413, 415, 422,
                requestBody=body_of(value),
            ),
            "delete": _operation("dismiss_value", "Forget a value", _DONE, 400, 404),
        },
        "/metadata/retired": {"get": _operation("retired", "List what was retired", _items("RetiredPart"), 400)},
        "/metadata/retired/{uid}/restore": {
            "parameters": [_in_path("uid", _NUMBER)],
            "post": _operation("restore_retired", "Bring it back in the draft", _DONE, 400, 404, 422),
        },
        "/metadata/retired/{uid}/purge": {
            "parameters": [_in_path("uid", _NUMBER)],
            "post": _operation(
                "purge_retired", "Delete it for good", _DONE, 400, 404, 413, 415, 422, requestBody=body_of(names)
            ),
        },
    }  # fmt: skip


def _in_path(name: str, schema: Part) -> Part:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _items(name: str) -> Part:
    return responses(200, _object(items=_list(name)))


def _operation(name: str, summary: str, answer: Part, *refusals: int, **parts: Any) -> Part:
    return {
        "tags": ["put aside"], "operationId": name, "summary": summary, **parts,
        "responses": answer | failures(*sorted({401, 403, *refusals})),
    }  # fmt: skip
