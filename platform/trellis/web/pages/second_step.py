"""The second page of signing in: the code of an authenticator app, or a recovery code."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from trellis.kernel.errors import Invalid, TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services.signing_in import with_code
from trellis.web.cookies import CODE_COOKIE, facts_of, gone
from trellis.web.http import SMALL, Asked, cookie_name, visitor_context
from trellis.web.links import inside
from trellis.web.pages.sign_in import LOGIN_LIMIT, LoginPage, login_form, received
from trellis.web.render.environment import page


@dataclass(frozen=True, slots=True)
class CodePage:
    """The form that asks for a code."""

    next: str = "/"
    error: Message | None = None


@get("/login/code", include_in_schema=False)
async def code_page(request: Asked) -> Response[Any]:
    """Ask for the code of whoever has just shown a password."""
    context = await visitor_context(request)
    target = inside(request.query_params.get("next", "/"))
    if cookie_name(request, CODE_COOKIE) not in request.cookies:
        return Redirect("/login")
    return page(request, context, "login_code.html", CodePage(target))


@post(
    "/login/code",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=SMALL,
    middleware=[LOGIN_LIMIT.middleware],
)
async def give_code(request: Asked) -> Response[Any]:
    """Let in who shows the code, once; a wrong one is asked for again."""
    context = (await visitor_context(request)).as_system()
    form = await request.form()
    target, pending = inside(str(form.get("next", "/"))), request.cookies.get(cookie_name(request, CODE_COOKIE), "")
    try:
        outcome = await with_code(context, pending, str(form.get("code", "")), facts_of(request))
    except Unauthenticated as error:
        return await login_form(request, context, LoginPage("", error.message, target), 422)
    except TooManyRequests as error:
        return page(request, context, "login_code.html", CodePage(target, error.message), status=429)
    except Invalid as error:
        return page(request, context, "login_code.html", CodePage(target, error.errors[0].message), status=422)
    answer = received(request, outcome, target)
    answer.cookies.append(gone(request, CODE_COOKIE))
    return answer


HANDLERS: list[Any] = [code_page, give_code]
