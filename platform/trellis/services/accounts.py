"""Users who can sign in: with a password in a browser, with a token as a program."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.services.commands import Create, Outcome
from trellis.services.context import Context
from trellis.services.identities import (
    authenticate_token,
    create_token,
    end_device,
    end_other_sessions,
    end_session,
    forget,
    is_session,
    revoke_token,
    session,
    sessions,
    start_session,
    tokens,
)
from trellis.services.passwords import check_password, fits, hashed, is_outdated
from trellis.services.records import write
from trellis.storage import accounts, people, preferences
from trellis.storage.accounts import Credential
from trellis.storage.connection import Connection
from trellis.storage.people import USER

__all__ = [
    "anyone",
    "assign_roles",
    "authenticate_token",
    "create_token",
    "create_user",
    "end_device",
    "end_other_sessions",
    "end_session",
    "holders",
    "is_session",
    "preferences_of",
    "revoke_token",
    "roles_of",
    "save_preference",
    "save_setting",
    "session",
    "sessions",
    "set_password",
    "setting",
    "sign_in",
    "start_session",
    "tokens",
    "user_id",
]

FREE_FAILURES = 5
LONGEST_LOCK = timedelta(minutes=15)


async def anyone(context: Context) -> bool:
    """Whether anybody can sign in at all."""
    async with context.database.read(context.workspace) as connection:
        return await accounts.any_credential(connection)


async def create_user(
    context: Context, *, email: str, name: str, password: str | None = None, roles: Sequence[str] = ()
) -> str:
    """A new user with roles, who can sign in when there is a password; the id. Raises Invalid, Forbidden."""
    _require(context, "users")
    _check_roles(context, roles)
    if password is not None:
        check_password(password)
    password_hash = None if password is None else await hashed(password)

    async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        await accounts.save_roles(connection, outcomes[0].id, roles)
        if password_hash is not None:
            await accounts.save_password(connection, outcomes[0].id, password_hash, context.now())

    (outcome,) = await write(context.as_system(), USER, [Create({"email": email, "name": name})], also=also)
    return outcome.id


async def user_id(context: Context, email: str) -> str:
    """The id of the user with this address; raises NotFound."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
    if person is None:
        raise NotFound(Message("There is no user with the address {email}.", {"email": email}))
    return person.id


async def sign_in(context: Context, email: str, password: str) -> str:
    """The id of the user whose password this is; raises Unauthenticated, and TooManyRequests after wrong guesses.

    A try counts before the password is looked at, so that many tries at once are no way around the count.
    """
    async with context.database.write(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
        credential = await accounts.lock_credential(connection, person.id) if person and person.active else None
        if credential is not None:
            await _count(context, connection, credential)
    if not await fits(password, credential.password_hash if credential else None) or credential is None:
        raise Unauthenticated(Message("The email or the password is wrong."))
    await _succeeded(context, credential, password)
    return credential.user_id


async def set_password(context: Context, user: str, password: str) -> None:
    """A new password for oneself or, with the right to manage users, for others; ends all sessions of the user."""
    if user != context.actor.id:
        _require(context, "users")
    check_password(password)
    password_hash = await hashed(password)
    async with context.database.write(context.workspace) as connection:
        await accounts.save_password(connection, user, password_hash, context.now())
        await accounts.end_other_sessions(connection, user)
    forget(context.home)


async def roles_of(context: Context, user: str) -> frozenset[str]:
    """The roles a user was given."""
    async with context.database.read(context.workspace) as connection:
        return await accounts.roles_of(connection, user)


async def holders(context: Context) -> dict[str, int]:
    """How many users were given each role that anybody has."""
    async with context.database.read(context.workspace) as connection:
        return await accounts.holders(connection)


async def assign_roles(context: Context, user: str, roles: Iterable[str]) -> None:
    """Give a user just these roles; raises Invalid for unknown ones, Forbidden."""
    _require(context, "users")
    chosen = list(roles)
    _check_roles(context, chosen)
    async with context.database.write(context.workspace) as connection:
        await accounts.save_roles(connection, user, chosen)
    forget(context.home)


async def setting(context: Context, key: str) -> str | None:
    """What the workspace keeps under a key."""
    async with context.database.read(context.workspace) as connection:
        return await preferences.setting(connection, key)


async def save_setting(context: Context, key: str, value: str) -> None:
    """Keep a text for the workspace."""
    async with context.database.write(context.workspace) as connection:
        await preferences.save_setting(connection, key, value)


async def preferences_of(context: Context) -> dict[str, str]:
    """All that the actor prefers."""
    async with context.database.read(context.workspace) as connection:
        return await preferences.preferences(connection, context.actor.id)


async def save_preference(context: Context, key: str, value: str) -> None:
    """Keep a text for the actor."""
    async with context.database.write(context.workspace) as connection:
        await preferences.save_preference(connection, context.actor.id, key, value)


async def _count(context: Context, connection: Connection, credential: Credential) -> None:
    now = context.clock.now()
    if credential.locked_until is not None and credential.locked_until > now:
        raise TooManyRequests(Message("Too many wrong passwords. Try again in a few minutes."))
    failed = credential.failed + 1
    until = now + lock_time(failed) if failed >= FREE_FAILURES else None
    await accounts.save_failures(connection, credential.user_id, failed, until)


def lock_time(failed: int) -> timedelta:
    """How long nobody may try after so many wrong passwords in a row."""
    return min(LONGEST_LOCK, timedelta(seconds=2 ** min(failed - FREE_FAILURES, 16)))


async def _succeeded(context: Context, credential: Credential, password: str) -> None:
    newer = await hashed(password) if is_outdated(credential.password_hash) else None
    async with context.database.write(context.workspace) as connection:
        if newer is None:
            await accounts.save_failures(connection, credential.user_id, 0, None)
        else:
            await accounts.save_password(connection, credential.user_id, newer, context.now())


def _require(context: Context, right: str) -> None:
    if not context.access.system(right):
        raise Forbidden


def _check_roles(context: Context, roles: Iterable[str]) -> None:
    known = context.snapshot.roles
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise Invalid([FieldError("roles", "unknown_role", _unknown(role, nearest(role, known))) for role in unknown])


def _unknown(role: str, meant: str | None) -> Message:
    if meant is None:
        return Message("There is no role {role}.", {"role": role})
    return Message("There is no role {role}. Is {meant} meant?", {"role": role, "meant": meant})
