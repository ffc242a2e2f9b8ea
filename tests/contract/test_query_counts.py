"""How many statements each use case runs, exactly: one more is a regression, one less is good news to write down."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from tests.services.conftest import NOW, person
from tests.support.counting import CountingDatabase
from trellis.engine.query import Count, Query, SortKey
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import queries
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database

DEAL = "sales.opportunity"
DEALS = Query(DEAL, ("name", "account", "owner", "amount", "contacts"), sort=(SortKey("close_date"),), limit=25)


class Sales(NamedTuple):
    """A rep with one account and two of its deals, on a database that counts."""

    context: Context
    database: CountingDatabase
    account: str
    deal: str
    other: str

    def new(self, number: int = 0) -> Create:
        return Create({"name": f"Deal {number}", "account": self.account, "amount": "5.00", "close_date": "2026-12-01"})


UseCase = Callable[[Sales], Awaitable[Any]]

READS: dict[str, tuple[UseCase, int]] = {
    "a list as JSON": (lambda sales: queries.list_json(sales.context, DEALS), 1),
    "a list with the titles of its links": (
        lambda sales: queries.list_records(sales.context, Query(DEAL, DEALS.fields, labels=True)), 1,
    ),
    "a list with a count": (lambda sales: queries.list_records(sales.context, Query(DEAL, ("name",), count=Count.CAPPED)), 1),
    "a list through three lookups": (
        lambda sales: queries.list_records(sales.context, Query(DEAL, ("account.owner.team.name",), filter="account.owner.name == 'X'")), 1,
    ),
    "a record with the titles of its links": (lambda sales: queries.get_record(sales.context, DEAL, sales.deal), 1),
    "a list as JSON for a program": (lambda sales: queries.list_json(replace(sales.context, client="t"), DEALS), 1),
    "a record as JSON for a program": (lambda sales: queries.get_json(replace(sales.context, client="t"), DEAL, sales.deal), 1),
    "a record as JSON": (lambda sales: queries.get_json(sales.context, DEAL, sales.deal), 1),
    "the choices of a lookup": (lambda sales: queries.choices(sales.context, "sales.account", "north"), 1),
    "the history of a record": (lambda sales: queries.history(sales.context, DEAL, sales.deal), 2),
    "a count": (lambda sales: queries.count(sales.context, Query(DEAL, count=Count.EXACT)), 1),
}  # fmt: skip

WRITES: dict[str, tuple[UseCase, dict[str, int]]] = {
    "create": (lambda sales: write(sales.context, DEAL, [sales.new()]), {"sqlite": 5, "postgresql": 4}),
    "create 100": (lambda sales: write(sales.context, DEAL, [sales.new(number) for number in range(100)]), {"sqlite": 5, "postgresql": 4}),
    "create an account": (
        # two of them for duplicates: to look for some, and to keep the keys by which others find this one
        lambda sales: write(sales.context, "sales.account", [Create({"name": "Other"})]), {"sqlite": 7, "postgresql": 6},
    ),
    "update": (lambda sales: write(sales.context, DEAL, [Update(sales.deal, {"amount": "6.00"})]), {"sqlite": 3, "postgresql": 3}),
    "update the title": (lambda sales: write(sales.context, DEAL, [Update(sales.deal, {"name": "New"})]), {"sqlite": 5, "postgresql": 4}),
    "update two alike": (
        lambda sales: write(sales.context, DEAL, [Update(deal, {"amount": "7.00"}) for deal in (sales.deal, sales.other)]),
        {"sqlite": 3, "postgresql": 3},
    ),
    # a deal that is won counts in what its account is worth: the account is locked (on PostgreSQL), read and written
    "update to won": (
        lambda sales: write(sales.context, DEAL, [Update(sales.deal, {"stage": "won"})]), {"sqlite": 5, "postgresql": 6},
    ),
    "update nothing": (lambda sales: write(sales.context, DEAL, [Update(sales.deal, {"amount": "7.0"})]), {"sqlite": 1, "postgresql": 1}),
    # PostgreSQL also looks for the lines of a deal before it locks the deal: they come first in the order of locks
    "delete": (lambda sales: write(sales.context, DEAL, [Delete(sales.deal)]), {"sqlite": 6, "postgresql": 8}),
    "restore": (lambda sales: write(sales.context, DEAL, [Restore(sales.other)]), {"sqlite": 4, "postgresql": 6}),
}  # fmt: skip


@pytest.fixture
async def sales(database_url: str, tmp_path: Path) -> AsyncIterator[Sales]:
    """The shipped packs, published, and what the use cases need."""
    url = database_url if database_url.startswith("postgresql:") else ""
    folder = tmp_path / "files" if url else Path(database_url)
    database = await Database.open(Settings(data=str(folder), database_url=url))
    workspace = await database.create_workspace("main")
    clock = FixedClock(NOW)
    await install_packs(database, workspace, load_folder(packs_folder()).documents, clock, actor=SYSTEM, note="test")
    counting = CountingDatabase(database)
    system = await OpenWorkspace(cast(Database, counting), workspace, clock).context()
    yield await _stocked(await person(system, "Rita", "sales.rep"), counting)
    await database.close()


async def _stocked(context: Context, database: CountingDatabase) -> Sales:
    (account,) = await write(context, "sales.account", [Create({"name": "Northwind"})])
    stock = Sales(context, database, account.id, "", "")
    first, second = await write(context, DEAL, [stock.new(1), stock.new(2)])
    return stock._replace(deal=first.id, other=second.id)


async def test_reading_runs_just_these_statements(sales: Sales) -> None:
    found = {name: await _counted(sales, use_case) for name, (use_case, _) in READS.items()}

    assert found == {name: count for name, (_, count) in READS.items()}


async def test_writing_runs_just_these_statements(sales: Sales) -> None:
    await write(sales.context.as_system(), DEAL, [Delete(sales.other)])
    restoring = {"restore": await _counted(sales, WRITES["restore"][0])}

    found = restoring | {
        name: await _counted(sales, use_case) for name, (use_case, _) in WRITES.items() if name != "restore"
    }

    assert found == {name: counts[sales.database.dialect] for name, (_, counts) in WRITES.items()}


async def _counted(sales: Sales, use_case: UseCase) -> int:
    with sales.database.counting() as tally:
        await use_case(sales)
    return len(tally)


async def test_deleting_many_takes_no_more_statements_than_deleting_one(sales: Sales) -> None:
    made = await write(sales.context, DEAL, [sales.new(number) for number in range(20)])
    commands = [Delete(one.id) for one in made]

    found = await _counted(sales, lambda stock: write(stock.context, DEAL, commands))

    assert found <= WRITES["delete"][1][sales.database.dialect]
