"""Values that did not fit are put right by hand; who may not see a record does not see its value either."""

import pytest

from tests.services.conftest import person
from tests.services.test_purge import PROJECT, make, project, publish, publish_draft
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.metadata.fieldtypes import PLAIN
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.studio import drafts
from trellis.services.studio.quarantine import as_csv, dismiss, entries, fields_waiting, put_right

NUMBER = {"type": "integer", "label": "Size in m"}


@pytest.fixture
async def context(system: Context) -> Context:
    """Two projects whose sizes were no numbers when they had to be."""
    context = await publish(system, project())
    await make(context)
    await write(
        context, PROJECT, [Create({"name": "=Tower", "size": "-tall"}), Create({"name": "Road", "size": "1,200"})]
    )
    return await publish(context, project(size=NUMBER))


async def test_what_did_not_fit_is_found_by_field_and_record(context: Context) -> None:
    (field,) = await fields_waiting(context)
    page = await entries(context, PROJECT, "size")

    assert (field.entity, field.field, field.label, field.caption, field.count) == (
        PROJECT, "size", "Project", "Size in m", 2,
    )  # fmt: skip
    assert sorted((entry.label, entry.value) for entry in page.entries) == [("=Tower", "-tall"), ("Bridge", "about 5")]
    assert page.next is None


async def test_pages_follow_each_other(context: Context) -> None:
    first = await entries(context, PROJECT, "size", limit=1)
    second = await entries(context, PROJECT, "size", limit=1, after=first.next)

    assert {entry.value for entry in (*first.entries, *second.entries)} == {"about 5", "-tall"}


async def test_the_right_value_ends_the_waiting(context: Context) -> None:
    first, second = (await entries(context, PROJECT, "size")).entries

    await put_right(context, first.id, ["5"], PLAIN)
    await write(context, PROJECT, [Update(second.record, {"size": 7})])

    assert (await queries.get_record(context, PROJECT, first.record)).values["size"] == 5
    assert (await entries(context, PROJECT, "size")).entries == ()
    assert await fields_waiting(context) == []
    with pytest.raises(NotFound):
        await put_right(context, first.id, ["6"], PLAIN)


async def test_a_value_that_still_does_not_fit_is_refused(context: Context) -> None:
    first, _ = (await entries(context, PROJECT, "size")).entries

    for text in ("five", "", "1.5"):
        with pytest.raises(Invalid):
            await put_right(context, first.id, [text], PLAIN)
    await dismiss(context, first.id)

    assert len((await entries(context, PROJECT, "size")).entries) == 1


async def test_values_stay_with_a_field_that_is_renamed(context: Context) -> None:
    await drafts.rename_field(context, PROJECT, "size", "length")
    context = await publish_draft(context)

    assert [(field.field, field.count) for field in await fields_waiting(context)] == [("length", 2)]
    assert len((await entries(context, PROJECT, "length")).entries) == 2


async def test_the_file_is_safe_for_spreadsheet_programs(context: Context) -> None:
    text = b"".join([part async for part in as_csv(context, PROJECT, "size")]).decode()

    lines = sorted(line.partition(",")[2] for line in text.splitlines())
    assert text.startswith("\ufeffid,Name,Size in m\r\n")
    assert lines == ["'=Tower,'-tall", "Bridge,about 5", "Name,Size in m"]


async def test_who_may_not_change_definitions_sees_nothing(context: Context) -> None:
    rita = await person(context, "Rita", "core.employee", "sales.rep")
    (first, _) = (await entries(context, PROJECT, "size")).entries

    with pytest.raises(Forbidden):
        await fields_waiting(rita)
    with pytest.raises(Forbidden):
        await entries(rita, PROJECT, "size")
    with pytest.raises(Forbidden):
        await put_right(rita, first.id, ["5"], PLAIN)
    with pytest.raises(NotFound):
        await entries(context, PROJECT, "nothing")
