"""Signing in with a provider of the organisation: off to it, and back."""

from typing import Any

import structlog
from litestar import Response, get
from litestar.response import Redirect

from trellis.kernel.errors import TrellisError, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import oidc
from trellis.services.accountlinks import address_of
from trellis.services.context import Context
from trellis.services.signing_in import signed_in
from trellis.web.cookies import JOURNEY_COOKIE, facts_of, gone, hidden
from trellis.web.http import Asked, cookie_name, visitor_context
from trellis.web.links import inside
from trellis.web.pages.sign_in import LOGIN_LIMIT, LoginPage, login_form, received

_log = structlog.get_logger()


def callback_address(context: Context, provider: str) -> str:
    """The address to which a provider sends people back, as it has to be registered there."""
    return address_of(context, f"/login/oidc/{provider}/callback")


@get("/login/oidc/{provider:str}", include_in_schema=False, middleware=[LOGIN_LIMIT.middleware])
async def leave(request: Asked) -> Response[Any]:
    """Off to the provider; a sealed note of the journey stays in the browser."""
    context = (await visitor_context(request)).as_system()
    provider, target = request.path_params["provider"], inside(request.query_params.get("next", "/"))
    try:
        departure = await oidc.depart(context, provider, callback_address(context, provider), target)
    except TrellisError as error:
        _log.warning("oidc_unreachable", provider=provider, error=error.code)
        text = Message("The provider cannot be reached. Try again, or sign in with a password.")
        return await login_form(request, context, LoginPage(error=text, next=target), 502)
    journey = hidden(request, JOURNEY_COOKIE, departure.sealed, 600)
    return Redirect(departure.url, status_code=303, cookies=[journey])


@get("/login/oidc/{provider:str}/callback", include_in_schema=False, middleware=[LOGIN_LIMIT.middleware])
async def come_back(request: Asked) -> Response[Any]:
    """Back from the provider: whoever it names is signed in."""
    context = (await visitor_context(request)).as_system()
    provider, sealed = request.path_params["provider"], request.cookies.get(cookie_name(request, JOURNEY_COOKIE), "")
    try:
        arrival = await oidc.arrive(context, provider, sealed, dict(request.query_params.items()))
        user = await oidc.user_of(context, arrival)
        strong = "+provider" if arrival.provider.options.strong else ""
        outcome = await signed_in(context, user, method=f"oidc:{provider}{strong}", facts=facts_of(request))
    except Unauthenticated as error:
        answer = await login_form(request, context, LoginPage(error=error.message), 422)
    else:
        answer = received(request, outcome, inside(arrival.target))
    answer.cookies.append(gone(request, JOURNEY_COOKIE))
    return answer


HANDLERS: list[Any] = [leave, come_back]
