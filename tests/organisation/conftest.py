"""An office on either database: the documents are published once, each test takes a copy."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.office import Office, opened, publish
from tests.support.postgres import Postgres
from trellis.kernel.settings import Settings
from trellis.services.context import Context
from trellis.services.workspaces import OpenWorkspace


@pytest.fixture(scope="session")
def office_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SQLite files with the office published."""
    folder = tmp_path_factory.mktemp("office")
    _publish(Settings(data=str(folder)))
    return folder


@pytest.fixture(scope="session")
def office_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the office published."""
    with postgres.database() as url:
        _publish(Settings(data=str(tmp_path_factory.mktemp("files")), database_url=url))
        yield url.rpartition("/")[2]


def _publish(settings: Settings) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, publish(settings)).result()


@pytest.fixture
def office_settings(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A fresh copy on either database."""
    if database_kind == "sqlite":
        shutil.copytree(request.getfixturevalue("office_folder"), tmp_path / "data")
        yield Settings(data=str(tmp_path / "data"))
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database(template=request.getfixturevalue("office_database")) as url:
        yield Settings(data=str(tmp_path / "files"), database_url=url)


@pytest.fixture
async def empty(office_settings: Settings) -> AsyncIterator[Office]:
    """An office without people."""
    async with opened(office_settings) as found:
        yield found


@pytest.fixture
async def office(empty: Office) -> Office:
    """Head above North and South; Ann leads Ben (both North), Cat is in South, Dan in Head, above Ann."""
    await empty.hire()
    return empty


@pytest.fixture
def home(empty: Office) -> OpenWorkspace:
    """The workspace of the empty office."""
    return empty.home


@pytest.fixture
def system(empty: Office) -> Context:
    """Somebody who may do everything in the empty office."""
    return empty.system
