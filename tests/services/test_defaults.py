"""Computed defaults read what stands behind the lookups that were given, on every path."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from tests.support.counting import CountingDatabase
from tests.support.ruled import COMPANY, ORDER, ruled
from trellis.kernel.errors import Invalid
from trellis.services import queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.defaults import new_values
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    async with ruled(database_url, tmp_path) as home:
        yield home


@pytest.fixture
async def context(home: OpenWorkspace) -> Context:
    """Somebody who may do everything."""
    return await home.context()


async def company(context: Context, **values: object) -> str:
    (outcome,) = await write(context, COMPANY, [Create({"name": "Northwind", **values})])
    return outcome.id


async def prices(context: Context, **values: object) -> tuple[object, object]:
    (outcome,) = await write(context, ORDER, [Create(values)])
    record = await queries.get_record(context, ORDER, outcome.id)
    return record.values["price"], record.values["total"]


async def test_a_default_is_read_behind_a_lookup_and_others_follow_it(context: Context) -> None:
    customer = await company(context, price="12.50")

    assert await prices(context, company=customer) == (Decimal("12.50"), Decimal("25.00"))
    assert await prices(context, company=customer, price="3") == (Decimal("3.00"), Decimal("6.00"))
    assert await prices(context) == (Decimal("1.00"), Decimal("2.00"))


async def test_what_was_left_empty_on_purpose_stays_empty(context: Context) -> None:
    with pytest.raises(Invalid) as caught:
        await write(context, ORDER, [Create({"price": None})])

    assert [(error.path, error.code) for error in caught.value.errors] == [("price", "required")]


async def test_a_form_begins_with_the_default_of_the_lookup_it_came_with(context: Context) -> None:
    customer = await company(context, price="12.50")

    values = await new_values(context, context.snapshot.entity(ORDER), {"company": customer})

    assert values["price"] == Decimal("12.50")
    assert values["total"] == Decimal("25.00")


async def test_a_batch_asks_once(home: OpenWorkspace, context: Context) -> None:
    customers = [await company(context, name=f"C{number}", price=str(number)) for number in range(1, 30)]
    counting = CountingDatabase(home.database)
    counted = await OpenWorkspace(cast(Database, counting), home.workspace, home.clock).context()

    async def statements(count: int) -> int:
        commands = [Create({"company": customer}) for customer in customers[:count]]
        await write(counted, ORDER, commands)
        with counting.counting() as tally:
            await write(counted, ORDER, commands)
        return len(tally)

    assert await statements(2) == await statements(29)
