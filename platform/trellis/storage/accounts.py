"""Who can sign in, with what, and who has which roles; a password or token itself is never kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection
from trellis.storage.moments import to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Credential:
    """The password of a user as a hash; `must_change` when it serves only to choose another."""

    user_id: str
    password_hash: str
    must_change: bool = False


async def any_credential(connection: Connection) -> bool:
    """Whether anybody can sign in with a password."""
    return bool(await connection.fetch(_first_credential(connection)))


async def credential_of(connection: Connection, user_id: str) -> Credential | None:
    """The credential of a user who has a password."""
    rows = await connection.fetch(_credential(connection), {"user": user_id})
    return Credential(user_id, rows[0][0], bool(rows[0][1])) if rows else None


async def save_password(
    connection: Connection, user_id: str, password_hash: str, now: datetime, *, must_change: bool = False
) -> None:
    """A new password."""
    row = {"user": user_id, "password_hash": password_hash, "now": to_number(now), "must": int(must_change)}
    await connection.execute(_save_password(connection), row)


async def remove_password(connection: Connection, user_id: str) -> None:
    """Nobody signs in with the password any more."""
    await connection.execute(_remove_password(connection), {"user": user_id})


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
_NOW = sa.bindparam("now", type_=sa.BIGINT)


@system_statement
def _first_credential(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.credential.c.user_id).limit(1)


@system_statement
def _credential(tables: SystemTables) -> sa.Executable:
    table = tables.credential
    return sa.select(table.c.password_hash, table.c.must_change).where(table.c.user_id == _USER)


@system_statement
def _save_password(tables: SystemTables) -> sa.Executable:
    table = tables.credential
    must = sa.bindparam("must", type_=sa.BIGINT)
    values = {"password_hash": sa.bindparam("password_hash"), "changed_at": _NOW, "must_change": must}
    new = insert(table).values(user_id=_USER, **values)
    return new.on_conflict_do_update(index_elements=[table.c.user_id], set_=values)


@system_statement
def _remove_password(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.credential).where(tables.credential.c.user_id == _USER)


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
