"""Second factors of users: the sealed secret of an authenticator app, and the hashes of recovery codes."""

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
class Factor:
    """The second factor of a user; `last_step` is the newest time step whose code was used."""

    user_id: str
    sealed: str
    created_at: datetime
    confirmed_at: datetime | None
    last_step: int
    failed: int
    locked_until: datetime | None


async def factor(connection: Connection, user_id: str) -> Factor | None:
    """The second factor of a user, locked until the transaction ends."""
    rows = await connection.fetch(_factor(connection), {"user": user_id})
    if not rows:
        return None
    user, sealed, created, confirmed, step, failed, locked = rows[0]
    return Factor(user, sealed, from_number(created), optional_moment(confirmed), step, failed, optional_moment(locked))


async def save_unconfirmed(connection: Connection, user_id: str, sealed: str, now: datetime) -> None:
    """A new secret that counts for nothing until its first code; a failure count stays."""
    row = {"user": user_id, "sealed": sealed, "now": to_number(now)}
    await connection.execute(_save_unconfirmed(connection), row)


async def confirm(connection: Connection, user_id: str, now: datetime) -> None:
    """From now on the user signs in with it."""
    await connection.execute(_confirm(connection), {"user": user_id, "now": to_number(now)})


async def save_try(connection: Connection, user_id: str, step: int, failed: int, locked_until: datetime | None) -> None:
    """Which step was used last, how often a code was wrong, and until when nobody may try again."""
    until = None if locked_until is None else to_number(locked_until)
    await connection.execute(_save_try(connection), {"user": user_id, "step": step, "count": failed, "until": until})


async def remove(connection: Connection, user_id: str) -> bool:
    """Forget the second factor with its recovery codes; False when there was none."""
    await connection.execute(_remove_codes(connection), {"user": user_id})
    return await connection.execute(_remove(connection), {"user": user_id}) == 1


async def save_codes(connection: Connection, user_id: str, hashes: Iterable[str]) -> None:
    """Just these recovery codes."""
    await connection.execute(_remove_codes(connection), {"user": user_id})
    await connection.execute_many(_add_code(connection), [{"user": user_id, "hash": code} for code in hashes])


async def use_code(connection: Connection, user_id: str, code_hash: str, now: datetime) -> bool:
    """Use a recovery code up; False when there is none like it, or not any more."""
    row = {"user": user_id, "hash": code_hash, "now": to_number(now)}
    return await connection.execute(_use_code(connection), row) == 1


async def codes_left(connection: Connection, user_id: str) -> int:
    """How many recovery codes were not used."""
    ((count,),) = await connection.fetch(_codes_left(connection), {"user": user_id})
    return int(count)


async def protected(connection: Connection) -> frozenset[str]:
    """The ids of all users with a second factor."""
    return frozenset(user for (user,) in await connection.fetch(_protected(connection)))


_USER = sa.bindparam("user", type_=sa.TEXT)
_HASH = sa.bindparam("hash", type_=sa.TEXT)
_NOW = sa.bindparam("now", type_=sa.BIGINT)


@system_statement
def _factor(tables: SystemTables) -> sa.Executable:
    table = tables.second_factor
    columns = (
        table.c.user_id, table.c.secret, table.c.created_at, table.c.confirmed_at,
        table.c.last_step, table.c.failed, table.c.locked_until,
    )  # fmt: skip
    return sa.select(*columns).where(table.c.user_id == _USER).with_for_update()


@system_statement
def _save_unconfirmed(tables: SystemTables) -> sa.Executable:
    table = tables.second_factor
    values = {"secret": sa.bindparam("sealed"), "created_at": _NOW, "confirmed_at": None, "last_step": 0}
    new = insert(table).values(user_id=_USER, **values)
    return new.on_conflict_do_update(index_elements=[table.c.user_id], set_=values)


@system_statement
def _confirm(tables: SystemTables) -> sa.Executable:
    table = tables.second_factor
    return sa.update(table).where(table.c.user_id == _USER).values(confirmed_at=_NOW)


@system_statement
def _save_try(tables: SystemTables) -> sa.Executable:
    table = tables.second_factor
    step, count = sa.bindparam("step", type_=sa.BIGINT), sa.bindparam("count", type_=sa.BIGINT)
    until = sa.bindparam("until", type_=sa.BIGINT)
    return sa.update(table).where(table.c.user_id == _USER).values(last_step=step, failed=count, locked_until=until)


@system_statement
def _remove(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.second_factor).where(tables.second_factor.c.user_id == _USER)


@system_statement
def _remove_codes(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.recovery_code).where(tables.recovery_code.c.user_id == _USER)


@system_statement
def _add_code(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.recovery_code).values(user_id=_USER, hash=_HASH)


@system_statement
def _use_code(tables: SystemTables) -> sa.Executable:
    table = tables.recovery_code
    unused = (table.c.user_id == _USER, table.c.hash == _HASH, table.c.used_at.is_(None))
    return sa.update(table).where(*unused).values(used_at=_NOW)


@system_statement
def _codes_left(tables: SystemTables) -> sa.Executable:
    table = tables.recovery_code
    return sa.select(sa.func.count()).where(table.c.user_id == _USER, table.c.used_at.is_(None))


@system_statement
def _protected(tables: SystemTables) -> sa.Executable:
    table = tables.second_factor
    return sa.select(table.c.user_id).where(table.c.confirmed_at.is_not(None))
