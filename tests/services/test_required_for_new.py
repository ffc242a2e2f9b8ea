"""A field that only new records must fill: old ones may stay without a value, but nobody loses one."""

import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.publishing import CLOCK
from tests.support.ruled import COMPANY, ORDER, documents, ruled
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import Invalid
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[OpenWorkspace]:
    async with ruled(database_url, tmp_path) as home:
        yield home


async def require(home: OpenWorkspace, whom: str) -> Context:
    """City of companies and tags of orders are required from now on."""
    changed = copy.deepcopy(documents())
    for raw in changed:
        for key in {COMPANY: ["city"], ORDER: ["tags"]}.get(raw["id"], []):
            raw["fields"][key] |= {"required": True, "requiredFor": whom}
    await install_packs(home.database, home.workspace, changed, CLOCK, actor=SYSTEM, note="test")
    return await home.context()


async def company(context: Context, **values: object) -> str:
    (outcome,) = await write(context, COMPANY, [Create({"name": "Northwind", **values})])
    return outcome.id


async def refused(context: Context, entity: str, command: Create | Update) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        await write(context, entity, [command])
    return [(error.path, error.code) for error in caught.value.errors]


async def test_a_record_that_was_saved_without_a_value_is_saved_again_without_one(home: OpenWorkspace) -> None:
    old = await company(await home.context())
    context = await require(home, "new")

    (outcome,) = await write(context, COMPANY, [Update(old, {"city": "", "phone": "1"})])

    assert outcome.changed


async def test_new_records_need_a_value(home: OpenWorkspace) -> None:
    context = await require(home, "new")

    assert await refused(context, COMPANY, Create({"name": "Northwind"})) == [("city", "required")]
    assert await refused(context, ORDER, Create({"name": "One", "tags": []})) == [("tags", "required")]


async def test_a_value_that_is_there_cannot_be_taken_away(home: OpenWorkspace) -> None:
    context = await home.context()
    old = await company(context)
    (order,) = await write(context, ORDER, [Create({"name": "One", "tags": ["new"]})])
    context = await require(home, "new")
    await write(context, COMPANY, [Update(old, {"city": "Berlin"})])

    assert await refused(context, COMPANY, Update(old, {"city": None})) == [("city", "required")]
    assert await refused(context, ORDER, Update(order.id, {"tags": []})) == [("tags", "required")]
    (outcome,) = await write(context, COMPANY, [Update(old, {"phone": "1"})])
    assert outcome.changed


async def test_a_field_that_all_records_must_fill_is_asked_for_at_the_next_save(home: OpenWorkspace) -> None:
    old = await company(await home.context())
    context = await require(home, "all")

    assert await refused(context, COMPANY, Update(old, {"city": None})) == [("city", "required")]
