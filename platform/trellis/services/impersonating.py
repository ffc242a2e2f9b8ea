"""Somebody with the right acts in another's place for an hour: sees and may do what the other does, and it is on record."""

from datetime import datetime

import msgspec

from trellis.engine.access import rights
from trellis.kernel.errors import Forbidden, NotFound, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.administering import require_oneself
from trellis.services.context import Context
from trellis.services.demands import demands_second_factor, is_strong
from trellis.services.identities import actor_of, forget, hash_of, start_session
from trellis.storage import accountrows, people, sessions
from trellis.storage.accountrows import SERVICE
from trellis.storage.people import USER, Person
from trellis.storage.sessions import Session

IMPERSONATION = "impersonation"


class _Own(msgspec.Struct):
    """What is kept of the session that somebody comes back to."""

    created_at: datetime
    method: str


async def impersonate(context: Context, user: str, *, secret: str, agent: str = "") -> str:
    """Act in the place of a user, instead of the session with this secret; the new secret. Raises Forbidden, NotFound."""
    require_oneself(context)
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user)
        account = await accountrows.account_of(connection, user)
        own = await sessions.session_with(connection, hash_of(secret))
    if person is None or not context.access.system("impersonate"):
        raise Forbidden if person is not None else NotFound
    if own is None or own.user_id != context.actor.id:
        raise Unauthenticated
    if reason := refusal(context, person, account.kind):
        raise Forbidden(reason)
    if demands_second_factor(context.release, person.roles) and not is_strong(own.method):
        raise Forbidden(Message("This user signs in with a second factor. Do so yourself first."))
    kept = msgspec.json.encode(_Own(own.created_at, own.method)).decode()
    async with context.database.write(context.workspace) as connection:
        await sessions.end_session(connection, context.actor.id, own.token_hash)
        await audit.note(context, connection, "impersonation.started", entity=USER, record=user)
    forget(context.home)
    method = "+".join((IMPERSONATION, *own.method.split("+")[1:]))
    return await start_session(context, user, agent, method=method, impersonator=context.actor.id, data=kept)


async def stop(context: Context, *, secret: str, agent: str = "") -> str:
    """Come back to oneself; the secret of a session as old as the one before. Raises Forbidden, Unauthenticated."""
    if not context.actor.impersonator:
        raise Forbidden
    async with context.database.write(context.workspace) as connection:
        acting = await sessions.session_with(connection, hash_of(secret))
        person = await people.with_id(connection, context.release.statements, context.actor.impersonator)
        if acting is not None:
            await sessions.end_session_with(connection, acting.token_hash)
        await audit.note(context, connection, "impersonation.ended", entity=USER, record=context.actor.id)
    forget(context.home)
    if acting is None or person is None or not person.active:
        raise Unauthenticated
    return await _come_back(context, acting, person, agent)


def refusal(context: Context, person: Person, kind: str) -> Message | None:
    """Why the actor may not act in this person's place; None when nothing stands against it."""
    if person.id == context.actor.id:
        return Message("You are this user.")
    if not person.active or kind == SERVICE:
        return Message("Nobody acts in the place of somebody who cannot sign in.")
    more = rights(context.snapshot, person.roles).system - context.access.rights.system
    if more:
        return Message("This user may do more than you: {rights}.", {"rights": ", ".join(sorted(more))})
    return None


async def _come_back(context: Context, acting: Session, person: Person, agent: str) -> str:
    own = msgspec.json.decode(acting.data, type=_Own)
    if own.created_at + context.preferences.accounts.longest <= context.now():
        raise Unauthenticated
    inside = context.with_actor(actor_of(person, context))
    return await start_session(inside, person.id, agent, method=own.method, created_at=own.created_at)
