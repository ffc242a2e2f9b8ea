"""Who may look after the accounts of others."""

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
