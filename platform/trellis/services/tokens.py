"""Tokens: secrets with which programs act for a user, with all of the user's roles or some."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from trellis.kernel.errors import FieldError, Forbidden, Invalid, NotFound
from trellis.kernel.identity import canonical_id, new_id
from trellis.kernel.messages import Message
from trellis.services import audit
from trellis.services.administering import require_oneself, require_power_over, require_users
from trellis.services.context import Context
from trellis.services.demands import COMMAND
from trellis.services.identities import PREFIX, forget, hash_of
from trellis.storage import accounts, people
from trellis.storage import tokens as storage
from trellis.storage.accountrows import SERVICE, account_of
from trellis.storage.connection import Connection
from trellis.storage.people import USER
from trellis.storage.tokens import Token


async def create_token(
    context: Context,
    user: str,
    name: str,
    expires_at: datetime | None = None,
    *,
    roles: Iterable[str] | None = None,
) -> str:
    """A secret for programs, shown only here; `roles` are those it may use. Raises Forbidden, Invalid."""
    require_tokens_of(context, user)
    secret, now = PREFIX + secrets.token_urlsafe(32), context.now()
    async with context.database.write(context.workspace) as connection:
        if await people.with_id(connection, context.release.statements, user) is None:
            raise NotFound
        await _require_service(context, connection, user)
        limited_to = await _limited_to(context, connection, user, roles)
        token = Token(
            new_id(now), user, name, hash_of(secret), secret[: len(PREFIX) + 6], now, expires_at,
            roles=limited_to, created_by=context.actor.id, method=COMMAND if context.actor.is_system else context.method,
        )  # fmt: skip
        await storage.add_token(connection, token)
        detail = {"token": token.id, "name": name, "roles": None if limited_to is None else sorted(limited_to)}
        await audit.note(context, connection, "token.created", entity=USER, record=user, **detail)
    return secret


async def tokens(context: Context, user: str) -> list[Token]:
    """The tokens of a user that are not revoked; raises Forbidden."""
    require_tokens_of(context, user)
    async with context.database.read(context.workspace) as connection:
        return await storage.tokens_of(connection, user)


async def revoke_token(context: Context, user: str, token_id: str) -> None:
    """Make a token useless; raises NotFound, Forbidden."""
    require_tokens_of(context, user)
    known = canonical_id(token_id)
    async with context.database.write(context.workspace) as connection:
        if known is None or not await storage.revoke_token(connection, user, known, context.now()):
            raise NotFound
        await audit.note(context, connection, "token.revoked", entity=USER, record=user, token=token_id)
    forget(context.home)


def require_tokens_of(context: Context, user: str) -> None:
    """Raises Forbidden for who may not make and revoke tokens of this user."""
    if user != context.actor.id:
        require_users(context)
    else:
        require_oneself(context)
        if not context.access.system("tokens"):
            raise Forbidden


async def _require_service(context: Context, connection: Connection, user: str) -> None:
    """Whoever makes a token for another person could act as this person and nobody would know."""
    if user == context.actor.id or context.actor.is_system:
        return
    if (await account_of(connection, user)).kind != SERVICE:
        raise Forbidden(Message("People make their own tokens. Tokens for others are those of service accounts."))
    await require_power_over(context, connection, user)


async def _limited_to(
    context: Context, connection: Connection, user: str, roles: Iterable[str] | None
) -> frozenset[str] | None:
    """What a token may use; one that is made with a limited token is no wider."""
    given = await accounts.roles_of(connection, user)
    own = context.actor.roles if user == context.actor.id else given
    if roles is None:
        return None if own >= given else own & given
    wanted = frozenset(roles)
    if wanted - (own & given):
        text = Message("A token can only have roles of its user.")
        raise Invalid([FieldError("roles", "not_held", text)])
    return wanted
