"""Every column in which a sealed secret stands, so that all of them can be sealed anew."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from trellis.storage.connection import Connection, Prepared
from trellis.storage.system import SystemTables, system_statement

COLUMNS = (("second_factor", "user_id", "secret"), ("identity_provider", "id", "client_secret"))
"""Table, key and column."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed text and where it stands."""

    table: str
    key: str
    text: str

    @property
    def place(self) -> str:
        """The place it is bound to."""
        return f"{self.table}/{self.key}"


async def sealed_texts(connection: Connection) -> list[Sealed]:
    """All sealed texts of a workspace, locked until the transaction ends."""
    return [
        Sealed(table, key, text)
        for table, (select, _) in _STATEMENTS.items()
        for key, text in await connection.fetch(select(connection))
    ]


async def replace_text(connection: Connection, old: Sealed, text: str) -> None:
    """Put another text where this one stands."""
    _, update = _STATEMENTS[old.table]
    await connection.execute(update(connection), {"key_": old.key, "text_": text})


Statement = Callable[[Connection], Prepared]


def _select(table: str, key: str, column: str) -> Statement:
    def build(tables: SystemTables) -> sa.Executable:
        columns = getattr(tables, table).c
        filled = sa.select(columns[key], columns[column]).where(columns[column] != "")
        return filled.order_by(columns[key]).with_for_update()

    return system_statement(build)


def _update(table: str, key: str, column: str) -> Statement:
    def build(tables: SystemTables) -> sa.Executable:
        found: sa.Table = getattr(tables, table)
        one = sa.update(found).where(found.c[key] == sa.bindparam("key_", type_=sa.TEXT))
        return one.values({column: sa.bindparam("text_", type_=sa.TEXT)})

    return system_statement(build)


_STATEMENTS = {table: (_select(table, key, column), _update(table, key, column)) for table, key, column in COLUMNS}
