"""Signing in and out, one's own account, language and look."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Invalid, TooManyRequests, TrellisError, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts
from trellis.services.context import Context
from trellis.web.catalogues import offered
from trellis.web.flash import flash_cookie
from trellis.web.http import (
    LOCALE_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    Asked,
    locale_of,
    page_context,
    site_of,
    visitor_context,
)
from trellis.web.render.environment import THEMES, formats_of, page, words
from trellis.web.render.shell import rail_of

YEAR = 365 * 24 * 3600
LOGIN_LIMIT = RateLimitConfig(rate_limit=("minute", 60), store="login_limit")
"""How often one address may try to sign in; accounts have their own, slower back-off."""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The sign-in form: what was typed, what was wrong, where to go afterwards."""

    email: str = ""
    error: Message | None = None
    next: str = "/"


@get("/login", include_in_schema=False)
async def login_page(request: Asked) -> Response[Any]:
    """The sign-in form."""
    context = await visitor_context(request)
    target = inside(request.query_params.get("next", "/"))
    if not context.actor.is_system:
        return Redirect(target)
    return page(request, context, "login.html", LoginPage(next=target))


@post("/login", include_in_schema=False, status_code=200, middleware=[LOGIN_LIMIT.middleware])
async def login(request: Asked) -> Response[Any]:
    """Sign in; a wrong password keeps what was typed."""
    context = await visitor_context(request)
    form = await request.form()
    email, target = str(form.get("email", "")).strip(), inside(str(form.get("next", "/")))
    try:
        user = await accounts.sign_in(context, email, str(form.get("password", "")))
    except (Unauthenticated, TooManyRequests) as error:
        status = 429 if isinstance(error, TooManyRequests) else 422
        return page(request, context, "login.html", LoginPage(email, error.message, target), status=status)
    secret = await accounts.start_session(context, user, request.headers.get("user-agent", ""))
    return Redirect(target, status_code=303, cookies=[_cookie(request, SESSION_COOKIE, secret, hidden=True)])


@post("/logout", include_in_schema=False, status_code=303)
async def logout(request: Asked) -> Redirect:
    """Sign this browser out."""
    context = await visitor_context(request)
    secret = request.cookies.get(SESSION_COOKIE)
    if secret and not context.actor.is_system:
        await accounts.end_session(context, context.actor.id, secret)
    gone = Cookie(key=SESSION_COOKIE, value="", max_age=0, httponly=True, samesite="lax")
    return Redirect("/login", status_code=303, cookies=[gone])


@get("/", include_in_schema=False)
async def home(request: Asked) -> Redirect:
    """The first place of one's own menu."""
    context = await page_context(request)
    return Redirect(rail_of(context, locale_of(request, context)).home)


@post("/preferences", include_in_schema=False, status_code=303)
async def save_preferences(request: Asked) -> Redirect:
    """Language and look, for this browser; back to where one was."""
    form = await request.form()
    cookies = []
    if form.get("locale") in offered((await visitor_context(request)).snapshot.locales):
        cookies.append(_cookie(request, LOCALE_COOKIE, str(form["locale"]), hidden=False))
    if form.get("theme") in THEMES:
        cookies.append(_cookie(request, THEME_COOKIE, str(form["theme"]), hidden=False))
    return Redirect(inside(str(form.get("back", "/"))), status_code=303, cookies=cookies)


def _cookie(request: Asked, name: str, value: str, *, hidden: bool) -> Cookie:
    secure = site_of(request).settings.https == "1"
    return Cookie(key=name, value=value, max_age=YEAR, httponly=hidden, secure=secure, samesite="lax")


def inside(target: str) -> str:
    """The address, if it is one of ours; else the start."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and "\r" not in target and "\n" not in target
    return target if safe else "/"


@dataclass(frozen=True)
class AccountPage:
    """One's own account."""

    roles: tuple[str, ...]
    sessions: tuple[tuple[str, str, str, bool], ...]
    errors: tuple[FieldError, ...] = ()


@get("/account", include_in_schema=False)
async def account_page(request: Asked) -> Response[Any]:
    """Who one is, one's password and browsers."""
    return await _account(request, await page_context(request))


async def _account(request: Asked, context: Context, errors: tuple[FieldError, ...] = ()) -> Response[Any]:
    formats = formats_of(request, context)
    roles = context.snapshot.localised(formats.locale).roles
    secret = request.cookies.get(SESSION_COOKIE, "")
    sessions = tuple(
        (item.token_hash, item.agent, formats.datetime(item.seen_at), accounts.is_session(item, secret))
        for item in await accounts.sessions(context, context.actor.id)
    )
    held = tuple(roles[role].label for role in sorted(context.actor.roles) if role in roles)
    return page(request, context, "account.html", AccountPage(held, sessions, errors), status=422 if errors else 200)


@post("/account/password", include_in_schema=False, status_code=200)
async def change_password(request: Asked) -> Response[Any]:
    """A new password, after the old one."""
    context = await page_context(request)
    form = await request.form()
    try:
        await accounts.sign_in(context, context.actor.email, str(form.get("current", "")))
        await accounts.set_password(context, context.actor.id, str(form.get("password", "")))
    except Invalid as error:
        return await _account(request, context, error.errors)
    except TrellisError as error:
        return await _account(request, context, (FieldError("current", error.code, error.message),))
    secret = await accounts.start_session(context, context.actor.id, request.headers.get("user-agent", ""))
    text = words(locale_of(request, context))("The password was changed.")
    cookies = [_cookie(request, SESSION_COOKIE, secret, hidden=True), flash_cookie(text)]
    return Redirect("/account", status_code=303, cookies=cookies)


@post("/account/sessions/end", include_in_schema=False, status_code=303)
async def end_session(request: Asked) -> Redirect:
    """Sign another browser out."""
    context = await page_context(request)
    form = await request.form()
    await accounts.end_device(context, context.actor.id, str(form.get("session", "")))
    return Redirect("/account", status_code=303)


@dataclass(frozen=True)
class TokensPage:
    """One's API tokens; `secret` is shown only right after it was made."""

    tokens: tuple[tuple[str, str, str, str, str], ...]
    secret: str = ""
    error: Message | None = None


@get("/account/tokens", include_in_schema=False)
async def tokens_page(request: Asked) -> Response[Any]:
    """The tokens of the actor."""
    return await _tokens(request, await page_context(request))


async def _tokens(request: Asked, context: Context, secret: str = "", error: Message | None = None) -> Response[Any]:
    formats = formats_of(request, context)
    found = tuple(
        (
            item.id,
            item.name,
            item.prefix,
            formats.datetime(item.created_at),
            formats.datetime(item.last_used_at) if item.last_used_at else "",
        )
        for item in await accounts.tokens(context, context.actor.id)
    )
    status = 422 if error else 200
    return page(request, context, "tokens.html", TokensPage(found, secret, error), status=status)


@post("/account/tokens", include_in_schema=False, status_code=200)
async def make_token(request: Asked) -> Response[Any]:
    """A new token, shown once."""
    context = await page_context(request)
    form = await request.form()
    name = str(form.get("name", "")).strip()[:80]
    if not name:
        return await _tokens(request, context, error=Message("{label} is required.", {"label": Message("Name")}))
    days = str(form.get("days", ""))
    expires = context.now() + timedelta(days=int(days)) if days.isdigit() and 0 < int(days) <= 3650 else None
    return await _tokens(request, context, await accounts.create_token(context, context.actor.id, name, expires))


@post("/account/tokens/revoke", include_in_schema=False, status_code=303)
async def revoke_token(request: Asked) -> Redirect:
    """Make a token useless."""
    context = await page_context(request)
    form = await request.form()
    await accounts.revoke_token(context, context.actor.id, str(form.get("token", "")))
    text = words(locale_of(request, context))("The token was revoked.")
    return Redirect("/account/tokens", status_code=303, cookies=[flash_cookie(text)])


HANDLERS: list[Any] = [
    login_page, login, logout, home, save_preferences, account_page, change_password, end_session, tokens_page, make_token,
    revoke_token,
]  # fmt: skip
