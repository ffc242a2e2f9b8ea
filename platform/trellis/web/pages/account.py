"""One's own account, browsers and tokens, language and look."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Invalid, TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.signing_in import PASSWORD
from trellis.web.catalogues import offered
from trellis.web.cookies import YEAR, facts_of, session_cookie
from trellis.web.flash import flash_cookie
from trellis.web.http import (
    LOCALE_COOKIE,
    SMALL,
    THEME_COOKIE,
    Asked,
    locale_of,
    page_context,
    session_secret,
    site_of,
    visitor_context,
)
from trellis.web.links import inside
from trellis.web.pages.account_lines import SessionLine, TokenLine, role_names, session_lines, token_lines
from trellis.web.pages.token_form import posted, token_given
from trellis.web.render.environment import THEMES, page, words
from trellis.web.render.shell import rail_of


@get("/", include_in_schema=False)
async def home(request: Asked) -> Redirect:
    """The first place of one's own menu."""
    context = await page_context(request)
    return Redirect(rail_of(context, locale_of(request, context)).home)


@post("/preferences", include_in_schema=False, status_code=303, request_max_body_size=SMALL)
async def save_preferences(request: Asked) -> Redirect:
    """Language and look, for this browser; back to where one was."""
    form = await request.form()
    cookies = []
    if form.get("locale") in offered((await visitor_context(request)).snapshot.locales):
        cookies.append(_look(request, LOCALE_COOKIE, str(form["locale"])))
    if form.get("theme") in THEMES:
        cookies.append(_look(request, THEME_COOKIE, str(form["theme"])))
    return Redirect(inside(str(form.get("back", "/"))), status_code=303, cookies=cookies)


def _cookie(request: Asked, name: str, value: str, *, hidden: bool) -> Cookie:
    secure = site_of(request).settings.https == "1"
    return Cookie(key=name, value=value, max_age=YEAR, httponly=hidden, secure=secure, samesite="lax")


def _look(request: Asked, name: str, value: str) -> Cookie:
    secure = site_of(request).settings.https == "1"
    return Cookie(key=name, value=value, max_age=YEAR, secure=secure, samesite="lax")


@dataclass(frozen=True)
class AccountPage:
    """One's own account."""

    roles: tuple[str, ...]
    sessions: tuple[SessionLine, ...]
    shortest: int
    errors: tuple[FieldError, ...] = ()


@get("/account", include_in_schema=False)
async def account_page(request: Asked) -> Response[Any]:
    """Who one is, one's password and browsers."""
    return await _account(request, await page_context(request))


async def _account(request: Asked, context: Context, errors: tuple[FieldError, ...] = ()) -> Response[Any]:
    names = role_names(request, context)
    sessions = session_lines(request, context, await accounts.sessions(context, context.actor.id))
    held = tuple(names[role] for role in sorted(context.actor.roles) if role in names)
    data = AccountPage(held, sessions, context.preferences.accounts.shortest_password, errors)
    return page(request, context, "account.html", data, status=422 if errors else 200)


@post("/account/password", include_in_schema=False, status_code=200)
async def change_password(request: Asked) -> Response[Any]:
    """A new password, after the old one; all other browsers are signed out."""
    context = await page_context(request)
    form = await request.form()
    try:
        known = facts_of(request).known
        await accounts.sign_in(context, context.actor.email, str(form.get("current", "")), known)
        await accounts.set_password(context, context.actor.id, str(form.get("password", "")))
    except Invalid as error:
        return await _account(request, context, error.errors)
    except (Unauthenticated, TooManyRequests) as error:
        wrong = Message("The current password is wrong.")
        text = error.message if isinstance(error, TooManyRequests) else wrong
        return await _account(request, context, (FieldError("current", error.code, text),))
    agent = request.headers.get("user-agent", "")
    secret = await accounts.start_session(context, context.actor.id, agent, method=context.method or PASSWORD)
    text = words(locale_of(request, context))("The password was changed.")
    return Redirect("/account", status_code=303, cookies=[session_cookie(request, secret), flash_cookie(text)])


@post("/account/sessions/end", include_in_schema=False, status_code=303)
async def end_session(request: Asked) -> Redirect:
    """Sign another browser out, or all others."""
    context = await page_context(request)
    form = await request.form()
    if form.get("session") == "others":
        await accounts.end_other_sessions(context, context.actor.id, session_secret(request))
    else:
        await accounts.end_device(context, context.actor.id, str(form.get("session", "")))
    return Redirect("/account", status_code=303)


@dataclass(frozen=True)
class TokensPage:
    """One's API tokens; `secret` is shown only right after it was made."""

    tokens: tuple[TokenLine, ...]
    roles: tuple[tuple[str, str], ...]
    secret: str = ""
    error: Message | None = None


@get("/account/tokens", include_in_schema=False)
async def tokens_page(request: Asked) -> Response[Any]:
    """The tokens of the actor."""
    return await _tokens(request, await page_context(request))


async def _tokens(request: Asked, context: Context, secret: str = "", error: Message | None = None) -> Response[Any]:
    found = token_lines(request, context, await accounts.tokens(context, context.actor.id))
    names = role_names(request, context)
    roles = tuple((role, names[role]) for role in sorted(context.actor.roles) if role in names)
    status = 422 if error else 200
    return page(request, context, "tokens.html", TokensPage(found, roles, secret, error), status=status)


@post("/account/tokens", include_in_schema=False, status_code=200)
async def make_token(request: Asked) -> Response[Any]:
    """A new token, shown once."""
    context = await page_context(request)
    try:
        given = token_given(await posted(request), context.now())
        secret = await accounts.create_token(context, context.actor.id, given.name, given.expires_at, roles=given.roles)
    except Invalid as error:
        return await _tokens(request, context, error=error.errors[0].message)
    return await _tokens(request, context, secret)


@post("/account/tokens/revoke", include_in_schema=False, status_code=303)
async def revoke_token(request: Asked) -> Redirect:
    """Make a token useless."""
    context = await page_context(request)
    form = await request.form()
    await accounts.revoke_token(context, context.actor.id, str(form.get("token", "")))
    text = words(locale_of(request, context))("The token was revoked.")
    return Redirect("/account/tokens", status_code=303, cookies=[flash_cookie(text)])


HANDLERS: list[Any] = [
    home, save_preferences, account_page, change_password, end_session, tokens_page, make_token, revoke_token,
]  # fmt: skip
