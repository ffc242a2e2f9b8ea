"""What is known of a user's account: of which kind it is, and when it was invited, used and closed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.moments import optional_moment, to_number
from trellis.storage.people import USER
from trellis.storage.statements import Statements
from trellis.storage.system import SystemTables, system_statement, system_tables

PERSON, SERVICE = "user", "service"


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a user: a person's, or a service's that has tokens only."""

    user_id: str
    kind: str = PERSON
    created_at: datetime | None = None
    created_by: str = ""
    invited_at: datetime | None = None
    signed_in_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_by: str = ""


async def account_of(connection: Connection, user_id: str) -> Account:
    """The account of a user; users from before accounts were kept are persons."""
    rows = await connection.fetch(_account_of(connection), {"user": user_id})
    if not rows:
        return Account(user_id)
    kind, created, created_by, invited, signed_in, disabled, disabled_by = rows[0]
    moments = (optional_moment(invited), optional_moment(signed_in), optional_moment(disabled))
    return Account(user_id, kind, optional_moment(created), created_by, *moments, disabled_by or "")


async def add_account(connection: Connection, user_id: str, kind: str, now: datetime, created_by: str) -> None:
    """Keep that the account was made, unless it is known."""
    row = {"user": user_id, "kind": kind, "now": to_number(now), "by": created_by}
    await connection.execute(_add_account(connection), row)


async def mark_invited(connection: Connection, user_id: str, now: datetime | None) -> None:
    """An invitation went out; None when it was withdrawn."""
    moment = None if now is None else to_number(now)
    await connection.execute(_mark_invited(connection), {"user": user_id, "moment": moment})


async def mark_signed_in(connection: Connection, user_id: str, now: datetime) -> None:
    """The user came in."""
    row = {"user": user_id, "kind": PERSON, "now": to_number(now), "by": ""}
    await connection.execute(_mark_signed_in(connection), row)


async def mark_disabled(connection: Connection, user_id: str, now: datetime, by: str) -> None:
    """The account is closed."""
    row = {"user": user_id, "kind": PERSON, "now": to_number(now), "by": by}
    await connection.execute(_mark_disabled(connection), row)


async def mark_enabled(connection: Connection, user_id: str) -> None:
    """The account is open again."""
    await connection.execute(_mark_enabled(connection), {"user": user_id})


async def lock_holders(connection: Connection, role: str) -> None:
    """Let nobody else change who has a role until the transaction ends."""
    await connection.fetch(_lock_holders(connection), {"role": role})


async def who_can_sign_in(connection: Connection, statements: Statements, role: str) -> frozenset[str]:
    """The active persons with a role who have a password or an identity elsewhere."""
    prepared = statements.get("who can sign in with role", lambda: _who_can_sign_in(statements))
    return frozenset(str(user) for (user,) in await connection.fetch(prepared, {"role": role}))


_USER_ID = sa.bindparam("user", type_=sa.TEXT)
_MOMENT = sa.bindparam("moment", type_=sa.BIGINT)
_ROLE = sa.bindparam("role", type_=sa.TEXT)


def _new() -> dict[str, Any]:
    kind, by = sa.bindparam("kind", type_=sa.TEXT), sa.bindparam("by", type_=sa.TEXT)
    return {"user_id": _USER_ID, "kind": kind, "created_at": sa.bindparam("now", type_=sa.BIGINT), "created_by": by}


@system_statement
def _account_of(tables: SystemTables) -> sa.Executable:
    table = tables.account
    names = ("kind", "created_at", "created_by", "invited_at", "signed_in_at", "disabled_at", "disabled_by")
    return sa.select(*(table.c[name] for name in names)).where(table.c.user_id == _USER_ID)


@system_statement
def _add_account(tables: SystemTables) -> sa.Executable:
    table = tables.account
    return insert(table).values(_new()).on_conflict_do_nothing(index_elements=[table.c.user_id])


@system_statement
def _mark_invited(tables: SystemTables) -> sa.Executable:
    return sa.update(tables.account).where(tables.account.c.user_id == _USER_ID).values(invited_at=_MOMENT)


@system_statement
def _mark_signed_in(tables: SystemTables) -> sa.Executable:
    table = tables.account
    now = sa.bindparam("now", type_=sa.BIGINT)
    new = insert(table).values({**_new(), "signed_in_at": now})
    return new.on_conflict_do_update(index_elements=[table.c.user_id], set_={"signed_in_at": now})


@system_statement
def _mark_disabled(tables: SystemTables) -> sa.Executable:
    table = tables.account
    closed = {"disabled_at": sa.bindparam("now", type_=sa.BIGINT), "disabled_by": sa.bindparam("by", type_=sa.TEXT)}
    return (
        insert(table).values({**_new(), **closed}).on_conflict_do_update(index_elements=[table.c.user_id], set_=closed)
    )


@system_statement
def _mark_enabled(tables: SystemTables) -> sa.Executable:
    table = tables.account
    return sa.update(table).where(table.c.user_id == _USER_ID).values(disabled_at=None, disabled_by=None)


@system_statement
def _lock_holders(tables: SystemTables) -> sa.Executable:
    table = tables.role_assignment
    return sa.select(table.c.user_id).where(table.c.role == _ROLE).order_by(table.c.user_id).with_for_update()


def _who_can_sign_in(statements: Statements) -> Prepared:
    tables = system_tables(statements.tables.schema)
    columns = statements.tables.entity(USER).columns
    user_id = sa.cast(columns["id"], sa.TEXT)
    given, account = tables.role_assignment, tables.account
    known = sa.or_(
        sa.exists().where(tables.credential.c.user_id == user_id),
        sa.exists().where(tables.identity.c.user_id == user_id),
    )
    service = sa.exists().where(account.c.user_id == user_id, account.c.kind == SERVICE)
    found = sa.select(user_id).select_from(columns["id"].table.join(given, given.c.user_id == user_id))
    wanted = (given.c.role == _ROLE, columns["deleted_at"].is_(None), columns["active"], known)
    return prepare(found.where(*wanted, sa.not_(service)), statements.tables.dialect)
