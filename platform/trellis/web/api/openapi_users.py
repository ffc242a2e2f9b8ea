"""The part of the OpenAPI description about users, their accounts and tokens."""

from typing import Any

from trellis.services.directory import STATES
from trellis.web.api.openapi_parts import body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_MAYBE: Part = {"type": ["string", "null"]}
_MOMENT: Part = {"type": ["string", "null"], "format": "date-time"}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_USER: Part = {"name": "user", "in": "path", "required": True, "description": "An id, or `me`", "schema": _TEXT}
_TOKEN: Part = {"name": "token", "in": "path", "required": True, "schema": _TEXT}
_IDENTITY: Part = {"name": "identity", "in": "path", "required": True, "schema": _TEXT}
_REFUSED = failures(400, 401, 403, 404, 422)
_BODY_REFUSED = failures(400, 401, 403, 404, 413, 415, 422, 429)


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _given(required: tuple[str, ...], **properties: Part) -> Part:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_SHORT: dict[str, Part] = {
    "id": _TEXT, "name": _TEXT, "email": _MAYBE, "state": {"enum": list(STATES)}, "kind": {"enum": ["user", "service"]},
    "team": _MAYBE, "roles": _TEXTS, "invitedAt": _MOMENT, "signedInAt": _MOMENT,
}  # fmt: skip
_TOKEN_MEMBERS: dict[str, Part] = {
    "id": _TEXT, "name": _TEXT, "prefix": _TEXT,
    "roles": {"type": ["array", "null"], "items": _TEXT, "description": "None: all roles of its user"},
    "createdAt": _MOMENT, "createdBy": _MAYBE, "expiresAt": _MOMENT, "lastUsedAt": _MOMENT,
}  # fmt: skip

USER_SCHEMAS: Part = {
    "UserLine": _object(**_SHORT),
    "UserPage": _object(items={"type": "array", "items": reference("UserLine")}, total=_NUMBER, pages=_NUMBER),
    "User": _object(
        **_SHORT, manager=_MAYBE, createdAt=_MOMENT, disabledAt=_MOMENT, sessions=_NUMBER, tokens=_NUMBER
    ),
    "Token": _object(**_TOKEN_MEMBERS),
    "LinkedIdentity": _object(
        id=_TEXT, provider=_TEXT, label=_TEXT, email=_MAYBE, enabled={"type": "boolean"}, linkedAt=_MOMENT,
        signedInAt=_MOMENT,
    ),
    "NewToken": _object(**_TOKEN_MEMBERS, secret={**_TEXT, "description": "Shown only here"}),
}  # fmt: skip


def user_paths() -> Part:
    """The addresses for whoever manages users, and of tokens for everybody."""
    user = responses(200, reference("User"))
    return {
        "/users": {"get": _list(), "post": _add()},
        "/users/{user}": _one("get", "user", "Read one user", user | _REFUSED),
        "/users/{user}/roles": _one(
            "put", "user_roles", "Give a user just these roles", user | _BODY_REFUSED,
            body_of(_given(("roles",), roles=_TEXTS)),
        ),
        "/users/{user}/disable": _one("post", "disable_user", "Close an account", user | _REFUSED),
        "/users/{user}/enable": _one("post", "enable_user", "Open an account again", user | _REFUSED),
        "/users/{user}/invitation": {
            **_one("post", "invite_user", "Send an invitation", user | _REFUSED | failures(429)),
            **_one("delete", "withdraw_invitation", "Withdraw an invitation", _gone() | _REFUSED),
        },
        "/users/{user}/sessions": _one("delete", "end_sessions", "Sign a user out everywhere", _gone() | _REFUSED),
        "/users/{user}/tokens": {**_tokens(), **_new_token()},
        "/users/{user}/tokens/{token}": {
            "parameters": [_USER, _TOKEN], "delete": _operation("revoke_token", "Revoke a token", _gone() | _REFUSED),
        },
        "/users/{user}/identities": _one("get", "identities", "List the linked sign-in providers", _identities() | _REFUSED),
        "/users/{user}/identities/{identity}": {
            "parameters": [_USER, _IDENTITY],
            "delete": _operation("unlink_identity", "Unlink a sign-in provider of somebody else", _gone() | _REFUSED),
        },
    }  # fmt: skip


def _list() -> Part:
    given = (
        ("q", "Part of a name or address", _TEXT),
        ("role", "The id of a role", _TEXT),
        ("team", "The id of a team", _TEXT),
        ("state", "Of which state", {"enum": list(STATES)}),
        ("page", "Which page", {"type": "integer", "minimum": 1, "maximum": 99_999}),
    )
    parameters = [{"name": name, "in": "query", "description": text, "schema": schema} for name, text, schema in given]
    answer = responses(200, reference("UserPage")) | failures(400, 401, 403, 422)
    return {**_operation("users", "Find users", answer), "parameters": parameters}


def _add() -> Part:
    body = _given(
        ("name",), kind={"enum": ["user", "service"], "default": "user"}, name=_TEXT,
        email={**_TEXT, "description": "Where the invitation goes; not for a service account"}, roles=_TEXTS,
        team=_MAYBE, locale={"enum": ["en", "zh_cn"]},
    )  # fmt: skip
    answer = responses(201, reference("User")) | _BODY_REFUSED
    return {
        **_operation("add_user", "Invite somebody, or make a service account", answer),
        "requestBody": body_of(body),
    }


def _tokens() -> Part:
    listed = responses(200, _object(items={"type": "array", "items": reference("Token")}))
    return _one("get", "tokens", "List the tokens of a user", listed | _REFUSED)


def _identities() -> Part:
    return responses(200, _object(items={"type": "array", "items": reference("LinkedIdentity")}))


def _new_token() -> Part:
    roles = {**_TEXTS, "description": "Only these of the user's roles"}
    body = _given(("name",), name={**_TEXT, "maxLength": 80}, roles=roles, expires_at=_MOMENT)
    answer = responses(201, reference("NewToken")) | _BODY_REFUSED
    return _one("post", "add_token", "Make a token for oneself or a service account", answer, body_of(body))


def _one(method: str, operation: str, summary: str, answers: Part, body: Part | None = None) -> Part:
    described = _operation(operation, summary, answers)
    return {"parameters": [_USER], method: described if body is None else {**described, "requestBody": body}}


def _operation(operation: str, summary: str, answers: Part) -> Part:
    return {"tags": ["users"], "operationId": operation, "summary": summary, "responses": answers}


def _gone() -> Part:
    return {"204": {"description": "Done"}}
