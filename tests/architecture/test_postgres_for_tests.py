import asyncpg

from tests.support.postgres import Postgres


async def test_a_test_gets_a_database_of_its_own(postgres: Postgres) -> None:
    with postgres.database() as first, postgres.database() as second:
        one = await asyncpg.connect(first)
        other = await asyncpg.connect(second)

        await one.execute("CREATE TABLE only_here (id int)")

        assert await other.fetchval("SELECT to_regclass('only_here')") is None
        await one.close()
        await other.close()


def test_each_kind_of_database_is_handed_out(database_url: str, database_settings: dict[str, str]) -> None:
    assert database_url in database_settings.values()
