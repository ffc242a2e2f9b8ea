"""Closing the account of somebody whose work is handed over, and opening it again."""

from collections.abc import Sequence

from trellis.services import audit
from trellis.services.context import Context
from trellis.services.handing.recordchanges import Hand, give, give_back
from trellis.storage import accountrows, sessions, tokens
from trellis.storage.connection import Connection
from trellis.storage.handovers import DONE, Item
from trellis.storage.organisation import PEOPLE

CLOSING = ACCOUNT, SESSIONS, TOKENS = "account", "sessions", "tokens"


async def close_account(context: Context, connection: Connection, user: str, handover: str) -> list[Item]:
    """Disable the account, end its sessions and revoke its tokens; what was done, as the first items."""
    hand = Hand(context.as_system(), handover, context.actor.id)
    wanted = Item(1, ACCOUNT, PEOPLE.entity, user, {"active": True}, {"active": False})
    (closed,) = await give(hand, connection, [wanted])
    if closed.state == DONE:
        await accountrows.mark_disabled(connection, user, context.now(), context.actor.id)
        await audit.note(context, connection, "account.disabled", entity=PEOPLE.entity, record=user)
    ended = await sessions.end_other_sessions(connection, user)
    revoked = await tokens.revoke_tokens(connection, user, context.now())
    return [
        closed,
        Item(2, SESSIONS, PEOPLE.entity, user, after={"count": ended}, state=DONE),
        Item(3, TOKENS, PEOPLE.entity, user, after={"count": revoked}, state=DONE),
    ]


async def open_account(hand: Hand, connection: Connection, items: Sequence[Item]) -> list[Item]:
    """Enable the account again, unless somebody changed that since; sessions and tokens stay as they are."""
    found = await give_back(hand, connection, items)
    for item in found:
        if item.problem is None:
            await accountrows.mark_enabled(connection, item.record)
            await audit.note(hand.context, connection, "account.enabled", entity=PEOPLE.entity, record=item.record)
    return found
