"""The audit log, for programs that collect it."""

from datetime import date
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.audit.entries import Entry
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import MOST, Search, timeline
from trellis.services.context import Context
from trellis.web.api.answers import Asked, encode, json_answer
from trellis.web.api.parameters import parameters, whole_number
from trellis.web.http import context_of, in_their_language, translate_for

TEXTS = ("actor", "kind", "entity", "record", "text")


@get("/audit")
async def read_audit(request: Asked) -> ASGIResponse:
    """A page of the log, newest first."""
    context = await context_of(request)
    given = parameters(request.scope["query_string"], (*TEXTS, "from", "until", "limit", "cursor"))
    search = Search(_day(given, "from"), _day(given, "until"), **{name: given.get(name, "") for name in TEXTS})
    reader = in_their_language(request, context)
    found = await timeline(
        reader,
        search,
        cursor=given.get("cursor") or None,
        limit=whole_number("limit", given.get("limit", "50"), 1, MOST),
    )
    translate = translate_for(request, context)
    items = [_item(reader, entry, translate) for entry in found.entries]
    return json_answer(encode({"items": items, "next": found.next}))


def _day(given: dict[str, str], name: str) -> date | None:
    text = given.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        reason = Message("“{value}” is no date.", {"value": text})
        raise Invalid([FieldError(name, "date", reason)]) from None


def _item(context: Context, entry: Entry, translate: Translate) -> dict[str, Any]:
    return {
        "source": entry.source,
        "seq": entry.seq,
        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": entry.kind,
        "text": sentence(context, entry).translated(translate),
        "actor": entry.actor or None,
        "actorName": entry.actor_name or None,
        "impersonator": entry.impersonator or None,
        "entity": entry.entity or None,
        "record": entry.record or None,
        "title": entry.title or None,
        "address": entry.address or None,
        "detail": entry.detail,
        "changes": {key: {"old": old, "new": new} for key, (old, new) in entry.changes.items()},
        "hidden": entry.hidden,
    }
