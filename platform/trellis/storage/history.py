"""The append-only history of records, which is also the log of events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from trellis.kernel.events import Action, RecordSaved
from trellis.metadata.documents import Entity
from trellis.storage.connection import POSTGRESQL, Connection, prepare
from trellis.storage.statements import Statements
from trellis.storage.system import system_tables

_write = msgspec.json.Encoder(decimal_format="string").encode
_read = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Entry:
    """One save of a record; `changes` maps field key to the old and new value as the API prints them."""

    seq: int
    at: datetime
    actor: str
    action: Action
    causation: str
    changes: Mapping[str, tuple[Any, Any]]


async def append(connection: Connection, statements: Statements, entity: Entity, events: Sequence[RecordSaved]) -> None:
    """Add what has happened."""
    history = system_tables(connection.schema).history
    prepared = statements.get(
        "history insert",
        lambda: prepare(
            sa.insert(history).values({name: sa.bindparam(name, type_=history.c[name].type) for name in _COLUMNS}),
            connection.dialect,
        ),
    )
    rows = [_row(entity, event) for event in events]
    if len(rows) == 1:
        await connection.execute(prepared, rows[0])
    elif rows:
        await connection.execute_many(prepared, rows)


_COLUMNS = ("id", "entity", "record", "action", "at", "actor", "causation", "changes")


def _row(entity: Entity, event: RecordSaved) -> dict[str, object]:
    fields = entity.all_fields
    changes = {key: [fields[key].to_json(old), fields[key].to_json(new)] for key, (old, new) in event.changes.items()}
    return {
        "id": f"{event.record}:{event.action.value}:{int(event.at.timestamp() * 1000)}",
        "entity": event.entity,
        "record": event.record,
        "action": event.action.value,
        "at": int(event.at.timestamp() * 1000),
        "actor": event.actor,
        "causation": event.causation,
        "changes": _write(changes).decode(),
    }


async def of_record(
    connection: Connection, statements: Statements, entity: str, record: str, before: int | None, limit: int
) -> list[Entry]:
    """The saves of one record, newest first."""
    history = system_tables(connection.schema).history
    columns = (history.c.seq, history.c.at, history.c.actor, history.c.action, history.c.causation, history.c.changes)
    statement = (
        sa.select(*columns)
        .where(
            history.c.entity == sa.bindparam("entity", type_=sa.Text),
            history.c.record == sa.bindparam("record", type_=sa.Text),
            history.c.seq < sa.bindparam("before", type_=sa.BigInteger),
        )
        .order_by(history.c.seq.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    prepared = statements.get("history of record", lambda: prepare(statement, connection.dialect))
    params = {"entity": entity, "record": record, "before": before or 2**62, "limit": limit}
    return [_entry(row) for row in await connection.fetch(prepared, params)]


def _entry(row: Any) -> Entry:
    seq, at, actor, action, causation, changes = row
    pairs = {key: (old, new) for key, (old, new) in _read(changes).items()}
    return Entry(seq, datetime.fromtimestamp(at / 1000, UTC), actor, Action(action), causation, pairs)


@dataclass(frozen=True, slots=True)
class Written:
    """A field of a record whose last writer is wanted."""

    entity: str
    record: str
    field: str


async def last_writers(
    connection: Connection, statements: Statements, wanted: Sequence[Written]
) -> dict[Written, tuple[str, datetime]]:
    """Who changed fields last, and when, in one statement; what nobody has changed is left out."""
    if not wanted:
        return {}
    key = ("last writers", len(wanted))
    prepared = statements.get(key, lambda: prepare(_last_writers(connection, len(wanted)), connection.dialect))
    params = {
        f"{name}{place}": value
        for place, one in enumerate(wanted)
        for name, value in (("entity", one.entity), ("record", one.record), ("field", one.field))
    }
    rows = await connection.fetch(prepared, params)
    return {wanted[place]: (actor, datetime.fromtimestamp(at / 1000, UTC)) for place, actor, at in rows}


def _last_writers(connection: Connection, count: int) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    branches = [_last_writer(connection, place) for place in range(count)]
    return branches[0] if count == 1 else sa.union_all(*branches)


def _last_writer(connection: Connection, place: int) -> sa.Select[Any]:
    """The newest save of one record that changed one field, read backwards from its last."""
    history = system_tables(connection.schema).history
    number = sa.literal_column(str(place), sa.Integer()).label("place")
    field = sa.bindparam(f"field{place}", type_=sa.Text)
    found = (
        sa.select(number, history.c.actor, history.c.at)
        .where(
            history.c.entity == sa.bindparam(f"entity{place}", type_=sa.Text),
            history.c.record == sa.bindparam(f"record{place}", type_=sa.Text),
            _changed(history.c.changes, field, connection.dialect),
        )
        .order_by(history.c.seq.desc())
        .limit(sa.literal_column("1"))
    )
    return sa.select(found.subquery())


def _changed(changes: sa.Column[str], field: sa.BindParameter[str], dialect: str) -> sa.ColumnElement[bool]:
    if dialect == POSTGRESQL:
        return sa.func.json_object_field(sa.cast(changes, sa.JSON), field).is_not(None)
    return sa.func.json_type(changes, sa.literal_column("'$.'").concat(field)).is_not(None)
