"""The computed fields of the sales pack: what a salesperson relies on."""

from decimal import Decimal
from typing import Any

from tests.services.conftest import person
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write


async def made(context: Context, entity: str, **values: Any) -> str:
    (outcome,) = await write(context, entity, [Create(values)])
    return outcome.id


async def seen(context: Context, entity: str, record: str, *fields: str) -> tuple[Any, ...]:
    found = await queries.get_record(context, entity, record, fields)
    return tuple(found.values[field] for field in fields)


async def won(context: Context) -> dict[str, str]:
    """A customer with a deal of two products that was won."""
    account = await made(context, "sales.account", name="Northwind")
    deal = await made(
        context, "sales.opportunity", name="Fleet", account=account, amount="1200000", probability="80",
        close_date="2026-12-01", engage_date="2026-11-01",
    )  # fmt: skip
    pump = await made(context, "sales.product", name="Pump", list_price="100", cost="60", tax_rate="13")
    hose = await made(context, "sales.product", name="Hose", list_price="8", cost="5")
    for product, quantity, price, discount in ((pump, "10", "100", "10"), (hose, "2.5", "8", None)):
        await made(
            context, "sales.opportunity_line", opportunity=deal, product=product, quantity=quantity, unit_price=price,
            discount=discount,
        )  # fmt: skip
    return {"account": account, "deal": deal, "pump": pump, "hose": hose}


async def test_lines_deals_and_customers_add_up(system: Context) -> None:
    ids = await won(system)

    deal = await seen(
        system, "sales.opportunity", ids["deal"], "products_total", "products_gross", "margin", "product_count",
        "product_names", "weighted_amount", "age", "days_in_stage", "overdue",
    )  # fmt: skip

    assert deal == (
        Decimal("920.00"), Decimal("1037.00"), Decimal("307.50"), 2, "Hose, Pump", Decimal("960000.00"), 20, 0, False,
    )  # fmt: skip


async def test_a_new_cost_reaches_the_customer_once_the_deal_is_won(system: Context) -> None:
    ids = await won(system)
    assert await seen(system, "sales.account", ids["account"], "lifetime_value", "lifetime_margin", "open_deals") == (
        Decimal("0.00"), None, 1,
    )  # fmt: skip
    await write(system, "sales.opportunity", [Update(ids["deal"], {"stage": "won"})])
    assert await seen(system, "sales.account", ids["account"], "lifetime_value", "value_class", "open_deals") == (
        Decimal("1200000.00"), "A", 0,
    )  # fmt: skip

    await write(system, "sales.product", [Update(ids["pump"], {"cost": "50"})])

    assert await seen(system, "sales.opportunity", ids["deal"], "margin") == (Decimal("407.50"),)
    assert await seen(system, "sales.account", ids["account"], "lifetime_margin") == (Decimal("407.50"),)


async def test_amounts_in_several_currencies_are_not_added(system: Context) -> None:
    account = await made(system, "sales.account", name="Northwind")
    for currency in ("CNY", "EUR"):
        await made(
            system, "sales.opportunity", name=currency, account=account, amount="5", stage="won", currency=currency,
            close_date="2026-11-01",
        )  # fmt: skip

    assert await seen(system, "sales.account", account, "lifetime_value", "value_class") == (None, "C")


async def test_who_may_not_see_the_cost_sees_nothing_made_of_it(system: Context) -> None:
    rep = await person(system, "Rita", "sales.rep")

    for entity, key in (
        ("sales.product", "cost"), ("sales.product", "markup"), ("sales.opportunity_line", "margin"),
        ("sales.opportunity", "margin"), ("sales.account", "lifetime_margin"),
    ):  # fmt: skip
        assert key not in rep.access.visible(entity), (entity, key)
