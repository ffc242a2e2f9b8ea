"""The cookies that say who somebody is: never readable by a script, and bound to this host where it is reached by https.

The prefix `__Host-` keeps other hosts of the same domain from setting one (RFC 6265bis, 4.1.3.2).
"""

from litestar.datastructures import Cookie

from trellis.services.signing_in import Facts, SignedIn
from trellis.web.http import SESSION_COOKIE, Asked, cookie_name, session_secret, site_of

KNOWN_COOKIE = "trellis_browser"
LINK_COOKIE = "trellis_link"
CODE_COOKIE = "trellis_code"
JOURNEY_COOKIE = "trellis_journey"
YEAR = 365 * 24 * 3600
LINK_LENGTH = 3600


def facts_of(request: Asked) -> Facts:
    """What a request says of the browser that signs in."""
    return Facts(
        agent=request.headers.get("user-agent", ""),
        previous=session_secret(request),
        known=request.cookies.get(cookie_name(request, KNOWN_COOKIE), ""),
    )


def signed_in_cookies(request: Asked, outcome: SignedIn) -> list[Cookie]:
    """The cookies of who has just come in."""
    return [session_cookie(request, outcome.session), hidden(request, KNOWN_COOKIE, outcome.known, YEAR)]


def session_cookie(request: Asked, secret: str) -> Cookie:
    """The cookie of a session; the server decides when it ends, the browser forgets it with its longest time."""
    longest = float(site_of(request).settings.session_longest) * 3600
    return hidden(request, SESSION_COOKIE, secret, int(longest))


def gone(request: Asked, name: str) -> Cookie:
    """Takes a hidden cookie away."""
    return hidden(request, name, "", 0)


def hidden(request: Asked, name: str, value: str, seconds: int) -> Cookie:
    """A cookie that no script reads."""
    secure = site_of(request).settings.https == "1"
    return Cookie(
        key=cookie_name(request, name),
        value=value,
        path="/",
        max_age=seconds,
        httponly=True,
        secure=secure,
        samesite="lax",
    )
