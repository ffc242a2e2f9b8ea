"""Brings the fixed tables of a workspace up to date, in one transaction in which nobody else writes."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from trellis.storage.workspaces import Workspace

SCRIPTS = Path(__file__).parent

Job = Callable[[sa.Connection], None]


async def upgrade(workspace: Workspace, url: str) -> None:
    """Run the revisions that are missing; `url` is that of the PostgreSQL server, if there is one."""
    await run(workspace, url, lambda connection: _upgrade(connection, workspace))


async def run(workspace: Workspace, url: str, job: Job) -> None:
    """Do a job with a SQLAlchemy connection whose unqualified names are those of the workspace."""
    if workspace.schema is None:
        await asyncio.to_thread(_on_sqlite, workspace, job)
    else:
        await _on_postgresql(workspace, url, job)


def _upgrade(connection: sa.Connection, workspace: Workspace) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes.update(connection=connection, schema=workspace.schema)
    command.upgrade(config, "head")


def _on_sqlite(workspace: Workspace, job: Job) -> None:
    engine = sa.create_engine(f"sqlite:///{workspace.path}", poolclass=NullPool, connect_args={"timeout": 30})
    event.listen(engine, "connect", _without_driver_transactions)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        job(connection)
    engine.dispose()


def _without_driver_transactions(raw: Any, record: object) -> None:
    raw.isolation_level = None  # else sqlite3 commits before every CREATE TABLE
    raw.execute("PRAGMA journal_mode=wal")


async def _on_postgresql(workspace: Workspace, url: str, job: Job) -> None:
    engine = _engine(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(f'SET LOCAL search_path TO "{workspace.schema}"')
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({workspace.lock})")
        await connection.run_sync(job)
    await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    address = sa.make_url(url).set(drivername="postgresql+asyncpg")
    plain = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    return create_async_engine(address, poolclass=NullPool, connect_args=plain)
