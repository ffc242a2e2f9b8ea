"""What follows when a user is switched off or deleted, through whatever door: nobody is locked out of everything.

The last administrator stays, nobody closes the own account, and with an account go its sessions, tokens and links.
"""

from collections.abc import Iterable, Sequence

from trellis.kernel.errors import FieldError
from trellis.kernel.messages import Message
from trellis.metadata.documents import Entity
from trellis.services import audit
from trellis.services.commands import Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.drafts import Draft
from trellis.services.identities import forget
from trellis.storage import accountlinks, accountrows, sessions, tokens
from trellis.storage.connection import Connection
from trellis.storage.people import USER

ADMIN_ROLE = "core.admin"
HANDOVER = "handover:"
"""A hand-over closes an account itself and keeps what it did."""
LAST = Message("This is the last administrator. Make somebody else an administrator first.")
ONESELF = Message("Nobody closes the own account. Ask another administrator.")


async def check_accounts(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft], *, author: str
) -> None:
    """Refuse drafts that would close the own account or that of the last administrator; others wait from here on."""
    closing = [draft for draft in drafts if _closes(draft)] if entity.id == USER else []
    if not closing:
        return
    kept = await leaves_administrators(context, connection, [draft.id for draft in closing])
    for draft in closing:
        if draft.id == author:
            draft.refuse([FieldError("active", "own_account", ONESELF)])
        elif not kept:
            draft.refuse([FieldError("active", "last_administrator", LAST)])


async def keep_accounts(
    context: Context, connection: Connection, entity: Entity, drafts: Sequence[Draft], *, causation: str, author: str
) -> None:
    """Close and open the accounts of users that were switched off, deleted, or the other way round."""
    for draft in drafts if entity.id == USER else ():
        if _closes(draft):
            await sessions.end_impersonations(connection, draft.id)
            if await accountlinks.withdraw_all(connection, draft.id):
                await accountrows.mark_invited(connection, draft.id, None)
            if not causation.startswith(HANDOVER):
                await _close(context, connection, draft.id, author)
            forget(context.home)
        elif _opens(draft) and not causation.startswith(HANDOVER):
            await accountrows.mark_enabled(connection, draft.id)
            await audit.note(context, connection, "account.enabled", entity=USER, record=draft.id)


async def leaves_administrators(context: Context, connection: Connection, users: Iterable[str]) -> bool:
    """Whether somebody can administer without these; nobody else changes that until the transaction ends."""
    await accountrows.lock_holders(connection, ADMIN_ROLE)
    known = await accountrows.who_can_sign_in(connection, context.release.statements, ADMIN_ROLE)
    leaving = known & frozenset(users)
    return not leaving or bool(known - leaving)


async def _close(context: Context, connection: Connection, user: str, author: str) -> None:
    await accountrows.mark_disabled(connection, user, context.now(), author)
    ended = await sessions.end_other_sessions(connection, user)
    revoked = await tokens.revoke_tokens(connection, user, context.now())
    detail = {"sessions": ended, "tokens": revoked}
    await audit.note(context, connection, "account.disabled", entity=USER, record=user, **detail)


def _closes(draft: Draft) -> bool:
    if isinstance(draft.command, Delete):
        return True
    return isinstance(draft.command, Update) and draft.differs("active") and not draft.values.get("active")


def _opens(draft: Draft) -> bool:
    if isinstance(draft.command, Restore):
        return True
    return isinstance(draft.command, Update) and draft.differs("active") and bool(draft.values.get("active"))
