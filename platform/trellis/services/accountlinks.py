"""Links to one's account: in letters, and where a password must be changed before anything else."""

import secrets
from datetime import timedelta

from trellis.services.context import Context
from trellis.services.identities import hash_of
from trellis.storage import accountlinks as storage
from trellis.storage.accountlinks import AccountLink
from trellis.storage.connection import Connection

INVITATION, RESET, CHANGE = "invitation", "reset", "change"
LASTS = {INVITATION: timedelta(days=7), RESET: timedelta(hours=1), CHANGE: timedelta(minutes=15)}


async def new_link(context: Context, connection: Connection, user: str, kind: str) -> str:
    """The secret of a new link, which takes the place of older ones of its kind."""
    secret, now = secrets.token_urlsafe(32), context.now()
    await storage.withdraw(connection, user, kind)
    link = AccountLink(hash_of(secret), kind, user, context.actor.id, now, now + LASTS[kind])
    await storage.add(connection, link)
    return secret


async def link_of(context: Context, secret: str) -> AccountLink | None:
    """The link of a secret, if it is still good."""
    async with context.database.read(context.workspace) as connection:
        return await storage.find(connection, hash_of(secret), context.now())


def address_of(context: Context, path: str) -> str:
    """The address of a page for a letter; a workspace other than the first is the first label of the host name."""
    url, name = context.preferences.accounts.public_url, context.workspace.name
    if name == "main":
        return url + path
    scheme, _, host = url.partition("://")
    return f"{scheme}://{name}.{host}{path}"


def link_address(context: Context, secret: str) -> str:
    """The address that a letter shows."""
    return address_of(context, f"/link/{secret}")
