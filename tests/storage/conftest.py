"""An open database of each kind, with one workspace."""

from collections.abc import AsyncIterator

import pytest

from trellis.kernel.settings import Settings
from trellis.storage.database import Database, Workspace


@pytest.fixture
def settings(database_settings: dict[str, str]) -> Settings:
    return Settings.read(database_settings)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(settings)
    yield database
    await database.close()


@pytest.fixture
async def workspace(database: Database) -> Workspace:
    return await database.create_workspace("main")
