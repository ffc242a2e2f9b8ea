"""The browsers in which a user is signed in: listed, and signed out one by one or all at once."""

import secrets

from trellis.services import audit
from trellis.services.context import Context
from trellis.services.identities import forget, hash_of
from trellis.storage import sessions as sessions_storage
from trellis.storage.people import USER
from trellis.storage.sessions import Session


async def end_session(context: Context, user: str, secret: str) -> None:
    """Sign this browser out."""
    await end_device(context, user, hash_of(secret))


async def end_device(context: Context, user: str, token_hash: str) -> None:
    """Sign one of the user's browsers out, named by the hash in the list of sessions."""
    if not token_hash.isalnum():
        return
    async with context.database.write(context.workspace) as connection:
        if await sessions_storage.end_session(connection, user, token_hash):
            await audit.note(context, connection, "session.ended", entity=USER, record=user)
    forget(context.home)


async def end_other_sessions(context: Context, user: str, kept: str = "") -> None:
    """Sign all browsers of the user out but the one with the secret `kept`."""
    async with context.database.write(context.workspace) as connection:
        count = await sessions_storage.end_other_sessions(connection, user, hash_of(kept) if kept else "")
        if count:
            await audit.note(context, connection, "session.ended", entity=USER, record=user, count=count)
    forget(context.home)


async def sessions(context: Context, user: str) -> list[Session]:
    """The browsers in which a user is signed in."""
    async with context.database.read(context.workspace) as connection:
        found = await sessions_storage.sessions_of(connection, user)
    return [item for item in found if item.expires_at > context.now()]


def is_session(item: Session, secret: str) -> bool:
    """Whether this is the session of a secret."""
    return secrets.compare_digest(item.token_hash, hash_of(secret))
