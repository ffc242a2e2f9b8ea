"""Secrets for programs; a token itself is never kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from trellis.storage.connection import Connection, Row
from trellis.storage.moments import from_number, optional_moment, to_number
from trellis.storage.system import SystemTables, system_statement
from trellis.storage.tokenuses import forget_token, forget_tokens


@dataclass(frozen=True, slots=True)
class Token:
    """A secret for programs; `prefix` are its first characters, for people to tell it apart.

    `roles` are those of its user's that it may use; None means all that the user has at the time.
    """

    id: str
    user_id: str
    name: str
    hash: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    roles: frozenset[str] | None = None
    created_by: str = ""
    method: str = ""
    """How whoever made it had signed in."""


async def add_token(connection: Connection, token: Token) -> None:
    """Keep a new token."""
    row = {
        "id": token.id,
        "user_id": token.user_id,
        "name": token.name,
        "hash": token.hash,
        "prefix": token.prefix,
        "created_at": to_number(token.created_at),
        "expires_at": None if token.expires_at is None else to_number(token.expires_at),
        "roles": None if token.roles is None else msgspec.json.encode(sorted(token.roles)).decode(),
        "created_by": token.created_by or None,
        "method": token.method or None,
    }
    await connection.execute(_add_token(connection), row)


async def tokens_of(connection: Connection, user_id: str) -> list[Token]:
    """The tokens of a user that are not revoked, newest first."""
    return [_token(row) for row in await connection.fetch(_tokens_of(connection), {"user": user_id})]


async def touch_token(connection: Connection, token_hash: str, used_at: datetime) -> None:
    """A program used it."""
    await connection.execute(_touch_token(connection), {"hash_": token_hash, "used": to_number(used_at)})


async def revoke_token(connection: Connection, user_id: str, token_id: str, now: datetime) -> bool:
    """Make a token useless and forget what it used; False when the user has no such token."""
    row = {"user": user_id, "token": token_id, "now": to_number(now)}
    if await connection.execute(_revoke_token(connection), row) != 1:
        return False
    await forget_token(connection, token_id)
    return True


async def revoke_tokens(connection: Connection, user_id: str, now: datetime) -> int:
    """Make all tokens of a user useless; how many they were."""
    await forget_tokens(connection, user_id)
    return await connection.execute(_revoke_tokens(connection), {"user": user_id, "now": to_number(now)})


def kept_roles(text: str | None) -> frozenset[str] | None:
    """The roles of a token as its row keeps them; None when it is not limited."""
    return None if text is None else frozenset(msgspec.json.decode(text, type=Sequence[str]))


def _token(row: Row) -> Token:
    token_id, user_id, name, token_hash, prefix, created, expires, used, roles, created_by, method = row
    moments = (from_number(created), optional_moment(expires), optional_moment(used))
    return Token(
        token_id, user_id, name, token_hash, prefix, *moments, kept_roles(roles), created_by or "", method or ""
    )


_USER = sa.bindparam("user", type_=sa.TEXT)
_NOW = sa.bindparam("now", type_=sa.BIGINT)
_NAMES = ("id", "user_id", "name", "hash", "prefix", "created_at", "expires_at", "roles", "created_by", "method")


@system_statement
def _add_token(tables: SystemTables) -> sa.Executable:
    table = tables.token
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in _NAMES})


@system_statement
def _tokens_of(tables: SystemTables) -> sa.Executable:
    table = tables.token
    names = (*_NAMES[:7], "last_used_at", *_NAMES[7:])
    mine = sa.select(*(table.c[name] for name in names)).where(table.c.user_id == _USER, table.c.revoked_at.is_(None))
    return mine.order_by(table.c.created_at.desc(), table.c.id)


@system_statement
def _touch_token(tables: SystemTables) -> sa.Executable:
    table = tables.token
    used = sa.bindparam("used", type_=sa.BIGINT)
    return sa.update(table).where(table.c.hash == sa.bindparam("hash_", type_=sa.TEXT)).values(last_used_at=used)


@system_statement
def _revoke_token(tables: SystemTables) -> sa.Executable:
    table = tables.token
    mine = (table.c.user_id == _USER, table.c.id == sa.bindparam("token", type_=sa.TEXT))
    return sa.update(table).where(*mine, table.c.revoked_at.is_(None)).values(revoked_at=_NOW)


@system_statement
def _revoke_tokens(tables: SystemTables) -> sa.Executable:
    table = tables.token
    return sa.update(table).where(table.c.user_id == _USER, table.c.revoked_at.is_(None)).values(revoked_at=_NOW)
