"""SQLite and PostgreSQL with the tables of the small world."""

from collections.abc import Iterator, Sequence

import pytest

from tests.support.expressions.databases import Database, both


@pytest.fixture(scope="module")
def databases(postgres) -> Iterator[Sequence[Database]]:
    with postgres.database() as url, both(url) as opened:
        yield opened
