"""Pages for what went wrong: in plain words, with what to do next."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from trellis.kernel.errors import Forbidden, SecondFactorOwed, TooManyRequests, TrellisError, Unauthenticated
from trellis.kernel.messages import Message
from trellis.web.api.problems import status_of
from trellis.web.http import THEME_COOKIE, locale_of
from trellis.web.links import why_url
from trellis.web.render.environment import environment, is_dark, words

_log = structlog.get_logger()
_TITLES = {
    403: Message("You may not do this"),
    404: Message("There is nothing here"),
    405: Message("This does not work that way"),
    409: Message("Something else needs this"),
    413: Message("This is too large"),
    429: Message("Too many tries"),
    503: Message("The server is busy"),
}
_ADVICE = {
    403: Message("If you need it for your work, ask an administrator for the right."),
    404: Message("The address may be wrong, the record deleted, or you may not see it."),
    503: Message("Nothing was changed. Wait a moment and try again."),
}


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What an error page says."""

    title: Message
    message: Message
    theme: str
    dark: bool
    advice: Message | None = None
    reference: str = ""
    people: tuple[Message, ...] = ()
    """What would be needed, and whom to ask."""
    why: str = ""
    """Where all that is told in full."""


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What happened, what to do; someone who is not signed in goes to the sign-in page and comes back."""
    if isinstance(error, SecondFactorOwed):
        return Redirect(f"/account/security?next={quote(_came_from(request))}", status_code=303)
    if isinstance(error, Unauthenticated):
        return Redirect(f"/login?next={quote(_came_from(request))}", status_code=303)
    status = _status(error)
    reference = ""
    if status >= 500 and status != 503:
        reference = secrets.token_hex(4)
        _log.error("request_failed", path=request.scope["path"], reference=reference, exc_info=error)
    message = error.message if isinstance(error, TrellisError) and status < 500 else None
    people = error.advice if isinstance(error, Forbidden) else ()
    data = ErrorPage(
        title=_TITLES.get(status, Message("Something went wrong")),
        message=message or _sentence(status),
        theme=request.cookies.get(THEME_COOKIE, "auto"),
        dark=is_dark(request),
        advice=None if people else _ADVICE.get(status),
        reference=reference,
        people=people,
        why=why_url(*error.about) if isinstance(error, Forbidden) and error.about else "",
    )
    locale = (error.locale if isinstance(error, Forbidden) else "") or locale_of(request)
    html = environment().get_template("error.html").render(page=data, _=words(locale), locale=locale)
    headers = {"cache-control": "no-store"}
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
    return Response(html.encode(), status_code=status, media_type="text/html", headers=headers)


def _came_from(request: Request[Any, Any, Any]) -> str:
    if request.method != "GET":
        return "/"
    query = request.scope["query_string"].decode("latin-1")
    return str(request.scope["path"]) + (f"?{query}" if query else "")


def _status(error: Exception) -> int:
    if isinstance(error, TrellisError):
        return status_of(error)
    return error.status_code if isinstance(error, HTTPException) else 500


def _sentence(status: int) -> Message:
    if status in (404, 405):
        return Message("There is no page at this address.")
    if status == 403:
        return Message("The page was open for too long or came from elsewhere. Go back, reload it and try again.")
    if status < 500:
        return Message("The request cannot be understood.")
    return Message("It is our fault, not yours. What was saved before is safe.")
