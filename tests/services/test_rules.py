"""Validations hold on the one way in: for each record as it would stand, with what stands behind its lookups."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from tests.support.counting import CountingDatabase
from tests.support.ruled import COMPANY, ORDER, ruled
from trellis.engine.query import Count, Query
from trellis.kernel.errors import Invalid, Warned
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Database


@pytest.fixture
async def context(database_url: str, tmp_path: Path) -> AsyncIterator[Context]:
    """Somebody who may do everything."""
    async with ruled(database_url, tmp_path) as home:
        yield await home.context()


async def company(context: Context, **values: object) -> str:
    (outcome,) = await write(context, COMPANY, [Create({"name": "Northwind", **values})])
    return outcome.id


async def order(context: Context, **values: object) -> str:
    (outcome,) = await write(context, ORDER, [Create(values)])
    return outcome.id


async def refusals(context: Context, *commands: Create | Update) -> list[tuple[str, str, str]]:
    with pytest.raises(Invalid) as caught:
        await write(context, ORDER, commands)
    return [(error.path, error.code, str(error.message)) for error in caught.value.errors]


async def test_what_changed_is_judged_and_what_was_there_is_left_alone(context: Context) -> None:
    made = await order(context, due="2026-12-01")

    assert await refusals(context, Update(made, {"due": "2026-01-01"})) == [
        ("due", "validation", "The due date cannot lie in the past {or so}.")
    ]
    (outcome,) = await write(context, ORDER, [Update(made, {"note": "x"})])
    assert outcome.changed


async def test_null_does_not_fail(context: Context) -> None:
    assert await order(context, amount="100", due=None)


async def test_values_behind_lookups_are_seen_also_in_the_same_batch(context: Context) -> None:
    small, large = await company(context, limit="10"), await company(context, name="Big", limit="300")

    found = await refusals(
        context,
        Create({"company": small, "amount": "11"}),
        Create({"company": large, "amount": "11"}),
        Create({"company": large, "amount": "301"}),
    )

    assert [path for path, _, _ in found] == ["0/amount", "2/amount"]


async def test_what_was_before_is_seen_also_behind_lookups(context: Context) -> None:
    key, plain = await company(context, tier="key"), await company(context, name="Plain")
    made = await order(context, company=key, amount="100")

    assert await refusals(context, Update(made, {"amount": "90", "company": plain})) == [
        ("", "validation", "Key orders only grow.")
    ]
    (outcome,) = await write(context, ORDER, [Update(made, {"company": plain})])
    assert outcome.changed
    (outcome,) = await write(context, ORDER, [Update(made, {"amount": "90"})])
    assert outcome.changed


async def test_what_is_computed_is_seen_as_it_will_be_and_was(context: Context) -> None:
    made = await order(context, amount="400")

    assert await refusals(context, Update(made, {"amount": "451"})) == [("amount", "validation", "Doubled beyond 900.")]
    assert await order(context, amount="451")


async def test_a_warning_goes_along_with_the_outcome(context: Context) -> None:
    (outcome,) = await write(context, ORDER, [Create({"amount": "501"})])

    assert [(warning.path, warning.code) for warning in outcome.warnings] == [("amount", "validation")]
    assert (await queries.get_record(context, ORDER, outcome.id)).version == 1


async def test_the_cautious_are_stopped_until_they_accept_exactly_this(context: Context) -> None:
    commands = [Create({"amount": "501"})]

    with pytest.raises(Warned) as caught:
        await write(context, ORDER, commands, cautious=True)
    assert await queries.count(context, Query(ORDER, count=Count.EXACT)) == 0
    with pytest.raises(Warned):
        await write(context, ORDER, commands, cautious=True, accepted="something else")
    (outcome,) = await write(context, ORDER, commands, cautious=True, accepted=caught.value.fingerprint)

    assert len(outcome.warnings) == 1


async def test_many_values_that_are_not_given_are_known(context: Context) -> None:
    (outcome,) = await write(context, ORDER, [Create({"tags": ["odd"], "note": "why"})])

    (outcome,) = await write(context, ORDER, [Update(outcome.id, {"note": None})])

    assert [str(warning.message) for warning in outcome.warnings] == ["Say what is odd."]


async def test_one_by_one_each_has_its_own(context: Context) -> None:
    commands = [Create({"amount": "501"}), Create({"due": "2020-01-01"}), Create({"amount": "1"})]

    warned, refused, fine = await write(context, ORDER, commands, atomic=False)
    assert (warned.error, len(warned.warnings)) == (None, 1)
    assert isinstance(refused.error, Invalid)
    assert (fine.error, fine.warnings) == (None, ())

    stopped, _, _ = await write(context, ORDER, commands, atomic=False, cautious=True)
    assert isinstance(stopped.error, Warned)


async def test_errors_come_before_warnings(context: Context) -> None:
    with pytest.raises(Invalid):
        await write(context, ORDER, [Create({"amount": "501"}), Create({"due": "2020-01-01"})], cautious=True)
    with pytest.raises(Warned) as caught:
        await write(context, ORDER, [Create({"amount": "1"}), Create({"amount": "501"})], cautious=True)
    assert [warning.path for warning in caught.value.warnings] == ["1/amount"]


async def test_messages_are_in_the_language_of_the_reader(context: Context) -> None:
    (outcome,) = await write(replace(context, locale="zh-CN"), ORDER, [Create({"amount": "501"})])

    assert [str(warning.message) for warning in outcome.warnings] == ["大订单。"]


async def test_a_save_that_changes_nothing_is_not_judged(context: Context) -> None:
    made = await order(context, amount="501")

    (outcome,) = await write(context, ORDER, [Update(made, {"amount": "501.00"})], cautious=True)

    assert not outcome.changed


async def test_a_batch_asks_as_often_as_one_record(database_url: str, tmp_path: Path) -> None:
    async with ruled(database_url, tmp_path) as home:
        counting = CountingDatabase(home.database)
        counted = await OpenWorkspace(cast(Database, counting), home.workspace, home.clock).context()
        owners = [await company(counted, name=f"C{number}", tier="key", price="1") for number in range(40)]

        async def statements(some: list[str]) -> int:
            made = await write(counted, ORDER, [Create({"company": owner, "amount": "1"}) for owner in some])
            commands = [Update(outcome.id, {"amount": "2", "channel": "desk"}) for outcome in made]
            with counting.counting() as tally:
                await write(counted, ORDER, commands)
            return len(tally)

        assert await statements(owners[:2]) == await statements(owners[2:])
