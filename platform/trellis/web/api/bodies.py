"""Request bodies: JSON of bounded size and depth, numbers exact."""

from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.web.api.problems import TooLarge, UnsupportedMediaType

ONE_RECORD = 1_000_000
MANY_RECORDS = 10_000_000
_MAX_DEPTH = 32
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


async def json_object(request: Request[Any, Any, Any], limit: int = ONE_RECORD) -> tuple[dict[str, Any], bytes]:
    """The object in the body, and the body itself; raises BadRequest, TooLarge and UnsupportedMediaType."""
    body = await _body(request, limit)
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise BadRequest(Message("The body is not valid JSON: {reason}", {"reason": str(error)[:200]})) from None
    if not isinstance(value, dict):
        raise BadRequest(Message("The body must be a JSON object."))
    if body.count(b"{") + body.count(b"[") > _MAX_DEPTH and _deeper(value, _MAX_DEPTH):
        raise BadRequest(Message("The body is nested too deeply."))
    return value, body


async def _body(request: Request[Any, Any, Any], limit: int) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType
    if int(request.headers.get("content-length") or 0) > limit:
        raise TooLarge
    body = await request.body()
    if len(body) > limit:
        raise TooLarge
    return body


def _deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_deeper(item, levels - 1) for item in value.values())
    return isinstance(value, list) and (levels == 0 or any(_deeper(item, levels - 1) for item in value))
