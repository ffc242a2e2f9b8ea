"""Records that are there already are found by what matters of their values; what is refused stays refused when two come at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.services.conftest import person
from tests.support.publishing import CLOCK
from tests.support.ruled import COMPANY, documents, ruled
from trellis.engine.normalization import rule_names
from trellis.engine.query import Count, Query
from trellis.kernel.actor import SYSTEM
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import FieldError, Invalid, Warned
from trellis.services import carrying, keying, publishing, queries
from trellis.services.commands import Command, Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import Prepared
from trellis.storage.duplicatefill import refill
from trellis.storage.duplicatekeys import drop_rules


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    async with ruled(database_url, tmp_path) as home:
        yield home


@pytest.fixture
async def context(home: OpenWorkspace) -> Context:
    """Somebody who may do everything."""
    return await home.context()


async def company(context: Context, name: str, **values: object) -> tuple[str, tuple[FieldError, ...]]:
    (outcome,) = await write(context, COMPANY, [Create({"name": name, **values})])
    return outcome.id, outcome.warnings


async def refused(context: Context, *commands: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        await write(context, COMPANY, commands)
    return [(error.path, error.code) for error in caught.value.errors]


async def test_a_name_that_differs_in_what_does_not_matter_is_the_same(context: Context) -> None:
    first, _ = await company(context, "Müller & Söhne GmbH")

    _, warnings = await company(context, "  MÜLLER & SÖHNE, ＧｍｂＨ")

    assert [(found.path, found.code, found.records) for found in warnings] == [("name", "duplicate", (first,))]
    assert (await company(context, "Mueller"))[1] == ()


async def test_only_digits_matter_in_numbers_and_all_fields_must_match(context: Context) -> None:
    first, _ = await company(context, "A", phone="+49 (30) 123-45", city="Berlin 1")

    assert [found.records for found in (await company(context, "B", phone="493012345", city="1"))[1]] == [(first,)]
    assert (await company(context, "C", phone="493012345", city="2"))[1] == ()
    assert (await company(context, "D", phone="493012345"))[1] == ()
    assert (await company(context, "E", phone="none", city="none"))[1] == ()


async def test_a_blocked_one_is_refused_on_every_way_in(context: Context) -> None:
    first, _ = await company(context, "A", code="X 1")
    other, _ = await company(context, "B", code="x 2")

    assert await refused(context, Create({"name": "C", "code": " x  1"})) == [("code", "duplicate")]
    assert await refused(context, Update(other, {"code": "x 1"})) == [("code", "duplicate")]
    twice = [Create({"name": "C", "code": "x3"}), Create({"name": "D", "code": "X3"})]
    assert await refused(context, *twice) == [("1/code", "duplicate")]
    (outcome,) = await write(context, COMPANY, [Update(first, {"code": "X 1 "})])
    assert outcome.error is None


async def test_what_is_in_the_bin_does_not_count_until_it_comes_back(context: Context) -> None:
    first, _ = await company(context, "A", code="x1")
    await write(context, COMPANY, [Delete(first)])
    second, warnings = await company(context, "a", code="X1")
    assert warnings == ()

    assert await refused(context, Restore(first)) == [("code", "duplicate")]
    await write(context, COMPANY, [Update(second, {"code": "other"})])
    (outcome,) = await write(context, COMPANY, [Restore(first)])

    assert [warning.records for warning in outcome.warnings] == [(second,)]
    assert await refused(context, Create({"name": "C", "code": "x1"})) == [("code", "duplicate")]


async def test_two_may_swap_their_values_in_one_batch(context: Context) -> None:
    first, _ = await company(context, "A", code="x1")
    second, _ = await company(context, "B", code="x2")

    await write(context, COMPANY, [Update(first, {"code": "x2"}), Update(second, {"code": "x1"})])

    assert await refused(context, Create({"name": "C", "code": "x1"})) == [("code", "duplicate")]


async def test_a_save_that_leaves_the_values_alone_says_nothing(context: Context) -> None:
    await company(context, "Same")
    second, _ = await company(context, "same")

    (outcome,) = await write(context, COMPANY, [Update(second, {"city": "Berlin", "name": "same"})])

    assert outcome.warnings == ()


async def test_what_one_may_not_see_is_not_named(home: OpenWorkspace, context: Context) -> None:
    await company(context, "Hidden")
    clerk = await person(context, "Clerk", "shop.clerk")

    with pytest.raises(Warned) as caught:
        await write(clerk, COMPANY, [Create({"name": "hidden"})], cautious=True)

    assert [found.records for found in caught.value.warnings] == [(None,)]


async def test_of_many_writers_at_once_one_comes_through(context: Context) -> None:
    spellings = ["Key", "KEY", "key", "kEY", " key", "  Key", "ＫＥＹ", "keY"]

    async def attempt(spelling: str) -> str:
        try:
            await write(context, COMPANY, [Create({"name": f"{spelling} company", "code": spelling})])
        except Invalid as error:
            return error.errors[0].code
        return "saved"

    for number in range(5):
        came = await asyncio.gather(*(attempt(f"{spelling}{number}") for spelling in spellings))
        assert sorted(came) == ["duplicate"] * 7 + ["saved"]
    assert await queries.count(context, Query(COMPANY, count=Count.EXACT)) == 5


async def test_a_new_rule_knows_the_records_that_are_there(home: OpenWorkspace, context: Context) -> None:
    first, _ = await company(context, "A", city="Berlin")
    await company(context, "B", city="berlin")
    gone, _ = await company(context, "C", city="Rome")
    await write(context, COMPANY, [Delete(gone)])
    rule = {"city": {"match": ["city"], "normalize": "casefold", "action": "block"}}

    changed = documents(company={"duplicates": rule})
    await install_packs(home.database, home.workspace, changed, CLOCK, actor=SYSTEM, note="test")
    newer = await home.context()

    assert await refused(newer, Create({"name": "D", "city": "BERLIN"})) == [("city", "duplicate")]
    (outcome,) = await write(newer, COMPANY, [Create({"name": "a", "city": "Rome"})])
    assert outcome.warnings == ()
    (outcome,) = await write(newer, COMPANY, [Update(first, {"city": "Bonn"})])
    assert outcome.changed


async def test_a_thousand_records_are_compared_at_once(context: Context) -> None:
    await write(context, COMPANY, [Create({"name": f"Company {number}"}) for number in range(1000)])

    outcomes = await write(context, COMPANY, [Create({"name": f"COMPANY {number}"}) for number in range(500, 1500)])

    assert sum(1 for outcome in outcomes if outcome.warnings) == 500


async def test_the_keys_are_those_of_the_records_whatever_was_done(home: OpenWorkspace, context: Context) -> None:
    draw = Random(7)
    ids: list[str] = []
    for _ in range(60):
        values = {"name": f"N{draw.randrange(9)}", "phone": str(draw.randrange(4)), "city": str(draw.randrange(3))}
        kind: type[Command] = draw.choice([Create, Create, Update, Update, Delete, Restore]) if ids else Create
        some = draw.sample(ids, min(len(ids), draw.randrange(1, 4)))
        possible: dict[type[Command], list[Command]] = {
            Create: [Create(values)],
            Update: [Update(one, values) for one in some],
            Delete: [Delete(one) for one in some],
            Restore: [Restore(one) for one in some],
        }
        outcomes = await write(context, COMPANY, possible[kind], atomic=False)
        ids += [outcome.id for outcome in outcomes if kind is Create and outcome.error is None]

    kept = await keys_of(home)
    async with home.database.publish(home.workspace) as connection:
        await drop_rules(connection, sorted(rule_names(context.snapshot)))
        await refill(connection, context.snapshot, (), rule_names(context.snapshot))

    assert len(kept) > 20
    assert kept == await keys_of(home)


@pytest.mark.parametrize("action", ["warn", "block"])
async def test_keys_are_made_ahead_while_others_write(
    home: OpenWorkspace, context: Context, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    tiers = ("One", "One", "Two", "Two", "Three", "Four")
    outcomes = await write(context, COMPANY, [Create({"name": f"C{n}", "tier": tier}) for n, tier in enumerate(tiers)])
    one, _, two, _, three, four = (outcome.id for outcome in outcomes)
    later = FixedClock(CLOCK.now() + timedelta(hours=1))
    meanwhile = await OpenWorkspace(home.database, home.workspace, later).context()
    before, make = len(await keys_of(home)), keying._make

    async def and_then(*given: Any) -> None:
        await make(*given)
        assert len(await keys_of(home)) == before + len(tiers)
        changes: list[Command] = [
            Update(one, {"tier": "Uno"}),
            Delete(two),
            Delete(four),
            Update(three, {"tier": None}),
        ]
        await write(meanwhile, COMPANY, [*changes, Create({"name": "New", "tier": "Four"})])

    for module, name, value in (
        (keying, "FEW", 1),
        (carrying, "BATCH", 4),
        (carrying, "LARGE_BATCH", 4),
        (keying, "_make", and_then),
    ):
        monkeypatch.setattr(module, name, value)
    rule = {"match": ["tier"], "normalize": "casefold", "action": action}
    again = documents(company={"duplicates": {"tier": rule}})
    await install_packs(home.database, home.workspace, again, later, actor=SYSTEM, note="tiers")

    await home.refresh()
    newer, kept, claimed = await home.context(), await keys_of(home), await claims_of(home)
    async with home.database.publish(home.workspace) as connection:
        await refill(connection, newer.snapshot, (), rule_names(newer.snapshot))
    assert kept == await keys_of(home)
    assert len(kept) == 4
    assert claimed == ({key for _, _, key in kept} if action == "block" else set())


async def test_what_a_publish_left_that_came_to_nothing_is_made_anew(
    home: OpenWorkspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = await write(context, COMPANY, [Create({"name": f"C{n}", "tier": f"T{n % 2}"}) for n in range(4)])
    monkeypatch.setattr(keying, "FEW", 1)
    rule = {"match": ["tier"], "normalize": "casefold", "action": "block"}
    again = documents(company={"duplicates": {"tier": rule}})

    async def fail(*given: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_patiently", fail)
        with pytest.raises(RuntimeError):
            await install_packs(home.database, home.workspace, again, CLOCK, actor=SYSTEM, note="fails")
    assert len(await claims_of(home)) == 2
    later = FixedClock(CLOCK.now() + timedelta(hours=1))
    await write(context, COMPANY, [Update(outcomes[0].id, {"tier": None})])
    await install_packs(home.database, home.workspace, again, later, actor=SYSTEM, note="works")

    assert {record for _, record, _ in await keys_of(home)} == {outcome.id for outcome in outcomes[1:]}
    assert len(await claims_of(home)) == 2


async def test_two_who_publish_the_same_rule_at_once_leave_its_keys_whole(
    home: OpenWorkspace, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(context, COMPANY, [Create({"name": f"C{number}", "tier": f"T{number % 5}"}) for number in range(20)])
    monkeypatch.setattr(keying, "FEW", 1)
    monkeypatch.setattr(carrying, "BATCH", 3)
    monkeypatch.setattr(carrying, "LARGE_BATCH", 3)
    rule = {"match": ["tier"], "normalize": "casefold", "action": "block"}
    again = documents(company={"duplicates": {"tier": rule}})
    work = [install_packs(home.database, home.workspace, again, CLOCK, actor=SYSTEM, note=note) for note in "ab"]
    results = await asyncio.gather(*work, return_exceptions=True)

    assert [result for result in results if isinstance(result, BaseException)] == []
    await home.refresh()
    assert len(await keys_of(home)) == 20
    assert len(await claims_of(home)) == 5


async def claims_of(home: OpenWorkspace) -> set[object]:
    """All keys that a second record may not have."""
    schema = f"{home.workspace.schema}." if home.workspace.schema else ""
    async with home.database.read(home.workspace) as connection:
        rows = await connection.fetch(Prepared(f"SELECT claim FROM {schema}duplicate_key WHERE claim IS NOT NULL"))
        assert len(set(rows)) == len(rows)
        return {claim for (claim,) in rows}


async def keys_of(home: OpenWorkspace) -> set[tuple[object, ...]]:
    """All keys that are kept, by rule and record."""
    schema = f"{home.workspace.schema}." if home.workspace.schema else ""
    async with home.database.read(home.workspace) as connection:
        return set(await connection.fetch(Prepared(f"SELECT rule, record, key FROM {schema}duplicate_key")))
