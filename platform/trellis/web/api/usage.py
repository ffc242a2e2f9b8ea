"""Where a definition is used, for those who may change definitions."""

import asyncio
from collections.abc import Iterable
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.engine.captions import Caption
from trellis.kernel.errors import BadRequest
from trellis.kernel.messages import Message, Translate
from trellis.services.studio.clients import ClientUse, clients_of
from trellis.services.studio.planjson import client_body
from trellis.services.studio.usage import UsedIn, WhereUsed, where_used
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters
from trellis.web.http import context_of, in_their_language, translate_for


@get("/metadata/usage")
async def read_usage(request: Asked) -> ASGIResponse:
    """Who uses a document, a field, an option or a function, and how far it could be removed."""
    context = await context_of(request)
    path = parameters(request.scope["query_string"], ("of",)).get("of", "")
    if not path:
        raise BadRequest(Message("Say of what, like {example}.", {"example": "of=sales.account%23/fields/tier"}))
    reader = in_their_language(request, context)
    found = await asyncio.to_thread(where_used, reader, path)
    clients = await clients_of(reader, path)
    return json_answer(encode(usage_body(found, clients, translate_for(request, context))))


def usage_body(found: WhereUsed, clients: Iterable[ClientUse], translate: Translate) -> dict[str, Any]:
    """Uses as the API tells them."""
    return {
        "of": found.of,
        "label": _words(found.label, translate),
        "items": [_place(place, translate) for place in found.places],
        "clients": [client_body(one, translate) for one in clients],
        "removal": {
            "stage": found.removal.stage.value,
            "possible": found.removal.possible,
            "message": found.removal.message.translated(translate),
        },
    }


def _place(place: UsedIn, translate: Translate) -> dict[str, Any]:
    return {
        "document": place.document,
        "kind": place.kind,
        "pointer": place.pointer,
        "use": place.role.value,
        "label": place.label.translated(translate),
        "href": place.url,
    }


def _words(caption: Caption, translate: Translate) -> str:
    return caption.translated(translate) if isinstance(caption, Message) else caption
