"""Plans, publishing, releases and rolling back, for programs; each with a right of its own."""

from typing import Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest, FieldError, Forbidden, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.context import Context
from trellis.services.studio import history, plans
from trellis.services.studio.history import ReleaseLine
from trellis.services.studio.planjson import plan_body
from trellis.services.studio.planview import PlanView
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.bodies import json_object
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, translate_for

MOST = 200


@get("/metadata/plan")
async def read_plan(request: Asked) -> ASGIResponse:
    """What publishing the draft would do."""
    context = await _designer(request)
    parameters(request.scope["query_string"], ())
    view = await plans.counted(context, await plans.plan_draft(context))
    return _answer(view, translate_for(request, context))


@post("/metadata/rehearsal", status_code=200)
async def rehearse(request: Asked) -> ASGIResponse:
    """Publish the draft and take everything back."""
    context = await context_of(request)
    done = await plans.rehearse_draft(context)
    return json_answer(encode({"milliseconds": done.milliseconds, "refused": done.refused}))


@post("/metadata/publish", status_code=201)
async def publish(request: Asked) -> ASGIResponse:
    """Publish the draft exactly as its plan showed it."""
    context = await context_of(request)
    shown, consents, note = await _agreed(request)
    number = await plans.publish_draft(context, shown, consents, note)
    return json_answer(encode({"release": number}), 201)


@get("/metadata/releases")
async def list_releases(request: Asked) -> ASGIResponse:
    """The releases, the newest first."""
    context = await _designer(request)
    given = parameters(request.scope["query_string"], ("before", "limit"))
    limit = min(_number(given.get("limit", "50")), MOST)
    before = _number(given["before"]) if "before" in given else None
    lines = await history.releases(context, before=before, limit=limit)
    return json_answer(encode({"items": [_line(line) for line in lines]}))


@get("/metadata/releases/{number:int}")
async def read_release(request: Asked) -> ASGIResponse:
    """One release with what it changed, in words."""
    context = await _designer(request)
    translate = translate_for(request, context)
    found = await history.release(context, request.path_params["number"])
    changes = [
        {"what": word.what, "at": f"{word.document}#{word.pointer}", "message": word.message.translated(translate)}
        for word in found.words
    ]
    return json_answer(encode({**_line(found.line), "changes": changes}))


@get("/metadata/releases/{number:int}/plan")
async def read_rollback(request: Asked) -> ASGIResponse:
    """What taking up an older release again would do."""
    context = await _designer(request)
    view = await plans.plan_rollback(context, request.path_params["number"])
    view = await plans.counted(context, view)
    return _answer(view, translate_for(request, context))


@post("/metadata/releases/{number:int}/rollback", status_code=201)
async def roll_back(request: Asked) -> ASGIResponse:
    """Take up an older release again, exactly as its plan showed it."""
    context = await context_of(request)
    shown, consents, note = await _agreed(request)
    number = await plans.rollback(context, request.path_params["number"], shown, consents, note)
    return json_answer(encode({"release": number}), 201)


async def _designer(request: Asked) -> Context:
    context = await context_of(request)
    if not context.access.system("designer"):
        raise Forbidden()
    return context


def _answer(view: PlanView, translate: Translate) -> ASGIResponse:
    return json_answer(encode(plan_body(view, translate)))


def _line(line: ReleaseLine) -> dict[str, Any]:
    return {
        "release": line.number, "kind": line.kind, "at": line.at, "by": line.who, "note": line.note,
        "restored": line.restored, "current": line.current,
    }  # fmt: skip


async def _agreed(request: Asked) -> tuple[str, list[str], str]:
    """The plan that was looked at, what was agreed to, and a note; raises Invalid."""
    content, _ = await json_object(request)
    consents, note = content.get("consents", []), content.get("note", "")
    wrong = [
        FieldError(key, "unknown_member", Message("There is no such member.")) for key in content if key not in _AGREED
    ]
    if not isinstance(content.get("fingerprint"), str):
        wrong.append(FieldError("fingerprint", "type", Message("This must be a text.")))
    if not (isinstance(consents, list) and all(isinstance(one, str) for one in consents)):
        wrong.append(FieldError("consents", "type", Message("This must be a list of texts.")))
    if not isinstance(note, str) or len(note) > MOST_NOTE:
        wrong.append(
            FieldError(
                "note", "type", Message("This must be a text of at most {most} characters.", {"most": MOST_NOTE})
            )
        )
    if wrong:
        raise Invalid(wrong)
    return content["fingerprint"], consents, note


MOST_NOTE = 500
_AGREED = frozenset({"fingerprint", "consents", "note"})


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 11:
        raise BadRequest(Message("'{text}' is not a number.", {"text": text[:20]}))
    return int(text)
