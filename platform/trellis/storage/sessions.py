"""Browsers in which somebody is signed in; a session's secret itself is never kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.moments import from_number, to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a user is signed in; `impersonator` is who acts there in the user's place, if anybody."""

    token_hash: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str = ""
    method: str = ""
    impersonator: str = ""
    data: str = "{}"


async def add_session(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    row = {
        "token_hash": session.token_hash,
        "user_id": session.user_id,
        "created_at": to_number(session.created_at),
        "seen_at": to_number(session.seen_at),
        "expires_at": to_number(session.expires_at),
        "agent": session.agent,
        "address": session.address or None,
        "method": session.method or None,
        "impersonator": session.impersonator or None,
        "data": session.data,
    }
    await connection.execute(_add_session(connection), row)


async def sessions_of(connection: Connection, user_id: str) -> list[Session]:
    """The sessions of a user, the one seen last first."""
    return [_session(row) for row in await connection.fetch(_sessions_of(connection), {"user": user_id})]


async def session_with(connection: Connection, token_hash: str) -> Session | None:
    """The session of a secret, over or not."""
    rows = await connection.fetch(_session_with(connection), {"hash": token_hash})
    return _session(rows[0]) if rows else None


async def touch_session(
    connection: Connection, token_hash: str, now: datetime, idle: timedelta, longest: timedelta
) -> None:
    """The user was here: the session goes on, but not for longer than it may; one of an impersonator never does."""
    row = {
        "hash": token_hash,
        "seen": to_number(now),
        "idle_end": to_number(now + idle),
        "longest": longest // timedelta(milliseconds=1),
    }
    await connection.execute(_touch_session(connection), row)


async def end_session(connection: Connection, user_id: str, token_hash: str) -> int:
    """Sign one browser out; how many were signed in."""
    return await connection.execute(_end_session(connection), {"user": user_id, "hash": token_hash})


async def end_session_with(connection: Connection, token_hash: str) -> int:
    """End the session of a secret, whoever is signed in with it."""
    return await connection.execute(_end_session_with(connection), {"hash": token_hash})


async def end_other_sessions(connection: Connection, user_id: str, kept: str = "") -> int:
    """Sign all browsers of a user out but the one whose hash is `kept`; how many they were."""
    return await connection.execute(_end_other_sessions(connection), {"user": user_id, "hash": kept})


async def end_impersonations(connection: Connection, user_id: str) -> int:
    """End all sessions in which this user acts in the place of others."""
    return await connection.execute(_end_impersonations(connection), {"user": user_id})


async def remove_expired_sessions(connection: Connection, now: datetime) -> int:
    """Forget sessions that nobody can use any more."""
    return await connection.execute(_remove_expired_sessions(connection), {"now": to_number(now)})


def _session(row: tuple[str, str, int, int, int, str, str | None, str | None, str | None, str]) -> Session:
    token_hash, user_id, created, seen, expires, agent, address, method, impersonator, more = row
    moments = (from_number(created), from_number(seen), from_number(expires))
    return Session(token_hash, user_id, *moments, agent, address or "", method or "", impersonator or "", more)


_USER = sa.bindparam("user", type_=sa.TEXT)
_HASH = sa.bindparam("hash", type_=sa.TEXT)
_NAMES = (
    "token_hash", "user_id", "created_at", "seen_at", "expires_at", "agent", "address", "method", "impersonator", "data",
)  # fmt: skip


@system_statement
def _add_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in _NAMES})


@system_statement
def _sessions_of(tables: SystemTables) -> sa.Executable:
    table = tables.session
    mine = sa.select(*(table.c[name] for name in _NAMES)).where(table.c.user_id == _USER)
    return mine.order_by(table.c.seen_at.desc(), table.c.token_hash)


@system_statement
def _session_with(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.select(*(table.c[name] for name in _NAMES)).where(table.c.token_hash == _HASH)


@system_statement
def _touch_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    idle_end = sa.bindparam("idle_end", type_=sa.BIGINT)
    end = table.c.created_at + sa.bindparam("longest", type_=sa.BIGINT)
    expires = sa.case((table.c.impersonator.is_not(None), table.c.expires_at), (end < idle_end, end), else_=idle_end)
    values = {"seen_at": sa.bindparam("seen", type_=sa.BIGINT), "expires_at": expires}
    return sa.update(table).where(table.c.token_hash == _HASH).values(values)


@system_statement
def _end_session(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.delete(table).where(table.c.user_id == _USER, table.c.token_hash == _HASH)


@system_statement
def _end_session_with(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.session).where(tables.session.c.token_hash == _HASH)


@system_statement
def _end_other_sessions(tables: SystemTables) -> sa.Executable:
    table = tables.session
    return sa.delete(table).where(table.c.user_id == _USER, table.c.token_hash != _HASH)


@system_statement
def _end_impersonations(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.session).where(tables.session.c.impersonator == _USER)


@system_statement
def _remove_expired_sessions(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.session).where(tables.session.c.expires_at < sa.bindparam("now", type_=sa.BIGINT))
