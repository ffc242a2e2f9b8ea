"""One laboratory per database for all contract tests."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import DATABASES
from tests.support.laboratory import Laboratory, laboratory


@pytest.fixture(scope="package", params=DATABASES)
async def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Laboratory]:
    """A record for every example of every field type, on both databases."""
    folder = tmp_path_factory.mktemp("laboratory")
    if request.param == "sqlite":
        async with laboratory(str(folder), folder) as made:
            yield made
    else:
        with request.getfixturevalue("postgres").database() as url:
            async with laboratory(url, folder) as made:
                yield made
