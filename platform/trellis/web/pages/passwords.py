"""Links in letters, and the pages on which people choose a password without knowing an old one."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Redirect

from trellis.kernel.errors import FieldError, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.services.accountlinks import INVITATION
from trellis.services.choosing import Opened, choose, opened
from trellis.services.context import Context
from trellis.services.resets import ask_for_reset
from trellis.web.cookies import LINK_COOKIE, LINK_LENGTH, facts_of, gone, hidden
from trellis.web.flash import flash_cookie
from trellis.web.http import SMALL, Asked, cookie_name, locale_of, visitor_context
from trellis.web.pages.sign_in import received
from trellis.web.render.environment import page, words

FORGOT_LIMIT = RateLimitConfig(rate_limit=("minute", 30), store="forgot_limit")
"""How often one address may ask at all; the letters have their own, slower limits."""


@dataclass(frozen=True, slots=True)
class ForgotPage:
    """The form that asks for a letter; `sent` whatever the address was."""

    email: str = ""
    sent: bool = False


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """The form for a new password, and for somebody who was invited a name."""

    invited: bool
    email: str
    name: str
    shortest: int
    errors: tuple[FieldError, ...] = ()


@get("/forgot", include_in_schema=False)
async def forgot_page(request: Asked) -> Response[Any]:
    """The form that asks for a letter."""
    return page(request, await visitor_context(request), "forgot.html", ForgotPage())


@post(
    "/forgot",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=SMALL,
    middleware=[FORGOT_LIMIT.middleware],
)
async def forgot(request: Asked) -> Response[Any]:
    """The answer is the same for every address."""
    context = await visitor_context(request)
    email = str((await request.form()).get("email", "")).strip()
    await ask_for_reset(context.as_system(), email)
    return page(request, context, "forgot.html", ForgotPage(email, sent=True))


@get("/link/{secret:str}", include_in_schema=False)
async def open_link(request: Asked) -> Redirect:
    """The secret goes from the address into a cookie, so that it stands in no page, history or log that follows."""
    cookie = hidden(request, LINK_COOKIE, request.path_params["secret"][:200], LINK_LENGTH)
    return Redirect("/password", status_code=303, cookies=[cookie], headers={"cache-control": "no-store"})


@get("/password", include_in_schema=False)
async def choose_page(request: Asked) -> Response[Any]:
    """The form for a new password, for who has come by a link; raises NotFound."""
    context = await visitor_context(request)
    found = await opened(context.as_system(), _secret(request))
    return _choose(request, context, found, found.name if found.kind == INVITATION else "")


@post("/password", include_in_schema=False, status_code=200, request_max_body_size=SMALL)
async def choose_password(request: Asked) -> Response[Any]:
    """The new password; what cannot be one comes back with the reason."""
    context, form = await visitor_context(request), await request.form()
    system, secret = context.as_system(), _secret(request)
    found = await opened(system, secret)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    try:
        outcome = await choose(system, secret, password=password, name=name, facts=facts_of(request))
    except Invalid as error:
        return _choose(request, context, found, name, error.errors)
    if outcome is not None:
        answer = received(request, outcome, "/")
    else:
        text = words(locale_of(request, context))("The password was changed. Sign in with it.")
        answer = Redirect("/login", status_code=303, cookies=[flash_cookie(text)])
    answer.cookies.append(gone(request, LINK_COOKIE))
    return answer


def _choose(
    request: Asked, context: Context, found: Opened, name: str, errors: tuple[FieldError, ...] = ()
) -> Response[Any]:
    shortest = context.preferences.accounts.shortest_password
    data = ChoosePage(found.kind == INVITATION, found.email, name, shortest, errors)
    return page(request, context, "password.html", data, status=422 if errors else 200)


def _secret(request: Asked) -> str:
    secret = request.cookies.get(cookie_name(request, LINK_COOKIE), "")
    if not secret:
        raise NotFound(Message("This link was used, withdrawn or is too old. Ask for a new one."))
    return secret


HANDLERS: list[Any] = [forgot_page, forgot, open_link, choose_page, choose_password]
