"""The write path and the read path."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.services.conftest import person
from trellis.engine.query import Count, Query, SortKey
from trellis.kernel.errors import Forbidden, InUse, Invalid, NotFound, VersionConflict
from trellis.services import queries
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.records import write


async def account(context: Context, name: str = "Northwind", **values: object) -> str:
    (outcome,) = await write(context, "sales.account", [Create({"name": name, **values})])
    return outcome.id


async def deal(context: Context, account_id: str, **values: object) -> str:
    given = {
        "name": "Fleet renewal",
        "account": account_id,
        "amount": "1280000.00",
        "close_date": "2026-12-01",
        **values,
    }
    (outcome,) = await write(context, "sales.opportunity", [Create(given)])
    return outcome.id


async def test_a_record_reads_back_as_it_was_written(system: Context) -> None:
    customer = await account(system)
    made = await deal(system, customer, tags=[])

    record = await queries.get_record(system, "sales.opportunity", made)

    assert record.values["amount"] == Decimal("1280000.00")
    assert record.values["close_date"] == date(2026, 12, 1)
    assert record.labels["account"] == "Northwind"
    assert record.version == 1
    assert str(record.values["code"]).startswith("OP-202611-")
    assert record.can_edit


async def test_an_update_changes_only_what_differs_and_keeps_history(system: Context) -> None:
    made = await deal(system, await account(system))

    (first,) = await write(system, "sales.opportunity", [Update(made, {"amount": "5.00"}, version=1)])
    (second,) = await write(system, "sales.opportunity", [Update(made, {"amount": "5.0"})])

    assert (first.version, first.changed) == (2, True)
    assert (second.version, second.changed) == (2, False)
    entries = await queries.history(system, "sales.opportunity", made)
    assert [entry.action for entry in entries] == ["update", "create"]
    assert entries[0].changes == {"amount": ("1280000.00", "5.00")}


async def test_a_stale_version_is_refused(system: Context) -> None:
    made = await deal(system, await account(system))
    await write(system, "sales.opportunity", [Update(made, {"amount": "5.00"})])

    with pytest.raises(VersionConflict) as caught:
        await write(system, "sales.opportunity", [Update(made, {"amount": "6.00"}, version=1)])

    assert caught.value.current == 2


async def test_all_mistakes_are_reported_at_once(system: Context) -> None:
    bad = {"name": "", "account": "nonsense", "amount": "abc", "stage": "nowhere", "colour": "red"}

    with pytest.raises(Invalid) as caught:
        await write(system, "sales.opportunity", [Create(bad)])

    assert {error.path for error in caught.value.errors} >= {"name", "account", "amount", "stage", "colour"}


async def test_a_link_must_lead_somewhere(system: Context) -> None:
    with pytest.raises(Invalid) as caught:
        await deal(system, "00000000-0000-7000-8000-000000000000")

    assert [(error.path, error.code) for error in caught.value.errors] == [("account", "no_such_record")]


async def test_a_list_filters_sorts_and_pages_both_ways(system: Context) -> None:
    customer = await account(system)
    for number in range(7):
        amount = None if number == 3 else f"{number}00.00"
        await deal(system, customer, name=f"Deal {number}", amount=amount)
    query = Query(
        "sales.opportunity", ("name", "account.name"), sort=(SortKey("amount", True),), limit=3, count=Count.CAPPED
    )

    first = await queries.list_records(system, query)
    second = await queries.list_records(system, replace(query, cursor=first.next))
    third = await queries.list_records(system, replace(query, cursor=second.next))
    back = await queries.list_records(system, replace(query, cursor=second.previous))

    assert [row[2] for page in (first, second, third) for row in page.rows] == [
        "Deal 6", "Deal 5", "Deal 4", "Deal 2", "Deal 1", "Deal 0", "Deal 3",
    ]  # fmt: skip
    assert first.count == 7
    assert third.next is None
    assert back.rows == first.rows
    filtered = Query("sales.opportunity", ("name",), filter="amount >= 500 and account.name == 'Northwind'")
    assert {row[2] for row in (await queries.list_records(system, filtered)).rows} == {"Deal 5", "Deal 6"}


async def test_a_rep_sees_only_what_the_role_allows(system: Context) -> None:
    rep = await person(system, "Rita", "sales.rep")
    customer = await account(system)
    theirs = await deal(system, customer, name="Not hers")

    mine = await deal(rep, customer, name="Hers")

    assert (await queries.get_record(rep, "sales.opportunity", mine)).values["owner"] == rep.actor.id
    with pytest.raises((NotFound, Forbidden)):
        await write(rep, "sales.opportunity", [Update(theirs, {"name": "Stolen"})])
    with pytest.raises(Invalid):
        await queries.list_records(rep, Query("sales.account", ("credit_limit",)))
    with pytest.raises(Invalid):
        await queries.list_records(rep, Query("sales.account", ("name",), filter="credit_limit > 5"))


async def test_deleting_goes_to_the_bin_and_comes_back(system: Context) -> None:
    customer = await account(system)
    made = await deal(system, customer)

    with pytest.raises(InUse):
        await write(system, "sales.account", [Delete(customer)])
    await write(system, "sales.opportunity", [Delete(made)])
    with pytest.raises(NotFound):
        await queries.get_record(system, "sales.opportunity", made)
    assert len((await queries.list_records(system, Query("sales.opportunity", ("name",), deleted=True))).rows) == 1
    await write(system, "sales.opportunity", [Restore(made)])

    assert (await queries.get_record(system, "sales.opportunity", made)).version == 3


async def test_search_finds_words_prefixes_and_chinese(system: Context) -> None:
    await account(system, "Müller Logistik")
    await account(system, "北方物流有限公司")

    async def found(text: str) -> list[str]:
        return [choice.label for choice in await queries.choices(system, "sales.account", text)]

    assert await found("muller") == ["Müller Logistik"]
    assert await found("logi") == ["Müller Logistik"]
    assert await found("物流") == ["北方物流有限公司"]
    assert await found("beifang") == ["北方物流有限公司"]
    assert await found("zzz") == []
    assert len(await found("")) == 2


async def test_a_search_is_sorted_and_counted(system: Context) -> None:
    for name in ("Zinc works", "Alloy works", "Quarry"):
        await account(system, name)
    query = Query("sales.account", ("name",), search="works", sort=(SortKey("name"),), count=Count.CAPPED)

    page = await queries.list_records(system, query)

    assert [row[2] for row in page.rows] == ["Alloy works", "Zinc works"]
    assert page.count == 2


async def test_a_batch_reports_one_by_one(system: Context) -> None:
    customer = await account(system)
    commands = [Create({"name": "A", "account": customer, "close_date": "2026-12-01"}), Create({"name": ""})]

    good, bad = await write(system, "sales.opportunity", commands, atomic=False)

    assert good.error is None
    assert good.changed
    assert isinstance(bad.error, Invalid)


async def test_unique_values_stay_unique(system: Context) -> None:
    await person(system, "Ann")

    with pytest.raises(Invalid) as caught:
        await person(system, "Ann")

    assert [(error.path, error.code) for error in caught.value.errors] == [("email", "not_unique")]


async def test_many_values_and_json_lists(system: Context) -> None:
    customer = await account(system)
    (one,) = await write(system, "sales.contact", [Create({"name": "Harriet", "account": customer})])
    made = await deal(system, customer, contacts=[one.id])

    body = json.loads(await queries.list_json(system, Query("sales.opportunity", ("amount", "contacts", "close_date"))))
    record = await queries.get_record(system, "sales.opportunity", made)

    assert body["items"][0]["contacts"] == [one.id]
    assert body["items"][0]["amount"] == "1280000.00"
    assert record.labels["contacts"] == [(one.id, "Harriet")]


async def test_what_is_held_back_does_not_hold_back_the_others(system: Context) -> None:
    busy, free = await account(system, "Busy"), await account(system, "Free")
    await deal(system, busy)
    both = [Delete(busy), Delete(free)]

    with pytest.raises(InUse):
        await write(system, "sales.account", both)
    assert (await queries.get_record(system, "sales.account", free)).version == 1
    outcomes = await write(system, "sales.account", both, atomic=False)

    assert [type(one.error) for one in outcomes] == [InUse, type(None)]
    assert [choice.label for choice in await queries.choices(system, "sales.account", "")] == ["Busy"]
