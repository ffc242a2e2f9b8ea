"""What the sales and core packs demand of records, in both languages."""

from dataclasses import replace
from decimal import Decimal

import pytest

from trellis.kernel.errors import FieldError, Invalid
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write

DEAL, LINE, PRODUCT = "sales.opportunity", "sales.opportunity_line", "sales.product"


async def made(context: Context, entity: str, **values: object) -> tuple[str, tuple[FieldError, ...]]:
    (outcome,) = await write(context, entity, [Create({"name": "A", **values})])
    return outcome.id, outcome.warnings


async def changed(context: Context, entity: str, record: str, **values: object) -> tuple[FieldError, ...]:
    (outcome,) = await write(context, entity, [Update(record, values)])
    return outcome.warnings


async def refused(context: Context, entity: str, record: str, **values: object) -> list[str]:
    with pytest.raises(Invalid) as caught:
        await changed(context, entity, record, **values)
    return [f"{error.path}: {error.message}" for error in caught.value.errors]


def said(warnings: tuple[FieldError, ...]) -> list[str]:
    return [f"{warning.path}: {warning.message}" for warning in warnings]


async def test_an_open_deal_is_not_moved_into_the_past(system: Context) -> None:
    deal, warnings = await made(system, DEAL, close_date="2026-01-01")
    assert said(warnings) == ["close_date: The close date lies in the past."]

    assert await refused(system, DEAL, deal, close_date="2026-02-01") == [
        "close_date: The close date of an open opportunity cannot lie in the past."
    ]
    assert await changed(system, DEAL, deal, next_step="Call") == ()
    assert await changed(system, DEAL, deal, stage="won", close_date="2026-02-01") == ()


async def test_a_deal_is_lost_for_a_reason(system: Context) -> None:
    deal, _ = await made(system, DEAL)
    chinese = replace(system, locale="zh-CN")

    assert await refused(chinese, DEAL, deal, stage="lost") == ["lost_reason: 请说明丢单原因。"]
    assert await changed(system, DEAL, deal, stage="lost", lost_reason="price") == ()
    assert await refused(system, DEAL, deal, lost_reason=None) == ["lost_reason: Say why the deal was lost."]


async def test_a_large_discount_wants_a_reason(system: Context) -> None:
    deal, _ = await made(system, DEAL)

    assert said(await changed(system, DEAL, deal, discount="31")) == ["discount: Explain discounts above 30 %."]
    assert await changed(system, DEAL, deal, discount_reason="Reference customer") == ()
    assert await changed(system, DEAL, deal, discount="35") == ()


async def test_a_commitment_needs_a_proposal(system: Context) -> None:
    deal, _ = await made(system, DEAL, stage="proposal", forecast_category="commit")

    assert await refused(system, DEAL, deal, stage="discovery") == [
        "forecast_category: “Commit” cannot be chosen with this Stage."
    ]
    assert await changed(system, DEAL, deal, stage="won") == ()


async def test_a_line_begins_with_the_price_of_its_product(system: Context) -> None:
    product, _ = await made(system, PRODUCT, list_price="100", floor_price="80")
    deal, _ = await made(system, DEAL)

    (fine,) = await write(system, LINE, [Create({"opportunity": deal, "product": product})])
    (cheap,) = await write(system, LINE, [Create({"opportunity": deal, "product": product, "discount": "21"})])

    assert (await queries.get_record(system, LINE, fine.id)).values["unit_price"] == Decimal("100.00")
    assert fine.warnings == ()
    assert said(cheap.warnings) == ["unit_price: This is below the lowest price of the product."]


async def test_the_unit_of_a_product_fits_its_family(system: Context) -> None:
    service, _ = await made(system, PRODUCT, family="service")

    assert (await queries.get_record(system, PRODUCT, service)).values["unit"] == "day"
    assert await refused(system, PRODUCT, service, unit="piece") == ["unit: “Piece” cannot be chosen with this Family."]


async def test_the_same_company_person_or_lead_is_found(system: Context) -> None:
    await made(system, "sales.account", name="北方物流")
    await made(system, "sales.contact", email="Anna@Example.com")
    await made(system, "sales.lead", mobile="+86 138 0013 8000")
    chinese = replace(system, locale="zh-CN")

    assert said((await made(chinese, "sales.account", name="北方物流 "))[1]) == ["name: 已有同名客户。"]
    assert said((await made(system, "sales.contact", email="anna@example.com"))[1]) == [
        "email: There is already a contact with this email."
    ]
    assert said((await made(system, "sales.lead", mobile="13800138000"))[1]) == [
        "mobile: There is already a lead with this mobile number."
    ]


async def test_there_is_one_team_of_a_name_below_each_parent(system: Context) -> None:
    north, _ = await made(system, "core.team", name="North")
    inside, _ = await made(system, "core.team", name="north", parent=north)

    with pytest.raises(Invalid) as caught:
        await made(system, "core.team", name="NORTH")

    assert [str(error.message) for error in caught.value.errors] == ["There is already a team of this name."]
    assert await refused(system, "core.team", inside, parent=inside) == ["parent: A team cannot be its own parent."]
