"""Sharing many records at once, and taking that back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from trellis.engine.access.actions import bits
from trellis.engine.access.grantees import Grantee
from trellis.kernel.errors import NotFound
from trellis.services import sharing
from trellis.services.context import Context
from trellis.services.handing.recordchanges import Hand, problem
from trellis.services.handing.shared import kept, share_of
from trellis.services.sharing import Terms
from trellis.services.transfer.acting import as_user_id
from trellis.storage import shares
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, FAILED, UNDONE, Item
from trellis.storage.shares import Share


def written(grantee: Grantee, terms: Terms, by: str) -> dict[str, Any]:
    """With whom and how somebody shares, as it is kept."""
    until = terms.expires_at.isoformat() if terms.expires_at else None
    return {"grantee": grantee.text, "actions": sorted(terms.actions), "part": terms.part, "until": until, "by": by}


def read(values: Mapping[str, Any]) -> tuple[Grantee, Terms]:
    """What was kept."""
    until = datetime.fromisoformat(values["until"]) if values["until"] else None
    return Grantee.read(values["grantee"]), Terms(frozenset(values["actions"]), values["part"], until)


async def give_shares(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Share records, each where that is allowed; what became of each."""
    grantee, terms = read(items[0].after)
    records = [item.record for item in items]
    had = {record: await _held(connection, items[0].entity, record, grantee) for record in records}
    refused = await sharing.share_each(hand.context, connection, items[0].entity, records, grantee, terms)
    return [
        replace(
            item, state=FAILED if item.record in refused else DONE, problem=problem(refused.get(item.record)),
            before={"share": kept(one) if (one := had[item.record]) else None},
        )
        for item in items
    ]  # fmt: skip


async def end_shares(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """End what was shared, or let it be as it was, unless it was changed since; what became of each."""
    try:
        acting = await as_user_id(hand.context, hand.by or "")
    except NotFound:
        acting = hand.context
    return [await _as_it_was(acting, connection, item) for item in items]


async def _as_it_was(context: Context, connection: Connection, item: Item) -> Item:
    grantee, terms = read(item.after)
    now = await _held(connection, item.entity, item.record, grantee)
    if now is None or not _is_as_given(now, item, terms):
        return replace(item, state=CHANGED)
    before = item.before.get("share")
    if before is None:
        await sharing.end(context, connection, now)
    else:
        await shares.save(connection, [share_of(before)])
    return replace(item, state=UNDONE)


async def _held(connection: Connection, entity: str, record: str, grantee: Grantee) -> Share | None:
    known = await shares.of_record(connection, entity, record)
    return next((one for one in known if one.grantee == grantee.text), None)


def _is_as_given(share: Share, item: Item, terms: Terms) -> bool:
    known = (share.created_by, share.actions, share.part or "", share.expires_at)
    return known == (item.after["by"], bits(terms.actions), " ".join(terms.part.split()), terms.expires_at)
