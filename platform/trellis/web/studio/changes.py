"""The draft before it is published: what it does, the questions it raises, and publishing it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import Forbidden, InvalidMetadata, StaleRelease, TrellisError
from trellis.kernel.messages import Message
from trellis.metadata.intent import Intent
from trellis.services.context import Context
from trellis.services.studio import drafts, plans
from trellis.services.studio.plans import PlanChanged
from trellis.services.studio.planview import PlanView
from trellis.services.studio.quarantine import put_aside_by
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, translate_for
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.planpage import PlanPage, plan_page

TITLE = Message("Review and publish")


@get("/studio/changes", include_in_schema=False)
async def changes_page(request: Asked) -> Response[Any]:
    """What publishing the draft would do."""
    context = await studio_context(request)
    return await studio_page(request, context, "studio/plan.html", await _page(request, context))


@post("/studio/changes/answers", status_code=303)
async def answer(request: Asked) -> Response[Any]:
    """Keep the answers to the questions of a plan."""
    context = await studio_context(request)
    form = await request.form()
    renames: dict[str, str] = {}
    separate: set[str] = set()
    view = await plans.plan_draft(context)
    for question in view.questions:
        chosen = str(form.get(f"question.{question.gone}") or "")
        if chosen in question.candidates:
            renames[question.gone] = chosen
        elif chosen == "new":
            separate |= set(question.candidates)
    await drafts.decide(context, Intent(renames, frozenset(separate)))
    await _require_only_new(context, view, form)
    return _back("/studio/changes")


@post("/studio/changes/conflicts", status_code=303)
async def settle(request: Asked) -> Response[Any]:
    """Decide whose change of a document holds."""
    context = await studio_context(request)
    form = await request.form()
    await drafts.resolve(context, str(form.get("document", "")), "mine" if form.get("side") == "mine" else "theirs")
    return _back("/studio/changes")


@post("/studio/changes/rehearse", status_code=303)
async def rehearse(request: Asked) -> Response[Any]:
    """Publish and take it all back."""
    context = await studio_context(request)
    translate = translate_for(request, context)
    try:
        done = await plans.rehearse_draft(context)
    except (InvalidMetadata, PlanChanged, StaleRelease) as problem:
        return await _again(request, context, problem)
    text = Message("The rehearsal took {milliseconds} ms and was taken back.", {"milliseconds": done.milliseconds})
    return _back("/studio/changes", text.translated(translate))


@post("/studio/changes/publish", status_code=303)
async def publish(request: Asked) -> Response[Any]:
    """Publish the draft exactly as it was shown."""
    context = await studio_context(request)
    form = await request.form()
    note, shown = str(form.get("note", ""))[:500], str(form.get("fingerprint", ""))
    try:
        number = await plans.publish_draft(context, shown, form.getall("consent", []), note)
    except (InvalidMetadata, PlanChanged, StaleRelease, Forbidden) as problem:
        return await _again(request, context, problem, note=note)
    text = _published(number, sum(one.count for one in await put_aside_by(context, number)))
    then = await _then(request)
    place = then if then.startswith("/studio/") else f"/studio/releases/{number}"
    return _back(place, text.translated(translate_for(request, context)))


def _published(number: int, aside: int) -> Message:
    if aside == 1:
        return Message("Release {number} is in force. 1 value was put aside.", {"number": number})
    if aside:
        return Message(
            "Release {number} is in force. {count} values were put aside.", {"number": number, "count": aside}
        )
    return Message("Release {number} is in force.", {"number": number})


async def _page(request: Asked, context: Context, note: str = "", problem: TrellisError | None = None) -> PlanPage:
    view = await plans.counted(context, await plans.plan_draft(context))
    page = plan_page(
        context, view, locale_of(request, context), title=TITLE, action="/studio/changes/publish",
        back="/studio", right="publish", note=note, problem=problem,
    )  # fmt: skip
    return replace(page, then=await _then(request))


async def _then(request: Asked) -> str:
    """Where somebody wants to go on after publishing."""
    given = await request.form() if request.method == "POST" else request.query_params
    return str(given.get("then") or "")


async def _again(request: Asked, context: Context, problem: TrellisError, note: str = "") -> Response[Any]:
    """The page once more, with what stands in the way."""
    page = await _page(request, context, note, problem)
    return await studio_page(request, context, "studio/plan.html", page, status=409)


async def _require_only_new(context: Context, view: PlanView, form: Mapping[str, Any]) -> None:
    """Ask for values of new records only, where somebody chose that."""
    for step in view.steps:
        wanted = str(form.get(f"required.{step.at}") or "")
        if step.op != "requireValue" or wanted not in ("all", "new"):
            continue
        document, _, pointer = step.at.partition("#")
        key = pointer.rpartition("/")[2]
        draft = await drafts.load(context)
        raw = draft.raw(document)
        field = {**raw["fields"][key], "requiredFor": wanted}
        await drafts.save(context, {**raw, "fields": {**raw["fields"], key: field}})


def _back(place: str, text: str = "") -> Response[Any]:
    cookies = [flash_cookie(text)] if text else []
    return Redirect(place, status_code=303, cookies=cookies)


HANDLERS: list[Any] = [changes_page, answer, settle, rehearse, publish]
