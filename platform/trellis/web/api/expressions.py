"""Help for whoever writes an expression: check it, try it, complete it."""

from collections.abc import Callable, Mapping
from typing import Any

from litestar import post
from litestar.response.base import ASGIResponse

from trellis.engine.completions import CallHint, Completion, Completions
from trellis.engine.cost import Cost
from trellis.engine.expr.types import Kind, Type
from trellis.engine.mistakes import Mistake
from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services import expressions
from trellis.services.context import Context
from trellis.services.expressions import Checked, CheckRequest, CompleteRequest, Place, Purpose
from trellis.services.portability import SqlForm
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language, translate_for
from trellis.web.render.environment import formats_of
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.results import result_text

LARGEST_BODY = 100_000
"""Bytes; a source of 4,000 characters needs a quarter of it however it is written."""

NULLS = ("propagate", "zero")
Test = Callable[[Any], bool]


@post("/expressions/check", status_code=200, request_max_body_size=LARGEST_BODY)
async def check_expression(request: Asked) -> ASGIResponse:
    """What an expression is, gives and costs, or what is wrong with it; with `cursor` also what could come there."""
    context, content = await _asked(request, _CHECK)
    place, translate = _place(content), translate_for(request, context)
    zero = content.get("nulls") == NULLS[1]
    asked = CheckRequest(place, content["expr"], content.get("record"), content.get("expect"), zero)
    checked = await expressions.check(context, asked)
    body = checked_body(checked, translate, formats_of(request, context))
    if content.get("cursor") is not None:
        writing = CompleteRequest(place, content["expr"], content["cursor"])
        body["completions"] = completions_body(await expressions.complete(context, writing, translate), translate)
    return json_answer(encode(body))


@post("/expressions/complete", status_code=200, request_max_body_size=LARGEST_BODY)
async def complete_expression(request: Asked) -> ASGIResponse:
    """What can be written at a place in an expression."""
    context, content = await _asked(request, _COMPLETE)
    translate, cursor = translate_for(request, context), content.get("cursor")
    source = content["expr"]
    writing = CompleteRequest(_place(content), source, len(source) if cursor is None else cursor)
    found = await expressions.complete(context, writing, translate)
    return json_answer(encode(completions_body(found, translate)))


def checked_body(checked: Checked, translate: Translate, formats: LocaleFormats) -> dict[str, Any]:
    """A checked expression as the API tells it."""
    kind, result = checked.type, checked.result
    text = result_text(result.value, kind, formats, result.label) if result and kind else ""
    return {
        "ok": checked.ok,
        "type": kind.kind.value if kind else None,
        "type_text": type_word(kind).translated(translate) if kind else "",
        "evaluated": result is not None,
        "value": result.value if result else None,
        "value_text": text,
        "sql": _sql(checked.sql, translate) if checked.sql else None,
        "cost": _cost(checked.cost) if checked.cost else None,
        "reads": [{"path": read.path, "label": read.label} for read in checked.reads],
        "volatile": checked.volatile,
        "errors": [_mistake(mistake, translate) for mistake in checked.errors],
    }


def completions_body(found: Completions, translate: Translate) -> dict[str, Any]:
    """Completions as the API tells them."""
    return {
        "from": found.start,
        "to": found.end,
        "items": [_completion(item, translate) for item in found.items],
        "call": _call(found.call, translate) if found.call else None,
    }


def type_word(kind: Type) -> Message:
    """What people call a type."""
    if kind.kind is Kind.REF:
        return Message("link")
    return Message("integer" if kind.integer else kind.kind.value)


def _sql(form: SqlForm, translate: Translate) -> dict[str, Any]:
    reason = _mistake(form.reason, translate) if form.reason else None
    return {"class": form.sql_class.value, "filter": form.filter, "reason": reason}


def _cost(cost: Cost) -> dict[str, int]:
    return {
        "nodes": cost.nodes, "depth": cost.depth, "paths": cost.paths, "joins": cost.joins, "score": cost.score,
    }  # fmt: skip


def _mistake(mistake: Mistake, translate: Translate) -> dict[str, Any]:
    return {
        "code": mistake.code,
        "span": [mistake.span.start, mistake.span.end],
        "message": mistake.message.translated(translate),
        "hint": mistake.hint.translated(translate) if mistake.hint else None,
        "suggestions": list(mistake.suggestions),
    }


def _completion(item: Completion, translate: Translate) -> dict[str, Any]:
    return {
        "insert": item.insert,
        "label": item.label,
        "detail": item.detail.translated(translate),
        "kind": item.kind.value,
        "doc": item.doc.translated(translate) if item.doc else None,
    }


def _call(call: CallHint, translate: Translate) -> dict[str, Any]:
    return {"signature": call.signature, "position": call.position, "doc": call.doc.translated(translate)}


async def _asked(request: Asked, members: Mapping[str, Test]) -> tuple[Context, dict[str, Any]]:
    """The context in the reader's language, and the body; raises Invalid with all that is malformed."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    content, _body = await json_object(request, LARGEST_BODY)
    unknown = sorted(content.keys() - members.keys())
    errors = [FieldError(name, "unknown_member", Message("This is not expected here.")) for name in unknown]
    for name, fits in members.items():
        if (name in _REQUIRED or content.get(name) is not None) and not fits(content.get(name)):
            errors.append(_malformed(name))
    if errors:
        raise Invalid(errors)
    return in_their_language(request, context), content


def _place(content: Mapping[str, Any]) -> Place:
    purpose = content.get("purpose")
    return Place(content["entity"], Purpose(purpose) if purpose else None, content.get("field"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_place(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_BODY


def _is_purpose(value: Any) -> bool:
    return value in tuple(Purpose)


_REQUIRED = frozenset({"entity", "expr"})
_COMPLETE: Mapping[str, Test] = {
    "entity": _is_text, "expr": _is_text, "purpose": _is_purpose, "field": _is_text, "cursor": _is_place,
}  # fmt: skip
_CHECK: Mapping[str, Test] = {
    **_COMPLETE,
    "record": _is_text,
    "expect": _is_text,
    "nulls": lambda value: value in NULLS,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {"purpose": tuple(Purpose), "nulls": NULLS}


def _malformed(name: str) -> FieldError:
    if name == "cursor":
        return FieldError(name, "integer", Message("This must be a whole number."))
    if name in _CHOICES:
        text = Message("This must be one of {choices}.", {"choices": ", ".join(_CHOICES[name])})
        return FieldError(name, "choice", text)
    return FieldError(name, "text", Message("This must be a text."))
