"""Nobody has to be let in to be costly: what is large is read only from people and programs that are known."""

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from trellis.kernel.errors import Unauthenticated
from trellis.web.http import SAFE, is_known

LARGE = 1_000_000


def read_little_of_strangers(app: ASGIApp) -> ASGIApp:
    """Asks who sends a large body before a byte of it is read; the forgery check would read it first."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        large = scope["type"] == ScopeType.HTTP and scope["method"] not in SAFE and _length(scope) > LARGE
        if large and not await is_known(Request(scope)):
            raise Unauthenticated
        await app(scope, receive, send)

    return guarded


def _length(scope: Scope) -> int:
    """How long the body is; one that does not say so may be of any length."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return LARGE + 1
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else LARGE + 1
