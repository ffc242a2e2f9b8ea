"""Computed fields that wait to be worked out in the background, and how far that has come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from trellis.engine.dependencies import Dependant
from trellis.engine.expr.nodes import Hop
from trellis.kernel.identity import new_id
from trellis.storage.connection import Connection, Row
from trellis.storage.moments import from_number, to_number
from trellis.storage.system import SystemTables, system_statement
from trellis.storage.timers import Wanted, enqueue

REFRESH = "computed.refresh"
"""The kind of timer that works through a mark."""

_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Mark:
    """Fields of an entity that are stale: of all records, or of those that follow a change of the records `ids`.

    Records up to the id `after`, `done` in number, are right again.
    """

    id: str
    entity: str
    keys: tuple[str, ...]
    since: datetime
    dependant: Dependant | None = None
    ids: tuple[str, ...] = ()
    after: str | None = None
    done: int = 0

    @classmethod
    def of(cls, dependant: Dependant, ids: Sequence[str], now: datetime) -> "Mark":
        """One field of the records that follow others."""
        entity, key = dependant.node
        return cls(new_id(now), entity, (key,), now, dependant, tuple(ids))

    @classmethod
    def of_all(cls, entity: str, keys: Sequence[str], now: datetime) -> "Mark":
        """Fields of all records of an entity."""
        return cls(new_id(now), entity, tuple(keys), now)


async def mark(connection: Connection, new: Mark) -> None:
    """Note that values are stale and have them worked out, in the transaction that made them so."""
    cause = _cause(new.dependant, new.ids)
    await connection.execute(
        _insert(connection),
        {
            "id": new.id,
            "entity": new.entity,
            "keys": _write(new.keys).decode(),
            "cause": _write(cause).decode() if cause else None,
            "after": new.after,
            "done": new.done,
            "since": to_number(new.since),
        },
    )
    await enqueue(connection, Wanted(REFRESH, {"mark": new.id}), new.since)


async def marks(connection: Connection) -> list[Mark]:
    """Everything that waits, oldest first."""
    return [_mark(row) for row in await connection.fetch(_all(connection))]


async def find(connection: Connection, mark_id: str) -> Mark | None:
    """The mark of an id, kept from others until the end of the transaction; None when its work is done."""
    rows = await connection.fetch(_find(connection), {"mark": mark_id})
    return _mark(rows[0]) if rows else None


async def advance(connection: Connection, known: Mark, after: str, number: int) -> Mark:
    """Note that `number` more records, up to the id `after`, are right again."""
    moved = replace(known, after=after, done=known.done + number)
    await connection.execute(_advance(connection), {"mark": known.id, "place": after, "number": moved.done})
    return moved


async def clear(connection: Connection, known: Mark) -> None:
    """Forget a mark whose work is done."""
    await connection.execute(_clear(connection), {"mark": known.id})


def _cause(dependant: Dependant | None, ids: Sequence[str]) -> dict[str, Any] | None:
    if dependant is None:
        return None
    hops = [[hop.field_key, hop.entity_id] for hop in dependant.hops]
    return {"hops": hops, "child": dependant.child, "link": dependant.link, "ids": list(ids)}


def _mark(row: Row) -> Mark:
    mark_id, entity, keys, cause, after, done, since = row
    known = tuple(_read(keys))
    found = Mark(mark_id, entity, known, from_number(since), after=after, done=done)
    if cause is None:
        return found
    about = _read(cause)
    hops = tuple(Hop(key, holder) for key, holder in about["hops"])
    dependant = Dependant((entity, known[0]), hops, about["child"], about["link"])
    return replace(found, dependant=dependant, ids=tuple(about["ids"]))


_MARK = sa.bindparam("mark", type_=sa.TEXT)
_NAMES = ("id", "entity", "keys", "cause", "after", "done", "since")


def _columns(tables: SystemTables) -> list[sa.Column[Any]]:
    return [tables.stale.c[name] for name in _NAMES]


@system_statement
def _insert(tables: SystemTables) -> sa.Executable:
    values = {name: sa.bindparam(name, type_=tables.stale.c[name].type) for name in _NAMES}
    return sa.insert(tables.stale).values(values)


@system_statement
def _all(tables: SystemTables) -> sa.Executable:
    return sa.select(*_columns(tables)).order_by(tables.stale.c.id)


@system_statement
def _find(tables: SystemTables) -> sa.Executable:
    return sa.select(*_columns(tables)).where(tables.stale.c.id == _MARK).with_for_update()


@system_statement
def _advance(tables: SystemTables) -> sa.Executable:
    values = {"after": sa.bindparam("place", type_=sa.TEXT), "done": sa.bindparam("number", type_=sa.BIGINT)}
    return sa.update(tables.stale).where(tables.stale.c.id == _MARK).values(values)


@system_statement
def _clear(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.stale).where(tables.stale.c.id == _MARK)
