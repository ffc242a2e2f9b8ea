"""Users who can sign in: with a password in a browser, with a token as a program."""

from collections.abc import Iterable, Sequence

from trellis.kernel.errors import FieldError, Invalid, NotFound, TooManyRequests, Unauthenticated
from trellis.kernel.messages import Message
from trellis.kernel.names import nearest
from trellis.services import audit
from trellis.services.accountlinks import address_of
from trellis.services.administering import require_no_more, require_oneself, require_power_over, require_users
from trellis.services.closing import ADMIN_ROLE, LAST, leaves_administrators
from trellis.services.commands import Create, Outcome
from trellis.services.context import Context
from trellis.services.identities import (
    actor_of,
    authenticate_token,
    forget,
    hash_of,
    session,
    start_session,
)
from trellis.services.mail import send_later
from trellis.services.passwords import check_password, fits, hashed, is_outdated
from trellis.services.records import write
from trellis.services.sessions import end_device, end_other_sessions, end_session, is_session, sessions
from trellis.services.signing_in import known_browser
from trellis.services.throttling import ACCOUNT, BROWSER, NETWORK, Limit, forgiven, network_of, taken_back, tries
from trellis.services.tokens import create_token, revoke_token, tokens
from trellis.storage import accountlinks, accountrows, accounts, people, preferences
from trellis.storage import sessions as sessions_storage
from trellis.storage.accounts import Credential
from trellis.storage.connection import Connection
from trellis.storage.people import USER, Person
from trellis.storage.sessions import Session
from trellis.storage.tokens import Token

__all__ = [
    "ADMIN_ROLE",
    "Session",
    "Token",
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


async def anyone(context: Context) -> bool:
    """Whether anybody can sign in at all."""
    async with context.database.read(context.workspace) as connection:
        return await accounts.any_credential(connection)


async def create_user(
    context: Context,
    *,
    email: str,
    name: str,
    password: str | None = None,
    roles: Sequence[str] = (),
    kind: str = accountrows.PERSON,
    team: str | None = None,
    locale: str = "",
) -> str:
    """A new user with roles, who can sign in when there is a password; the id. Raises Invalid, Forbidden."""
    require_users(context)
    check_roles(context, roles)
    require_no_more(context, roles)
    if password is not None:
        check_password(password, shortest=context.preferences.accounts.shortest_password, about=(email, name))
    password_hash = None if password is None else await hashed(password)

    async def also(connection: Connection, outcomes: Sequence[Outcome]) -> None:
        user, now = outcomes[0].id, context.now()
        await accountrows.add_account(connection, user, kind, now, context.actor.id)
        await accounts.save_roles(connection, user, roles)
        if password_hash is not None:
            await accounts.save_password(connection, user, password_hash, now)
        detail = {"roles": sorted(roles), "account": kind}
        await audit.note(context, connection, "account.created", entity=USER, record=user, **detail)

    values = {"email": email or None, "name": name, **({"team": team} if team else {})}
    values |= {"locale": locale} if locale else {}
    (outcome,) = await write(context.as_system(), USER, [Create(values)], also=also)
    return outcome.id


async def has_signed_in(connection: Connection, user: str) -> bool:
    """Whether the user has a password, or came in before in another way."""
    account = await accountrows.account_of(connection, user)
    return account.signed_in_at is not None or await accounts.credential_of(connection, user) is not None


async def user_id(context: Context, email: str) -> str:
    """The id of the user with this address; raises NotFound."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
    if person is None:
        raise NotFound(Message("There is no user with the address {email}.", {"email": email}))
    return person.id


async def sign_in(context: Context, email: str, password: str, known: str = "") -> str:
    """The id of the user whose password this is; raises Unauthenticated, and TooManyRequests after wrong guesses.

    A try counts before the password is looked at, so that many tries at once are no way around the count; it counts
    the same whether anybody has the address, and from a browser that is `known` for the user apart from all others.
    """
    async with context.database.write(context.workspace) as connection:
        person = await people.with_email(connection, context.release.statements, email)
        counted = _counted(context, email, person, known)
        counts = [await tries(connection, limit, subject, context.clock.now()) for limit, subject in counted]
        credential = await accounts.credential_of(connection, person.id) if person and person.active else None
    if not all(counts):
        raise TooManyRequests(Message("Too many wrong passwords. Try again in a few minutes."))
    if not await fits(password, credential.password_hash if credential else None) or credential is None:
        locks = any(count >= limit.free for count, (limit, _) in zip(counts, counted, strict=True))
        kind = "sign_in.locked" if locks else "sign_in.failed"
        await audit.noted(context, kind, entity=USER, record=person.id if person else None)
        raise Unauthenticated(Message("The email or the password is wrong."))
    await _succeeded(context, credential, password, counted)
    return credential.user_id


async def set_password(
    context: Context, user: str, password: str, *, kept: str = "", must_change: bool = False
) -> None:
    """A new password for oneself or, with the right to manage users, for others.

    It ends all sessions of the user but the one with the secret `kept`, and takes back the links that were sent.
    """
    if user != context.actor.id:
        require_users(context)
        async with context.database.read(context.workspace) as connection:
            await require_power_over(context, connection, user)
    require_oneself(context)
    await replace_password(context, user, password, kept=kept, must_change=must_change)


async def replace_password(
    context: Context, user: str, password: str, *, kept: str = "", must_change: bool = False
) -> None:
    """The same for who has proved the right to it in another way."""
    async with context.database.read(context.workspace) as connection:
        person = await people.with_id(connection, context.release.statements, user)
    if person is None:
        raise NotFound
    shortest = context.preferences.accounts.shortest_password
    check_password(password, shortest=shortest, about=(person.email, person.name))
    password_hash = await hashed(password)
    async with context.database.write(context.workspace) as connection:
        had_one = await accounts.credential_of(connection, user) is not None
        await accounts.save_password(connection, user, password_hash, context.now(), must_change=must_change)
        await accountlinks.withdraw_all(connection, user)
        await sessions_storage.end_other_sessions(connection, user, hash_of(kept) if kept else "")
        await audit.note(context, connection, "password.changed", entity=USER, record=user)
        if person.email and had_one and not must_change:
            data = {"name": person.name, "site": address_of(context, "/")}
            locale = actor_of(person, context).locale
            await send_later(
                context, connection, to=person.email, template="password_changed", data=data, locale=locale
            )
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
    """Give a user just these roles; raises Invalid for unknown ones and for the last administrator, Forbidden."""
    require_users(context)
    chosen = frozenset(roles)
    async with context.database.write(context.workspace) as connection:
        if await people.with_id(connection, context.release.statements, user) is None:
            raise NotFound
        before = await accounts.roles_of(connection, user)
        check_roles(context, chosen - before)
        require_no_more(context, chosen ^ before)
        if ADMIN_ROLE in before - chosen and not await leaves_administrators(context, connection, [user]):
            raise Invalid([FieldError("roles", "last_administrator", LAST)])
        await accounts.save_roles(connection, user, chosen)
        await sessions_storage.end_impersonations(connection, user)
        given, taken = sorted(chosen - before), sorted(before - chosen)
        if given or taken:
            detail = {"given": given, "taken": taken}
            await audit.note(context, connection, "roles.changed", entity=USER, record=user, **detail)
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


def _counted(context: Context, email: str, person: Person | None, known: str) -> list[tuple[Limit, str]]:
    """What a try is counted by."""
    browser = known_browser(context, known, person.id) if person else None
    if browser is not None:
        return [(BROWSER, browser)]
    by_account = (ACCOUNT, email.strip().casefold())
    return [by_account, (NETWORK, network_of(context.address))] if context.address else [by_account]


async def _succeeded(
    context: Context, credential: Credential, password: str, counted: Sequence[tuple[Limit, str]]
) -> None:
    newer = await hashed(password) if is_outdated(credential.password_hash) else None
    async with context.database.write(context.workspace) as connection:
        for limit, subject in counted:
            await (taken_back if limit is NETWORK else forgiven)(connection, limit, subject)
        if newer is not None:
            user, must = credential.user_id, credential.must_change
            await accounts.save_password(connection, user, newer, context.now(), must_change=must)


def check_roles(context: Context, roles: Iterable[str]) -> None:
    """Raises Invalid for roles that there are not."""
    known = context.snapshot.roles
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise Invalid([FieldError("roles", "unknown_role", _unknown(role, nearest(role, known))) for role in unknown])


def _unknown(role: str, meant: str | None) -> Message:
    if meant is None:
        return Message("There is no role {role}.", {"role": role})
    return Message("There is no role {role}. Is {meant} meant?", {"role": role, "meant": meant})
