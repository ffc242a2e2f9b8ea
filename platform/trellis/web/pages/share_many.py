"""Sharing the chosen rows of a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Response, get, post

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services.context import Context
from trellis.services.handing import bulk
from trellis.services.sharing import LONGEST_PART
from trellis.web.http import Asked, locale_of, page_context
from trellis.web.pages.bulk import ended
from trellis.web.pages.chosen import Chosen, Posted, chosen, listed, posted, selection, suffix_of
from trellis.web.pages.sharing import (
    Option,
    Typed,
    choices_answer,
    choices_for,
    offered_actions,
    read_terms,
    typed_in,
    with_name,
)
from trellis.web.render.environment import formats_of, page
from trellis.web.render.sharing import ACTIONS

SHAREABLE = ("read", "share")


@dataclass(frozen=True, slots=True)
class ShareManyPage:
    """The form to share several records of a list."""

    entity: Entity
    address: str
    back: str
    chosen: Chosen
    typed: Typed
    actions: tuple[Option, ...]
    choices: tuple[Option, ...]
    searched: bool
    longest: int
    errors: tuple[FieldError, ...] = ()
    wrong: Mapping[str, Message] = field(default_factory=dict)


@get("/records/{entity:str}/share", include_in_schema=False)
async def share_page(request: Asked) -> Response[Any]:
    """The records of a list that may be shared."""
    context = await page_context(request)
    return await _show(request, context, _entity(request, context), None, Typed())


@get("/records/{entity:str}/share/grantees", include_in_schema=False)
async def find_grantees(request: Asked) -> Response[Any]:
    """People, teams and roles to share with, as JSON for the form's list."""
    context = await page_context(request)
    _entity(request, context)
    return choices_answer(await choices_for(request, context, request.query_params.get("q", "")[:200]))


@post("/records/{entity:str}/share", include_in_schema=False, status_code=200)
async def share_chosen(request: Asked) -> Response[Any]:
    """Share the chosen records, or all of the list; without a script the form comes back with people to choose first."""
    context = await page_context(request)
    entity, form = _entity(request, context), await request.form()
    given, typed = posted(form), typed_in(form)
    if given.opens:
        return await _show(request, context, entity, given, Typed())
    if "_choose" in form or not typed.grantee:
        return await _show(request, context, entity, given, typed, searching=True)
    try:
        grantee, terms = read_terms(typed, formats_of(request, context))
        meant = selection(entity, listed(request, context, entity), given)
        done = await bulk.share(context, meant, grantee, terms, once=given.once)
    except Invalid as error:
        return await _show(request, context, entity, given, typed, errors=tuple(error.errors))
    return await ended(request, context, entity, done, Message("Shared: {count}."))


async def _show(
    request: Asked,
    context: Context,
    entity: Entity,
    given: Posted | None,
    typed: Typed,
    *,
    searching: bool = False,
    errors: tuple[FieldError, ...] = (),
) -> Response[Any]:
    suffix, access = suffix_of(request), context.access
    data = ShareManyPage(
        entity=entity,
        address=f"/records/{entity.id}/share{suffix}",
        back=f"/records/{entity.id}{suffix}",
        chosen=await chosen(request, context, listed(request, context, entity), SHAREABLE, given),
        typed=await with_name(context, typed),
        actions=offered_actions(
            [action for action in ACTIONS if access.allows(entity.id, action)], typed, formats_of(request, context)
        ),
        choices=await choices_for(request, context, typed.search) if searching else (),
        searched=searching,
        longest=LONGEST_PART,
        errors=errors,
        wrong={error.path: error.message for error in errors},
    )
    return page(request, context, "share_many.html", data, status=422 if errors else 200)


def _entity(request: Asked, context: Context) -> Entity:
    """The entity, if the actor may share several of its records at once; raises Forbidden."""
    entity = context.snapshot.localised(locale_of(request, context)).entity(request.path_params["entity"])
    bulk.require(context, entity, bulk.SHARE)
    return entity


HANDLERS: list[Any] = [share_page, find_grantees, share_chosen]
