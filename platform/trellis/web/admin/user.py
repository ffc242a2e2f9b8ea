"""One user: the person, the roles, the account with its browsers and tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound, TooManyRequests, VersionConflict
from trellis.kernel.identity import canonical_id
from trellis.kernel.messages import Message
from trellis.services import accounts, lifecycle, oidc, second_factor, teams
from trellis.services.context import Context
from trellis.services.directory import UserCard, addresses, user_card, user_with_email
from trellis.services.impersonating import refusal
from trellis.services.teams import Branch
from trellis.web.admin.frame import admin_context, admin_page
from trellis.web.admin.user_words import LANGUAGES, STATES, TONES
from trellis.web.admin.users import USERS, role_choices
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of
from trellis.web.pages.account_lines import (
    IdentityLine,
    SessionLine,
    TokenLine,
    identity_lines,
    session_lines,
    token_lines,
)
from trellis.web.pages.token_form import posted
from trellis.web.render.environment import formats_of, words

USER = USERS + "/{user:str}"


@dataclass(frozen=True, slots=True)
class Dates:
    """Moments of the account, as the reader reads them; empty for what has not been."""

    created: str
    invited: str
    invitation_until: str
    signed_in: str
    disabled: str


@dataclass(frozen=True, slots=True)
class UserPage:
    """One user as an administrator sees it; `secret` is shown only right after it was made."""

    card: UserCard
    state: Message
    tone: str
    dates: Dates
    roles: tuple[tuple[str, str, str], ...]
    teams: tuple[Branch, ...]
    people: tuple[tuple[str, str], ...]
    languages: Mapping[str, str]
    language: str
    sessions: tuple[SessionLine, ...]
    tokens: tuple[TokenLine, ...]
    identities: tuple[IdentityLine, ...]
    oneself: bool
    service: bool
    second_factor: bool
    may_act: bool
    secret: str = ""
    errors: tuple[FieldError, ...] = ()
    typed: Mapping[str, Sequence[str]] | None = None


@get(USER, include_in_schema=False)
async def user_page(request: Asked) -> Response[Any]:
    """The user with all that belongs to the account."""
    return await show(request, await admin_context(request), user_of(request))


@post(USER, include_in_schema=False, status_code=200)
async def save_user(request: Asked) -> Response[Any]:
    """Name, address, team, manager and language; what is wrong comes back with what was typed."""
    context, user = await admin_context(request), user_of(request)
    texts = await posted(request)
    try:
        await lifecycle.change(context, user, await _values(context, texts), _version(texts))
    except (Invalid, VersionConflict) as error:
        errors = error.errors if isinstance(error, Invalid) else (FieldError("", error.code, error.message),)
        return await show(request, context, user, errors=errors, typed=texts)
    return done(request, context, user, Message("Saved."))


@post(USER + "/roles", include_in_schema=False, status_code=200)
async def save_roles(request: Asked) -> Response[Any]:
    """Give the user just the roles that are ticked."""
    context, user = await admin_context(request), user_of(request)
    try:
        await accounts.assign_roles(context, user, (await posted(request)).get("roles", []))
    except Invalid as error:
        return await show(request, context, user, errors=error.errors)
    return done(request, context, user, Message("The roles were saved."))


async def show(
    request: Asked,
    context: Context,
    user: str,
    *,
    secret: str = "",
    errors: Sequence[FieldError] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> Response[Any]:
    """The page of a user."""
    card = await user_card(context, user)
    kind = card.account.kind
    acts = context.access.system("impersonate") and refusal(context, card.person, kind) is None
    data = UserPage(
        card=card,
        state=STATES[card.state],
        tone=TONES[card.state],
        dates=_dates(request, context, card),
        roles=role_choices(request, context),
        teams=tuple(await teams.tree(context)),
        people=await addresses(context),
        languages=LANGUAGES,
        language="zh_cn" if card.locale == "zh-CN" else "en",
        sessions=session_lines(request, context, card.sessions),
        tokens=token_lines(request, context, card.tokens),
        identities=await _identities(request, context, card),
        oneself=card.person.id == context.actor.id,
        service=kind == "service",
        second_factor=await second_factor.is_on(context, card.person.id),
        may_act=acts,
        secret=secret,
        errors=tuple(errors),
        typed=typed,
    )
    return await admin_page(request, context, "admin/user.html", data, status=422 if errors else 200)


async def _identities(request: Asked, context: Context, card: UserCard) -> tuple[IdentityLine, ...]:
    found = await oidc.linked(context, card.person.id)
    return identity_lines(request, context, found, has_password=card.has_password)


def user_of(request: Asked) -> str:
    """The id in the address; raises NotFound for what is none."""
    known = canonical_id(request.path_params["user"])
    if known is None:
        raise NotFound
    return known


def done(request: Asked, context: Context, user: str, text: Message) -> Redirect:
    """Back to the page, with what was done."""
    said = words(locale_of(request, context))(text)
    return Redirect(f"{USERS}/{user}", status_code=303, cookies=[flash_cookie(str(said))])


def errors_of(error: Invalid | TooManyRequests | Forbidden) -> tuple[FieldError, ...]:
    """What the page says about a refusal."""
    return error.errors if isinstance(error, Invalid) else (FieldError("", error.code, error.message),)


async def _values(context: Context, texts: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """What the form says of the person; a manager is named by address."""
    given: dict[str, object] = {
        key: next(iter(texts[key]), "").strip() or None
        for key in ("name", "email", "title", "team", "locale") if key in texts
    }  # fmt: skip
    manager = next(iter(texts.get("manager", ())), "").strip()
    if "manager" in texts:
        given["manager"] = await user_with_email(context, manager) if manager else None
        if manager and given["manager"] is None:
            text = Message("There is no user with the address {email}.", {"email": manager})
            raise Invalid([FieldError("manager", "unknown_user", text)])
    return given


def _version(texts: Mapping[str, Sequence[str]]) -> int | None:
    text = next(iter(texts.get("version", ())), "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _dates(request: Asked, context: Context, card: UserCard) -> Dates:
    formats, account = formats_of(request, context), card.account
    moments = (
        account.created_at, account.invited_at, card.invitation_until, account.signed_in_at, account.disabled_at
    )  # fmt: skip
    return Dates(*(formats.datetime(moment) if moment else "" for moment in moments))


HANDLERS: list[Any] = [user_page, save_user, save_roles]
