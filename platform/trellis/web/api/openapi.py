"""The OpenAPI 3.1 description of a release: every entity with its own paths and schemas."""

from importlib.metadata import version
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.engine.access import Access
from trellis.metadata.documents import Entity
from trellis.metadata.snapshot import Snapshot
from trellis.web.api import describe
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.metadata import localised
from trellis.web.api.openapi_access import ACCESS_SCHEMAS, access_paths
from trellis.web.api.openapi_audit import AUDIT_SCHEMAS, audit_paths
from trellis.web.api.openapi_bulk import BULK_SCHEMAS, bulk_paths
from trellis.web.api.openapi_drafts import DRAFT_SCHEMAS, draft_paths
from trellis.web.api.openapi_explanations import EXPLANATION_SCHEMAS, FIELD
from trellis.web.api.openapi_expressions import EXPRESSION_SCHEMAS, expression_paths
from trellis.web.api.openapi_handing import HANDING_SCHEMAS, handing_paths
from trellis.web.api.openapi_parts import (
    CAUTIOUS,
    COMMON_SCHEMAS,
    FILE_TYPES,
    HEADERS,
    RECORD_ID,
    RESPONSES,
    body_of,
    failures,
    list_parameters,
    reference,
    responses,
)  # fmt: skip
from trellis.web.api.openapi_plans import PLAN_SCHEMAS, pack_paths, plan_paths
from trellis.web.api.openapi_proposals import PROPOSAL_SCHEMAS, proposal_paths
from trellis.web.api.openapi_putaside import PUT_ASIDE_SCHEMAS, put_aside_paths
from trellis.web.api.openapi_shares import SHARE_SCHEMAS, share_paths
from trellis.web.api.openapi_usage import USAGE_SCHEMAS, usage_paths
from trellis.web.api.openapi_users import USER_SCHEMAS, user_paths
from trellis.web.api.parameters import EXPORT, parameters
from trellis.web.http import context_of

BASE = "/api/v1"
Part = dict[str, Any]


@get("/openapi.json")
async def read_openapi(request: Asked) -> ASGIResponse:
    """The description of all that the actor may use."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    snapshot = localised(context)
    key = ("openapi", context.access.key)
    if key not in snapshot.derived:
        snapshot.derived[key] = encode(openapi(snapshot, context.access))
    return json_answer(snapshot.derived[key])


def openapi(snapshot: Snapshot, access: Access) -> Part:
    """The whole document as a value."""
    entities = [entity for entity in snapshot.entities.values() if describe.may_know(access, entity)]
    paths: Part = {}
    schemas: Part = {**COMMON_SCHEMAS, **EXPRESSION_SCHEMAS, **EXPLANATION_SCHEMAS, **USAGE_SCHEMAS, **DRAFT_SCHEMAS}
    schemas |= ACCESS_SCHEMAS
    schemas |= (
        PROPOSAL_SCHEMAS
        | PUT_ASIDE_SCHEMAS
        | PLAN_SCHEMAS
        | AUDIT_SCHEMAS
        | HANDING_SCHEMAS
        | SHARE_SCHEMAS
        | BULK_SCHEMAS
    )
    schemas |= USER_SCHEMAS
    for entity in entities:
        paths |= entity_paths(entity, access)
        schemas |= entity_schemas(entity, access)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trellis",
            "version": version("trellis"),
            "description": f"Records of release {snapshot.release}. Decimals are strings, dates ISO 8601, errors RFC 9457.",
        },
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "tags": [{"name": entity.id, "description": entity.plural} for entity in entities],
        "paths": _limited(
            paths
            | expression_paths()
            | metadata_paths()
            | usage_paths()
            | access_paths()
            | draft_paths()
            | proposal_paths()
            | put_aside_paths()
            | plan_paths()
            | pack_paths()
            | audit_paths()
            | user_paths()
            | handing_paths(entities, access)
            | share_paths(entities, access)
            | bulk_paths(entities, access)
        ),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
            "responses": RESPONSES,
            "headers": HEADERS,
        },
    }


def _limited(paths: Part) -> Part:
    """The paths whose operations may all answer that there were too many requests."""
    return {
        path: {
            name: {**part, "responses": failures(429) | part["responses"]} if "responses" in part else part
            for name, part in item.items()
        }
        for path, item in paths.items()
    }


def schema_name(entity: Entity) -> str:
    """`sales.opportunity_line` as `SalesOpportunityLine`."""
    return "".join(part.capitalize() for part in entity.id.replace(".", "_").split("_"))


def entity_schemas(entity: Entity, access: Access) -> Part:
    """The schemas of one entity: as read, as a page, and as written."""
    name = schema_name(entity)
    item = {**describe.record_schema(entity, access)}
    listed = {"type": "array", "items": {"type": "object", "required": ["id", "version"]}}
    page = {
        "type": "object",
        "required": ["items", "next", "count"],
        "properties": {"items": listed, "next": {"type": ["string", "null"]}, "count": {"type": ["integer", "null"]}},
    }
    return {
        name: item,
        f"{name}Page": page,
        f"{name}Create": describe.write_schema(entity, access, "create"),
        f"{name}Update": describe.write_schema(entity, access, "update"),
    }


def entity_paths(entity: Entity, access: Access) -> Part:
    """The addresses of one entity, with the methods that the actor may use."""
    base = f"/records/{entity.id}"
    may = {action for action in ("create", "read", "edit", "delete", "export") if access.allows(entity.id, action)}
    found = {
        base: {"get": _list(entity), "post": _create(entity)},
        f"{base}/batch": {"post": _batch(entity)},
        f"{base}/export": {"get": _export(entity)},
        f"{base}/{{id}}": {"get": _read(entity), "patch": _update(entity), "delete": _delete(entity)},
        f"{base}/{{id}}/restore": {"post": _restore(entity)},
        f"{base}/{{id}}/history": {"get": _history(entity)},
        f"{base}/{{id}}/explain/{{field}}": {"get": _explain(entity)},
        f"{base}/{{id}}/reveal/{{field}}": {"post": _reveal(entity)},
    }
    needs = {
        "list": "read",
        "create": "create",
        "read": "read",
        "update": "edit",
        "delete": "delete",
        "restore": "delete",
        "history": "read",
        "explain": "read",
        "reveal": "read",
        "export": "export",
    }
    allowed = {
        path: {
            method: part
            for method, part in methods.items()
            if needs.get(part["operationId"].split("_")[0], "read") in may
        }
        for path, methods in found.items()
    }
    return {
        path: {**({"parameters": [RECORD_ID]} if "{id}" in path else {}), **methods}
        for path, methods in allowed.items()
        if methods
    }


def _operation(entity: Entity, verb: str, summary: str, **parts: Any) -> Part:
    return {"tags": [entity.id], "operationId": f"{verb}_{schema_name(entity)}", "summary": summary, **parts}


def _list(entity: Entity) -> Part:
    page = responses(200, reference(f"{schema_name(entity)}Page"), "Trellis-Stale") | failures(400, 401, 403, 404, 422)
    return _operation(entity, "list", f"List {entity.plural}", parameters=list_parameters(), responses=page)


def _create(entity: Entity) -> Part:
    name = schema_name(entity)
    answer = responses(201, reference(name), "ETag", "Location", "Trellis-Warnings") | failures(
        400, 401, 403, 404, 409, 413, 415, 422
    )
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    }
    return _operation(
        entity, "create", f"Create {entity.label}", parameters=[key, CAUTIOUS], requestBody=body_of(reference(f"{name}Create")), responses=answer
    )  # fmt: skip


def _read(entity: Entity) -> Part:
    fields = {"name": "fields", "in": "query", "schema": {"type": "string"}, "description": "Comma-separated paths"}
    answer = responses(200, reference(schema_name(entity)), "ETag", "Trellis-Stale") | failures(400, 401, 403, 404, 422)
    answer["304"] = {"description": "Not modified"}
    return _operation(entity, "read", f"Read {entity.label}", parameters=[fields], responses=answer)


def _update(entity: Entity) -> Part:
    name = schema_name(entity)
    answer = responses(200, reference(name), "ETag", "Trellis-Warnings") | failures(
        400, 401, 403, 404, 409, 412, 413, 415, 422
    )
    return _operation(
        entity, "update", f"Change {entity.label}", parameters=[_if_match(), CAUTIOUS], requestBody=body_of(reference(f"{name}Update")), responses=answer
    )  # fmt: skip


def _if_match() -> Part:
    return {"name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": '^"[0-9]{1,15}"$'}}


def _delete(entity: Entity) -> Part:
    gone = {"204": {"description": "In the bin"}} | failures(400, 401, 403, 404, 409, 412, 422)
    return _operation(entity, "delete", f"Delete {entity.label}", parameters=[_if_match()], responses=gone)


def _restore(entity: Entity) -> Part:
    answer = responses(200, reference(schema_name(entity)), "ETag", "Trellis-Warnings")
    answer |= failures(400, 401, 403, 404, 409, 422)
    return _operation(entity, "restore", f"Restore {entity.label}", responses=answer)


def _history(entity: Entity) -> Part:
    asked = [
        {"name": "before", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 2**62}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
    ]
    answer = responses(200, reference("History")) | failures(400, 401, 403, 404, 422)
    return _operation(entity, "history", f"History of {entity.label}", parameters=asked, responses=answer)


def _explain(entity: Entity) -> Part:
    answer = responses(200, reference("Explanation")) | failures(400, 401, 403, 404)
    return _operation(entity, "explain", f"Explain a value of {entity.label}", parameters=[FIELD], responses=answer)


def _reveal(entity: Entity) -> Part:
    answer = responses(200, reference("Revealed")) | failures(400, 401, 403, 404, 429)
    text = f"Show a masked value of {entity.label}, which is recorded"
    return _operation(entity, "reveal", text, parameters=[FIELD], responses=answer)


def _export(entity: Entity) -> Part:
    kept = [part for part in list_parameters() if part["name"] in EXPORT]
    asked = [
        {"name": "format", "in": "query", "schema": {"enum": ["csv", "xlsx"], "default": "csv"}},
        {
            "name": "raw",
            "in": "query",
            "schema": {"type": "boolean", "default": False},
            "description": "Keys, not labels",
        },
    ]
    answer = {"200": {"description": "A file", "content": {kind: {} for kind in FILE_TYPES}}}
    return _operation(
        entity, "export", f"Export {entity.plural}", parameters=[*kept, *asked], responses=answer | failures(400, 401, 403, 404, 422)
    )  # fmt: skip


def _batch(entity: Entity) -> Part:
    name = schema_name(entity)
    operation = {
        "oneOf": [
            _member("create", ["values"], values=reference(f"{name}Create"), id={"type": "string", "format": "uuid"}),
            _member(
                "update", ["id", "values"], id=_text(), values=reference(f"{name}Update"), version={"type": "integer"}
            ),
            _member("delete", ["id"], id=_text(), version={"type": "integer"}),
            _member("restore", ["id"], id=_text()),
        ]
    }
    body = {
        "type": "object",
        "required": ["operations"],
        "additionalProperties": False,
        "properties": {
            "operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": operation},
            "atomic": {"type": "boolean", "default": True},
        },
    }
    answer = responses(200, reference("BatchResult")) | responses(207, reference("BatchResult"))
    answer |= failures(400, 401, 403, 404, 409, 412, 413, 415, 422)
    summary = f"Change many {entity.plural}"
    return _operation(entity, "batch", summary, parameters=[CAUTIOUS], requestBody=body_of(body), responses=answer)


def _text() -> Part:
    return {"type": "string"}


def _member(op: str, required: list[str], **properties: Part) -> Part:
    return {
        "type": "object",
        "required": ["op", *required],
        "additionalProperties": False,
        "properties": {"op": {"const": op}, **properties},
    }


def metadata_paths() -> Part:
    """The addresses that describe the release itself."""
    entity = {"name": "entity", "in": "path", "required": True, "schema": {"type": "string"}}
    use = {"name": "use", "in": "query", "schema": {"enum": ["create", "edit", "detail"]}}
    one = {"name": "entity", "in": "query", "schema": {"type": "string"}}
    anything: Part = {"type": "object"}
    return {
        "/me": {"get": _plain("me", "Who am I", anything, 400, 401)},
        "/metadata/entities": {"get": _plain("entities", "List entities", reference("Items"), 400, 401)},
        "/metadata/entities/{entity}": {"get": _plain("entity", "Describe an entity", anything, 400, 401, 404), "parameters": [entity]},
        "/metadata/entities/{entity}/form": {
            "get": {**_plain("form", "Describe a form", anything, 400, 401, 404), "parameters": [use]}, "parameters": [entity],
        },
        "/metadata/views": {"get": {**_plain("views", "List views", reference("Items"), 400, 401, 404), "parameters": [one]}},
    }  # fmt: skip


def _plain(name: str, summary: str, schema: Part, *refusals: int) -> Part:
    return {
        "tags": ["metadata"],
        "operationId": name,
        "summary": summary,
        "responses": responses(200, schema) | failures(*refusals),
    }
