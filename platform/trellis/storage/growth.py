"""Telling the planner that tables grew."""

from collections.abc import Iterable

import sqlalchemy as sa

from trellis.storage.connection import POSTGRESQL, Connection


async def announce_growth(connection: Connection, tables: Iterable[sa.Table]) -> None:
    """Refresh the statistics of PostgreSQL, which else keeps the plans it made when the tables were empty: full scans.

    Its own housekeeping does so too, but minutes later; SQLite needs no statistics to use an index.
    """
    if connection.dialect == POSTGRESQL:
        await connection.run_ddl([f'ANALYZE "{table.schema}"."{table.name}"' for table in tables])
