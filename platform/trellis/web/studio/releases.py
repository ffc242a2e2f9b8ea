"""The releases of a workspace: who published what and when, and taking up an older one again."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import Forbidden, InvalidMetadata, StaleRelease, TrellisError
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.studio import history, plans
from trellis.services.studio.history import ReleaseLine
from trellis.services.studio.plans import PlanChanged
from trellis.services.studio.quarantine import Waiting, put_aside_by
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, translate_for
from trellis.web.studio.background import Panel, panel_of
from trellis.web.studio.frame import studio_context, studio_page
from trellis.web.studio.planpage import Changed, PlanPage, changed_documents, plan_page

PAGE = 50


@dataclass(frozen=True)
class ReleasesPage:
    """The history of releases, the newest first; `older` is where the rest is."""

    lines: tuple[ReleaseLine, ...]
    older: str
    may_restore: bool
    may_publish: bool
    four_eyes: bool
    background: Panel


@dataclass(frozen=True)
class ReleasePage:
    """One release: its line in the history and what it changed, in words."""

    line: ReleaseLine
    changed: tuple[Changed, ...]
    plan: str
    may_restore: bool
    aside: tuple[Waiting, ...]
    background: Panel


@get("/studio/releases", include_in_schema=False)
async def releases_page(request: Asked) -> Response[Any]:
    """All releases."""
    context = await studio_context(request)
    given = request.query_params.get("before", "")
    before = int(given) if given.isdecimal() and len(given) < 12 else None
    lines = await history.releases(context, before=before, limit=PAGE + 1)
    older = f"/studio/releases?before={lines[PAGE - 1].number}" if len(lines) > PAGE else ""
    data = ReleasesPage(
        tuple(lines[:PAGE]), older, context.access.system("rollback"), context.access.system("publish"),
        await plans.is_four_eyes(context), await panel_of(request, context),
    )  # fmt: skip
    return await studio_page(request, context, "studio/releases.html", data)


@get("/studio/releases/{number:int}", include_in_schema=False)
async def release_page(request: Asked) -> Response[Any]:
    """What one release changed."""
    context = await studio_context(request)
    found = await history.release(context, request.path_params["number"])
    locale = locale_of(request, context)
    new, old = found.snapshot.localised(locale), (found.before or found.snapshot).localised(locale)
    changed = tuple(changed_documents(found.words, new, old))
    aside = tuple(await put_aside_by(context, found.line.number))
    data = ReleasePage(
        found.line, changed, found.plan, context.access.system("rollback"), aside, await panel_of(request, context)
    )
    return await studio_page(request, context, "studio/release.html", data)


@get("/studio/releases/{number:int}/restore", include_in_schema=False)
async def restore_page(request: Asked) -> Response[Any]:
    """What taking up an older release would do."""
    context = await studio_context(request)
    return await studio_page(request, context, "studio/plan.html", await _plan(request, context))


@post("/studio/releases/{number:int}/restore", status_code=303)
async def restore(request: Asked) -> Response[Any]:
    """Take up an older release exactly as it was shown."""
    context = await studio_context(request)
    form = await request.form()
    number, note = request.path_params["number"], str(form.get("note", ""))[:500]
    shown, consents = str(form.get("fingerprint", "")), form.getall("consent", [])
    try:
        made = await plans.rollback(context, number, shown, consents, note)
    except (InvalidMetadata, PlanChanged, StaleRelease, Forbidden) as problem:
        return await _again(request, context, problem, note)
    text = Message("Release {number} is in force. It is what release {old} was.", {"number": made, "old": number})
    cookie = flash_cookie(text.translated(translate_for(request, context)))
    return Redirect(f"/studio/releases/{made}", status_code=303, cookies=[cookie])


@post("/studio/releases/four-eyes", status_code=303)
async def set_four_eyes(request: Asked) -> Response[Any]:
    """Whether a second person has to publish what may lose values."""
    context = await studio_context(request)
    form = await request.form()
    await plans.set_four_eyes(context, form.get("on") == "on")
    return Redirect("/studio/releases", status_code=303)


async def _plan(request: Asked, context: Context, note: str = "", problem: TrellisError | None = None) -> PlanPage:
    number = request.path_params["number"]
    view = await plans.counted(context, await plans.plan_rollback(context, number))
    return plan_page(
        context, view, locale_of(request, context), title=Message("Roll back to release {number}", {"number": number}),
        action=f"/studio/releases/{number}/restore", back="/studio/releases", right="rollback",
        editable=False, note=note, problem=problem,
    )  # fmt: skip


async def _again(request: Asked, context: Context, problem: TrellisError, note: str) -> Response[Any]:
    page = await _plan(request, context, note, problem)
    return await studio_page(request, context, "studio/plan.html", page, status=409)


HANDLERS: list[Any] = [releases_page, release_page, restore_page, restore, set_four_eyes]
