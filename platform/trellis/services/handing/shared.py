"""Shares in a hand-over: what was shared with a person, and what the person shared with others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.services.handing.parts import Part
from trellis.services.handing.recordchanges import Hand
from trellis.services.handing.request import Request
from trellis.storage import shares
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, SKIPPED, UNDONE, Item
from trellis.storage.shares import Share


@dataclass(frozen=True, slots=True)
class Shares:
    """Records that were shared with a person."""

    kind: str
    label: Message

    async def parts(self, context: Context, connection: Connection, user: str) -> list[Part]:
        return _parts(self.kind, context, await shares.shares_to(connection, user))

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        return [
            Item(0, self.kind, share.entity, share.record, {"share": kept(share)}, {"grantee": f"u:{taker}"})
            for share in await shares.shares_to(connection, request.user)
            if share.entity in context.snapshot.entities
            for taker in [request.taker(share.entity)]
        ]

    async def give(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [await self._give(hand, connection, item) for item in items]

    async def _give(self, hand: Hand, connection: Connection, item: Item) -> Item:
        share = share_of(item.before["share"])
        if await shares.with_id(connection, share.id) != share:
            return replace(item, state=SKIPPED)
        had = await shares.move(connection, share, item.after["grantee"])
        now = await self._held(connection, item)
        before = {**item.before, "had": kept(had) if had else None}
        return replace(item, state=DONE, before=before, after={**item.after, "share": kept(now) if now else None})

    async def give_back(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [await self._give_back(hand, connection, item) for item in items]

    async def _give_back(self, hand: Hand, connection: Connection, item: Item) -> Item:
        now, kept = await self._held(connection, item), item.after.get("share")
        if now is None or kept is None or now != share_of(kept):
            return replace(item, state=CHANGED)
        await shares.revoke(connection, [now.id])
        had = item.before.get("had")
        await shares.save(connection, [share_of(one) for one in (item.before["share"], had) if one])
        return replace(item, state=UNDONE)

    async def _held(self, connection: Connection, item: Item) -> Share | None:
        known = await shares.of_record(connection, item.entity, item.record)
        return next((one for one in known if one.grantee == item.after["grantee"]), None)


@dataclass(frozen=True, slots=True)
class SharesGiven:
    """Records that a person shared with others; from then on the successor has shared them."""

    kind: str
    label: Message

    async def parts(self, context: Context, connection: Connection, user: str) -> list[Part]:
        return _parts(self.kind, context, await shares.shares_by(connection, user))

    async def items(self, context: Context, connection: Connection, request: Request) -> list[Item]:
        return [
            Item(0, self.kind, share.entity, share.record, {"share": share.id, "by": request.user}, {"by": taker})
            for share in await shares.shares_by(connection, request.user)
            if share.entity in context.snapshot.entities
            for taker in [request.taker(share.entity)]
        ]

    async def give(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [
            replace(item, state=DONE if await _sign(connection, item, "before", "after") else SKIPPED) for item in items
        ]

    async def give_back(self, hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
        return [
            replace(item, state=UNDONE if await _sign(connection, item, "after", "before") else CHANGED)
            for item in items
        ]


async def _sign(connection: Connection, item: Item, known: str, wanted: str) -> bool:
    """Let somebody else have shared it, if it was still who it is known to be."""
    share = await shares.with_id(connection, item.before["share"])
    if share is None or share.created_by != getattr(item, known)["by"]:
        return False
    await shares.save(connection, [replace(share, created_by=getattr(item, wanted)["by"])])
    return True


def _parts(kind: str, context: Context, found: Sequence[Share]) -> list[Part]:
    entities = sorted({share.entity for share in found} & context.snapshot.entities.keys())
    return [Part(kind, entity, "", sum(share.entity == entity for share in found)) for entity in entities]


def kept(share: Share) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(share)
    return found


def share_of(values: object) -> Share:
    return msgspec.convert(values, Share)
