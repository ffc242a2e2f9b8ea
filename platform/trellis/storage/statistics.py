"""What a database believes about the size of its tables."""

from collections.abc import Iterable

from trellis.storage.connection import POSTGRESQL, Connection
from trellis.storage.tables import EntityTable


async def refresh(connection: Connection, tables: Iterable[EntityTable]) -> None:
    """Count again after many rows were added.

    PostgreSQL would keep on using plans that it made for a small table until it looks by itself, after a minute or so:
    every look-up of a key reads the whole table until then. SQLite takes the index without being told.
    """
    if connection.dialect == POSTGRESQL:
        names = sorted(f'"{table.table.schema}"."{table.table.name}"' for table in tables)
        await connection.run_ddl([f"ANALYZE {name}" for name in names])
