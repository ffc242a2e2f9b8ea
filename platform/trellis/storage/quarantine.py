"""Values that did not fit when a field got another type: kept as text until somebody says what the right value is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from trellis.kernel.identity import new_id
from trellis.storage.connection import Connection, prepare
from trellis.storage.moments import from_number, to_number
from trellis.storage.statements import Statements
from trellis.storage.system import SystemTables, system_statement, system_tables
from trellis.storage.tables import EntityTable

_COLUMNS = ("id", "release", "entity", "field", "record", "value", "at")
_TEXT = sa.TEXT()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One value that a publish put aside; `id` and `at` are given when it is written."""

    release: int
    entity: str
    field: str
    record: str
    value: str
    id: str = ""
    at: datetime | None = None


async def write_quarantined(connection: Connection, rows: Sequence[Quarantined], now: datetime) -> None:
    """Keep values, in the place of what was kept of the same records before."""
    for entity, field in dict.fromkeys((row.entity, row.field) for row in rows):
        mine = [row for row in rows if (row.entity, row.field) == (entity, field)]
        again = {row.record for row in mine}
        known = await connection.fetch(_known(connection), {"entity": entity, "field": field})
        await remove_quarantined(connection, [entry for entry, record in known if record in again])
        await connection.execute_many(_insert(connection), [_row(row, now) for row in mine])


async def read_quarantined(connection: Connection, entry: str) -> Quarantined | None:
    """One value; None when it is gone."""
    rows = await connection.fetch(_one(connection), {"entry": entry})
    return _entry(rows[0]) if rows else None


async def waiting(connection: Connection) -> list[tuple[str, str, int]]:
    """For which fields of which entities there are values, and how many were put aside."""
    return [(entity, field, int(count)) for entity, field, count in await connection.fetch(_fields(connection))]


async def list_quarantined(
    connection: Connection, statements: Statements, entity: str, field: str, *, after: str | None = None, limit: int
) -> list[Quarantined]:
    """The next values behind `after` whose records, out of the bin, have none to this day."""
    key = ("quarantine", entity, field, after is None)
    prepared = statements.get(key, lambda: prepare(_open(statements, entity, field, after), connection.dialect))
    params = {"entity": entity, "field": field, "limit": limit} | ({"after": after} if after else {})
    return [_entry(row) for row in await connection.fetch(prepared, params)]


async def count_quarantined(connection: Connection, statements: Statements, entity: str, field: str) -> dict[int, int]:
    """How many of them there are, by the release that put them aside."""
    write = partial(_counting, statements, entity, field)
    prepared = statements.get(("quarantined", entity, field), lambda: prepare(write(), connection.dialect))
    rows = await connection.fetch(prepared, {"entity": entity, "field": field})
    return {int(release): int(count) for release, count in rows}


async def remove_quarantined(connection: Connection, entries: Collection[str]) -> None:
    """Forget values by id: they are right now, or nobody wants them."""
    if entries:
        await connection.execute_many(_delete(connection), [{"entry": entry} for entry in entries])


async def forget_field(connection: Connection, entity: str, field: str) -> None:
    """Forget everything that was put aside of a field."""
    await connection.execute(_forget_field(connection), {"entity": entity, "field": field})


async def rename_quarantined(connection: Connection, renames: Mapping[str, str]) -> None:
    """Keep values under the new names of their entities and fields; `renames` leads from path to path in the ledger."""
    for before, after in sorted(renames.items(), key=lambda pair: "#" not in pair[0]):  # fields before their entities
        (entity, _, field), (new_entity, _, new_field) = before.partition("#/fields/"), after.partition("#/fields/")
        if field:
            names = {"entity": entity, "field": field, "new_field": new_field}
            await connection.execute(_rename_field(connection), names)
        else:
            await connection.execute(_rename_entity(connection), {"entity": entity, "new_entity": new_entity})


def _open(statements: Statements, entity: str, field: str, after: str | None) -> sa.Select[Any]:
    kept = system_tables(statements.tables.schema).quarantine
    wanted = sa.select(*(kept.c[name] for name in _COLUMNS)).select_from(_joined(kept, statements, entity))
    wanted = wanted.where(*_rules(kept, statements.tables.entity(entity), field))
    if after is not None:
        wanted = wanted.where(kept.c.id > sa.bindparam("after", type_=_TEXT))
    return wanted.order_by(kept.c.id).limit(sa.bindparam("limit", type_=sa.Integer))


def _counting(statements: Statements, entity: str, field: str) -> sa.Select[Any]:
    kept = system_tables(statements.tables.schema).quarantine
    joined = _joined(kept, statements, entity)
    rules = _rules(kept, statements.tables.entity(entity), field)
    wanted = sa.select(kept.c.release, sa.func.count()).select_from(joined).where(*rules)
    return wanted.group_by(kept.c.release).order_by(kept.c.release)


def _joined(kept: sa.Table, statements: Statements, entity: str) -> sa.FromClause:
    identity = statements.tables.entity(entity).columns["id"]
    return kept.join(identity.table, identity == sa.cast(kept.c.record, identity.type))


def _rules(kept: sa.Table, table: EntityTable, field: str) -> list[sa.ColumnElement[bool]]:
    """Of this field, of records that are not in the bin and still have no value."""
    rules = [kept.c[name] == sa.bindparam(name, type_=_TEXT) for name in ("entity", "field")]
    side = table.sides.get(field)
    if side is not None:
        rules.append(~sa.exists().where(side.c.record == table.columns["id"]).correlate(table.table))
    elif field in table.columns:
        rules.append(table.columns[field].is_(None))
    else:
        rules.append(sa.false())
    return [*rules, *([table.columns["deleted_at"].is_(None)] if "deleted_at" in table.columns else [])]


def _row(row: Quarantined, now: datetime) -> dict[str, object]:
    return {
        "id": row.id or new_id(now),
        "release": row.release,
        "entity": row.entity,
        "field": row.field,
        "record": row.record,
        "value": row.value,
        "at": to_number(row.at or now),
    }


def _entry(row: tuple[Any, ...]) -> Quarantined:
    identity, release, entity, field, record, value, at = row
    return Quarantined(release, entity, field, record, value, identity, from_number(at))


def _of(table: sa.Table, *names: str) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(name, type_=_TEXT) for name in names]


def _entry_bind() -> sa.BindParameter[str]:
    return sa.bindparam("entry", type_=_TEXT)


@system_statement
def _insert(tables: SystemTables) -> sa.Executable:
    return sa.insert(tables.quarantine).values({name: sa.bindparam(name) for name in _COLUMNS})


@system_statement
def _one(tables: SystemTables) -> sa.Executable:
    table = tables.quarantine
    return sa.select(*(table.c[name] for name in _COLUMNS)).where(table.c.id == _entry_bind())


@system_statement
def _fields(tables: SystemTables) -> sa.Executable:
    table = tables.quarantine
    names = (table.c.entity, table.c.field)
    return sa.select(*names, sa.func.count()).group_by(*names).order_by(*names)


@system_statement
def _known(tables: SystemTables) -> sa.Executable:
    table = tables.quarantine
    return sa.select(table.c.id, table.c.record).where(*_of(table, "entity", "field"))


@system_statement
def _forget_field(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.quarantine).where(*_of(tables.quarantine, "entity", "field"))


@system_statement
def _delete(tables: SystemTables) -> sa.Executable:
    return sa.delete(tables.quarantine).where(tables.quarantine.c.id == _entry_bind())


@system_statement
def _rename_field(tables: SystemTables) -> sa.Executable:
    table = tables.quarantine
    return sa.update(table).where(*_of(table, "entity", "field")).values(field=sa.bindparam("new_field", type_=_TEXT))


@system_statement
def _rename_entity(tables: SystemTables) -> sa.Executable:
    table = tables.quarantine
    return sa.update(table).where(*_of(table, "entity")).values(entity=sa.bindparam("new_entity", type_=_TEXT))
