"""A hand-over as its page shows it: how far it came, by kind, and what was left with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trellis.engine.query import Choice
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.services import queries
from trellis.services.context import Context
from trellis.services.handing import handover
from trellis.services.handing.belongings import BELONGINGS, belonging
from trellis.services.handing.closing import ACCOUNT, CLOSING, SESSIONS, TOKENS
from trellis.services.handing.deeds import DEEDS
from trellis.services.handing.handover import Item, Progress
from trellis.services.handing.recordchanges import reason
from trellis.web.render.bulkwords import BULK_STATES, MISSING, NOTHING, TITLES, bulk_state, is_bulk, may_undo

STATES: Mapping[str, tuple[Message, str]] = {
    "planned": (Message("Waiting"), "info"),
    "running": (Message("Running"), "info"),
    "done": (Message("Handed over"), "ok"),
    "undoing": (Message("Being taken back"), "info"),
    "undone": (Message("Taken back"), "warn"),
    "failed": (Message("Stopped"), "warn"),
}
ENDED = Message("Done")
NAMED = frozenset({"owned", "share", "shared", "field", "transfer", *DEEDS})
"""Kinds that say more with the name of the entity."""
LEFT: Mapping[str, Message] = {
    "changed": Message("Changed since, so it stays"),
    "skipped": Message("Somebody else had it by then"),
    "failed": Message("Could not be changed"),
}
FIXED: Mapping[str, Message] = {
    ACCOUNT: Message("Account disabled"),
    SESSIONS: Message("Sessions ended"),
    TOKENS: Message("Tokens revoked"),
    "transfer": Message("Records given away"),
    **{kind: deed.label for kind, deed in DEEDS.items()},
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many things of a kind changed hands, went back, or were left."""

    label: Message
    entity: str
    state: Message
    tone: str
    count: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that was left: where to look at it, and why."""

    url: str
    title: str
    label: Message | None
    """The kind, where there are several."""
    state: Message
    reason: Message | None


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of a hand-over."""

    id: str
    address: str
    person: str
    by: str
    began: datetime
    state: Message
    tone: str
    active: bool
    may_undo: bool
    done: int
    total: int
    percent: int
    counts: tuple[Count, ...]
    left: tuple[Leftover, ...]
    title: Message
    undo: Message
    back: str
    """The list from which it was begun; empty where that is not told."""
    entity: str
    """What the records of that list are called."""
    counted: bool
    """Whether the number of those that were dealt with says something."""


def state_of(one: object) -> tuple[Message, str]:
    """The state of a hand-over in words, with its colour."""
    return STATES.get(getattr(one, "state", ""), STATES["failed"])


async def shown(context: Context, handover_id: str, address: str) -> Shown:
    """A hand-over for its page; raises Forbidden, NotFound."""
    found = await handover.progress(context, handover_id)
    one = found.handover
    names = await handover.names(context, [person for person in (one.user_id, one.created_by) if person])
    state, tone = bulk_state(found) if is_bulk(found) else state_of(one)
    known = context.snapshot.localised(context.locale).entities.get(str(one.request.get("entity", "")))
    percent = 100 if not one.is_active else 100 * one.done // max(one.total, 1)
    return Shown(
        one.id, address, names.get(one.user_id or "", ""), names.get(one.created_by, ""), one.created_at, state, tone,
        one.is_active, may_undo(found), one.done, one.total, percent, _counts(context, found),
        await _left(context, found), *TITLES.get(one.kind, TITLES["transfer"]),
        f"/records/{known.id}" if known else "", known.plural if known else "",
        one.is_active or not is_bulk(found),
    )  # fmt: skip


def _counts(context: Context, found: Progress) -> tuple[Count, ...]:
    words = context.snapshot.localised(context.locale).entities
    kinds = [*CLOSING, *(one.kind for one in BELONGINGS)]
    known = sorted(
        found.counts.items(), key=lambda pair: kinds.index(pair[0][0]) if pair[0][0] in kinds else len(kinds)
    )
    counts = []
    for (kind, entity, state), count in known:
        plural = words[entity].plural if entity in words and kind in NAMED else ""
        if kind in (SESSIONS, TOKENS):
            counts.append(Count(_label(kind), "", ENDED, "ok", found.ended.get(kind, 0)))
        elif kind in DEEDS and state in BULK_STATES:
            counts.append(Count(_label(kind), plural, *BULK_STATES[state], count))
        else:
            counts.append(Count(_label(kind), plural, *_state(state), count))
    missing = found.handover.request.get("missing")
    if missing:
        counts.append(Count(MISSING, "", NOTHING, "warn", int(missing)))
    return tuple(counts)


def _state(state: str) -> tuple[Message, str]:
    return (LEFT[state], "warn") if state in LEFT else STATES.get(state, STATES["failed"])


def _label(kind: str) -> Message:
    known = belonging(kind)
    return known.label if known is not None else FIXED.get(kind, Message(kind))


async def _left(context: Context, found: Progress) -> tuple[Leftover, ...]:
    titles: dict[str, str] = {}
    by_entity: dict[str, list[str]] = {}
    for item in found.left:
        by_entity.setdefault(item.entity, []).append(item.record)
    for entity, records in by_entity.items():
        titles |= {choice.id: choice.label for choice in await _titles(context, entity, records)}
    return tuple(_leftover(item, titles) for item in found.left)


async def _titles(context: Context, entity: str, records: list[str]) -> list[Choice]:
    try:
        return await queries.choices(context, entity, ids=records, limit=len(records))
    except Forbidden:
        return []


def _leftover(item: Item, titles: Mapping[str, str]) -> Leftover:
    url = f"/records/{item.entity}/{item.record}" if item.record in titles else ""
    state = LEFT.get(item.state, LEFT["failed"])
    why = reason(item) if item.state == "failed" else None
    label = None if item.kind in DEEDS else _label(item.kind)
    return Leftover(url, titles.get(item.record, item.record), label, state, why)
