"""The second factor: six digits of an authenticator app (TOTP, RFC 6238), or one of ten recovery codes."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pyotp

from trellis.kernel.actor import Actor
from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.administering import require_oneself, require_power_over, require_users
from trellis.services.backoff import FREE_FAILURES, locked_until, refuse_while_locked
from trellis.services.context import Context
from trellis.services.demands import demands_second_factor
from trellis.storage import accounts, second_factors
from trellis.storage.connection import Connection
from trellis.storage.second_factors import Factor

STEP = 30
WINDOW = 1
"""Clocks may be one step apart (RFC 6238, section 5.2)."""
CODES = 10

Means = Literal["totp", "recovery"]
_SPACES = re.compile(r"[\s-]+")


@dataclass(frozen=True, slots=True)
class Secret:
    """What goes into an authenticator app: as text to type, and as an address to scan."""

    text: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """How a user's second factor stands."""

    since: datetime | None = None
    codes_left: int = 0
    demanded: bool = False
    has_password: bool = False

    @property
    def is_on(self) -> bool:
        return self.since is not None


async def state(context: Context, user: str, roles: frozenset[str] = frozenset()) -> State:
    """Whether a user has a second factor; `roles` say whether one is demanded."""
    demanded = demands_second_factor(context.release, roles)
    async with context.database.read(context.workspace) as connection:
        found = await second_factors.factor(connection, user)
        has_password = await accounts.credential_of(connection, user) is not None
        if found is None or found.confirmed_at is None:
            return State(demanded=demanded, has_password=has_password)
        return State(found.confirmed_at, await second_factors.codes_left(connection, user), demanded, has_password)


async def is_on(context: Context, user: str) -> bool:
    """Whether a user has a second factor."""
    async with context.database.read(context.workspace) as connection:
        found = await second_factors.factor(connection, user)
    return found is not None and found.confirmed_at is not None


async def begin(context: Context) -> Secret:
    """A new secret for the actor, which counts for nothing before its first code; raises Forbidden when one is on."""
    require_oneself(context)
    user, text = context.actor.id, pyotp.random_base32()
    async with context.database.write(context.workspace) as connection:
        found = await second_factors.factor(connection, user)
        if found is not None and found.confirmed_at is not None:
            raise Forbidden(Message("Turn the second factor off before you set up another one."))
        sealed = context.home.vault.seal(text, _place(user))
        await second_factors.save_unconfirmed(connection, user, sealed, context.now())
    return _secret(context, text)


async def begun(context: Context) -> Secret | None:
    """The secret of the actor that waits for its first code."""
    async with context.database.read(context.workspace) as connection:
        found = await second_factors.factor(connection, context.actor.id)
    if found is None or found.confirmed_at is not None:
        return None
    return _secret(context, _unsealed(context, found))


async def confirm(context: Context, code: str) -> tuple[str, ...]:
    """Turn the second factor of the actor on; the recovery codes, shown only here. Raises Invalid, TooManyRequests."""
    require_oneself(context)
    user = context.actor.id
    async with context.database.write(context.workspace) as connection:
        found = await second_factors.factor(connection, user)
        if found is None or found.confirmed_at is not None:
            raise NotFound
        codes: tuple[str, ...] = ()
        if await _try(context, connection, found, code) == "totp":
            await second_factors.confirm(connection, user, context.now())
            codes = await _new_codes(context, connection)
            await audit.note(context, connection, "second_factor.turned_on")
    if not codes:
        raise _wrong()
    return codes


async def check(context: Context, user: str, code: str) -> Means:
    """What kind of code this was; each works once. Raises Invalid when wrong, and TooManyRequests after a few of these."""
    async with context.database.write(context.workspace) as connection:
        found = await second_factors.factor(connection, user)
        if found is None or found.confirmed_at is None:
            raise NotFound
        means = await _try(context, connection, found, code)
        if means == "recovery":
            own = context.with_actor(Actor(user))
            await audit.note(own, connection, "second_factor.code_used", entity="core.user", record=user)
    if means is None:
        raise _wrong()
    return means


async def new_codes(context: Context, code: str) -> tuple[str, ...]:
    """New recovery codes for the actor, in place of the old ones; raises Invalid, TooManyRequests."""
    require_oneself(context)
    await check(context, context.actor.id, code)
    async with context.database.write(context.workspace) as connection:
        codes = await _new_codes(context, connection)
        await audit.note(context, connection, "second_factor.codes_renewed")
    return codes


async def turn_off(context: Context, code: str) -> None:
    """The actor needs no second factor any more; raises Forbidden when a role demands it, Invalid, TooManyRequests."""
    require_oneself(context)
    if demands_second_factor(context.release, context.actor.roles):
        raise Forbidden(Message("One of your roles demands a second factor."))
    await check(context, context.actor.id, code)
    await _remove(context, context.actor.id, "second_factor.turned_off")


async def reset(context: Context, user: str) -> None:
    """Take the second factor of somebody away who has lost it; raises Forbidden, NotFound."""
    require_users(context)
    async with context.database.read(context.workspace) as connection:
        await require_power_over(context, connection, user)
    await _remove(context, user, "second_factor.reset")


async def _remove(context: Context, user: str, kind: str) -> None:
    async with context.database.write(context.workspace) as connection:
        if not await second_factors.remove(connection, user):
            raise NotFound
        await audit.note(context, connection, kind, entity="core.user", record=user)


async def _try(context: Context, connection: Connection, found: Factor, code: str) -> Means | None:
    """Look at a code and keep the outcome, so that many tries at once are no way around the count."""
    now = context.clock.now()
    refuse_while_locked(found.locked_until, now)
    typed = _SPACES.sub("", code)
    step = _step(_unsealed(context, found), typed, now, found.last_step)
    means: Means | None = "totp" if step else None
    if step is None and found.confirmed_at is not None:
        used = await second_factors.use_code(connection, found.user_id, _hashed(found.user_id, typed), context.now())
        means = "recovery" if used else None
    failed = 0 if means else found.failed + 1
    until = locked_until(failed, now)
    await second_factors.save_try(connection, found.user_id, step or found.last_step, failed, until)
    if until is not None and failed == FREE_FAILURES:
        await audit.note(context, connection, "second_factor.locked", entity="core.user", record=found.user_id)
    return means


def _step(secret: str, typed: str, now: datetime, last: int) -> int | None:
    """The time step whose code this is, unless that one or a later one was used already."""
    if not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return None
    totp, current = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    steps = range(max(last + 1, current - WINDOW), current + WINDOW + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)), None)


async def _new_codes(context: Context, connection: Connection) -> tuple[str, ...]:
    user = context.actor.id
    codes = tuple(base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(CODES))
    await second_factors.save_codes(connection, user, [_hashed(user, code) for code in codes])
    return tuple("-".join(code[start : start + 4] for start in range(0, 16, 4)) for code in codes)


def _hashed(user: str, code: str) -> str:
    """Recovery codes have 80 random bits, so that a plain hash is as good as a slow one."""
    return hashlib.sha256(f"{user}:{code.lower()}".encode()).hexdigest()


def _secret(context: Context, text: str) -> Secret:
    name = context.workspace.name
    issuer = "Trellis" if name == "main" else f"Trellis {name}"
    address = pyotp.TOTP(text).provisioning_uri(name=context.actor.email or context.actor.name, issuer_name=issuer)
    return Secret(" ".join(text[start : start + 4] for start in range(0, len(text), 4)), address)


def _unsealed(context: Context, found: Factor) -> str:
    return context.home.vault.unseal(found.sealed, _place(found.user_id))


def _place(user: str) -> str:
    return f"second_factor/{user}"


def _wrong() -> Invalid:
    return Invalid([FieldError("code", "wrong_code", Message("The code is wrong, or it was used already."))])
