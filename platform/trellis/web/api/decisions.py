"""What only people can say about a draft: what is a rename, what is new, what takes old values back."""

from collections.abc import Mapping
from typing import Any

from litestar import post, put
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.services.studio import drafts
from trellis.web.api.answers import Asked, expected_version, json_answer
from trellis.web.api.bodies import json_object
from trellis.web.api.drafts import document_answer, encode, intent_body
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, translate_for

_MEMBERS = ("renames", "separate", "restores")


@post("/metadata/draft/documents/{document:str}/rename", status_code=200)
async def rename_field(request: Asked) -> ASGIResponse:
    """Give an own field another key, wherever it is named."""
    context, document = await context_of(request), request.path_params["document"]
    parameters(request.scope["query_string"], ())
    content, _body = await json_object(request)
    _only(content, ("field", "to"))
    errors = [_not(name, "text") for name in ("field", "to") if not isinstance(content.get(name), str)]
    if errors:
        raise Invalid(errors)
    version = expected_version(request)
    draft = await drafts.rename_field(context, document, content["field"], content["to"], version=version)
    return document_answer(draft, document, translate_for(request, context))


@put("/metadata/draft/decisions")
async def decide(request: Asked) -> ASGIResponse:
    """Answer what two sets of documents cannot tell."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    content, _body = await json_object(request)
    draft = await drafts.decide(context, _intent(content))
    return json_answer(encode(intent_body(draft)))


def _intent(content: Mapping[str, Any]) -> Intent:
    _only(content, _MEMBERS)
    renames, separate, restores = content.get("renames", {}), content.get("separate", []), content.get("restores", {})
    errors = [
        _not(name, "map")
        for name, value, kind in (("renames", renames, str), ("restores", restores, int))
        if not (isinstance(value, dict) and all(type(item) is kind for item in value.values()))
    ]
    if not (isinstance(separate, list) and all(isinstance(path, str) for path in separate)):
        errors.append(_not("separate", "list"))
    if errors:
        raise Invalid(errors)
    return Intent(renames, frozenset(separate), restores)


def _only(content: Mapping[str, Any], members: tuple[str, ...]) -> None:
    unknown = sorted(content.keys() - set(members))
    if unknown:
        raise Invalid(FieldError(name, "unknown_member", Message("This is not expected here.")) for name in unknown)


_SENTENCES = {
    "text": Message("This must be a text."),
    "map": Message("This must be an object that leads from places to values."),
    "list": Message("This must be a list of places."),
}


def _not(name: str, kind: str) -> FieldError:
    return FieldError(name, kind, _SENTENCES[kind])
