"""A message for the next page only, kept in a cookie: it works without a script and without a session."""

import base64
import binascii
from dataclasses import dataclass

import msgspec
from litestar.datastructures import Cookie

from trellis.web.http import Asked

NAME = "trellis_flash"


@dataclass(frozen=True, slots=True)
class Flash:
    """What was done; `undo` is an address to post to."""

    text: str
    undo: str = ""
    refused: bool = False


def flash_cookie(text: str, undo: str = "", *, refused: bool = False) -> Cookie:
    """The cookie that carries a message to the next page; `refused` for what was not done, which stays until it is read."""
    body = base64.urlsafe_b64encode(msgspec.json.encode([text, undo, refused])).decode()
    return Cookie(key=NAME, value=body, max_age=30, httponly=True, samesite="lax")


def spent() -> Cookie:
    """The cookie that takes the message away."""
    return Cookie(key=NAME, value="", max_age=0, httponly=True, samesite="lax")


def take_flash(request: Asked) -> Flash | None:
    """The message that came along; undo only leads to our own pages."""
    body = request.cookies.get(NAME)
    if not body:
        return None
    try:
        text, undo, refused = msgspec.json.decode(base64.urlsafe_b64decode(body), type=tuple[str, str, bool])
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, binascii.Error):
        return None
    return Flash(text, undo if undo.startswith(("/records/", "/studio/")) else "", refused)
