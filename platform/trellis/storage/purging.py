"""Deletes for good what was retired: a column, a side table, or a whole entity with everything that it had."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.sqlite import pysqlite as sqlite
from sqlalchemy.engine import Dialect

from trellis.kernel.identity import new_id
from trellis.metadata.ledger import Ledger, LedgerEntry, State
from trellis.storage.audit_guard import removing
from trellis.storage.connection import POSTGRESQL, Connection, Prepared, Values
from trellis.storage.ledger import write_ledger
from trellis.storage.moments import to_number
from trellis.storage.shares import forget_entity
from trellis.storage.system import SystemTables, system_statement

PURGE = "purge"
"""What history calls it."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of something retired: its entry, the table that holds it, and the entries that go with it."""

    entry: LedgerEntry
    table: LedgerEntry
    parts: tuple[LedgerEntry, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it is an entity with its table."""
        return self.entry.uid == self.table.uid

    @property
    def many(self) -> bool:
        """Whether its values have a table of their own."""
        return is_side(self.entry)


@dataclass(frozen=True, slots=True)
class Purge:
    """Who deletes what, and when; history forgets the values under the paths `forget` until the moment beside each."""

    remains: Remains
    actor: str
    now: datetime
    forget: tuple[tuple[str, datetime], ...] = ()


def is_side(entry: LedgerEntry) -> bool:
    """Whether an entry is a table of many values."""
    return entry.signature.removeprefix("computed:").startswith("many:")


def remains_of(ledger: Ledger, uid: int) -> Remains | None:
    """What is left of a retired field or entity; None when nothing is, or when it is something else."""
    entry = next((one for one in ledger.entries if one.uid == uid and one.state is State.RETIRED), None)
    if entry is None or not ("#" not in entry.path or "#/fields/" in entry.path):
        return None
    table = table_of(ledger, entry)
    if table is None or (table.uid != uid and table.state is not State.LIVE):
        return None
    parts = [one for one in ledger.entries if _belongs(ledger, one, table)] if table.uid == uid else []
    return Remains(entry, table, tuple(parts))


def table_of(ledger: Ledger, entry: LedgerEntry) -> LedgerEntry | None:
    """The table that an entry was part of when it was retired, or is."""
    if "#" not in entry.path:
        return entry
    release = (entry.retired or 2**62) - 1
    tables = (one for one in ledger.entries if "#" not in one.path and one.uid < entry.uid)
    fitting = [one for one in tables if one.state is not State.PURGED and one.path_at(release) == entry.entity]
    return fitting[-1] if fitting else None


def _belongs(ledger: Ledger, entry: LedgerEntry, table: LedgerEntry) -> bool:
    if entry.state is not State.RETIRED or entry.uid == table.uid:
        return False
    owner = table_of(ledger, entry)
    return owner is not None and owner.uid == table.uid


async def purge(connection: Connection, wanted: Purge) -> None:
    """Drop it, forget its values in history and quarantine, and note who did it; within a transaction of its own."""
    remains = wanted.remains
    await connection.run_ddl(list(_drops(remains, connection.schema, connection.dialect)))
    gone = [replace(entry, state=State.PURGED) for entry in (remains.entry, *remains.parts)]
    await write_ledger(connection, gone, [])
    async with removing(connection):
        await _forget(connection, wanted)
    await connection.execute(_note(connection), _noted(wanted))


async def affected(connection: Connection, wanted: Purge) -> set[int]:
    """The rows of history in which values will be forgotten, by number."""
    found: set[int] = set()
    for path, until in wanted.forget:
        statement, params = _affected(connection, path, until)
        found.update(number for (number,) in await connection.fetch(statement, params))
    return found


def _affected(connection: Connection, path: str, until: datetime) -> tuple[Prepared, Values]:
    entity, _, place = path.partition("#/fields/")
    about: Values = {"entity": entity, "until": to_number(until)}
    if not place:
        return _all_with(connection), about
    if connection.dialect == POSTGRESQL:
        return _with_json(connection), {**about, "place": place}
    return _with_text(connection), {**about, "place": f"$.{place}"}


def _drops(remains: Remains, schema: str | None, dialect: str) -> Iterator[str]:
    writer = _DIALECTS[dialect]()
    if not remains.whole and not remains.many:
        table = writer.identifier_preparer.format_table(sa.Table(remains.table.physical, sa.MetaData(), schema=schema))
        yield f"ALTER TABLE {table} DROP COLUMN {writer.identifier_preparer.quote(remains.entry.physical)}"
        return
    searched = [part for part in remains.parts if dialect != POSTGRESQL and part.path.endswith("#/search")]
    sides = [part for part in remains.parts if is_side(part)]
    for entry in (*sides, *searched, remains.entry):
        dropped = sa.schema.DropTable(sa.Table(entry.physical, sa.MetaData(), schema=schema), if_exists=True)
        yield str(dropped.compile(dialect=writer)).strip()


async def _forget(connection: Connection, wanted: Purge) -> None:
    for path, until in wanted.forget:
        entity, _, place = path.partition("#/fields/")
        about = {"entity": entity, "until": to_number(until)}
        if place:
            key = place if connection.dialect == POSTGRESQL else f"$.{place}"
            await connection.execute(_forget_one(connection), {**about, "place": key})
        else:
            await connection.execute(_forget_all(connection), about)
            await forget_entity(connection, entity, until)
    await connection.execute(_forget_aside(connection), _aside(wanted.remains))


def _aside(remains: Remains) -> dict[str, object]:
    key = remains.entry.path.rpartition("/")[2] if not remains.whole else ""
    return {"entity": remains.entry.entity, "field": key, "release": remains.entry.retired or 0}


def _noted(wanted: Purge) -> dict[str, object]:
    entry = wanted.remains.entry
    return {
        "id": f"{new_id(wanted.now)}:{PURGE}",
        "entity": entry.entity,
        "record": "",
        "action": PURGE,
        "at": to_number(wanted.now),
        "actor": wanted.actor,
        "causation": f"{PURGE}:{entry.uid}",
        "changes": "{}",
    }


_DIALECTS: dict[str, Callable[[], Dialect]] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


def _before(tables: SystemTables) -> Sequence[sa.ColumnElement[bool]]:
    history = tables.history
    until = history.c.at <= sa.bindparam("until", type_=sa.BigInteger)
    return history.c.entity == sa.bindparam("entity", type_=sa.TEXT), until


@system_statement
def _forget_all(tables: SystemTables) -> sa.Executable:
    return sa.update(tables.history).where(*_before(tables)).values(changes=sa.literal_column("'{}'"))


def _forget_one(connection: Connection) -> Prepared:
    return (_forget_json if connection.dialect == POSTGRESQL else _forget_text)(connection)


@system_statement
def _forget_json(tables: SystemTables) -> sa.Executable:
    history, key = tables.history, sa.bindparam("place", type_=sa.TEXT)
    document = sa.cast(history.c.changes, JSONB)
    there = sa.func.jsonb_exists(document, key)
    left = sa.cast(document.op("-", return_type=JSONB)(key), sa.TEXT)
    return sa.update(history).where(*_before(tables), there).values(changes=left)


@system_statement
def _forget_text(tables: SystemTables) -> sa.Executable:
    history, place = tables.history, sa.bindparam("place", type_=sa.TEXT)
    there = sa.func.json_type(history.c.changes, place).is_not(None)
    left = sa.func.json_remove(history.c.changes, place)
    return sa.update(history).where(*_before(tables), there).values(changes=left)


@system_statement
def _all_with(tables: SystemTables) -> sa.Executable:
    return sa.select(tables.history.c.seq).where(*_before(tables))


@system_statement
def _with_json(tables: SystemTables) -> sa.Executable:
    there = sa.func.jsonb_exists(sa.cast(tables.history.c.changes, JSONB), sa.bindparam("place", type_=sa.TEXT))
    return sa.select(tables.history.c.seq).where(*_before(tables), there)


@system_statement
def _with_text(tables: SystemTables) -> sa.Executable:
    there = sa.func.json_type(tables.history.c.changes, sa.bindparam("place", type_=sa.TEXT)).is_not(None)
    return sa.select(tables.history.c.seq).where(*_before(tables), there)


@system_statement
def _forget_aside(tables: SystemTables) -> sa.Executable:
    kept = tables.quarantine
    field = sa.bindparam("field", type_=sa.TEXT)
    of_it = sa.and_(kept.c.field == field, kept.c.release == sa.bindparam("release", type_=sa.BigInteger))
    return sa.delete(kept).where(
        kept.c.entity == sa.bindparam("entity", type_=sa.TEXT), sa.or_(field == sa.literal_column("''"), of_it)
    )


@system_statement
def _note(tables: SystemTables) -> sa.Executable:
    names = ("id", "entity", "record", "action", "at", "actor", "causation", "changes")
    return sa.insert(tables.history).values({name: sa.bindparam(name) for name in names})
