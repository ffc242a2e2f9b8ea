"""One's second factor: set up, renewed, turned off, also for people who must set it up first; linked providers."""

from dataclasses import dataclass, replace
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from markupsafe import Markup

from trellis.kernel.errors import Invalid, NotFound, TooManyRequests, TrellisError, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts, oidc, second_factor
from trellis.services.administering import require_oneself
from trellis.services.context import Context
from trellis.services.demands import is_strong
from trellis.services.second_factor import Secret, State
from trellis.services.signing_in import raised
from trellis.web.cookies import facts_of, signed_in_cookies
from trellis.web.flash import flash_cookie
from trellis.web.http import Asked, locale_of, page_context, session_secret, unfinished_context
from trellis.web.links import inside
from trellis.web.pages.account_lines import IdentityLine, identity_lines
from trellis.web.render.environment import formats_of, page, words

ADDRESS = "/account/security"


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """How the second factor stands; the secret and the codes are shown only in answer to the post that made them."""

    state: State
    since: str
    owes: bool
    next: str
    picture: Markup | None = None
    key: str = ""
    codes: tuple[str, ...] = ()
    error: Message | None = None
    at: str = ""
    """The form that the error is about."""
    identities: tuple[IdentityLine, ...] = ()


@get(ADDRESS, include_in_schema=False)
async def security_page(request: Asked) -> Response[Any]:
    """How one's second factor stands."""
    context = await _context(request)
    return await _page(request, context, request.query_params.get("next", ""))


@post(f"{ADDRESS}/start", include_in_schema=False, status_code=200)
async def start(request: Asked) -> Response[Any]:
    """A new secret to put into an authenticator app."""
    context = await _context(request)
    form = await request.form()
    return await _page(request, context, str(form.get("next", "")), secret=await second_factor.begin(context))


@post(f"{ADDRESS}/confirm", include_in_schema=False, status_code=200)
async def confirm(request: Asked) -> Response[Any]:
    """The first code turns it on; the recovery codes are shown once."""
    context = await _context(request)
    form = await request.form()
    target = str(form.get("next", ""))
    try:
        codes = await second_factor.confirm(context, str(form.get("code", "")))
    except NotFound:
        return Redirect(ADDRESS, status_code=303)
    except (Invalid, TooManyRequests) as error:
        secret = await second_factor.begun(context)
        return await _page(request, context, target, secret=secret, error=error, at="confirm")
    return await _raised(request, context, "totp", await _page(request, context, target, codes=codes))


@post(f"{ADDRESS}/raise", include_in_schema=False, status_code=200)
async def show_code(request: Asked) -> Response[Any]:
    """Show a code in the middle of a session that began without one."""
    context = await _context(request)
    form = await request.form()
    target = str(form.get("next", ""))
    try:
        means = await second_factor.check(context, context.actor.id, str(form.get("code", "")))
    except (Invalid, TooManyRequests, NotFound) as error:
        return await _page(request, context, target, error=error, at="raise")
    return await _raised(request, context, means, Redirect(inside(target or "/"), status_code=303))


@post(f"{ADDRESS}/codes", include_in_schema=False, status_code=200)
async def new_codes(request: Asked) -> Response[Any]:
    """Ten new recovery codes in place of the old ones, for a code."""
    context = await _context(request)
    form = await request.form()
    try:
        codes = await second_factor.new_codes(context, str(form.get("code", "")))
    except (Invalid, TooManyRequests, NotFound) as error:
        return await _page(request, context, error=error, at="codes")
    return await _page(request, context, codes=codes)


@post(f"{ADDRESS}/off", include_in_schema=False, status_code=200)
async def turn_off(request: Asked) -> Response[Any]:
    """No second factor any more, for the password and a code."""
    context = await _context(request)
    form = await request.form()
    try:
        if (await second_factor.state(context, context.actor.id)).has_password:
            known = facts_of(request).known
            await accounts.sign_in(context, context.actor.email, str(form.get("password", "")), known)
        await second_factor.turn_off(context, str(form.get("code", "")))
    except Unauthenticated:
        wrong = Unauthenticated(Message("The current password is wrong."))
        return await _page(request, context, error=wrong, at="off")
    except TrellisError as error:
        return await _page(request, context, error=error, at="off")
    text = words(locale_of(request, context))("The second factor is off.")
    return Redirect(ADDRESS, status_code=303, cookies=[flash_cookie(text)])


@post(f"{ADDRESS}/unlink", include_in_schema=False, status_code=200)
async def unlink(request: Asked) -> Response[Any]:
    """Sign in with a provider no more, for the password, or soon after signing in."""
    context = await page_context(request)
    form = await request.form()
    key, password = str(form.get("identity", "")), str(form.get("password", ""))
    known, session = facts_of(request).known, session_secret(request)
    try:
        await oidc.unlink_own(context, key, password=password, known=known, session=session)
    except Unauthenticated as error:
        wrong = (
            error if error.message == oidc.NOT_RECENT else Unauthenticated(Message("The current password is wrong."))
        )
        return await _page(request, context, error=wrong, at=key)
    except (Invalid, TooManyRequests) as error:
        return await _page(request, context, error=error, at=key)
    text = words(locale_of(request, context))("The provider was unlinked. Other browsers were signed out.")
    return Redirect(ADDRESS, status_code=303, cookies=[flash_cookie(text)])


async def _context(request: Asked) -> Context:
    context = await unfinished_context(request)
    require_oneself(context)
    return context


async def _page(
    request: Asked,
    context: Context,
    target: str = "",
    *,
    secret: Secret | None = None,
    codes: tuple[str, ...] = (),
    error: TrellisError | None = None,
    at: str = "",
) -> Response[Any]:
    state = await second_factor.state(context, context.actor.id, context.actor.roles)
    owes = state.demanded and not is_strong(context.method) and not codes
    data = SecurityPage(
        state=state,
        since=formats_of(request, context).datetime(state.since) if state.since else "",
        owes=owes,
        next=inside(target) if target else "",
        picture=_picture(secret.address) if secret else None,
        key=secret.text if secret else "",
        codes=codes,
        error=_sentence(error),
        at=at,
    )
    if not owes:
        found = await oidc.linked(context, context.actor.id)
        data = replace(data, identities=identity_lines(request, context, found, has_password=state.has_password))
    status = 200 if error is None else 429 if isinstance(error, TooManyRequests) else 422
    return page(request, context, "security_first.html" if owes else "security.html", data, status=status)


def _sentence(error: TrellisError | None) -> Message | None:
    return error.errors[0].message if isinstance(error, Invalid) else error.message if error else None


async def _raised(request: Asked, context: Context, means: str, answer: Response[Any]) -> Response[Any]:
    """The same answer with a session that counts as signed in with a second factor."""
    outcome = await raised(context, means, facts_of(request))
    answer.cookies.extend(signed_in_cookies(request, outcome))
    return answer


def _picture(address: str) -> Markup:
    """The address as a QR code (ISO/IEC 18004), dark on light in every look."""
    import segno  # three megabytes that few servers need on most days

    code = segno.make(address, error="m", micro=False)
    return Markup(code.svg_inline(border=4, light="#fff", svgclass="t-qr", lineclass=None, omitsize=True))  # noqa: S704


HANDLERS: list[Any] = [security_page, start, confirm, show_code, new_codes, turn_off, unlink]
