"""Work to be done at a time: rows that are added with the records they belong to and claimed by one worker at a time.

A claim is a lease. Its number (`attempt`) fences it: a worker that lost the lease cannot finish, retry or bury the row
any more. Work is done at least once; whatever has an effect outside carries the id of the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import (
    insert,
)  # SQLite's compiler reads its ON CONFLICT too, not the other way round

from trellis.kernel.errors import TrellisError
from trellis.kernel.identity import new_id
from trellis.storage.connection import Connection, Row
from trellis.storage.moments import from_number, to_number
from trellis.storage.system import SystemTables, system_statement

WAITING, RUNNING, DONE, DEAD = "waiting", "running", "done", "dead"
MOST_ATTEMPTS = 10

_write = msgspec.json.Encoder(decimal_format="string").encode
_read = msgspec.json.Decoder(dict[str, Any]).decode


class LeaseLost(TrellisError):
    """Another worker has taken over this work."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Work to be done from `due_at` on; at most once for each `key` that is not None."""

    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    key: str | None = None
    max_attempts: int = MOST_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Timer:
    """Work that is there."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    due_at: datetime
    attempt: int
    max_attempts: int
    owner: str | None = None
    error: str | None = None


async def enqueue(connection: Connection, wanted: Wanted, now: datetime) -> str | None:
    """Add work in the caller's transaction; the id, or None when there was work with this key before."""
    row = {
        "id": new_id(now),
        "kind": wanted.kind,
        "key": wanted.key,
        "payload": _write(wanted.payload).decode(),
        "due_at": to_number(wanted.due_at or now),
        "max_attempts": wanted.max_attempts,
        "state": WAITING,
        "created_at": to_number(now),
    }
    added = await connection.fetch(_enqueue(connection), row)
    return added[0][0] if added else None


async def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a claim would find work; costs no lock."""
    return bool(await connection.fetch(_is_due(connection), {"now": to_number(now)}))


async def claim(connection: Connection, owner: str, now: datetime, *, lease: timedelta, limit: int) -> list[Timer]:
    """Take work that is due, or whose worker is gone, in order of time; work that failed too often dies instead."""
    moment = to_number(now)
    await connection.execute(_bury_lost(connection), {"now": moment})
    row = {"now": moment, "owner": owner, "until": to_number(now + lease), "most": limit}
    rows = await connection.fetch(_claim(connection), row)
    return sorted((_timer(row) for row in rows), key=lambda timer: (timer.due_at, timer.id))


async def renew(connection: Connection, timers: Sequence[Timer], until: datetime) -> None:
    """Keep work for longer; what was lost stays lost."""
    rows = [_fence(timer) | {"until": to_number(until)} for timer in timers]
    if rows:
        await connection.execute_many(_renew(connection), rows)


async def finish(connection: Connection, timer: Timer) -> None:
    """The work is done, in the transaction of what it did; raises LeaseLost."""
    await _settle(connection, timer, DONE, timer.due_at, None)


async def postpone(connection: Connection, timer: Timer, due_at: datetime, error: str | None) -> None:
    """Try again later; raises LeaseLost."""
    await _settle(connection, timer, WAITING, due_at, error)


async def bury(connection: Connection, timer: Timer, error: str) -> None:
    """Give up, until a person looks at it; raises LeaseLost."""
    await _settle(connection, timer, DEAD, timer.due_at, error)


async def dead(connection: Connection, limit: int = 100) -> list[Timer]:
    """Work that was given up, newest first."""
    return [_timer(row) for row in await connection.fetch(_dead(connection), {"most": limit})]


async def outstanding(connection: Connection, until: datetime) -> dict[tuple[str, str], int]:
    """By kind and state how much work is not done: what is due before `until`, what is under way, what was given up."""
    rows = await connection.fetch(_outstanding(connection), {"until": to_number(until)})
    return {(kind, state): int(count) for kind, state, count in rows}


async def revive(connection: Connection, timer_id: str, now: datetime) -> bool:
    """Try work again that was given up; False when there is none of this id."""
    return await connection.execute(_revive(connection), {"timer": timer_id, "now": to_number(now)}) == 1


async def discard(connection: Connection, timer_id: str) -> bool:
    """Forget work that was given up; False when there is none of this id."""
    return await connection.execute(_discard(connection), {"timer": timer_id}) == 1


async def cancel(connection: Connection, key: str) -> bool:
    """Forget work that nobody has begun; its key may be used again."""
    return await connection.execute(_cancel(connection), {"chosen": key}) == 1


async def remove_done(connection: Connection, before: datetime) -> int:
    """Forget work that was due before and is done; their keys may be used again."""
    return await connection.execute(_remove_done(connection), {"before": to_number(before)})


def backoff(attempt: int) -> timedelta:
    """How long to wait after so many attempts: 2, 4, 8 … seconds, at most an hour."""
    return timedelta(seconds=min(2**attempt, 3600))


async def _settle(connection: Connection, timer: Timer, state: str, due_at: datetime, error: str | None) -> None:
    row = _fence(timer) | {"new_state": state, "new_due": to_number(due_at), "new_error": error}
    if await connection.execute(_settled(connection), row) != 1:
        raise LeaseLost


def _fence(timer: Timer) -> dict[str, object]:
    return {"timer": timer.id, "owner": timer.owner, "attempt": timer.attempt}


def _timer(row: Row) -> Timer:
    timer_id, kind, payload, due_at, attempts, max_attempts, owner, error = row
    return Timer(timer_id, kind, _read(payload), from_number(due_at), attempts, max_attempts, owner, error)


_NOW = sa.bindparam("now", type_=sa.BIGINT)
_OWNER = sa.bindparam("owner", type_=sa.TEXT)
_ID = sa.bindparam("timer", type_=sa.TEXT)
_UNTIL = sa.bindparam("until", type_=sa.BIGINT)
_MOST = sa.bindparam("most", type_=sa.INTEGER)


def _shown(table: sa.Table) -> list[sa.Column[Any]]:
    names = ("id", "kind", "payload", "due_at", "attempts", "max_attempts", "lease_owner", "error")
    return [table.c[name] for name in names]


def _free(table: sa.Table) -> sa.ColumnElement[bool]:
    waiting = sa.and_(table.c.state == WAITING, table.c.due_at <= _NOW)
    return sa.or_(waiting, sa.and_(table.c.state == RUNNING, table.c.lease_until <= _NOW))


def _held(table: sa.Table) -> sa.ColumnElement[bool]:
    same = sa.bindparam("attempt", type_=sa.BIGINT)
    return sa.and_(table.c.id == _ID, table.c.lease_owner == _OWNER, table.c.attempts == same, table.c.state == RUNNING)


@system_statement
def _enqueue(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    names = ("id", "kind", "key", "payload", "due_at", "max_attempts", "state", "created_at")
    new = insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in names})
    return new.on_conflict_do_nothing(index_elements=[table.c.key]).returning(table.c.id)


@system_statement
def _is_due(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.timer.c.id).where(_free(tables.timer)).limit(1)


@system_statement
def _bury_lost(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    lost = (table.c.state == RUNNING, table.c.lease_until <= _NOW, table.c.attempts >= table.c.max_attempts)
    return sa.update(table).where(*lost).values(state=DEAD, error="The worker did not come back.")


@system_statement
def _claim(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    due = sa.select(table.c.id).where(_free(table)).order_by(table.c.due_at, table.c.id).limit(_MOST)
    chosen = due.with_for_update(skip_locked=True).cte("chosen")
    taken = sa.update(table).where(table.c.id.in_(sa.select(chosen.c.id)))
    values = {"state": RUNNING, "lease_owner": _OWNER, "lease_until": _UNTIL, "attempts": table.c.attempts + 1}
    return taken.values(values).returning(*_shown(table))


@system_statement
def _renew(tables: SystemTables) -> sa.Executable:
    return sa.update(tables.timer).where(_held(tables.timer)).values(lease_until=_UNTIL)


@system_statement
def _settled(tables: SystemTables) -> sa.Executable:
    state, error = sa.bindparam("new_state", type_=sa.TEXT), sa.bindparam("new_error", type_=sa.TEXT)
    values = {"state": state, "due_at": sa.bindparam("new_due", type_=sa.BIGINT), "error": error}
    return sa.update(tables.timer).where(_held(tables.timer)).values(**values, lease_owner=None, lease_until=None)


@system_statement
def _outstanding(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    names = (table.c.kind, table.c.state)
    soon = sa.and_(table.c.state == WAITING, table.c.due_at <= _UNTIL)
    undone = sa.or_(soon, table.c.state == RUNNING, table.c.state == DEAD)
    return sa.select(*names, sa.func.count()).where(undone).group_by(*names)


@system_statement
def _dead(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    return (
        sa.select(*_shown(table)).where(table.c.state == DEAD).order_by(table.c.due_at.desc(), table.c.id).limit(_MOST)
    )


@system_statement
def _revive(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    values = {"state": WAITING, "due_at": _NOW, "attempts": 0, "lease_owner": None, "lease_until": None}
    return sa.update(table).where(table.c.id == _ID, table.c.state == DEAD).values(values)


@system_statement
def _discard(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.timer).where(tables.timer.c.id == _ID, tables.timer.c.state == DEAD)


@system_statement
def _cancel(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    return sa.delete(table).where(table.c.key == sa.bindparam("chosen", type_=sa.TEXT), table.c.state == WAITING)


@system_statement
def _remove_done(tables: SystemTables) -> sa.Executable:
    table = tables.timer
    return sa.delete(table).where(table.c.state == DONE, table.c.due_at < sa.bindparam("before", type_=sa.BIGINT))
