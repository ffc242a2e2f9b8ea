"""Documents that share records: roles and teams see what meets the condition, as far as their roles use shares."""

import pytest

from tests.services.test_sharing import found_by, seen
from tests.support.firm import BELOW, DEAL, KEY_DEALS, LINE
from tests.support.office import Office
from trellis.engine.query import Count, Query
from trellis.kernel.errors import Forbidden
from trellis.services import queries
from trellis.services.accounts import assign_roles
from trellis.services.commands import Create, Delete, Update
from trellis.services.records import write
from trellis.services.sharing import rights_on
from trellis.services.studio.sharingedits import To, concerned, teams


@pytest.fixture(autouse=True)
async def deals(office: Office) -> None:
    """Large deals are shared with auditors and with team North itself, open ones with Head and all below it."""
    for name, amount in (("Large", 100), ("Small", 99), ("Open", 1)):
        await office.deal(name, "Dan", amount=amount)


async def test_whom_a_document_reaches(office: Office) -> None:
    expected = {
        ("Cat", "auditor"): ["Large", "Open"], ("Cat", "worker"): ["Open"], ("Ben", "worker"): ["Large", "Open"],
        ("Ben", "stranger"): [], ("Dan", "worker"): ["Large", "Open", "Small"], ("Dan", "auditor"): ["Large", "Open"],
    }  # fmt: skip
    for (name, role), names in expected.items():
        person = await office.as_(name, role)

        assert await seen(person) == names, (name, role)
        assert await queries.count(person, Query(DEAL, count=Count.EXACT)) == len(names)
        assert await seen(person, search="large") == [one for one in names if one == "Large"]
        assert await found_by(person, "") == names
    assert await seen(await office.as_("Ben", "worker"), shared=True) == ["Large", "Open"]
    assert await seen(await office.as_("Dan", "worker"), shared=True) == []


async def test_what_a_document_grants_and_that_it_follows_the_record(office: Office) -> None:
    (line,) = await write(office.system, LINE, [Create({"name": "Line", "deal": office.ids["Open"]})])
    ben = await office.as_("Ben", "worker")
    assert await rights_on(ben, DEAL, office.ids["Large"]) == {"read", "comment"}
    assert await rights_on(ben, DEAL, office.ids["Open"]) == {"read", "edit"}
    assert await seen(ben, LINE) == ["Line"]

    await write(ben, LINE, [Update(line.id, {"name": "Changed"})])
    with pytest.raises(Forbidden):
        await write(ben, DEAL, [Delete(office.ids["Open"])])
    await write(office.system, DEAL, [Update(office.ids["Open"], {"name": "Closed"})])
    assert await seen(ben) == ["Large"]
    assert await seen(ben, LINE) == []


async def test_how_many_records_and_people_a_document_concerns(office: Office) -> None:
    for name, role in (("Ann", "worker"), ("Ben", "stranger"), ("Cat", "auditor"), ("Dan", "worker")):
        await assign_roles(office.system, office.ids[name], [f"office.{role}"])
    await write(office.system, "core.user", [Update(office.ids["Dan"], {"active": False})])

    large, below = [await concerned(office.system, raw) for raw in (KEY_DEALS, BELOW)]
    assert (large.records, large.people, large.reached) == (1, 3, 2)
    assert (below.records, below.people, below.reached) == (1, 3, 2)
    unknown = await concerned(office.system, {**KEY_DEALS, "when": "colour == 1", "to": []})
    assert (unknown.records, unknown.people) == (None, 0)
    assert await teams(office.system) == [("H", "Head"), ("N", "North"), ("S", "South")]
    assert To("team", "N", True).value == "team:N"
