"""The audit log, for programs that collect it."""

from datetime import date, datetime
from typing import Any

from litestar import get
from litestar.response.base import ASGIResponse

from trellis.kernel.errors import FieldError, Invalid
from trellis.kernel.messages import Message, Translate
from trellis.services.audit.entries import Entry
from trellis.services.audit.findingwords import said_of
from trellis.services.audit.remembered import Verdict
from trellis.services.audit.sentences import sentence
from trellis.services.audit.status import chain_of
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


@get("/audit/status")
async def read_status(request: Asked) -> ASGIResponse:
    """How far the log is sealed, and what the last verification said."""
    context = await context_of(request)
    parameters(request.scope["query_string"], ())
    chain = await chain_of(context)
    translate = translate_for(request, context)
    body = {
        "block": chain.number,
        "sealedAt": _at(chain.sealed_at),
        "verified": _verdict(chain.verdict, translate) if chain.verdict else None,
    }
    return json_answer(encode(body))


def _verdict(verdict: Verdict, translate: Translate) -> dict[str, Any]:
    return {
        "at": _at(verdict.at),
        "block": verdict.block,
        "wholeAt": _at(verdict.whole_at),
        "findings": verdict.findings,
        "firstBroken": verdict.first_broken,
        "found": [
            {"kind": one.kind.value, "block": one.block, "text": said_of(one).translated(translate)}
            for one in verdict.found
        ],
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
        "at": _at(entry.at),
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
