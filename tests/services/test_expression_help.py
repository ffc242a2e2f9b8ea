"""Whoever writes an expression is told what it is, what it gives, and what a database can do with it, within his rights."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.services.conftest import person
from trellis.engine.catalogue import type_of
from trellis.engine.expr.signatures import SqlClass
from trellis.engine.query import Query
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.expressions import Checked, CheckRequest, CompleteRequest, Place, Purpose, Read, check, complete
from trellis.services.queries import list_records
from trellis.services.records import write

DEAL, ACCOUNT, LINE = "sales.opportunity", "sales.account", "sales.opportunity_line"
NOBODY = "01920000-0000-7000-8000-00000000000b"


async def made(context: Context, entity: str, **values: object) -> str:
    (outcome,) = await write(context, entity, [Create(values)])
    return outcome.id


async def on_deal(context: Context, source: str, record: str | None = None, **asked: str) -> Checked:
    purpose = Purpose(asked["purpose"]) if "purpose" in asked else None
    place = Place(asked.get("entity", DEAL), purpose, asked.get("field"))
    return await check(context, CheckRequest(place, source, record, asked.get("expect")))


async def proposed(context: Context, source: str, entity: str = DEAL) -> list[str]:
    found = await complete(context, CompleteRequest(Place(entity), source, len(source)))
    return [item.insert for item in found.items]


async def test_an_expression_is_explained(system: Context) -> None:
    found = await on_deal(system, "amount > 1000 and account.tier == 'key' and account.owner == me.id")

    assert found.ok
    assert str(found.type) == "bool"
    assert found.volatile
    assert found.reads == (
        Read("amount", "Amount"),
        Read("account.tier", "Account › Tier"),
        Read("account.owner", "Account › Owner"),
    )
    assert found.cost is not None
    assert (found.cost.paths, found.cost.joins) == (3, 1)
    assert found.cost.score == found.cost.nodes + 10


async def test_what_it_reads_is_named_in_the_language_of_the_reader(system: Context) -> None:
    chinese = replace(system, locale="zh-CN")

    (read,) = (await on_deal(chinese, "account.tier == 'key'")).reads
    wrong = await on_deal(chinese, "客户分级 == 'key'")

    assert read.label == "客户 › 客户分级"
    assert "商机" in str(wrong.errors[0].message)


async def test_the_value_on_a_record_is_told(system: Context) -> None:
    account = await made(system, ACCOUNT, name="Northwind", tier="key")
    deal = await made(
        system,
        DEAL,
        name="Big",
        account=account,
        stage="qualified",
        amount="1200.50",
        close_date="2026-11-30",
        tags=[],
    )

    results = {
        source: (await on_deal(system, source, deal)).result
        for source in ("amount * 2", "account", "account.tier", "close_date", "stage == 'qualified'", "amount / 0", "name + '!'", "tags")
    }  # fmt: skip

    values = {source: result.value for source, result in results.items() if result}
    labels = {source: result.label for source, result in results.items() if result}
    assert values == {
        "amount * 2": Decimal("2401.00"), "account": account, "account.tier": "key", "close_date": date(2026, 11, 30),
        "stage == 'qualified'": True, "amount / 0": None, "name + '!'": "Big!", "tags": values["tags"],
    }  # fmt: skip
    assert labels["account"] == "Northwind"
    assert labels["account.tier"] == "Key"


async def test_without_a_record_only_what_reads_none_has_a_value(system: Context) -> None:
    assert (await on_deal(system, "amount * 2")).result is None
    constant = await on_deal(system, "add_days(date(2026, 1, 31), 1)")
    assert constant.result is not None
    assert constant.result.value == date(2026, 2, 1)


async def test_databases_decide_what_can_be_a_filter(system: Context) -> None:
    portable = (await on_deal(system, "amount > 1")).sql
    emulated = (await on_deal(system, "add_months(close_date, 1) > today()")).sql
    beyond = (await on_deal(system, "amount > 1 and amount / 3 + amount / 7 == 1")).sql
    number = (await on_deal(system, "length(name)")).sql
    assert portable
    assert emulated
    assert beyond
    assert number

    assert (portable.sql_class, portable.filter, portable.reason) == (SqlClass.PORTABLE, True, None)
    assert (emulated.sql_class, emulated.filter) == (SqlClass.EMULATED, True)
    assert (beyond.sql_class, beyond.filter) == (SqlClass.PYTHON, False)
    assert beyond.reason is not None
    assert (beyond.reason.code, beyond.reason.span.start) == ("not_portable", 15)
    assert (number.sql_class, number.filter) == (SqlClass.PORTABLE, False)


async def test_a_filter_must_run_in_databases_and_know_all_its_values(system: Context) -> None:
    beyond = await on_deal(system, "amount / 3 + amount / 7 == 1", purpose="filter")
    unknown = await on_deal(system, "record.exists", purpose="filter")
    condition = await on_deal(system, "amount / 3 + amount / 7 == 1", purpose="condition")

    assert [mistake.code for mistake in beyond.errors] == ["not_portable"]
    assert [mistake.code for mistake in unknown.errors] == ["not_in_filters"]
    assert condition.ok


@pytest.mark.parametrize(
    ("purpose", "source", "codes"),
    [
        ("condition", "amount", ["result"]),
        ("condition", "prev.amount > 1", ["name"]),
        ("validation", "prev.amount > amount and changed('stage')", []),
        ("formula", "amount", []),
        ("filter", "amount > 1", []),
    ],
)
async def test_the_purpose_decides_what_is_right(system: Context, purpose: str, source: str, codes: list[str]) -> None:
    found = await on_deal(system, source, purpose=purpose)

    assert [mistake.code for mistake in found.errors] == codes


async def test_a_validation_is_tried_as_if_nothing_had_changed(system: Context) -> None:
    deal = await made(
        system, DEAL, name="Big", account=await made(system, ACCOUNT, name="A"), stage="qualified", amount="5"
    )

    found = await on_deal(system, "prev.amount == amount and not changed('amount')", deal, purpose="validation")

    assert found.result is not None
    assert found.result.value is True
    assert Read("prev.amount", "Amount") in found.reads


async def test_the_filter_of_a_lookup_knows_the_candidate(system: Context) -> None:
    lookup = {"purpose": "lookup_filter", "field": "primary_contact"}

    found = await on_deal(system, "blank(account) or target.account == account", **lookup)
    wrong = await on_deal(system, "target.accont == account", **lookup)

    assert found.ok
    assert found.reads[0] == Read("target.account", "Contact › Account")
    assert wrong.errors[0].suggestions[0] == "account"
    with pytest.raises(Invalid):
        await on_deal(system, "true", purpose="lookup_filter", field="amount")


async def test_a_type_or_a_field_can_be_expected(system: Context) -> None:
    assert (await on_deal(system, "amount", expect="money")).ok
    assert [mistake.code for mistake in (await on_deal(system, "amount", expect="text")).errors] == ["result"]
    assert (await on_deal(system, "quantity * unit_price", entity=LINE, expect="field:line_total")).ok
    for expected in ("dance", "field:dance"):
        with pytest.raises(Invalid):
            await on_deal(system, "amount", expect=expected)


async def test_a_formula_is_rounded_to_its_field(system: Context) -> None:
    found = await on_deal(system, "100 / 3", purpose="formula", expect="number")
    kept = await on_deal(system, "coalesce(amount, amount) / 3", purpose="formula", expect="field:amount")

    assert found.ok
    assert kept.type is not None
    assert kept.type.scale == 2


async def test_labels_that_are_values_do_not_depend_on_the_reader(system: Context) -> None:
    account = await made(system, ACCOUNT, name="Northwind", tier="key")

    found = await on_deal(replace(system, locale="zh-CN"), "label_of(tier)", account, entity=ACCOUNT)

    assert found.result is not None
    assert found.result.value == "Key"


async def test_empty_numbers_may_count_as_zero(system: Context) -> None:
    account = await made(system, ACCOUNT, name="Northwind")

    for zero, expected in ((False, None), (True, Decimal(1))):
        asked = CheckRequest(Place(ACCOUNT), "employees + 1", account, nulls_as_zero=zero)
        result = (await check(system, asked)).result
        assert result is not None
        assert result.value == expected


async def test_what_the_clock_and_the_user_give_is_no_field(system: Context) -> None:
    assert (await on_deal(system, "local_date(now()) == today() and in_role('core.admin')")).reads == ()


async def test_mistakes_come_with_what_could_be_meant(system: Context) -> None:
    (wrong,) = (await on_deal(system, "1 < amuont")).errors
    (chinese,) = (await on_deal(replace(system, locale="zh-CN"), "金额 > 10 and true")).errors
    (function,) = (await on_deal(system, "lenght(name) > 1")).errors

    assert (wrong.code, wrong.span.start, wrong.span.end, wrong.suggestions) == ("name", 4, 10, ("amount",))
    assert (chinese.code, chinese.span.start, chinese.span.end) == ("name", 0, 2)
    assert "amount" in chinese.suggestions
    assert function.suggestions == ("length",)


async def test_a_hidden_field_does_not_exist(system: Context) -> None:
    rep = await person(system, "Rita", "core.employee", "sales.rep")

    hidden = await on_deal(rep, "credit_limit > 1", entity=ACCOUNT)
    behind = await on_deal(rep, "account.credit_limit > 1")
    unknown = await on_deal(rep, "account.credit_limits > 1")
    seen = await on_deal(system, "account.credit_limits > 1")

    assert str(hidden.errors[0].message) == "There is no field 'credit_limit' on Account."
    assert str(behind.errors[0].message) == "There is no field 'credit_limit' on Account."
    assert not any(
        "credit_limit" in mistake.suggestions for found in (hidden, behind, unknown) for mistake in found.errors
    )
    assert "credit_limit" in seen.errors[0].suggestions
    assert behind.reads == ()
    with pytest.raises(Invalid) as told:
        await on_deal(rep, "1", entity=ACCOUNT, expect="field:credit_limit")
    assert "Did you mean" not in str(told.value) or "credit_limit”?" not in str(told.value)


async def test_a_hidden_field_is_not_proposed(system: Context) -> None:
    rep = await person(system, "Rita", "core.employee", "sales.rep")

    assert "credit_limit" in await proposed(system, "account.credit")
    assert "credit_limit" not in await proposed(rep, "account.credit")
    assert "credit_limit" not in await proposed(rep, "credit", ACCOUNT)
    assert await proposed(rep, "account.credit_limit.") == []


async def test_only_a_record_that_may_be_read_gives_a_value(system: Context) -> None:
    rep = await person(system, "Rita", "core.employee", "sales.rep")
    account = await made(system, ACCOUNT, name="A")
    deal = await made(system, DEAL, name="Big", account=account, stage="qualified", amount="5")

    for record in (deal, NOBODY):
        for source in ("amount", "1 + 1", "wrong +"):
            with pytest.raises(NotFound):
                await on_deal(rep, source, record)
    with pytest.raises(Invalid):
        await on_deal(rep, "amount", "7")


async def test_a_record_behind_a_lookup_that_may_not_be_read_gives_nothing(system: Context) -> None:
    rep = await person(system, "Rita", "core.employee", "sales.rep")
    lead = await made(system, "sales.lead", name="Secret", company="Hidden")
    account = await made(system, ACCOUNT, name="A")
    deal = await made(rep, DEAL, name="Big", account=account, stage="qualified", amount="5")
    await write(system, DEAL, [Update(deal, {"lead": lead})])

    told = await on_deal(rep, "lead.name", deal)
    known = await on_deal(system, "lead.name", deal)

    assert told.result is not None
    assert told.result.value is None
    assert known.result is not None
    assert known.result.value == "Secret"


async def test_every_field_that_can_be_used_is_described(system: Context) -> None:
    for entity in system.snapshot.entities.values():
        for key, field in entity.all_fields.items():
            found = await on_deal(system, f"record.{key}", entity=entity.id)
            assert found.ok is (type_of(field) is not None), (entity.id, key)
            assert found.sql is not None or not found.ok


async def test_an_entity_must_be_known_and_readable(system: Context) -> None:
    support = await person(system, "Sam", "core.employee")

    with pytest.raises(Forbidden):
        await on_deal(support, "true")
    with pytest.raises(Forbidden):
        await proposed(support, "am")
    with pytest.raises(NotFound):
        await on_deal(system, "true", entity="sales.dance")


async def test_options_are_proposed_with_their_labels(system: Context) -> None:
    source = "account.tier == '"

    found = await complete(replace(system, locale="zh-CN"), CompleteRequest(Place(DEAL), source, len(source)))

    assert ("'key'", "重点客户") in [(item.insert, item.label) for item in found.items]


FILTERS = (
    "amount > 1",
    "record.exists",
    "in_role('sales.rep')",
    "in_role('sales.dance')",
    "in_team('01920000-0000-7000-8000-00000000000b')",
    "local_date(created_at) == today()",
    "add_months(close_date, 1) > today()",
    "upper(name) == 'A'",
    "replace(name, 'a', 'b') == 'b'",
    "amount / 3 + amount / 7 > 1",
    "has(tags, 'x') or has(contacts, me.id)",
    "label_of(stage) == 'Won'",
    "round(amount * probability / 100, 2) > 5",
    "account.owner.email == me.email",
    "count_of(tags) > 1",
    "text(amount) == '1'",
    "length(name) > 3 and name + 'x' != 'y'",
    "workdays_between(close_date, today()) > 3",
    "amount",
)


@pytest.mark.parametrize("source", FILTERS)
async def test_what_is_called_a_filter_is_one(system: Context, source: str) -> None:
    found = await on_deal(system, source)
    try:
        await list_records(system, Query(DEAL, ("name",), filter=source))
        runs = True
    except Invalid:
        runs = False

    assert (found.sql is not None and found.sql.filter) is runs
