"""Answers that were given already, by the key that the client chose for its request."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.moments import to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a request with a fingerprint."""

    fingerprint: str
    status: int
    body: str


async def find(connection: Connection, user: str, key: str) -> Answer | None:
    """The answer that a user got for a key."""
    rows = await connection.fetch(_find(connection), {"user_id": user, "chosen": key})
    return Answer(*rows[0]) if rows else None


async def keep(connection: Connection, user: str, key: str, answer: Answer, now: datetime) -> None:
    """Keep an answer in the transaction of its request; raises UniqueViolation when another request was faster."""
    row = {"user_id": user, "chosen": key, "fingerprint": answer.fingerprint, "status": answer.status}
    await connection.execute(_keep(connection), {**row, "body": answer.body, "created": to_number(now)})


async def complete(connection: Connection, user: str, key: str, answer: Answer) -> None:
    """Put the whole answer in the place of a first note about it."""
    row = {"user_id": user, "chosen": key, "new_status": answer.status, "new_body": answer.body}
    await connection.execute(_complete(connection), row)


async def forget_before(connection: Connection, moment: datetime) -> int:
    """Drop old answers."""
    return await connection.execute(_forget_before(connection), {"moment": to_number(moment)})


_USER = sa.bindparam("user_id", type_=sa.TEXT)
_KEY = sa.bindparam("chosen", type_=sa.TEXT)


@system_statement
def _find(tables: SystemTables) -> sa.Executable:
    table = tables.idempotency
    columns = (table.c.fingerprint, table.c.status, table.c.body)
    return sa.select(*columns).where(table.c.user == _USER, table.c.key == _KEY)


@system_statement
def _keep(tables: SystemTables) -> sa.Executable:
    table = tables.idempotency
    names = ("fingerprint", "status", "body")
    values: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name, type_=table.c[name].type) for name in names}
    created = sa.bindparam("created", type_=sa.BIGINT)
    return sa.insert(table).values(user=_USER, key=_KEY, created_at=created, **values)


@system_statement
def _complete(tables: SystemTables) -> sa.Executable:
    table = tables.idempotency
    values = {
        "status": sa.bindparam("new_status", type_=table.c.status.type),
        "body": sa.bindparam("new_body", type_=sa.TEXT),
    }
    return sa.update(table).values(values).where(table.c.user == _USER, table.c.key == _KEY)


@system_statement
def _forget_before(tables: SystemTables) -> sa.Executable:
    table = tables.idempotency
    return sa.delete(table).where(table.c.created_at < sa.bindparam("moment", type_=sa.BIGINT))
