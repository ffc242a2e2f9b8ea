"""Workspaces share nothing."""

import pytest

from tests.storage.test_database import add_setting, settings_of
from trellis.kernel.errors import Invalid
from trellis.kernel.settings import Settings
from trellis.storage.database import Database

pytestmark = pytest.mark.anyio


async def test_a_new_database_has_no_workspaces(database: Database) -> None:
    assert await database.list_workspaces() == []


async def test_a_workspace_is_found_by_other_processes(database: Database, settings: Settings) -> None:
    other = await Database.open(settings)
    await database.create_workspace("acme-east")

    found = await other.list_workspaces()
    await other.close()

    assert [workspace.name for workspace in found] == ["acme-east"]
    assert found == database.workspaces


async def test_creating_a_workspace_again_changes_nothing(database: Database) -> None:
    workspace = await database.create_workspace("acme")
    async with database.write(workspace) as connection:
        await add_setting(connection, "a")

    again = await database.create_workspace("acme")

    assert again == workspace
    assert await settings_of(database, again) == 1


async def test_what_one_workspace_writes_another_does_not_see(database: Database) -> None:
    first, second = await database.create_workspace("first"), await database.create_workspace("second")
    async with database.write(first) as connection:
        await add_setting(connection, "a")

    assert await settings_of(database, first) == 1
    assert await settings_of(database, second) == 0
    assert first.files != second.files
    assert first.lock != second.lock


async def test_a_writer_in_one_workspace_does_not_wait_for_another(database: Database) -> None:
    first, second = await database.create_workspace("first"), await database.create_workspace("second")

    async with database.publish(first), database.write(second) as connection:
        await add_setting(connection, "a")

    assert await settings_of(database, second) == 1


@pytest.mark.parametrize("name", ["", "Acme", "1st", "a_b", "a.b", "../x", "a" * 32, 'a"b', "a\n"])
async def test_other_names_are_refused(database: Database, name: str) -> None:
    with pytest.raises(Invalid):
        await database.create_workspace(name)
