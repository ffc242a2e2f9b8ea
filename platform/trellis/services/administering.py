"""Who may look after the accounts of others."""

from dataclasses import replace

from trellis.engine.access import Access, rights
from trellis.kernel.errors import Forbidden
from trellis.kernel.messages import Message
from trellis.services.context import Context

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


def as_administrator(context: Context) -> Context:
    """The same person with all rights on records: who manages users changes them whatever the own roles say."""
    require_users(context)
    return replace(context, access=Access(context.actor, rights(context.snapshot, frozenset(), everything=True)))
