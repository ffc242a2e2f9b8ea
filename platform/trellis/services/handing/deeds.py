"""What can be done to many records at once besides giving them away, and how each of it comes back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from trellis.kernel.messages import Message
from trellis.services.commands import Command, Delete, Restore
from trellis.services.handing.fieldchanges import batch_of, change, change_back
from trellis.services.handing.recordchanges import Hand, Overtaken, problem
from trellis.services.handing.sharings import end_shares, give_shares
from trellis.storage.connection import Connection
from trellis.storage.handovers import CHANGED, DONE, FAILED, UNDONE, Item

DELETE, SHARE, CHANGE = "deleting", "sharing", "changing"
Work = Callable[[Hand, Connection, Sequence[Item]], Awaitable[list[Item]]]


@dataclass(frozen=True, slots=True)
class Deed:
    """One of these things: the right that it takes on a record, its line in the log, and how it is done and undone."""

    kind: str
    right: str
    audit: str
    label: Message
    give: Work
    give_back: Work


async def _delete(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    batch, commands = batch_of(hand, items), [Delete(item.record) for item in items]
    drafts = batch.drafts(commands)
    await batch.prepare(connection, drafts)
    outcomes = await batch.save(connection, drafts)
    return [
        replace(
            item,
            state=DONE if one.error is None else FAILED,
            after={"version": one.version},
            problem=problem(one.error),
        )
        for item, one in zip(items, outcomes, strict=True)
    ]


async def _restore(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Only what is still in the bin as it was put there."""
    batch = batch_of(hand, items)
    commands: list[Command] = [Restore(item.record) for item in items]
    drafts = batch.drafts(commands)
    await batch.prepare(connection, drafts)
    for draft, item in zip(drafts, items, strict=True):
        if draft.alive and draft.current and draft.current.version != item.after.get("version"):
            draft.error = Overtaken()
    outcomes = await batch.save(connection, drafts)
    return [
        replace(item, state=UNDONE if one.error is None else CHANGED, problem=problem(one.error))
        for item, one in zip(items, outcomes, strict=True)
    ]


DEEDS = {
    one.kind: one
    for one in (
        Deed(DELETE, "delete", "bulk.deleted", Message("Deleting"), _delete, _restore),
        Deed(SHARE, "share", "bulk.shared", Message("Sharing"), give_shares, end_shares),
        Deed(CHANGE, "edit", "bulk.changed", Message("Changing fields"), change, change_back),
    )
}
