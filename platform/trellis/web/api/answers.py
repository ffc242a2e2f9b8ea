"""Responses of the API, made straight from bytes."""

from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message

Asked = Request[Any, Any, Any]
JSON = "application/json"
encode = msgspec.json.Encoder(decimal_format="string").encode


def json_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """JSON that nobody may keep: it depends on who asks."""
    return ASGIResponse(
        body=body, status_code=status, media_type=JSON, headers={"cache-control": "no-store", **(headers or {})}
    )


def record_answer(body: bytes, version: int, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """One record with its version as a strong entity tag; it may be kept if it is asked about again (RFC 9110)."""
    kept = {"cache-control": "private, no-cache", "etag": etag(version), **(headers or {})}
    return ASGIResponse(body=body, status_code=status, media_type=JSON, headers=kept)


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def not_modified(version: int) -> ASGIResponse:
    """The client has this version already."""
    return ASGIResponse(status_code=304, headers={"cache-control": "private, no-cache", "etag": etag(version)})


def no_content() -> ASGIResponse:
    """Done, and nothing to say."""
    return ASGIResponse(status_code=204)


def matches(request: Asked, version: int) -> bool:
    """Whether If-None-Match names this version."""
    told = request.headers.get("if-none-match")
    return told is not None and (told.strip() == "*" or etag(version) in _tags(told))


def expected_version(request: Asked) -> int | None:
    """The version that If-Match asks for; None when any will do. Raises BadRequest."""
    told = request.headers.get("if-match")
    if told is None or told.strip() == "*":
        return None
    tags = _tags(told)
    number = tags[0].strip('"') if len(tags) == 1 else ""
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise BadRequest(Message('If-Match must be one entity tag, like "3".'))
    return int(number)


def _tags(text: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in text.split(",")]
