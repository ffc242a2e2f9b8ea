"""The log of what was done besides saving records; rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from trellis.storage.connection import Connection
from trellis.storage.moments import to_number
from trellis.storage.system import SystemTables, system_statement


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that somebody did; `detail` is JSON without secrets and without values of records."""

    id: str
    at: datetime
    kind: str
    actor: str
    impersonator: str | None = None
    entity: str | None = None
    record: str | None = None
    address: str | None = None
    detail: str = "{}"


async def append(connection: Connection, noted: Noted) -> None:
    """Add one row."""
    row = {name: getattr(noted, name) for name in _COLUMNS}
    await connection.execute(_append(connection), row | {"at": to_number(noted.at)})


_COLUMNS = ("id", "at", "kind", "actor", "impersonator", "entity", "record", "address", "detail")


@system_statement
def _append(tables: SystemTables) -> sa.Executable:
    table = tables.audit
    return sa.insert(table).values({name: sa.bindparam(name, type_=table.c[name].type) for name in _COLUMNS})
