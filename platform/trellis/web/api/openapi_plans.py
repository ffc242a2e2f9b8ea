"""The part of the OpenAPI description about plans, releases and packs."""

from typing import Any

from trellis.web.api.openapi_parts import body_of, failures, reference, responses

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_TEXT_OR_NULL: Part = {"type": ["string", "null"]}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_NUMBER_OR_NULL: Part = {"type": ["integer", "null"], "minimum": 0}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_YES_OR_NO: Part = {"type": "boolean"}
_NOTE: Part = {"type": "string", "maxLength": 500}
_FINGERPRINT: Part = {"type": "string", "description": "`fingerprint` of the plan that was looked at"}
_CONSENTS: Part = {**_TEXTS, "description": "`consents` of the plan"}
_ZIP: Part = {"schema": {"type": "string", "format": "binary"}}
_RISK: Part = {"enum": ["safe", "slow", "lossy", "blocked"]}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(schema: Part) -> Part:
    return {"type": "array", "items": schema}


_RELEASE: Part = _object(
    release=_NUMBER, kind=_TEXT, at={"type": "string", "format": "date-time"}, by=_TEXT, note=_TEXT,
    restored=_NUMBER_OR_NULL, current=_YES_OR_NO,
)  # fmt: skip
_CHANGE: Part = _object(what=_TEXT, at=_TEXT, message=_TEXT)
_STEP: Part = {
    **_object(
        op=_TEXT, at=_TEXT, table=_TEXT, column=_TEXT_OR_NULL, type=_TEXT_OR_NULL, risk=_RISK,
        phase={"enum": ["before", "within"]}, message=_TEXT,
    ),
    "description": "`rows`, `affected` and `samples` where records are touched; `consent` where somebody must agree",
}  # fmt: skip
_UPGRADE: Part = {
    **_object(
        extension=_TEXT, target=_TEXT, verb={"enum": ["add", "change", "hide"]}, pointer=_TEXT,
        outcome={"enum": ["same", "clean", "both_changed", "orphan"]}, policy=_TEXT, forbidden=_YES_OR_NO,
    ),
    "description": "One change of the customer: what the pack had (`was`), has (`now`), and the change (`yours`)",
}  # fmt: skip
_PLAN: Part = _object(
    base=_object(release=_NUMBER, hash=_TEXT), result=_object(release=_NUMBER, hash=_TEXT), fingerprint=_TEXT,
    restored=_NUMBER_OR_NULL, risk=_RISK, blocked=_YES_OR_NO, changes=_list(_CHANGE), impact=_list({"type": "object"}),
    clients=_list(reference("ClientUse")),
    schema=_list(_STEP), recompute=_list({"type": "object"}),
    questions=_list(_object(gone=_TEXT, candidates=_TEXTS)), conflicts=_TEXTS,
    findings=_list({"type": "object"}), consents=_TEXTS, sql=_TEXTS,
    access={"oneOf": [reference("PlanAccess"), {"type": "null"}]},
)  # fmt: skip
_LEVEL: Part = {"enum": ["none", "masked", "read", "create", "edit"]}
_SIDE: Part = {
    **_object(
        people=_NUMBER, records=_NUMBER,
        most=_list(_object(id={"type": "string", "format": "uuid"}, name=_TEXT, records=_NUMBER)),
    ),
    "description": "`records` counts a record once for each person; `most` names those with most, as far as one may see them",
}  # fmt: skip
_PLAN_ACCESS: Part = _object(
    roles=_list(_object(
        role=_TEXT, people=_NUMBER, actions={"type": "object", "additionalProperties": _TEXTS},
        fields=_list(_object(
            entity=_TEXT, field=_TEXT, before=_LEVEL, after=_LEVEL, reveal_before=_YES_OR_NO, reveal_after=_YES_OR_NO,
        )), gained=_TEXTS, lost=_TEXTS,
    )),
    records={"oneOf": [_list(_object(
        entity=_TEXT, action=_TEXT, people=_NUMBER, counted=_NUMBER,
        known={"type": "boolean", "description": "False where the answer comes only with the release"},
        assumed={"type": "boolean", "description": "Values that are not there yet counted as empty"},
        gained=_SIDE, lost=_SIDE,
    )), {"type": "null"}]},
    whole={"type": "boolean", "description": "Whether everybody was counted"},
    confirmations=_list(_object(key=_TEXT, message=_TEXT)),
)  # fmt: skip
_PACK: Part = _object(
    pack=_TEXT, label=_TEXT, description=_TEXT, version=_TEXT, state={"enum": ["enabled", "disabled", "available"]},
    documents=_NUMBER, changes=_NUMBER, required_by=_TEXTS, newer=_TEXT_OR_NULL,
)  # fmt: skip
PLAN_SCHEMAS: Part = {
    "Plan": _PLAN,
    "PlanAccess": _PLAN_ACCESS,
    "Release": _RELEASE,
    "PackPlan": {"allOf": [reference("Plan"), _object(upgrade=_list(_UPGRADE))]},
    "Pack": _PACK,
}
_PUBLISHED = _object(release=_NUMBER)
_AGREED: Part = {"fingerprint": _FINGERPRINT, "consents": _CONSENTS, "note": _NOTE}
_LAYERS: Part = {
    "documents": _list({"type": "object"}),
    "renames": {"type": "object", "additionalProperties": _TEXT},
    "separate": _TEXTS,
}


def plan_paths() -> Part:
    """The addresses of plans and releases."""
    number: Part = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    before = {"name": "before", "in": "query", "schema": {"type": "integer", "minimum": 0}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 200}}
    details = {"allOf": [reference("Release"), _object(changes=_list(_CHANGE))]}
    one = "/metadata/releases/{number}"
    return {
        "/metadata/plan": {"get": _operation("plan", "What publishing the draft would do", _plan(), 400)},
        "/metadata/rehearsal": {
            "post": _operation(
                "rehearse", "Publish the draft and take it back",
                responses(200, _object(milliseconds=_NUMBER, refused=_NUMBER)), 400, 409, 422,
            )
        },
        "/metadata/publish": {"post": _agreeing("publish", "Publish the draft as its plan showed it")},
        "/metadata/releases": {
            "get": _operation(
                "releases", "List releases", responses(200, _object(items=_list(reference("Release")))), 400,
                parameters=[before, limit],
            )
        },
        one: {
            "parameters": [number],
            "get": _operation("release", "Read a release with what it changed", responses(200, details), 400, 404),
        },
        f"{one}/plan": {
            "parameters": [number],
            "get": _operation("rollback_plan", "What rolling back to it would do", _plan(), 400, 404),
        },
        f"{one}/rollback": {
            "parameters": [number],
            "post": _agreeing("roll_back", "Take it up again, as a new release", 404),
        },
    }  # fmt: skip


def pack_paths() -> Part:
    """The addresses of packs and layers."""
    pack: Part = {"name": "pack", "in": "path", "required": True, "schema": _TEXT}
    layer: Part = {"name": "layer", "in": "path", "required": True, "schema": _TEXT}
    action: Part = {
        "name": "action", "in": "query", "required": True, "schema": {"enum": ["disable", "enable", "uninstall"]}
    }  # fmt: skip
    fingerprint: Part = {"name": "fingerprint", "in": "query", "required": True, "schema": _FINGERPRINT}
    details = {
        "allOf": [
            reference("Pack"),
            _object(contents=_list(_object(document=_TEXT, kind=_TEXT)), upgrade=_list(_UPGRADE)),
        ]
    }
    plan = responses(200, reference("PackPlan"))
    return {
        "/metadata/packs": {
            "get": _operation("packs", "List packs", responses(200, _object(items=_list(reference("Pack")))), 400)
        },
        "/metadata/packs/plan": {
            "post": _operation(
                "plan_layers", "What layers that are sent would do", plan, 400, 413, 415, 422, requestBody=_layers({})
            )
        },
        "/metadata/packs/publish": {
            "post": _operation(
                "publish_layers", "Put layers that are sent in force", responses(201, _PUBLISHED),
                400, 409, 413, 415, 422, requestBody=_layers(_AGREED),
            )
        },
        "/metadata/packs/{pack}": {
            "parameters": [pack],
            "get": _operation("pack", "Read a pack with its changes", responses(200, details), 400, 404),
            "delete": _operation(
                "uninstall_pack", "Remove a pack", responses(200, _PUBLISHED), 400, 404, 409, 422,
                parameters=[fingerprint, {"name": "note", "in": "query", "schema": _NOTE},
                            {"name": "consents", "in": "query", "schema": _TEXT}],
            ),
        },
        "/metadata/packs/{pack}/plan": {
            "parameters": [pack],
            "get": _operation("pack_plan", "What changing a pack would do", plan, 400, 404, 422, parameters=[action]),
        },
        "/metadata/packs/{pack}/disable": {
            "parameters": [pack], "post": _agreeing("disable_pack", "Switch a pack off", 404),
        },
        "/metadata/packs/{pack}/enable": {
            "parameters": [pack], "post": _agreeing("enable_pack", "Switch a pack on again", 404),
        },
        "/metadata/layers/{layer}": {
            "parameters": [layer],
            "get": _operation(
                "layer", "The files of a layer",
                {"200": {"description": "A zip file", "content": {"application/zip": _ZIP}}}, 400, 404,
            ),
        },
    }  # fmt: skip


def _plan() -> Part:
    return responses(200, reference("Plan"))


def _layers(further: Part) -> Part:
    """Layers as documents or as a zip file; beside a zip file the rest stands in the query."""
    needed = ["documents", *(name for name in further if name == "fingerprint")]
    schema = {"type": "object", "required": needed, "properties": {**_LAYERS, **further}, "additionalProperties": False}
    return {"required": True, "content": {"application/json": {"schema": schema}, "application/zip": _ZIP}}


def _agreeing(name: str, summary: str, *refusals: int) -> Part:
    schema = {"type": "object", "required": ["fingerprint"], "properties": _AGREED, "additionalProperties": False}
    answer = responses(201, _PUBLISHED)
    return _operation(name, summary, answer, 400, 409, 413, 415, 422, *refusals, requestBody=body_of(schema))


def _operation(name: str, summary: str, answer: Part, *refusals: int, **parts: Any) -> Part:
    return {
        "tags": ["releases"], "operationId": name, "summary": summary, **parts,
        "responses": answer | failures(*sorted({401, 403, *refusals})),
    }  # fmt: skip
