"""Offers on either database: they are published once, each test takes a copy."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.offers import Offers, opened_offers, publish
from tests.support.postgres import Postgres
from trellis.kernel.settings import Settings


@pytest.fixture(scope="session")
def offers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SQLite files with the offers."""
    folder = tmp_path_factory.mktemp("offers")
    _publish(Settings(data=str(folder)))
    return folder


@pytest.fixture(scope="session")
def offers_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the offers."""
    with postgres.database() as url:
        _publish(Settings(data=str(tmp_path_factory.mktemp("files")), database_url=url))
        yield url.rpartition("/")[2]


def _publish(settings: Settings) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, publish(settings)).result()


@pytest.fixture
async def offers(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Offers]:
    """A fresh copy on either database."""
    if database_kind == "sqlite":
        shutil.copytree(request.getfixturevalue("offers_folder"), tmp_path / "data")
        async with opened_offers(Settings(data=str(tmp_path / "data"))) as found:
            yield found
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database(template=request.getfixturevalue("offers_database")) as url:
        async with opened_offers(Settings(data=str(tmp_path / "files"), database_url=url)) as found:
            yield found
