"""What an administrator does to the account of a user: letters, passwords, browsers, tokens, closing, acting for."""

import secrets
from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from trellis.kernel.errors import Forbidden, Invalid, TooManyRequests
from trellis.kernel.messages import Message
from trellis.services import accounts, lifecycle, oidc, second_factor
from trellis.services.impersonating import impersonate, stop
from trellis.services.invitations import send_invitation, withdraw_invitation
from trellis.services.resets import send_reset
from trellis.web.admin.frame import admin_context
from trellis.web.admin.user import USER, done, errors_of, show, user_of
from trellis.web.admin.users import USERS
from trellis.web.cookies import session_cookie
from trellis.web.http import Asked, page_context, session_secret
from trellis.web.pages.token_form import posted, token_given


@post(USER + "/invitation", include_in_schema=False, status_code=200)
async def invite_again(request: Asked) -> Response[Any]:
    """Send an invitation, or send it again."""
    context, user = await admin_context(request), user_of(request)
    try:
        await send_invitation(context, user)
    except (Invalid, TooManyRequests) as error:
        return await show(request, context, user, errors=errors_of(error))
    return done(request, context, user, Message("The invitation is on its way."))


@post(USER + "/invitation/withdraw", include_in_schema=False, status_code=303)
async def withdraw(request: Asked) -> Redirect:
    """Make the link in the letter useless."""
    context, user = await admin_context(request), user_of(request)
    await withdraw_invitation(context, user)
    return done(request, context, user, Message("The invitation was withdrawn."))


@post(USER + "/reset", include_in_schema=False, status_code=303)
async def reset(request: Asked) -> Redirect:
    """Send a letter that lets the user choose a new password."""
    context, user = await admin_context(request), user_of(request)
    await send_reset(context, user)
    return done(request, context, user, Message("A letter with a link is on its way."))


@post(USER + "/password", include_in_schema=False, status_code=200)
async def password_for_once(request: Asked) -> Response[Any]:
    """A password that serves to choose another, shown once."""
    context, user = await admin_context(request), user_of(request)
    password = secrets.token_urlsafe(12)
    await accounts.set_password(context, user, password, must_change=True)
    return await show(request, context, user, secret=password)


@post(USER + "/second-factor/reset", include_in_schema=False, status_code=303)
async def reset_second_factor(request: Asked) -> Redirect:
    """Take the second factor of somebody away who has lost it."""
    context, user = await admin_context(request), user_of(request)
    await second_factor.reset(context, user)
    return done(request, context, user, Message("The second factor was taken away."))


@post(USER + "/identities/unlink", include_in_schema=False, status_code=200)
async def unlink(request: Asked) -> Response[Any]:
    """Unlink a provider with which the user signs in."""
    context, user = await admin_context(request), user_of(request)
    try:
        await oidc.unlink(context, user, next(iter((await posted(request)).get("identity", [])), ""))
    except Invalid as error:
        return await show(request, context, user, errors=error.errors)
    return done(request, context, user, Message("The provider was unlinked. All browsers were signed out."))


@post(USER + "/disable", include_in_schema=False, status_code=200)
async def disable(request: Asked) -> Response[Any]:
    """Close the account."""
    context, user = await admin_context(request), user_of(request)
    try:
        await lifecycle.disable(context, user)
    except Invalid as error:
        return await show(request, context, user, errors=error.errors)
    return done(request, context, user, Message("The account was disabled. Sessions ended, tokens were revoked."))


@post(USER + "/enable", include_in_schema=False, status_code=303)
async def enable(request: Asked) -> Redirect:
    """Open the account again."""
    context, user = await admin_context(request), user_of(request)
    await lifecycle.enable(context, user)
    return done(request, context, user, Message("The account is open again."))


@post(USER + "/sessions/end", include_in_schema=False, status_code=303)
async def end_session(request: Asked) -> Redirect:
    """Sign one browser of the user out, or all."""
    context, user = await admin_context(request), user_of(request)
    key = next(iter((await posted(request)).get("session", [])), "")
    if key == "all":
        await lifecycle.end_all_sessions(context, user)
    else:
        await lifecycle.end_one_session(context, user, key)
    return done(request, context, user, Message("Signed out."))


@post(USER + "/tokens", include_in_schema=False, status_code=200)
async def make_token(request: Asked) -> Response[Any]:
    """A new token of a service account, shown once."""
    context, user = await admin_context(request), user_of(request)
    try:
        given = token_given(await posted(request), context.now())
        secret = await accounts.create_token(context, user, given.name, given.expires_at, roles=given.roles)
    except Invalid as error:
        return await show(request, context, user, errors=error.errors)
    return await show(request, context, user, secret=secret)


@post(USER + "/tokens/revoke", include_in_schema=False, status_code=303)
async def revoke_token(request: Asked) -> Redirect:
    """Make a token of the user useless."""
    context, user = await admin_context(request), user_of(request)
    await accounts.revoke_token(context, user, next(iter((await posted(request)).get("token", [])), ""))
    return done(request, context, user, Message("The token was revoked."))


@post(USER + "/act", include_in_schema=False, status_code=200)
async def act(request: Asked) -> Response[Any]:
    """Begin to act in the user's place."""
    context, user = await page_context(request), user_of(request)
    agent = request.headers.get("user-agent", "")
    try:
        secret = await impersonate(context, user, secret=session_secret(request), agent=agent)
    except Forbidden as error:
        if not context.access.system("users"):
            raise
        return await show(request, context, user, errors=errors_of(error))
    return Redirect("/", status_code=303, cookies=[session_cookie(request, secret)])


@post("/acting/stop", include_in_schema=False, status_code=303)
async def stop_acting(request: Asked) -> Redirect:
    """Come back to oneself."""
    context = await page_context(request)
    secret = await stop(context, secret=session_secret(request), agent=request.headers.get("user-agent", ""))
    return Redirect(f"{USERS}/{context.actor.id}", status_code=303, cookies=[session_cookie(request, secret)])


HANDLERS: list[Any] = [
    invite_again, withdraw, reset, password_for_once, reset_second_factor, unlink, disable, enable, end_session, make_token,
    revoke_token, act, stop_acting,
]  # fmt: skip
