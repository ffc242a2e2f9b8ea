"""Which changes of values that packs bring have been done, and the records that one of them is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from trellis.engine.expr.nodes import Expression
from trellis.storage.computed import ComputedStore
from trellis.storage.connection import Connection, Prepared, prepare
from trellis.storage.moments import to_number
from trellis.storage.sources import Sources, with_constants
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Ran:
    """A migration that was begun, with the fingerprint that it had."""

    pack: str
    id: str
    checksum: str


async def migrations_ran(connection: Connection) -> list[Ran]:
    """All that were begun."""
    return [Ran(*row) for row in await connection.fetch(_all(connection))]


async def note_migration(connection: Connection, ran: Ran, release: int, now: datetime) -> None:
    """Keep that a migration was begun, so that it never is again."""
    about = {"pack": ran.pack, "id": ran.id, "checksum": ran.checksum}
    await connection.execute(_insert(connection), {**about, "release": release, "at": to_number(now)})


async def forget_migrations(connection: Connection, packs: Iterable[str]) -> None:
    """Forget those of packs that are installed anew."""
    for pack in sorted(packs):
        await connection.execute(_delete(connection), {"key": pack})


async def records_meant(
    connection: Connection, store: ComputedStore, where: Expression | None, after: str | None, limit: int
) -> list[str]:
    """The ids of the next records for which a condition holds, those in the bin too."""
    source = where.source if where else None
    key = ("migration", store.entity, source, after is None)
    prepared = store.statements.get(key, lambda: _meant(store, where, after is not None))
    given = {**store.parameters, "limit": limit, **({"after": after} if after else {})}
    return [str(row[0]) for row in await connection.fetch(prepared, given)]


def _meant(store: ComputedStore, where: Expression | None, after: bool) -> Prepared:
    sources = Sources.of(store.statements.tables, store.access, store.entity)
    condition = with_constants(where, sources, prefix="m_") if where else None
    identity = sources.columns["id"]
    statement: sa.Select[Any] = sa.select(identity).select_from(sources.from_clause())
    if condition is not None:
        statement = statement.where(condition)
    if after:
        statement = statement.where(identity > sa.bindparam("after", type_=identity.type))
    statement = statement.order_by(identity).limit(sa.bindparam("limit", type_=sa.Integer))
    return prepare(statement, store.dialect)


_NAMES = ("pack", "id", "checksum", "release", "at")


@system_statement
def _all(tables: SystemTables) -> sa.Executable:
    known = tables.data_migration.c
    return sa.select(known.pack, known.id, known.checksum).order_by(known.pack, known.id)


@system_statement
def _insert(tables: SystemTables) -> sa.Executable:
    known = tables.data_migration
    return sa.insert(known).values({name: sa.bindparam(name, type_=known.c[name].type) for name in _NAMES})


@system_statement
def _delete(tables: SystemTables) -> sa.Executable:
    known = tables.data_migration
    return sa.delete(known).where(known.c.pack == sa.bindparam("key", type_=sa.TEXT))
