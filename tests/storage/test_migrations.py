"""The revisions make exactly the tables that the program expects."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from trellis.kernel.settings import Settings
from trellis.metadata.ledger import LedgerEntry
from trellis.storage.database import Database, Workspace
from trellis.storage.ledger import read_ledger
from trellis.storage.migrations.run import SCRIPTS, run
from trellis.storage.releases import read_pointer
from trellis.storage.system import system_tables
from trellis.storage.versions import HEAD, is_current

pytestmark = pytest.mark.anyio


async def test_the_tables_after_all_revisions_are_those_of_the_program(
    workspace: Workspace, settings: Settings
) -> None:
    found: list[object] = []

    def compare(connection: sa.Connection) -> None:
        connection.dialect.default_schema_name = workspace.schema
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        found.extend(compare_metadata(context, system_tables(None).schema))

    await run(workspace, settings.database_url, compare)

    assert found == []


async def test_a_new_workspace_is_current(database: Database, workspace: Workspace) -> None:
    async with database.read(workspace) as connection:
        assert await is_current(connection)


async def test_upgrading_again_changes_nothing(database: Database, workspace: Workspace) -> None:
    await database.upgrade(workspace.name)

    assert [found.name for found in await database.list_workspaces()] == ["main"]


async def test_sqlite_tables_are_strict(workspace: Workspace, settings: Settings) -> None:
    if workspace.schema is not None:
        pytest.skip("SQLite only")
    loose: list[str] = []

    def look(connection: sa.Connection) -> None:
        rows = connection.exec_driver_sql("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
        loose.extend(name for name, strict in rows if not strict and not name.startswith("sqlite_"))

    await run(workspace, settings.database_url, look)

    assert loose == ["alembic_version"]


def test_the_newest_revision_is_the_one_the_program_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def _upgraded(workspace: Workspace, revision: str) -> Callable[[sa.Connection], None]:
    """Runs revisions over no tables at all, up to one."""

    def job(connection: sa.Connection) -> None:
        for table in reversed(system_tables(None).schema.sorted_tables):
            connection.exec_driver_sql(f'DROP TABLE "{table.name}"')
        connection.exec_driver_sql("DROP TABLE alembic_version")
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes.update(connection=connection, schema=workspace.schema)
        command.upgrade(config, revision)
        connection.exec_driver_sql("INSERT INTO release VALUES (1, 0, 'h', 5, '', 'Packs', 'published')")
        connection.exec_driver_sql("INSERT INTO pointer VALUES (1, 1)")
        connection.exec_driver_sql("INSERT INTO ledger VALUES (1, 'x.thing', 'e_x_thing', 'table', 'live', NULL)")

    return job


async def test_what_an_older_program_has_kept_is_there_after_an_upgrade(
    database: Database, workspace: Workspace, settings: Settings
) -> None:
    await run(workspace, settings.database_url, _upgraded(workspace, "0003"))

    await database.upgrade(workspace.name)

    async with database.read(workspace) as connection:
        assert await is_current(connection)
        assert (await read_ledger(connection)).entries == (LedgerEntry(1, "x.thing", "e_x_thing", "table"),)
        assert await read_pointer(connection) == 1
