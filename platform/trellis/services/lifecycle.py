"""Accounts are closed and opened again, and people put into teams, by whoever manages users."""

from collections.abc import Mapping

from trellis.kernel.errors import NotFound
from trellis.services import audit
from trellis.services.administering import as_administrator, require_power_over, require_users
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.identities import forget
from trellis.services.records import write
from trellis.storage import people, sessions
from trellis.storage.connection import Connection
from trellis.storage.people import USER, Person

EDITABLE = ("name", "email", "title", "team", "manager", "locale")
"""What of a user's record the administration changes."""


async def disable(context: Context, user: str) -> None:
    """Close the account: sessions end, tokens and links are worth nothing. Raises Invalid for oneself and the last admin."""
    await write(as_administrator(context), USER, [Update(user, {"active": False})])
    forget(context.home)


async def enable(context: Context, user: str) -> None:
    """Open the account again; the user signs in as before, tokens stay revoked."""
    await write(as_administrator(context), USER, [Update(user, {"active": True})])
    forget(context.home)


async def change(context: Context, user: str, values: Mapping[str, object], version: int | None = None) -> None:
    """Change what the administration may of a user's record; raises Invalid, VersionConflict."""
    given = {key: value for key, value in values.items() if key in EDITABLE}
    async with context.database.read(context.workspace) as connection:
        await require_power_over(context, connection, user)
    await write(as_administrator(context), USER, [Update(user, given, version=version)])
    forget(context.home)


async def end_all_sessions(context: Context, user: str) -> None:
    """Sign the user out everywhere; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.write(context.workspace) as connection:
        await known_person(context, connection, user)
        count = await sessions.end_other_sessions(connection, user)
        await audit.note(context, connection, "session.ended", entity=USER, record=user, count=count)
    forget(context.home)


async def end_one_session(context: Context, user: str, token_hash: str) -> None:
    """Sign one of the user's browsers out; raises Forbidden."""
    require_users(context)
    if not token_hash.isalnum():
        return
    async with context.database.write(context.workspace) as connection:
        if await sessions.end_session(connection, user, token_hash):
            await audit.note(context, connection, "session.ended", entity=USER, record=user)
    forget(context.home)


async def known_person(context: Context, connection: Connection, user: str) -> Person:
    """The person of an id; raises NotFound."""
    person = await people.with_id(connection, context.release.statements, user)
    if person is None:
        raise NotFound
    return person
