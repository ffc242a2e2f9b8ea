"""The header Idempotency-Key: what a client sends twice is done once and answered twice."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence

from litestar.response.base import ASGIResponse

from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message
from trellis.services import idempotency
from trellis.services.commands import Outcome
from trellis.services.context import Context
from trellis.services.idempotency import Reply, Write
from trellis.web.api.answers import Asked

Respond = Callable[[Sequence[Outcome]], Awaitable[Reply]]
_MOST = 200


async def once(request: Asked, context: Context, body: bytes, write: Write, respond: Respond) -> ASGIResponse:
    """Write and respond; with an Idempotency-Key at most once."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return sent(await respond(await write(None)))
    if not (0 < len(key) <= _MOST and key.isascii() and key.isprintable() and " " not in key):
        raise BadRequest(Message("Idempotency-Key must be 1 to {most} visible ASCII characters.", {"most": _MOST}))
    reply, repeated = await idempotency.once(context, key, _fingerprint(request, body), write, respond)
    return sent(reply, {"idempotent-replayed": "true"} if repeated else {})


def sent(reply: Reply, headers: dict[str, str] | None = None) -> ASGIResponse:
    """A reply as a response."""
    return ASGIResponse(
        body=reply.body,
        status_code=reply.status,
        media_type="application/json",
        headers={**reply.headers, **(headers or {})},
    )


def _fingerprint(request: Asked, body: bytes) -> str:
    head = f"{request.method} {request.scope['path']}\n".encode()
    return hashlib.sha256(head + body).hexdigest()
