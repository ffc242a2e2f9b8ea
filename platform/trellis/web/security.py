"""What protects every answer: forgery tokens, content policy, cookie flags."""

import hashlib
from collections.abc import Awaitable, Callable

from litestar.config.csrf import CSRFConfig
from litestar.types import Message, Scope

from trellis.kernel.settings import Settings
from trellis.services.secrets import process_secret

CSRF_COOKIE = "trellis_csrf"
CSRF_HEADER = "x-csrftoken"
CSRF_FIELD = "_csrf_token"

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def csrf(settings: Settings) -> CSRFConfig:
    """Forgery protection for all pages that change something; the API takes tokens, not cookies."""
    return CSRFConfig(
        secret=hashlib.sha256(b"csrf" + process_secret(settings.data_folder)).hexdigest(),
        cookie_name=CSRF_COOKIE,
        cookie_secure=settings.https == "1",
        cookie_httponly=True,
        cookie_samesite="lax",
        header_name=CSRF_HEADER,
        exclude=["^/api/"],
    )


def harden(settings: Settings) -> Callable[[Message, Scope], Awaitable[None]]:
    """Adds the protective headers to every answer, errors included, unless it has its own."""
    wanted = {**HEADERS, **({"strict-transport-security": "max-age=31536000"} if settings.https == "1" else {})}
    extra = [(name.encode(), value.encode()) for name, value in wanted.items()]

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = [
                secured(name, value) if settings.https == "1" else (name, value) for name, value in message["headers"]
            ]
            present = {name.lower() for name, _ in headers}
            message["headers"] = [*headers, *(item for item in extra if item[0] not in present)]

    return add


def secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; a cookie among them is sent back by https only."""
    insecure = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if insecure else value
