"""Options under a condition are chosen only where it holds, on every way in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.ruled import COMPANY, ORDER, ruled
from trellis.kernel.errors import Invalid
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.forms import evaluate_form
from trellis.services.records import write
from trellis.web.render.forms import default_form


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


async def test_the_condition_decides_also_behind_lookups(context: Context) -> None:
    key, plain = await company(context, tier="key"), await company(context, name="Plain")
    said = ("channel", "option_closed", "“Service desk” cannot be chosen with this Company, Amount.")

    assert await refusals(context, Create({"company": plain, "channel": "desk"})) == [said]
    assert await refusals(context, Create({"channel": "desk"})) == [said]
    assert await order(context, company=key, channel="desk")
    assert await order(context, company=plain, channel="desk", amount="1000")
    assert await order(context, company=plain, channel="fair")


async def test_what_was_chosen_stays_until_something_that_decides_changes(context: Context) -> None:
    key, plain = await company(context, tier="key"), await company(context, name="Plain")
    made = await order(context, company=key, channel="desk")
    await write(context, COMPANY, [Update(key, {"tier": "standard"})])

    (outcome,) = await write(context, ORDER, [Update(made, {"note": "x"})])
    assert outcome.changed
    assert [code for _, code, _ in await refusals(context, Update(made, {"company": plain}))] == ["option_closed"]
    (outcome,) = await write(context, ORDER, [Update(made, {"company": plain, "channel": "web"})])
    assert outcome.changed


async def test_a_batch_refuses_each_where_it_stands(context: Context) -> None:
    plain = await company(context)
    commands = [
        Create({"company": plain, "channel": "desk"}), Create({"company": plain, "channel": "web"}), Create({"channel": "fair"}),
    ]  # fmt: skip

    assert [path for path, _, _ in await refusals(context, *commands)] == ["0/channel", "2/channel"]


async def test_a_form_knows_what_cannot_be_chosen(context: Context) -> None:
    key = await company(context, tier="key")
    form = default_form(context.snapshot.entity(ORDER))

    alone = await evaluate_form(context, form, {}, exists=False)
    with_key = await evaluate_form(context, form, {"company": key}, exists=False)

    assert alone.closed["channel"] == {"desk", "fair"}
    assert with_key.closed["channel"] == set()
