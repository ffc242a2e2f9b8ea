"""Who may look after the accounts of others."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

from trellis.engine.access import Access, rights
from trellis.engine.wording.rights import SYSTEM_VERBS
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.services.context import Context
from trellis.storage import accounts
from trellis.storage.connection import Connection

NOT_WHILE_ACTING = Message("This cannot be done while you act in somebody's place. Stop that first.")


def require_users(context: Context) -> None:
    """Raises Forbidden without the right to manage users, and for whoever acts in somebody's place."""
    require_oneself(context)
    if not context.access.system("users"):
        raise Forbidden


def require_oneself(context: Context) -> None:
    """Raises Forbidden while somebody acts in the place of another: accounts and security are not theirs to change."""
    if context.actor.impersonator:
        raise Forbidden(NOT_WHILE_ACTING)


def require_no_more(context: Context, roles: Iterable[str]) -> None:
    """Raises Forbidden when roles have rights on the system that the actor does not have: nobody gives or takes them."""
    more = rights(context.snapshot, frozenset(roles)).system - context.access.rights.system
    if more:
        text = "This needs rights that you do not have yourself: {rights}."
        raise Forbidden(Message(text, {"rights": reduce(_joined, map(_named, sorted(more)))}))


def _named(right: str) -> Message:
    return SYSTEM_VERBS.get("bulkUpdate" if right == "bulk_update" else right) or Message("{name}", {"name": right})


def _joined(first: Message, second: Message) -> Message:
    return Message("{first}, {second}", {"first": first, "second": second})


async def require_power_over(context: Context, connection: Connection, user: str) -> None:
    """Raises Forbidden for the account of somebody who may do more with the system than the actor."""
    require_no_more(context, await accounts.roles_of(connection, user))


def as_administrator(context: Context) -> Context:
    """The same person with all rights on records: who manages users changes them whatever the own roles say."""
    require_users(context)
    return replace(context, access=Access(context.actor, rights(context.snapshot, frozenset(), everything=True)))
