"""Links that let somebody set a password once; of the secret in a link only the hash is kept."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.moments import from_number, to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class AccountLink:
    """A link to one's account, of a kind (`invitation`, `reset`, `change`), good until `expires_at` or used."""

    token_hash: str
    kind: str
    user_id: str
    created_by: str
    created_at: datetime
    expires_at: datetime


async def add(connection: Connection, link: AccountLink) -> None:
    """Keep a new link."""
    row = {
        "token_hash": link.token_hash,
        "kind": link.kind,
        "user_id": link.user_id,
        "created_by": link.created_by,
        "created_at": to_number(link.created_at),
        "expires_at": to_number(link.expires_at),
    }
    await connection.execute(_add(connection), row)


async def find(connection: Connection, token_hash: str, now: datetime) -> AccountLink | None:
    """The link of a secret, if it is still good."""
    rows = await connection.fetch(_find(connection), {"hash": token_hash, "now": to_number(now)})
    return _link(rows[0]) if rows else None


async def use(connection: Connection, token_hash: str, now: datetime) -> bool:
    """Use it up; False when it was used, withdrawn or too old."""
    return await connection.execute(_use(connection), {"hash": token_hash, "now": to_number(now)}) == 1


async def withdraw(connection: Connection, user_id: str, kind: str) -> int:
    """Make all unused links of a kind useless."""
    return await connection.execute(_withdraw(connection), {"user": user_id, "kind": kind})


async def withdraw_all(connection: Connection, user_id: str) -> int:
    """Make all unused links of a user useless."""
    return await connection.execute(_withdraw_all(connection), {"user": user_id})


async def open_of(connection: Connection, user_id: str, now: datetime) -> list[AccountLink]:
    """The links of a user that are still good, newest first."""
    return [
        _link(row) for row in await connection.fetch(_open_of(connection), {"user": user_id, "now": to_number(now)})
    ]


async def remove_before(connection: Connection, moment: datetime) -> int:
    """Forget links that ended before."""
    return await connection.execute(_remove_before(connection), {"moment": to_number(moment)})


def _link(row: tuple[str, str, str, str, int, int]) -> AccountLink:
    token_hash, kind, user_id, created_by, created_at, expires_at = row
    return AccountLink(token_hash, kind, user_id, created_by, from_number(created_at), from_number(expires_at))


_HASH = sa.bindparam("hash", type_=sa.TEXT)
_USER = sa.bindparam("user", type_=sa.TEXT)
_NOW = sa.bindparam("now", type_=sa.BIGINT)
_NAMES = ("token_hash", "kind", "user_id", "created_by", "created_at", "expires_at")


def _good(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.used_at.is_(None), table.c.expires_at > _NOW)


@system_statement
def _add(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in _NAMES})


@system_statement
def _find(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    return sa.select(*(table.c[name] for name in _NAMES)).where(table.c.token_hash == _HASH, _good(table))


@system_statement
def _use(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    return sa.update(table).where(table.c.token_hash == _HASH, _good(table)).values(used_at=_NOW)


@system_statement
def _withdraw(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    kind = sa.bindparam("kind", type_=sa.TEXT)
    return sa.delete(table).where(table.c.user_id == _USER, table.c.kind == kind, table.c.used_at.is_(None))


@system_statement
def _withdraw_all(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    return sa.delete(table).where(table.c.user_id == _USER, table.c.used_at.is_(None))


@system_statement
def _open_of(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    mine = sa.select(*(table.c[name] for name in _NAMES)).where(table.c.user_id == _USER, _good(table))
    return mine.order_by(table.c.created_at.desc())


@system_statement
def _remove_before(tables: SystemTables) -> sa.Executable:
    table = tables.account_link
    return sa.delete(table).where(table.c.expires_at < sa.bindparam("moment", type_=sa.BIGINT))
