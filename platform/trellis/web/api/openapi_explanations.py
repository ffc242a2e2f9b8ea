"""The part of the OpenAPI description about explanations."""

from typing import Any, get_args

from trellis.metadata.fieldtypes.computations import Aggregate
from trellis.services.explanations import Kind
from trellis.web.api.openapi_parts import reference

Part = dict[str, Any]

_TEXT: Part = {"type": "string"}
_MAYBE_TEXT: Part = {"type": ["string", "null"]}
_FLAG: Part = {"type": "boolean"}
_NUMBER: Part = {"type": "integer", "minimum": 0}
_TEXTS: Part = {"type": "array", "items": _TEXT}
_MOMENT: Part = {"type": "string", "format": "date-time"}
_VALUE: Part = {"description": "As in the record; decimals are strings"}


def _object(**properties: Part) -> Part:
    return {"type": "object", "required": list(properties), "properties": properties}


def _or_null(schema: Part) -> Part:
    return {"oneOf": [schema, {"type": "null"}]}


_PLACE = _object(entity=_TEXT, id={"type": "string", "format": "uuid"}, title=_MAYBE_TEXT)
_SOURCE = _object(source=_TEXT, labelled={"type": "string", "description": "With the labels of fields in braces"})
_ACTOR = _object(id={"type": "string", "format": "uuid"}, name=_MAYBE_TEXT)
_WRITER = _or_null(_object(at=_MOMENT, actor=_or_null(_ACTOR)))
_SHOWN: Part = {
    "value": _VALUE,
    "title": {**_MAYBE_TEXT, "description": "The title of the record that the value links to"},
    "hidden": {"type": "boolean", "description": "There is a value that one may not see"},
    "masked": _FLAG,
}
_INPUT = _object(
    path=_TEXT, labels=_TEXTS, type=_TEXT, **_SHOWN, record=_or_null(_PLACE),
    computed={"type": "boolean", "description": "Whether it can be explained in turn"}, stale=_FLAG, writer=_WRITER,
)  # fmt: skip
_STEP = _object(
    source=_TEXT, labelled=_TEXT, type=_TEXT, value=_VALUE, depth=_NUMBER,
    used={"type": "boolean", "description": "False for a branch that was not taken"}, failed=_FLAG,
)  # fmt: skip
_CHILDREN = _object(
    entity=_TEXT, relation=_TEXT, aggregate={"enum": list(get_args(Aggregate))}, labels=_TEXTS, where=_or_null(_SOURCE),
    empty={"description": "The result where nothing counts"},
    all={**_NUMBER, "description": "Records that point to this one"},
    left_out={**_NUMBER, "description": "Those that do not meet the condition"},
    without_value={**_NUMBER, "description": "Those that meet it but have nothing to take"},
    counted={**_NUMBER, "description": "The rest, which make the value"},
    unreadable={**_NUMBER, "description": "Those of the rest that one may not read"},
    more={**_NUMBER, "description": "Those that one may read beyond the items"},
    items={"type": "array", "maxItems": 20, "items": _object(record=_PLACE, **_SHOWN)},
)  # fmt: skip
EXPLANATION_SCHEMAS: Part = {
    "Explanation": _object(
        record=_PLACE, field=_TEXT, label=_TEXT, type=_TEXT, kind={"enum": [*Kind]},
        storage={"enum": ["stored", "virtual"]}, **_SHOWN, formula=_or_null(_SOURCE),
        inputs={"type": "array", "items": reference("ExplanationInput")},
        steps={"type": "array", "items": _STEP},
        children=_or_null(_CHILDREN), writer=_WRITER, default=_or_null(_SOURCE),
        stale=_or_null(_object(since=_MOMENT, done=_NUMBER)),
        differs={"type": "boolean", "description": "Whether the stored value is not what is computed now, in fresh"},
        fresh=_VALUE,
    ),
    "ExplanationInput": _INPUT,
    "Revealed": _object(
        field=_TEXT, label=_TEXT, type=_TEXT, value=_VALUE, title=_SHOWN["title"],
        recorded={"type": "boolean", "description": "False where the value is open to the reader anyway, or empty"},
    ),
}  # fmt: skip
FIELD: Part = {
    "name": "field",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
}
