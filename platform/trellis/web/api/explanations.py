"""How a value of a record came about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.metadata.fieldtypes import FieldType
from trellis.services.explaining import explain
from trellis.services.explanations import (
    Child,
    Children,
    Explanation,
    Input,
    Place,
    Shown,
    Stale,
    Step,
    Text,
    Writer,
)
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language

Part = dict[str, Any]


@get("/records/{entity:str}/{record:str}/explain/{field:str}")
async def explain_value(request: Asked) -> ASGIResponse:
    """What a value is computed from, or who entered it."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    params = request.path_params
    reader = in_their_language(request, context)
    found = await explain(reader, params["entity"], params["record"], params["field"])
    return json_answer(encode(explanation_body(found)))


def explanation_body(found: Explanation) -> Part:
    """An explanation as the API tells it."""
    return {
        "record": _place(found.record),
        "field": found.field.key,
        **_kind(found.field),
        "kind": found.kind.value,
        "storage": "stored" if found.stored else "virtual",
        **_shown(found.shown, found.field),
        "formula": _text(found.text),
        "inputs": [_input(one) for one in found.inputs],
        "steps": [_step(step) for step in found.steps],
        "children": _children(found.children, found.field) if found.children else None,
        "writer": _writer(found.writer),
        "default": _text(found.default),
        "stale": _stale(found.stale),
        "differs": found.differs,
        "fresh": found.field.to_json(found.fresh) if found.differs else None,
    }


def _kind(field: FieldType) -> Part:
    return {"label": field.caption, "type": field.type}


def _shown(shown: Shown, field: FieldType) -> Part:
    """A value with the title of the record it links to; null where it is hidden, a text where it is masked."""
    value = shown.value if shown.masked or shown.hidden else field.to_json(shown.value)
    return {"value": value, "title": shown.label, "hidden": shown.hidden, "masked": shown.masked}


def _place(place: Place) -> Part:
    return {"entity": place.entity, "id": place.id, "title": place.title}


def _text(text: Text | None) -> Part | None:
    return {"source": text.source, "labelled": text.labelled} if text else None


def _input(one: Input) -> Part:
    return {
        "path": one.path,
        "labels": list(one.labels),
        "type": one.field.type,
        **_shown(one.shown, one.field),
        "record": _place(one.record) if one.record else None,
        "computed": one.computed,
        "stale": one.stale,
        "writer": _writer(one.writer),
    }


def _step(step: Step) -> Part:
    return {
        **(_text(step.text) or {}),
        "type": step.type.kind.value,
        "value": plain_value(step.value),
        "depth": step.depth,
        "used": step.used,
        "failed": step.failed,
    }


def plain_value(value: object) -> object:
    """A value of an expression; decimals become texts when they are encoded."""
    if isinstance(value, datetime):
        return _moment(value)
    return list(value) if isinstance(value, tuple) else value


def _children(found: Children, result: FieldType) -> Part:
    return {
        "entity": found.entity,
        "relation": found.relation,
        "aggregate": found.aggregate,
        "labels": list(found.labels),
        "where": _text(found.where),
        "empty": result.to_json(found.empty),
        "all": found.all,
        "left_out": found.left_out,
        "without_value": found.without_value,
        "counted": found.counted,
        "unreadable": found.unreadable,
        "more": found.more,
        "items": _items(found.shown, found.field),
    }


def _items(children: Sequence[Child], field: FieldType | None) -> list[Part]:
    shown = [_shown(child.shown, field) if field else _nothing() for child in children]
    return [{"record": _place(child.record), **part} for child, part in zip(children, shown, strict=True)]


def _nothing() -> Part:
    """For a roll-up that takes no value of its records, but counts them."""
    return {"value": None, "title": None, "hidden": False, "masked": False}


def _writer(writer: Writer | None) -> Part | None:
    if writer is None:
        return None
    actor = {"id": writer.user, "name": writer.name} if writer.user else None
    return {"at": _moment(writer.at), "actor": actor}


def _stale(stale: Stale | None) -> Part | None:
    return {"since": _moment(stale.since), "done": stale.done} if stale else None


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
