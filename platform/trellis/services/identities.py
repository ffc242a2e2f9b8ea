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
from trellis.kernel.errors import Forbidden, NotFound
from trellis.kernel.identity import new_id
from trellis.services.context import Context, Home
from trellis.storage import accounts, people
from trellis.storage.accounts import Session, Token
from trellis.storage.connection import Connection
from trellis.storage.moments import from_number
from trellis.storage.people import Person
from trellis.storage.statements import Statements

PREFIX = "trl_"
SESSION_LENGTH = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
REMEMBERED = timedelta(seconds=1)
MOST_REMEMBERED = 10_000

Find = Callable[[Connection, Statements, str], Awaitable[Person | None]]
Touch = Callable[[Connection, str, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor | None
    until: datetime


_known: WeakKeyDictionary[Home, dict[str, _Known]] = WeakKeyDictionary()


async def start_session(context: Context, user: str, agent: str = "") -> str:
    """Sign a browser in; the secret for its cookie."""
    secret, now = secrets.token_urlsafe(32), context.now()
    session = Session(_hash(secret), user, now, now, now + SESSION_LENGTH, agent[:300])
    async with context.database.write(context.workspace) as connection:
        await accounts.remove_expired_sessions(connection, now)
        await accounts.add_session(connection, session)
    return secret


async def session(context: Context, secret: str) -> Actor | None:
    """Who is signed in with this cookie; None when nobody is any more."""
    return await _actor(context, secret, people.of_session, _touch_session)


async def end_session(context: Context, user: str, secret: str) -> None:
    """Sign this browser out."""
    await end_device(context, user, _hash(secret))


async def end_device(context: Context, user: str, token_hash: str) -> None:
    """Sign one of the user's browsers out, named by the hash in the list of sessions."""
    async with context.database.write(context.workspace) as connection:
        await accounts.end_session(connection, user, token_hash)
    forget(context.home)


async def end_other_sessions(context: Context, user: str, kept: str) -> None:
    """Sign all browsers of the user out but the one with the secret `kept`."""
    async with context.database.write(context.workspace) as connection:
        await accounts.end_other_sessions(connection, user, _hash(kept))
    forget(context.home)


async def sessions(context: Context, user: str) -> list[Session]:
    """The browsers in which a user is signed in."""
    async with context.database.read(context.workspace) as connection:
        found = await accounts.sessions_of(connection, user)
    return [item for item in found if item.expires_at > context.now()]


def is_session(item: Session, secret: str) -> bool:
    """Whether this is the session of a secret."""
    return secrets.compare_digest(item.token_hash, _hash(secret))


async def create_token(context: Context, user: str, name: str, expires_at: datetime | None = None) -> str:
    """A secret for programs, shown only here; raises Forbidden."""
    _require_for(context, user)
    secret, now = PREFIX + secrets.token_urlsafe(32), context.now()
    token = Token(new_id(now), user, name, _hash(secret), secret[: len(PREFIX) + 6], now, expires_at)
    async with context.database.write(context.workspace) as connection:
        await accounts.add_token(connection, token)
    return secret


async def tokens(context: Context, user: str) -> list[Token]:
    """The tokens of a user that are not revoked."""
    _require_for(context, user)
    async with context.database.read(context.workspace) as connection:
        return await accounts.tokens_of(connection, user)


async def revoke_token(context: Context, user: str, token_id: str) -> None:
    """Make a token useless; raises NotFound, Forbidden."""
    _require_for(context, user)
    async with context.database.write(context.workspace) as connection:
        if not await accounts.revoke_token(connection, user, token_id, context.now()):
            raise NotFound
    forget(context.home)


async def authenticate_token(context: Context, secret: str) -> Actor | None:
    """Whose token this is; None when it is not, or not any more."""
    if not secret.startswith(PREFIX):
        return None
    return await _actor(context, secret, people.of_token, accounts.touch_token)


def forget(home: Home) -> None:
    """What secrets mean in this workspace must be asked again."""
    _known.pop(home, None)


async def _actor(context: Context, secret: str, find: Find, touch: Touch) -> Actor | None:
    token_hash, now = _hash(secret), context.clock.now()
    known = _known.setdefault(context.home, {})
    remembered = known.get(token_hash)
    if remembered is not None and now < remembered.until:
        return remembered.actor
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    actor = await _ask(context, token_hash, find, touch)
    known[token_hash] = _Known(actor, now + REMEMBERED)
    return actor


async def _ask(context: Context, token_hash: str, find: Find, touch: Touch) -> Actor | None:
    async with context.database.read(context.workspace) as connection:
        person = await find(connection, context.release.statements, token_hash)
    now = context.now()
    if person is None or not person.active or (person.expires_at is not None and from_number(person.expires_at) <= now):
        return None
    if person.seen_at is None or now - from_number(person.seen_at) >= SEEN_EVERY:
        async with context.database.write(context.workspace) as connection:
            await touch(connection, token_hash, now)
    return actor_of(person, context)


def actor_of(person: Person, context: Context) -> Actor:
    """A person as somebody who acts."""
    return Actor(
        id=person.id,
        name=person.name,
        email=person.email,
        roles=person.roles,
        team=person.team,
        locale=_locale(person.locale) if person.locale else context.preferences.locale,
        zone=person.zone or context.preferences.zone,
        teams=person.teams,
    )


def _locale(option: str) -> str:
    """Option keys are lower case with underscores: `zh_cn` is zh-CN."""
    language, _, region = option.partition("_")
    return f"{language}-{region.upper()}" if region else language


async def _touch_session(connection: Connection, token_hash: str, now: datetime) -> None:
    await accounts.touch_session(connection, token_hash, now, now + SESSION_LENGTH)


def _require_for(context: Context, user: str) -> None:
    right = "tokens" if user == context.actor.id else "users"
    if not context.access.system(right):
        raise Forbidden


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
