"""Whether the fixed tables of a workspace are those of this program, and the way there when they are not."""

import sqlalchemy as sa

from trellis.storage.connection import Connection, prepare
from trellis.storage.workspaces import Workspace

HEAD = "0005"


async def is_current(connection: Connection) -> bool:
    """Whether no revision is missing; asked without Alembic, which takes long to load."""
    if not await connection.fetch(prepare(_has_version(connection.schema), connection.dialect)):
        return False
    versions = sa.table("alembic_version", sa.column("version_num"), schema=connection.schema)
    return await connection.fetch(prepare(sa.select(versions.c.version_num), connection.dialect)) == [(HEAD,)]


async def upgrade(workspace: Workspace, url: str) -> None:
    """Run the missing revisions."""
    from trellis.storage.migrations.run import upgrade as run

    await run(workspace, url)


def _has_version(schema: str | None) -> sa.Select[tuple[str]]:
    if schema is None:
        tables = sa.table("sqlite_master", sa.column("name", sa.TEXT))
        return sa.select(tables.c.name).where(tables.c.name == "alembic_version")
    tables = sa.table(
        "tables", sa.column("table_name", sa.TEXT), sa.column("table_schema", sa.TEXT), schema="information_schema"
    )
    return sa.select(tables.c.table_name).where(
        tables.c.table_name == "alembic_version", tables.c.table_schema == schema
    )
