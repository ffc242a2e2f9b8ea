"""Who can sign in, with what, and who has which roles; a password or token itself is never kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection
from trellis.storage.moments import from_number, optional_moment, to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Credential:
    """The password of a user as a hash, and how often somebody guessed wrong lately."""

    user_id: str
    password_hash: str
    failed: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user is signed in."""

    token_hash: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """A secret for programs; `prefix` are its first characters, for people to tell it apart."""

    id: str
    user_id: str
    name: str
    hash: str
    prefix: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


async def any_credential(connection: Connection) -> bool:
    """Whether anybody can sign in with a password."""
    return bool(await connection.fetch(_first_credential(connection)))


async def lock_credential(connection: Connection, user_id: str) -> Credential | None:
    """The credential of a user, nobody else's to change until the transaction ends."""
    rows = await connection.fetch(_credential(connection), {"user": user_id})
    if not rows:
        return None
    password_hash, failed, locked_until = rows[0]
    return Credential(user_id, password_hash, failed, optional_moment(locked_until))


async def save_password(connection: Connection, user_id: str, password_hash: str, now: datetime) -> None:
    """A new password; failures are forgotten."""
    row = {"user": user_id, "password_hash": password_hash, "now": to_number(now)}
    await connection.execute(_save_password(connection), row)


async def save_failures(connection: Connection, user_id: str, failed: int, locked_until: datetime | None) -> None:
    """How often it was wrong, and until when nobody may try again."""
    until = None if locked_until is None else to_number(locked_until)
    await connection.execute(_save_failures(connection), {"user": user_id, "count": failed, "until": until})


async def add_session(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    row = {
        "token_hash": session.token_hash,
        "user_id": session.user_id,
        "created_at": to_number(session.created_at),
        "seen_at": to_number(session.seen_at),
        "expires_at": to_number(session.expires_at),
        "agent": session.agent,
        "data": "{}",
    }
    await connection.execute(_add_session(connection), row)


async def sessions_of(connection: Connection, user_id: str) -> list[Session]:
    """The sessions of a user, the one seen last first."""
    rows = await connection.fetch(_sessions_of(connection), {"user": user_id})
    return [
        Session(token_hash, user_id, from_number(created), from_number(seen), from_number(expires), agent)
        for token_hash, created, seen, expires, agent in rows
    ]


async def touch_session(connection: Connection, token_hash: str, seen_at: datetime, expires_at: datetime) -> None:
    """The user was here."""
    row = {"hash": token_hash, "seen": to_number(seen_at), "expires": to_number(expires_at)}
    await connection.execute(_touch_session(connection), row)


async def end_session(connection: Connection, user_id: str, token_hash: str) -> None:
    """Sign one browser out."""
    await connection.execute(_end_session(connection), {"user": user_id, "hash": token_hash})


async def end_other_sessions(connection: Connection, user_id: str, kept: str = "") -> None:
    """Sign all browsers of a user out but the one whose hash is `kept`."""
    await connection.execute(_end_other_sessions(connection), {"user": user_id, "hash": kept})


async def remove_expired_sessions(connection: Connection, now: datetime) -> int:
    """Forget sessions that nobody can use any more."""
    return await connection.execute(_remove_expired_sessions(connection), {"now": to_number(now)})


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
    }
    await connection.execute(_add_token(connection), row)


async def tokens_of(connection: Connection, user_id: str) -> list[Token]:
    """The tokens of a user that are not revoked, newest first."""
    rows = await connection.fetch(_tokens_of(connection), {"user": user_id})
    return [
        Token(
            token_id, user_id, name, token_hash, prefix, from_number(created),
            optional_moment(expires), optional_moment(used),
        )
        for token_id, name, token_hash, prefix, created, expires, used in rows
    ]  # fmt: skip


async def touch_token(connection: Connection, token_hash: str, used_at: datetime) -> None:
    """A program used it."""
    await connection.execute(_touch_token(connection), {"hash_": token_hash, "used": to_number(used_at)})


async def revoke_token(connection: Connection, user_id: str, token_id: str, now: datetime) -> bool:
    """Make a token useless; False when the user has no such token."""
    row = {"user": user_id, "token": token_id, "now": to_number(now)}
    return await connection.execute(_revoke_token(connection), row) == 1


async def roles_of(connection: Connection, user_id: str) -> frozenset[str]:
    """The ids of the roles a user was given."""
    return frozenset(role for (role,) in await connection.fetch(_roles_of(connection), {"user": user_id}))


async def holders(connection: Connection) -> dict[str, int]:
    """How many users were given each role that anybody has."""
    return {str(role): int(count) for role, count in await connection.fetch(_holders(connection), {})}


async def save_roles(connection: Connection, user_id: str, roles: Iterable[str]) -> None:
    """Give a user just these roles."""
    await connection.execute(_remove_roles(connection), {"user": user_id})
    rows = [{"user": user_id, "role": role} for role in sorted(set(roles))]
    if rows:
        await connection.execute_many(_add_role(connection), rows)


_USER = sa.bindparam("user", type_=sa.TEXT)
_HASH = sa.bindparam("hash", type_=sa.TEXT)
_NOW = sa.bindparam("now", type_=sa.BIGINT)


def _columns(table: sa.Table, names: str) -> dict[str, sa.BindParameter[object]]:
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in names.split()}


@system_statement
def _first_credential(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.credential.c.user_id).limit(1)


@system_statement
def _credential(tables: SystemTables) -> sa.Executable:
    table = tables.credential
    columns = (table.c.password_hash, table.c.failed, table.c.locked_until)
    return sa.select(*columns).where(table.c.user_id == _USER).with_for_update()


@system_statement
def _save_password(tables: SystemTables) -> sa.Executable:
    table = tables.credential
    values = {"password_hash": sa.bindparam("password_hash"), "changed_at": _NOW, "failed": 0, "locked_until": None}
    new = insert(table).values(user_id=_USER, **values)
    return new.on_conflict_do_update(index_elements=[table.c.user_id], set_=values)


@system_statement
def _save_failures(tables: SystemTables) -> sa.Executable:
    table = tables.credential
    count, until = sa.bindparam("count", type_=sa.BIGINT), sa.bindparam("until", type_=sa.BIGINT)
    return sa.update(table).where(table.c.user_id == _USER).values(failed=count, locked_until=until)


@system_statement
def _add_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.insert(table).values(_columns(table, "token_hash user_id created_at seen_at expires_at agent data"))


@system_statement
def _sessions_of(tables: SystemTables) -> sa.Executable:
    table = tables.session
    columns = (table.c.token_hash, table.c.created_at, table.c.seen_at, table.c.expires_at, table.c.agent)
    return sa.select(*columns).where(table.c.user_id == _USER).order_by(table.c.seen_at.desc(), table.c.token_hash)


@system_statement
def _touch_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    seen, expires = sa.bindparam("seen", type_=sa.BIGINT), sa.bindparam("expires", type_=sa.BIGINT)
    return sa.update(table).where(table.c.token_hash == _HASH).values(seen_at=seen, expires_at=expires)


@system_statement
def _end_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.delete(table).where(table.c.user_id == _USER, table.c.token_hash == _HASH)


@system_statement
def _end_other_sessions(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.delete(table).where(table.c.user_id == _USER, table.c.token_hash != _HASH)


@system_statement
def _remove_expired_sessions(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.session).where(tables.session.c.expires_at < _NOW)


@system_statement
def _add_token(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.token).values(_columns(tables.token, "id user_id name hash prefix created_at expires_at"))


@system_statement
def _tokens_of(tables: SystemTables) -> sa.Executable:
    table = tables.token
    columns = (
        table.c.id, table.c.name, table.c.hash, table.c.prefix,
        table.c.created_at, table.c.expires_at, table.c.last_used_at,
    )  # fmt: skip
    mine = sa.select(*columns).where(table.c.user_id == _USER, table.c.revoked_at.is_(None))
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
def _roles_of(tables: SystemTables) -> sa.Executable:
    table = tables.role_assignment
    return sa.select(table.c.role).where(table.c.user_id == _USER)


@system_statement
def _holders(tables: SystemTables) -> sa.Executable:
    table = tables.role_assignment
    return sa.select(table.c.role, sa.func.count()).group_by(table.c.role)


@system_statement
def _remove_roles(tables: SystemTables) -> sa.Executable:
    table = tables.role_assignment
    return sa.delete(table).where(table.c.user_id == _USER)


@system_statement
def _add_role(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.role_assignment).values(user_id=_USER, role=sa.bindparam("role"))
