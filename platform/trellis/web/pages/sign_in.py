"""Signing in and out, and what every way of signing in ends with."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, assert_never
from urllib.parse import quote

from litestar import Response, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect

from trellis.kernel.errors import TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.oidc import buttons
from trellis.services.signing_in import CODE_LASTS, PASSWORD, MustChange, NeedsCode, Outcome, SignedIn, signed_in
from trellis.web.cookies import CODE_COOKIE, LINK_COOKIE, LINK_LENGTH, facts_of, gone, hidden, signed_in_cookies
from trellis.web.http import SESSION_COOKIE, SMALL, Asked, session_secret, unfinished_context, visitor_context
from trellis.web.links import inside
from trellis.web.render.environment import page

LOGIN_LIMIT = RateLimitConfig(rate_limit=("minute", 60), store="login_limit")
"""How often one address may knock at all; accounts and networks have their own, slower back-off."""


@dataclass(frozen=True, slots=True)
class LoginPage:
    """The sign-in form: what was typed, what was wrong, where to go afterwards."""

    email: str = ""
    error: Message | None = None
    next: str = "/"
    providers: tuple[tuple[str, str], ...] = ()


@get("/login", include_in_schema=False)
async def login_page(request: Asked) -> Response[Any]:
    """The sign-in form."""
    context = await visitor_context(request)
    target = inside(request.query_params.get("next", "/"))
    if not context.actor.is_system:
        return Redirect(target)
    return await login_form(request, context, LoginPage(next=target))


@post(
    "/login", include_in_schema=False, status_code=200, request_max_body_size=SMALL, middleware=[LOGIN_LIMIT.middleware]
)
async def login(request: Asked) -> Response[Any]:
    """Sign in; a wrong password keeps what was typed."""
    context = await visitor_context(request)
    form = await request.form()
    email, target = str(form.get("email", "")).strip(), inside(str(form.get("next", "/")))
    facts = facts_of(request)
    try:
        user = await accounts.sign_in(context, email, str(form.get("password", "")), facts.known)
        outcome = await signed_in(context.as_system(), user, method=PASSWORD, facts=facts)
    except (Unauthenticated, TooManyRequests) as error:
        status = 429 if isinstance(error, TooManyRequests) else 422
        return await login_form(request, context, LoginPage(email, error.message, target), status)
    return received(request, outcome, target)


async def login_form(request: Asked, context: Context, data: LoginPage, status: int = 200) -> Response[Any]:
    """The form with all ways of signing in that there are."""
    data = replace(data, providers=tuple(await buttons(context)))
    return page(request, context, "login.html", data, status=status)


def received(request: Asked, outcome: Outcome, target: str) -> Redirect:
    """Where somebody goes who has proved who they are; every way of signing in ends here."""
    match outcome:
        case SignedIn():
            return Redirect(target, status_code=303, cookies=signed_in_cookies(request, outcome))
        case MustChange():
            cookie = hidden(request, LINK_COOKIE, outcome.link, LINK_LENGTH)
            return Redirect("/password", status_code=303, cookies=[cookie])
        case NeedsCode():
            cookie = hidden(request, CODE_COOKIE, outcome.pending, int(CODE_LASTS.total_seconds()))
            return Redirect(f"/login/code?next={quote(target)}", status_code=303, cookies=[cookie])
        case _:
            assert_never(outcome)


@post("/logout", include_in_schema=False, status_code=303, request_max_body_size=SMALL)
async def logout(request: Asked) -> Redirect:
    """Sign this browser out."""
    with suppress(Unauthenticated):
        context = await unfinished_context(request)
        await accounts.end_session(context, context.actor.id, session_secret(request))
    return Redirect("/login", status_code=303, cookies=[gone(request, SESSION_COOKIE)])


HANDLERS: list[Any] = [login_page, login, logout]
