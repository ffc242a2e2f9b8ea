"""Whatever happens to the records of a shop, in whatever order: stored values are true, and what virtual ones say."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.publishing import Publisher
from tests.support.shop import documents
from trellis.engine.query import Query
from trellis.kernel.clock import SystemClock
from trellis.kernel.errors import InUse, Invalid, NotFound
from trellis.kernel.settings import Settings
from trellis.services import queries
from trellis.services.commands import Command, Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.verifying import verify
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

EXAMPLES = 30
TWINS = {
    "shop.deal": ("lines", "average", "dearest", "first", "last", "names", "label"),
    "shop.line": ("price",),
}
"""Fields that are kept, each with a twin that is computed when it is read."""

RECORDS = 3
MONEY = st.none() | st.decimals(min_value=0, max_value=99_999, places=2).map(str)
NUMBERS = st.none() | st.integers(min_value=-9, max_value=999)
NAMES = st.sampled_from(["Ann", "Bo", "Cy", "李"])
PLACES = st.integers(min_value=0, max_value=RECORDS - 1)
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "shop.product": {"name": NAMES, "price": MONEY},
    "shop.customer": {"name": NAMES, "bonus": NUMBERS},
    "shop.deal": {"name": NAMES, "discount": MONEY, "customer": PLACES | st.none()},
    "shop.line": {"deal": PLACES, "product": PLACES | st.none(), "quantity": NUMBERS, "cancelled": st.booleans()},
}
LINKS = {"deal": "shop.deal", "customer": "shop.customer", "product": "shop.product"}

Step = tuple[str, str, int, dict[str, Any]]
"""A deed, an entity, the place of a record, and values in which links are places."""


def steps() -> st.SearchStrategy[Step]:
    def of(entity: str) -> st.SearchStrategy[Step]:
        values = st.fixed_dictionaries({}, optional=VALUES[entity])
        deeds = st.sampled_from(["create", "update", "update", "delete", "restore"])
        return st.tuples(deeds, st.just(entity), st.integers(min_value=0, max_value=5), values)

    return st.sampled_from(["shop.line", "shop.line", "shop.deal", "shop.product", "shop.customer"]).flatmap(of)


def with_twins() -> list[dict[str, Any]]:
    """The shop with everything stored, and beside each field its virtual twin."""
    found = documents("stored")
    for raw in found:
        for key in TWINS.get(raw["id"], ()):
            raw["fields"] = {**raw["fields"], f"{key}_twin": {**raw["fields"][key], "storage": "virtual"}}
    return found


class Shop:
    """A workspace that lives through all examples; each starts with records of its own."""

    def __init__(self, settings: Settings) -> None:
        self._runner = asyncio.Runner()
        self._database, self._context = self._runner.run(self._open(settings))

    async def _open(self, settings: Settings) -> tuple[Database, Context]:
        database = await Database.open(settings)
        workspace = await database.create_workspace("main")
        await Publisher(database, workspace).publish(*with_twins())
        return database, await OpenWorkspace(database, workspace, SystemClock()).context()

    def close(self) -> None:
        self._runner.run(self._database.close())
        self._runner.close()

    def live_through(self, happened: list[Step]) -> None:
        """Do it all, and look after every step."""
        self._runner.run(self._live_through(happened))

    async def _live_through(self, happened: list[Step]) -> None:
        known: dict[str, list[str]] = {}
        for entity in VALUES:
            given = [{"name": f"N{place}"} | ({"deal": place} if entity == "shop.line" else {}) for place in range(3)]
            commands = [Create(self._linked(values, known)) for values in given]
            known[entity] = [outcome.id for outcome in await write(self._context, entity, commands)]
        for deed, entity, place, values in happened:
            with suppress(NotFound, Invalid, InUse):  # it is in the bin, leads there, or is held back
                command = self._command(deed, known[entity][place % len(known[entity])], self._linked(values, known))
                outcomes = await write(self._context, entity, [command])
                known[entity] += [outcome.id for outcome in outcomes if deed == "create"]
            await self._look()

    def _linked(self, values: dict[str, Any], known: dict[str, list[str]]) -> dict[str, Any]:
        return {
            key: known[LINKS[key]][value] if key in LINKS and value is not None else value
            for key, value in values.items()
        }

    def _command(self, deed: str, record: str, values: dict[str, Any]) -> Command:
        match deed:
            case "create":
                return Create({"name": "New", **values})
            case "update":
                return Update(record, values)
            case "delete":
                return Delete(record)
            case _:
                return Restore(record)

    async def _look(self) -> None:
        wrong = [one for one in await verify(self._context) if one.differing]
        assert wrong == []
        for entity, keys in TWINS.items():
            fields = (*keys, *(f"{key}_twin" for key in keys))
            page = await queries.list_records(self._context, Query(entity, fields, limit=1_000))
            for record in page.records():
                assert {key: record[key] for key in keys} == {key: record[f"{key}_twin"] for key in keys}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    url = database_url if database_url.startswith("postgresql:") else ""
    found = Shop(Settings(data=str(tmp_path / "files") if url else database_url, database_url=url))
    yield found
    found.close()


@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # each example takes too long to look for smaller ones
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happened=st.lists(steps(), min_size=1, max_size=8))
def test_stored_values_are_true_whatever_happens(shop: Shop, happened: list[Step]) -> None:
    shop.live_through(happened)
