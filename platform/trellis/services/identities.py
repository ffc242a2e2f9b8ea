"""From the secret of a request to the person behind it: sessions of browsers, tokens of programs.

A request must not pay for this with a query of its own, so what a secret means is remembered for a second.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from trellis.kernel.actor import Actor
from trellis.services.context import Context, Home
from trellis.services.demands import demands_second_factor, is_strong
from trellis.storage import people
from trellis.storage import sessions as sessions_storage
from trellis.storage.connection import Connection
from trellis.storage.moments import from_number
from trellis.storage.people import Person
from trellis.storage.sessions import Session
from trellis.storage.statements import Statements
from trellis.storage.tokens import kept_roles, touch_token

PREFIX = "trl_"
IMPERSONATION_LENGTH = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=5)
REMEMBERED = timedelta(seconds=1)
MOST_REMEMBERED = 10_000

Find = Callable[[Connection, Statements, str], Awaitable[Person | None]]
Touch = Callable[[Context, Connection, str, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a secret means: who it is, how this user had signed in, whether a second factor is still owed, which token."""

    actor: Actor | None = None
    method: str = ""
    owes: bool = False
    token: str = ""


@dataclass(frozen=True, slots=True)
class _Remembered:
    known: Known
    until: datetime


_known: WeakKeyDictionary[Home, dict[str, _Remembered]] = WeakKeyDictionary()


async def start_session(
    context: Context,
    user: str,
    agent: str = "",
    *,
    method: str = "",
    impersonator: str = "",
    data: str = "{}",
    created_at: datetime | None = None,
) -> str:
    """Sign a browser in; the secret for its cookie. A session that takes the place of another keeps its age."""
    secret, now, rules = secrets.token_urlsafe(32), context.now(), context.preferences.accounts
    begun = created_at or now
    ends = min(now + rules.idle, begun + rules.longest) if not impersonator else now + IMPERSONATION_LENGTH
    session = Session(
        hash_of(secret), user, begun, now, ends, agent[:300], context.address, method, impersonator, data,
    )  # fmt: skip
    async with context.database.write(context.workspace) as connection:
        await sessions_storage.remove_expired_sessions(connection, now)
        await sessions_storage.add_session(connection, session)
    return secret


async def session(context: Context, secret: str) -> Actor | None:
    """Who is signed in with this cookie; None when nobody is any more, or a second factor is owed."""
    known = await known_session(context, secret)
    return None if known.owes else known.actor


async def known_session(context: Context, secret: str) -> Known:
    """What the cookie of a browser means."""
    return await _meaning(context, secret, people.of_session, _touch_session)


async def authenticate_token(context: Context, secret: str) -> Actor | None:
    """Whose token this is; None when it is not, or not any more, or was made without a second factor that is owed."""
    known = await known_token(context, secret)
    return None if known.owes else known.actor


async def known_token(context: Context, secret: str) -> Known:
    """What the secret of a program means."""
    if not secret.startswith(PREFIX):
        return Known()
    return await _meaning(context, secret, people.of_token, _touch_token)


def forget(home: Home) -> None:
    """What secrets mean in this workspace must be asked again."""
    _known.pop(home, None)


async def _meaning(context: Context, secret: str, find: Find, touch: Touch) -> Known:
    token_hash, now = hash_of(secret), context.clock.now()
    known = _known.setdefault(context.home, {})
    remembered = known.get(token_hash)
    if remembered is not None and now < remembered.until:
        return remembered.known
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    meaning = await _ask(context, token_hash, find, touch)
    known[token_hash] = _Remembered(meaning, now + REMEMBERED)
    return meaning


async def _ask(context: Context, token_hash: str, find: Find, touch: Touch) -> Known:
    async with context.database.read(context.workspace) as connection:
        person = await find(connection, context.release.statements, token_hash)
    now = context.now()
    if person is None or not person.active or (person.expires_at is not None and from_number(person.expires_at) <= now):
        return Known()
    if person.seen_at is None or now - from_number(person.seen_at) >= SEEN_EVERY:
        async with context.database.write(context.workspace) as connection:
            await touch(context, connection, token_hash, now)
    owes = not is_strong(person.method) and demands_second_factor(context.release, person.roles)
    return Known(actor_of(person, context), person.method, owes and not person.impersonator, person.token)


def actor_of(person: Person, context: Context) -> Actor:
    """A person as somebody who acts."""
    return Actor(
        id=person.id,
        name=person.name,
        email=person.email,
        roles=_roles(person),
        team=person.team,
        locale=_locale(person.locale) if person.locale else context.preferences.locale,
        zone=person.zone or context.preferences.zone,
        teams=person.teams,
        impersonator=person.impersonator,
    )


def _roles(person: Person) -> frozenset[str]:
    limited_to = kept_roles(person.limited_to)
    return person.roles if limited_to is None else person.roles & limited_to


def _locale(option: str) -> str:
    """Option keys are lower case with underscores: `zh_cn` is zh-CN."""
    language, _, region = option.partition("_")
    return f"{language}-{region.upper()}" if region else language


async def _touch_session(context: Context, connection: Connection, token_hash: str, now: datetime) -> None:
    rules = context.preferences.accounts
    await sessions_storage.touch_session(connection, token_hash, now, rules.idle, rules.longest)


async def _touch_token(_context: Context, connection: Connection, token_hash: str, now: datetime) -> None:
    await touch_token(connection, token_hash, now)


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
