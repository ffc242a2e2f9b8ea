"""The providers with which somebody signs in: seen and unlinked, by the user or by who looks after users."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound, Unauthenticated
from trellis.kernel.messages import Message
from trellis.services import accounts, audit
from trellis.services.accountlinks import address_of
from trellis.services.administering import require_oneself, require_power_over, require_users
from trellis.services.context import Context
from trellis.services.identities import actor_of, forget, hash_of
from trellis.services.mail import send_later
from trellis.services.oidc.registry import options_of
from trellis.storage import accounts as credentials
from trellis.storage import people, providers, sessions
from trellis.storage.connection import Connection
from trellis.storage.people import USER

RECENT = timedelta(minutes=15)
"""How long after signing in somebody without a password needs no further proof."""
ONLY_WAY = Message(
    "This is your only way to sign in. Get a password first, with “Forgot the password” on the sign-in page, or link "
    "another provider."
)
THEIR_ONLY_WAY = Message(
    "This is their only way to sign in. Send them a link for a new password first, or disable the account."
)
OWN = Message("Unlink what is your own under Account → Security, which asks for your password.")
NOT_RECENT = Message("You signed in too long ago for this. Sign out and in again first.")


@dataclass(frozen=True, slots=True)
class Linked:
    """An account elsewhere with which somebody signs in; `key` names it without telling its subject."""

    key: str
    provider: str
    label: str
    email: str
    enabled: bool
    """Whether one can sign in with the provider now."""
    returns: bool
    """Whether the provider links accounts by their address, so that signing in with it links this one again."""
    since: datetime
    used_at: datetime


async def linked(context: Context, user: str) -> tuple[Linked, ...]:
    """The providers linked with an account; raises Forbidden for those of others without the right to manage users."""
    if user != context.actor.id:
        require_users(context)
    async with context.database.read(context.workspace) as connection:
        return tuple(map(_shown, await providers.linked(connection, user)))


def only_way(found: Iterable[Linked], key: str, *, has_password: bool) -> bool:
    """Whether nothing else lets the user in."""
    ways = [one.key for one in found if one.enabled]
    return not has_password and ways == [key]


async def unlink_own(context: Context, key: str, *, password: str, known: str, session: str) -> None:
    """Unlink one's own, for the password or, where there is none, soon after signing in; `session` is its secret.

    Raises NotFound, Invalid (also where it is the only way to sign in), Unauthenticated, TooManyRequests.
    """
    require_oneself(context)
    user = context.actor.id
    await _check_there(context, user, key, ONLY_WAY)
    async with context.database.read(context.workspace) as connection:
        has_password = await credentials.credential_of(connection, user) is not None
        here = await sessions.session_with(connection, hash_of(session))
    if has_password:
        await accounts.sign_in(context, context.actor.email, password, known)
    elif here is None or here.user_id != user or context.clock.now() - here.created_at > RECENT:
        raise Unauthenticated(NOT_RECENT)
    await _unlink(context, user, key, ONLY_WAY, kept=session)


async def unlink(context: Context, user: str, key: str) -> None:
    """Unlink what somebody else signs in with; raises Forbidden, NotFound, and Invalid for the only way to sign in."""
    require_users(context)
    if user == context.actor.id:
        raise Forbidden(OWN)
    async with context.database.read(context.workspace) as connection:
        await require_power_over(context, connection, user)
    await _unlink(context, user, key, THEIR_ONLY_WAY)


async def _check_there(context: Context, user: str, key: str, only: Message) -> None:
    async with context.database.read(context.workspace) as connection:
        await _found(connection, user, key, only)


async def _unlink(context: Context, user: str, key: str, only: Message, *, kept: str = "") -> None:
    async with context.database.write(context.workspace) as connection:
        await providers.lock_identities(connection, user)
        found = await _found(connection, user, key, only)
        await providers.remove_identity(connection, found.provider.id, found.subject, user)
        await sessions.end_other_sessions(connection, user, hash_of(kept) if kept else "")
        kind, named = "identity.unlinked", found.provider.id
        await audit.note(context, connection, kind, entity=USER, record=user, provider=named)
        await _tell(context, connection, user, found.provider.label)
    forget(context.home)


async def _found(connection: Connection, user: str, key: str, only: Message) -> providers.Linked:
    """What is to be unlinked; raises NotFound, and Invalid where nothing else lets the user in."""
    rows = await providers.linked(connection, user)
    row = next((row for row in rows if _key(row) == key), None)
    if row is None:
        raise NotFound
    has_password = await credentials.credential_of(connection, user) is not None
    if only_way(map(_shown, rows), key, has_password=has_password):
        raise Invalid([FieldError("identity", "only_way", only)])
    return row


async def _tell(context: Context, connection: Connection, user: str, label: str) -> None:
    person = await people.with_id(connection, context.release.statements, user)
    if person is None or not person.email:
        return
    data = {"name": person.name, "site": address_of(context, "/"), "provider": label}
    locale = actor_of(person, context).locale
    await send_later(context, connection, to=person.email, template="identity_unlinked", data=data, locale=locale)


def _shown(row: providers.Linked) -> Linked:
    provider = row.provider
    links = bool(row.email) and options_of(provider).link
    return Linked(
        _key(row), provider.id, provider.label, row.email, provider.enabled, links, row.created_at, row.signed_in_at
    )


def _key(row: providers.Linked) -> str:
    return hashlib.sha256(f"{row.provider.id}\n{row.subject}".encode()).hexdigest()[:32]
