"""What columns come to: exact, over all pages of a list, and only of what the reader may see."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.services.conftest import person
from tests.support.clinic import CLIENT, opened
from trellis.engine.query import Query
from trellis.kernel.errors import Invalid
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.totals import totals

LINE, PRODUCT = "sales.opportunity_line", "sales.product"
DEAL = "sales.opportunity"
PRICES = ("0.10", "0.20", "1000000000000.70")


@pytest.fixture
async def system(system: Context) -> Context:
    """Three products with prices that no float adds up, and one without."""
    fields = {"family": "hardware", "unit": "piece"}
    await write(
        system,
        PRODUCT,
        [Create({"name": f"P{number}", "sku": f"P-{number}", "list_price": price, **fields}) for number, price in enumerate(PRICES)],
    )  # fmt: skip
    return system


async def test_every_way_to_add_up_is_exact(system: Context) -> None:
    async def of(summary: str, **query: object) -> object:
        found = await totals(system, Query(PRODUCT, **query), {"list_price": summary})  # type: ignore[arg-type]
        return found.get("list_price")

    assert await of("sum") == Decimal("1000000000001.00")
    assert await of("avg") == Decimal("1000000000001.00") / 3
    assert (await of("min"), await of("max"), await of("count")) == (Decimal("0.10"), Decimal("1000000000000.70"), 3)
    assert await of("sum", filter="list_price < 1") == Decimal("0.30")
    assert await of("sum", filter="list_price < 0") is None
    assert await of("count", filter="list_price < 0") == 0
    assert await of("sum", limit=1) == Decimal("1000000000001.00")


async def test_what_is_behind_links_and_what_is_no_number(system: Context) -> None:
    accounts = await write(
        system, "sales.account", [Create({"name": name, "employees": count}) for name, count in (("A", 10), ("B", 5))]
    )
    deals = [{"name": f"Deal of {one.id}", "account": one.id} for one in (*accounts, accounts[0])]
    await write(system, DEAL, [Create({**deal, "name": str(place)}) for place, deal in enumerate(deals)])

    found = await totals(system, Query(DEAL), {"name": "count", "account.employees": "sum", "close_date": "count"})

    assert found == {"name": 3, "account.employees": 25, "close_date": 0}


async def test_columns_that_are_not_open_on_every_record_tell_nothing(database_url: str, tmp_path: Path) -> None:
    columns = {"score": "sum", "open": "count", "double": "max", "phrase": "count", "sealed": "count"}
    async with opened(database_url, tmp_path) as clinic:
        assert await totals(clinic.agent, Query(CLIENT), columns) == {"open": 3}
        assert await totals(clinic.clerk, Query(CLIENT), columns) == {
            "score": 231004, "open": 3, "double": 154004, "phrase": 2, "sealed": 3,
        }  # fmt: skip


async def test_only_records_that_the_reader_finds_are_added_up(system: Context) -> None:
    rita = await person(system, "Rita", "core.employee", "sales.rep")
    await write(system, DEAL, [Create({"name": "Theirs", "contract_months": 5})])
    await write(system, DEAL, [Create({"name": "Hers", "contract_months": 7, "owner": rita.actor.id})])

    assert await totals(rita, Query(DEAL), {"contract_months": "sum"}) == {"contract_months": 7}
    assert await totals(system, Query(DEAL), {"contract_months": "sum"}) == {"contract_months": 12}


async def test_a_filter_that_cannot_be_used_is_refused_as_by_the_list(system: Context) -> None:
    with pytest.raises(Invalid):
        await totals(system, Query(PRODUCT, filter="nonsense > 1"), {"list_price": "sum"})
