"""Who has access to a record because somebody shared it: seeing it, giving it and taking it away."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect

from trellis.engine.access.grantees import Grantee
from trellis.engine.query import Record
from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.metadata.fieldtypes import Reading, Refused
from trellis.metadata.fieldtypes.dates import moment_from_text
from trellis.services import grantees, queries, sharing
from trellis.services.context import Context
from trellis.services.sharing import LONGEST_PART, Shared, Terms
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.links import access_url, sharing_url
from trellis.web.pages.records import Shown, team_of, title_of
from trellis.web.render.environment import formats_of, page, words
from trellis.web.render.formats import LocaleFormats
from trellis.web.render.sharing import ACTIONS, ICONS, ShareLine, facts_of, share_line


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick."""

    value: str
    label: str
    chosen: bool = False
    icon: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds."""

    grantee: str = ""
    name: str = ""
    actions: tuple[str, ...] = ()
    part: str = ""
    until: str = ""
    search: str = ""


@dataclass(frozen=True)
class AccessPage:
    """What the page shows."""

    entity: Entity
    record: Record
    title: str
    team: tuple[Shown, ...]
    lines: tuple[ShareLine, ...]
    typed: Typed
    actions: tuple[Option, ...]
    choices: tuple[Option, ...]
    searched: bool
    longest: int
    why: str
    errors: tuple[FieldError, ...] = ()
    wrong: Mapping[str, Message] = field(default_factory=dict)


@get("/records/{entity:str}/{record:str}/access", include_in_schema=False)
async def access_page(request: Asked) -> Response[Any]:
    """The team of a record and those with whom it is shared; `change` names a share to be changed."""
    context = await page_context(request)
    entity, record = await _record(request, context)
    found = await sharing.shares_seen(context, record)
    changed = next((one for one in found if one.id == request.query_params.get("change")), None)
    typed = _typed_of(changed, formats_of(request, context)) if changed and record.can_share else Typed()
    return await _show(request, context, entity, record, typed, shares=found)


@get("/records/{entity:str}/{record:str}/access/grantees", include_in_schema=False)
async def find_grantees(request: Asked) -> Response[Any]:
    """People, teams and roles to share with, as JSON for the form's list."""
    context = await page_context(request)
    _, record = await _record(request, context)
    found = await choices_for(request, context, request.query_params.get("q", "")[:200]) if record.can_share else ()
    return choices_answer(found)


def choices_answer(found: Sequence[Option]) -> Response[Any]:
    """Choices for the list of a form."""
    items = [{"id": one.value, "label": one.label, "facts": list(one.facts)} for one in found]
    return Response({"choices": items, "create": False}, headers={"cache-control": "no-store"})


@post("/records/{entity:str}/{record:str}/access", include_in_schema=False, status_code=200)
async def share_record(request: Asked) -> Response[Any]:
    """Share the record; without a script the form comes back with people to choose from first."""
    context = await page_context(request)
    entity, record = await _record(request, context)
    posted = await request.form()
    typed = typed_in(posted)
    if "_choose" in posted or not typed.grantee:
        return await _show(request, context, entity, record, typed, searching=True)
    try:
        grantee, terms = read_terms(typed, formats_of(request, context))
        await sharing.share(context, entity.id, record.id, grantee, terms)
    except Invalid as error:
        return await _show(request, context, entity, record, typed, errors=tuple(error.errors))
    text = str(words(locale_of(request, context))(Message("Shared.")))
    return Redirect(sharing_url(entity.id, record.id), status_code=303, cookies=[flash_cookie(text)])


@post("/records/{entity:str}/{record:str}/access/{share:str}/revoke", include_in_schema=False, status_code=303)
async def revoke_share(request: Asked) -> Response[Any]:
    """End a share."""
    context = await page_context(request)
    entity, record = request.path_params["entity"], request.path_params["record"]
    await sharing.revoke(context, entity, record, request.path_params["share"])
    text = str(words(locale_of(request, context))(Message("No longer shared.")))
    return Redirect(sharing_url(entity, record), status_code=303, cookies=[flash_cookie(text)])


async def _record(request: Asked, context: Context) -> tuple[Entity, Record]:
    entity = context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])
    if not sharing.is_shareable(context, entity):
        raise NotFound()
    return entity, await queries.get_record(context, entity.id, request.path_params["record"])


def typed_in(form: FormMultiDict) -> Typed:
    """What was posted."""
    texts = {key: str(value) for key, value in form.items() if key in ("grantee", "part", "until", "_q")}
    return Typed(
        texts.get("grantee", ""), "", tuple(str(one) for one in form.getall("actions", [])), texts.get("part", ""),
        texts.get("until", ""), texts.get("_q", "")[:200],
    )  # fmt: skip


def read_terms(typed: Typed, formats: LocaleFormats) -> tuple[Grantee, Terms]:
    """What was typed as values; raises Invalid."""
    errors, until, grantee = [], None, None
    try:
        grantee = Grantee.read(typed.grantee)
    except KeyError:
        errors.append(FieldError("grantee", "unknown_grantee", Message("Choose with whom to share.")))
    try:
        until = moment_from_text(typed.until, Reading(zone=formats.zone)) if typed.until.strip() else None
    except Refused as refused:
        errors.append(FieldError("expires_at", refused.code, refused.message))
    if errors or grantee is None:
        raise Invalid(errors)
    return grantee, Terms(frozenset(typed.actions), typed.part, until)


def _typed_of(share: Shared, formats: LocaleFormats) -> Typed:
    until = _local(share.expires_at, formats) if share.expires_at else ""
    return Typed(share.grantee.text, share.name or "", share.actions, share.part, until)


def _local(moment: datetime, formats: LocaleFormats) -> str:
    return moment.astimezone(ZoneInfo(formats.zone)).strftime("%Y-%m-%dT%H:%M")


async def choices_for(request: Asked, context: Context, text: str) -> tuple[Option, ...]:
    """People, teams and roles of a text, to choose from."""
    formats = formats_of(request, context)
    return tuple(
        Option(one.grantee.text, one.label, False, ICONS[one.grantee.kind], facts_of(one.grantee, one.facts, formats))
        for one in await grantees.candidates(context, text)
    )


async def _show(
    request: Asked,
    context: Context,
    entity: Entity,
    record: Record,
    typed: Typed,
    *,
    shares: tuple[Shared, ...] | None = None,
    searching: bool = False,
    errors: tuple[FieldError, ...] = (),
) -> Response[Any]:
    if not record.can_share and (searching or errors):
        raise Forbidden()
    formats = formats_of(request, context)
    found = await sharing.shares_seen(context, record) if shares is None else shares
    held = await sharing.rights_seen(context, record) if record.can_share else frozenset[str]()
    may_ask = context.access.system("users") and not context.actor.impersonator
    data = AccessPage(
        entity=entity,
        record=record,
        title=title_of(entity, record),
        team=team_of(context, entity, record, formats),
        lines=tuple(share_line(one, formats) for one in found),
        typed=await with_name(context, typed),
        actions=offered_actions(held, typed, formats),
        choices=await choices_for(request, context, typed.search) if searching else (),
        searched=searching,
        longest=LONGEST_PART,
        why=access_url("", entity.id, record.id) if may_ask else "",
        errors=errors,
        wrong={error.path: error.message for error in errors},
    )
    return page(request, context, "access.html", data, status=422 if errors else 200)


def offered_actions(held: Collection[str], typed: Typed, formats: LocaleFormats) -> tuple[Option, ...]:
    """What can be shared besides reading, of the actions that somebody has himself."""
    return tuple(
        Option(action, text.translated(formats.translate), action in typed.actions)
        for action, text in ACTIONS.items()
        if action in held and action != "read"
    )


async def with_name(context: Context, typed: Typed) -> Typed:
    """With the name of whoever was chosen."""
    if not typed.grantee or typed.name:
        return typed
    try:
        grantee = Grantee.read(typed.grantee)
    except KeyError:
        return replace(typed, grantee="")
    return replace(typed, name=(await grantees.names_of(context, [grantee])).get(grantee.id, ""))


HANDLERS: list[Any] = [access_page, find_grantees, share_record, revoke_share]
