"""What every test can ask for: an event loop, and fresh databases of both kinds."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Postgres, shared_postgres
from tests.support.published import publish
from trellis.kernel.settings import Settings

DATABASES = ("sqlite", "postgresql")

# A run keeps many releases; looking through all of them again and again takes minutes.
gc.set_threshold(50_000, 50, 100)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow runs on PostgreSQL each time, where more can go wrong, and on SQLite in `make soak`."""
    for item in items:
        if item.get_closest_marker("slow") and "sqlite" in item.name:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop every async test and fixture runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    """The PostgreSQL server of this test run, shared by all workers."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return shared_postgres(folder.parent, owner=os.getppid())
    return shared_postgres(folder, owner=os.getpid())


@pytest.fixture
def postgresql_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Runs the test once for each database: `sqlite`, `postgresql`."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind: a folder for SQLite files, or a postgresql:// address."""
    if database_kind == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    folder = tmp_path / "data"
    folder.mkdir()
    return str(folder)


@pytest.fixture
def database_settings(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment that points a Trellis process at `database_url`."""
    if database_url.startswith("postgresql:"):
        return {"TRELLIS_DATA": str(tmp_path / "files"), "TRELLIS_DATABASE_URL": database_url}
    return {"TRELLIS_DATA": database_url}


@pytest.fixture(scope="session")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of SQLite files with the packs published; tests take copies."""
    folder = tmp_path_factory.mktemp("published")
    publish(Settings(data=str(folder)))
    return folder


@pytest.fixture(scope="session")
def published_database(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with the packs published; tests take copies."""
    with postgres.database() as url:
        publish(Settings(data=str(tmp_path_factory.mktemp("files")), database_url=url))
        yield url.rpartition("/")[2]
