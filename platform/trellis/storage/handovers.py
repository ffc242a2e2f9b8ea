"""Hand-overs: what was asked for, and everything that changed hands, each with what was before and after."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.moments import optional_moment, to_number
from trellis.storage.system import SystemTables, system_statement

PLANNED, RUNNING, DONE, UNDOING, UNDONE, FAILED = "planned", "running", "done", "undoing", "undone", "failed"
ACTIVE = frozenset({PLANNED, RUNNING, UNDOING})
HANDED = ("leaver", "transfer")
"""The kinds of operations by which records get other owners."""
SKIPPED, CHANGED = "skipped", "changed"
"""States of items besides: it was somebody else's by then; it was changed since, so it stays."""

Values = Mapping[str, Any]

_text = msgspec.json.Encoder(decimal_format="string").encode
_read = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that changes hands: a record of an entity with the values of some fields, or a share."""

    place: int
    kind: str
    entity: str
    record: str
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)
    state: str = PLANNED
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """One operation: `user_id` is who leaves, None where records were only given away; `done` counts items."""

    id: str
    kind: str
    user_id: str | None
    request: Values
    state: str
    created_by: str
    created_at: datetime
    total: int = 0
    done: int = 0
    error: str | None = None
    finished_at: datetime | None = None
    undone_by: str | None = None
    undone_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it is still being worked on."""
        return self.state in ACTIVE


async def add(connection: Connection, handover: Handover) -> None:
    """Keep a new one."""
    await connection.execute(_add(connection), _row(handover))


async def find(connection: Connection, handover_id: str) -> Handover | None:
    """The hand-over of an id."""
    rows = await connection.fetch(_find(connection), {"id": handover_id})
    return _handover(rows[0]) if rows else None


async def lock(connection: Connection, handover_id: str) -> Handover | None:
    """The hand-over of an id, nobody else's until the transaction ends."""
    rows = await connection.fetch(_lock(connection), {"id": handover_id})
    return _handover(rows[0]) if rows else None


async def recent(connection: Connection, limit: int = 50) -> list[Handover]:
    """The newest ones; other things that were done to many records are not among them."""
    return [_handover(row) for row in await connection.fetch(_recent(connection), {"most": limit})]


async def of_user(connection: Connection, user_id: str) -> list[Handover]:
    """What was handed over for a user, the newest first."""
    return [_handover(row) for row in await connection.fetch(_of_user(connection), {"user": user_id})]


async def save(connection: Connection, handover: Handover) -> None:
    """How far it came."""
    await connection.execute(_save(connection), _row(handover))


async def add_items(connection: Connection, handover_id: str, items: Iterable[Item]) -> None:
    """More things that change hands."""
    rows = [_item_row(handover_id, item) for item in items]
    if rows:
        await connection.execute_many(_add_item(connection), rows)


async def last_place(connection: Connection, handover_id: str) -> int:
    """The place of the last item; 0 before the first."""
    return int((await connection.fetch(_last_place(connection), {"handover": handover_id}))[0][0] or 0)


async def items(connection: Connection, handover_id: str, states: Sequence[str], limit: int) -> list[Item]:
    """The first items in one of these states."""
    found: list[Item] = []
    for state in states:
        asked = {"handover": handover_id, "state": state, "most": limit - len(found)}
        found += [_item(row) for row in await connection.fetch(_items(connection), asked)]
    return found


async def last_items(connection: Connection, handover_id: str, state: str, limit: int) -> list[Item]:
    """The last items in a state, the last one first."""
    asked = {"handover": handover_id, "state": state, "most": limit}
    return [_item(row) for row in await connection.fetch(_last_items(connection), asked)]


async def save_items(connection: Connection, handover_id: str, items: Sequence[Item]) -> None:
    """What became of items."""
    if items:
        await connection.execute_many(_save_item(connection), [_item_row(handover_id, item) for item in items])


async def counts(connection: Connection, handover_id: str) -> dict[tuple[str, str, str], int]:
    """How many items there are by kind, entity and state."""
    rows = await connection.fetch(_counts(connection), {"handover": handover_id})
    return {(kind, entity, state): int(count) for kind, entity, state, count in rows}


async def tried(connection: Connection, handover_id: str) -> set[tuple[str, str, str]]:
    """Kind, entity and record of all items."""
    rows = await connection.fetch(_tried(connection), {"handover": handover_id})
    return {(kind, entity, record) for kind, entity, record in rows}


_NAMES = tuple(item.name for item in fields(Handover))
_MOMENTS = ("created_at", "finished_at", "undone_at")
_CHANGING = ("request", "state", "total", "done", "error", "finished_at", "undone_by", "undone_at")
_ITEM = ("place", "kind", "entity", "record", "before", "after", "state", "problem")


def _row(handover: Handover) -> dict[str, object]:
    row = {name: getattr(handover, name) for name in _NAMES}
    moments = {name: None if row[name] is None else to_number(row[name]) for name in _MOMENTS}
    return {**row, **moments, "request": _text(handover.request).decode()}


def _handover(row: Sequence[Any]) -> Handover:
    values = dict(zip(_NAMES, row, strict=True))
    moments = {name: optional_moment(values[name]) for name in _MOMENTS}
    return Handover(**{**values, **moments, "request": _read(values["request"])})


def _item_row(handover_id: str, item: Item) -> dict[str, object]:
    row = {name: getattr(item, name) for name in _ITEM}
    written = {name: _text(row[name]).decode() for name in ("before", "after")}
    return {**row, **written, "handover": handover_id}


def _item(row: Sequence[Any]) -> Item:
    values = dict(zip(_ITEM, row, strict=True))
    return Item(**{**values, "before": _read(values["before"]), "after": _read(values["after"])})


def _bound(table: sa.Table, name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=table.c[name].type)


def _shown(tables: SystemTables) -> Any:
    return sa.select(*(tables.handover.c[name] for name in _NAMES))


def _shown_items(tables: SystemTables) -> Any:
    table = tables.handover_item
    shown: Any = sa.select(*(table.c[name] for name in _ITEM))
    same = [table.c[name] == _bound(table, name) for name in ("handover", "state")]
    return shown.where(*same).limit(sa.bindparam("most", type_=sa.Integer))


@system_statement
def _add(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.handover).values({name: _bound(tables.handover, name) for name in _NAMES})


@system_statement
def _find(tables: SystemTables) -> sa.Executable:
    found: sa.Executable = _shown(tables).where(tables.handover.c.id == _bound(tables.handover, "id"))
    return found


@system_statement
def _lock(tables: SystemTables) -> sa.Executable:
    found: sa.Executable = _shown(tables).where(tables.handover.c.id == _bound(tables.handover, "id")).with_for_update()
    return found


@system_statement
def _recent(tables: SystemTables) -> sa.Executable:
    table = tables.handover
    newest: sa.Executable = (
        _shown(tables)
        .where(table.c.kind.in_(HANDED))
        .order_by(table.c.created_at.desc(), table.c.id.desc())
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    return newest


@system_statement
def _of_user(tables: SystemTables) -> sa.Executable:
    table = tables.handover
    same = table.c.user_id == sa.bindparam("user", type_=sa.TEXT)
    found: sa.Executable = _shown(tables).where(same).order_by(table.c.created_at.desc(), table.c.id.desc())
    return found


@system_statement
def _save(tables: SystemTables) -> sa.Executable:
    table = tables.handover
    changed = {name: sa.bindparam(name, type_=table.c[name].type) for name in _CHANGING}
    return sa.update(table).values(changed).where(table.c.id == sa.bindparam("id", type_=sa.TEXT))


@system_statement
def _add_item(tables: SystemTables) -> sa.Executable:
    table = tables.handover_item
    return sa.insert(table).values({name: _bound(table, name) for name in ("handover", *_ITEM)})


@system_statement
def _last_place(tables: SystemTables) -> sa.Executable:
    table = tables.handover_item
    return sa.select(sa.func.max(table.c.place)).where(table.c.handover == _bound(table, "handover"))


@system_statement
def _items(tables: SystemTables) -> sa.Executable:
    found: sa.Executable = _shown_items(tables).order_by(tables.handover_item.c.place)
    return found


@system_statement
def _last_items(tables: SystemTables) -> sa.Executable:
    found: sa.Executable = _shown_items(tables).order_by(tables.handover_item.c.place.desc())
    return found


@system_statement
def _save_item(tables: SystemTables) -> sa.Executable:
    table = tables.handover_item
    changed = {name: _bound(table, name) for name in ("before", "after", "state", "problem")}
    same = [table.c[name] == _bound(table, name) for name in ("handover", "place")]
    return sa.update(table).values(changed).where(*same)


@system_statement
def _tried(tables: SystemTables) -> sa.Executable:
    table = tables.handover_item
    shown = sa.select(table.c.kind, table.c.entity, table.c.record)
    return shown.where(table.c.handover == _bound(table, "handover"))


@system_statement
def _counts(tables: SystemTables) -> sa.Executable:
    table = tables.handover_item
    groups = (table.c.kind, table.c.entity, table.c.state)
    counted = sa.select(*groups, sa.func.count()).where(table.c.handover == _bound(table, "handover"))
    return counted.group_by(*groups).order_by(*groups)
