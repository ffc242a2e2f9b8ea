"""What protects every answer: forgery tokens, content policy, cookie flags."""

import hashlib
from collections.abc import Callable
from typing import Any

from litestar.config.csrf import CSRFConfig

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


def harden(settings: Settings) -> Callable[[Any], Any]:
    """Adds the protective headers to every answer."""
    extra = {"strict-transport-security": "max-age=31536000"} if settings.https == "1" else {}

    def add(response: Any) -> Any:
        for name, value in {**HEADERS, **extra}.items():
            response.headers.setdefault(name, value)
        return response

    return add
