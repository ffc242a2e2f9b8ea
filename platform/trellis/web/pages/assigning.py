"""Giving records to another owner: one from its page, several from a list, and taking that back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect

from trellis.engine.query import Choice
from trellis.kernel.errors import FieldError, Forbidden, Invalid, VersionConflict
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.handing import handover, transfer
from trellis.services.handing.transfer import GIVEABLE, Transfer
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.pages.chosen import Chosen, Posted, chosen, listed, posted, selection, suffix_of
from trellis.web.pages.records import title_of
from trellis.web.render.environment import fragment, page, words
from trellis.web.render.handovers import shown
from trellis.web.takers import Taker, offered, taker


@dataclass(frozen=True, slots=True)
class Along:
    """Records that can go along: the link by which they lead to the others, in words, and how many they are."""

    name: str
    entity: str
    field: str
    count: int


@dataclass(frozen=True, slots=True)
class AssignPage:
    """The form to give one record away, or several of a list."""

    entity: Entity
    address: str
    back: str
    title: str
    taker: Taker
    people: tuple[Choice, ...]
    along: tuple[Along, ...] = ()
    along_chosen: frozenset[str] = frozenset()
    chosen: Chosen | None = None
    """Which records of a list; None for the one of `title`."""
    version: int = 0
    errors: tuple[FieldError, ...] = ()


@get("/records/{entity:str}/{record:str}/assign", include_in_schema=False)
async def one_page(request: Asked) -> Response[Any]:
    """To whom a record is given."""
    return await _one(request, await page_context(request))


@post("/records/{entity:str}/{record:str}/assign", include_in_schema=False, status_code=200)
async def give_one(request: Asked) -> Response[Any]:
    """Give a record away, with what is to go along."""
    context = await page_context(request)
    form, params = await request.form(), request.path_params
    named, also = await taker(context, str(form.get("owner", ""))), _texts(form, "also")
    try:
        _clear(named)
        if also:
            asked = Transfer(params["entity"], named.id, (params["record"],), also=also)
            started = await transfer.start(context, asked)
            return Redirect(f"/records/{params['entity']}/assign/{started}", status_code=303)
        version = str(form.get("version", ""))
        known = int(version) if version.isdecimal() and len(version) < 12 else None
        await transfer.give_one(context, params["entity"], params["record"], named.id, version=known)
    except (Invalid, VersionConflict) as error:
        return await _one(request, context, named, frozenset(also), _errors(error))
    text = words(locale_of(request, context))("Given to {name}.", name=named.text)
    return Redirect(
        await _next(context, params), status_code=303, cookies=[flash_cookie(str(text))]
    )  # fmt: skip


@get("/records/{entity:str}/assign", include_in_schema=False)
async def many_page(request: Asked) -> Response[Any]:
    """The records of a list that may be given away."""
    return await _many(request, await page_context(request))


@post("/records/{entity:str}/assign", include_in_schema=False, status_code=200)
async def give_many(request: Asked) -> Response[Any]:
    """Give the chosen records away, or all of the list."""
    context = await page_context(request)
    form = await request.form()
    given, also = posted(form), _texts(form, "also")
    if given.opens:
        return await _many(request, context, given=given)
    named, entity = await taker(context, str(form.get("owner", ""))), _owned(request, context)
    try:
        _clear(named)
        meant = selection(entity, listed(request, context, entity), given)
        asked = Transfer(entity.id, named.id, meant.ids, meant.query, also=also, once=given.once)
        started = await transfer.start(context, asked)
    except Invalid as error:
        return await _many(request, context, named, frozenset(also), given, error.errors)
    return Redirect(f"/records/{entity.id}/assign/{started}", status_code=303)


@get("/records/{entity:str}/assign/{handover:str}", include_in_schema=False)
async def given_page(request: Asked) -> Response[Any]:
    """How far it came."""
    context = await page_context(request)
    return page(request, context, "assigned.html", await shown(context, *_place(request)))


@get("/records/{entity:str}/assign/{handover:str}/progress", include_in_schema=False)
async def given_progress(request: Asked) -> Response[Any]:
    """The part of the page that renews itself."""
    context = await page_context(request)
    return fragment(request, context, "parts/handover.html", await shown(context, *_place(request)))


@post("/records/{entity:str}/assign/{handover:str}/undo", include_in_schema=False, status_code=303)
async def take_back(request: Asked) -> Redirect:
    """Take it back."""
    context = await page_context(request)
    handover_id, address = _place(request)
    await handover.undo(context, handover_id)
    return Redirect(address, status_code=303)


def _place(request: Asked) -> tuple[str, str]:
    params = request.path_params
    return params["handover"], f"/records/{params['entity']}/assign/{params['handover']}"


def _clear(named: Taker) -> None:
    if not named.id:
        raise Invalid([FieldError("owner", "person", named.error or Message("Choose who takes over."))])


def _errors(error: Invalid | VersionConflict) -> tuple[FieldError, ...]:
    return error.errors if isinstance(error, Invalid) else (FieldError("", error.code, error.message),)


def _texts(form: FormMultiDict, name: str) -> tuple[str, ...]:
    return tuple(str(value) for value in form.getall(name, []) if isinstance(value, str))


async def _next(context: Context, params: Mapping[str, str]) -> str:
    """The record, unless it is out of sight now."""
    found = await queries.choices(context, params["entity"], ids=[params["record"]])
    return f"/records/{params['entity']}" + (f"/{params['record']}" if found else "")


async def _one(
    request: Asked,
    context: Context,
    named: Taker | None = None,
    along: frozenset[str] = frozenset(),
    errors: Sequence[FieldError] = (),
) -> Response[Any]:
    entity = _owned(request, context)
    record = await queries.get_record(context, entity.id, request.path_params["record"])
    if not record.can_assign:
        raise Forbidden(Message("You may not give this record to somebody else."))
    back = f"/records/{entity.id}/{record.id}"
    data = AssignPage(
        entity, f"{back}/assign", back, title_of(entity, record), named or Taker(), await offered(context),
        await _along(context, entity, [record.id]), along, version=record.version, errors=tuple(errors),
    )  # fmt: skip
    return page(request, context, "assign.html", data, status=422 if errors else 200)


async def _many(
    request: Asked,
    context: Context,
    named: Taker | None = None,
    along: frozenset[str] = frozenset(),
    given: Posted | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[Any]:
    entity = _owned(request, context)
    if not context.access.allows(entity.id, "assign") or not context.access.system("bulk_update"):
        raise Forbidden(Message("You may not give several records away at once."))
    rows = await chosen(request, context, listed(request, context, entity), GIVEABLE, given)
    suffix = suffix_of(request)
    data = AssignPage(
        entity, f"/records/{entity.id}/assign{suffix}", f"/records/{entity.id}{suffix}", "", named or Taker(),
        await offered(context), await _along(context, entity, rows.ids), along, rows, errors=tuple(errors),
    )  # fmt: skip
    return page(request, context, "assign.html", data, status=422 if errors else 200)


async def _along(context: Context, entity: Entity, ids: Sequence[str]) -> tuple[Along, ...]:
    if not ids or not context.access.system("bulk_update"):
        return ()
    localised = context.snapshot.localised(context.locale)
    found = []
    for name, count in (await transfer.related(context, entity.id, ids)).items():
        other, key = name.rsplit(".", 1)
        shown_entity = localised.entity(other)
        found.append(Along(name, shown_entity.plural, shown_entity.fields[key].caption, count))
    return tuple(found)


def _owned(request: Asked, context: Context) -> Entity:
    entity = context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])
    if not entity.traits.owned or not context.access.allows(entity.id, "read"):
        raise Forbidden(Message("You may not give this record to somebody else."))
    return entity


HANDLERS: list[Any] = [one_page, give_one, many_page, give_many, given_page, given_progress, take_back]
