"""Giving several records away at once, and taking that back."""

import pytest

from tests.support.office import CALL, DEAL, Office
from trellis.engine.query import Query
from trellis.kernel.errors import Forbidden, Invalid, VersionConflict
from trellis.services.commands import Create, Update
from trellis.services.handing import handover, transfer, working
from trellis.services.handing.transfer import Transfer
from trellis.services.queries import get_record
from trellis.services.records import write


async def call(office: Office, name: str, deal: str, owner: str) -> str:
    values = {"name": name, "deal": office.ids[deal], "owner": office.ids[owner]}
    (outcome,) = await write(office.system, CALL, [Create(values)])
    return outcome.id


async def owner_of_call(office: Office, record: str) -> str:
    found = (await get_record(office.system, CALL, record, ("owner",))).values["owner"]
    return next(name for name, known in office.ids.items() if known == found)


async def test_one_record_is_given_away(office: Office) -> None:
    deal = await office.deal("Deal", "Ben")
    ben = await office.as_("Ben", "own_giver")

    with pytest.raises(VersionConflict):
        await transfer.give_one(ben, DEAL, deal, office.ids["Cat"], version=7)
    assert await transfer.give_one(ben, DEAL, deal, office.ids["Cat"], version=1) == 2
    assert await office.owner("Deal") == ("Cat", "South")
    with pytest.raises(Forbidden):
        await transfer.give_one(ben, DEAL, deal, office.ids["Ben"])


async def test_all_that_one_may_give_away_goes_and_comes_back(office: Office) -> None:
    """Ben may give away what is his own; calls of the same owner go along with their deals."""
    for name, owner in [("One", "Ben"), ("Two", "Ben"), ("Three", "Ann")]:
        await office.deal(name, owner)
    mine, hers = await call(office, "Mine", "One", "Ben"), await call(office, "Hers", "One", "Ann")
    ben = await office.as_("Ben", "own_giver", "many")
    ids = tuple(office.ids[name] for name in ("One", "Two", "Three"))

    assert await transfer.giveable(ben, Query(DEAL)) == 2
    assert await transfer.related(ben, DEAL, ids) == {"office.call.deal": 1}
    asked = Transfer(DEAL, office.ids["Cat"], ids, also=("office.call.deal",))
    given = await transfer.start(ben, asked)

    found = await handover.progress(ben, given)
    assert (found.handover.state, found.handover.total, found.handover.done) == ("done", 3, 3)
    assert [await office.owner(name) for name in ("One", "Two", "Three")] == [
        ("Cat", "South"), ("Cat", "South"), ("Ann", "North"),
    ]  # fmt: skip
    assert (await owner_of_call(office, mine), await owner_of_call(office, hers)) == ("Cat", "Ann")

    await write(office.system, DEAL, [Update(office.ids["Two"], {"owner": office.ids["Dan"]})])
    await handover.undo(ben, given)
    while await working.step(office.system, given):
        pass

    assert await office.owner("One") == ("Ben", "North")
    assert await office.owner("Two") == ("Dan", "Head")
    assert await owner_of_call(office, mine) == "Ben"
    with pytest.raises(Forbidden):
        await handover.progress(await office.as_("Cat", "own_giver"), given)


async def test_what_a_question_finds_is_given_away_by_the_worker_when_it_is_much(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "AT_ONCE", 2)
    for number in range(4):
        await office.deal(f"Deal {number}", "Ben", amount=number)
    ben = await office.as_("Ben", "own_giver", "many")

    given = await transfer.start(ben, Transfer(DEAL, office.ids["Ann"], query=Query(DEAL, filter="amount > 0")))

    assert (await handover.progress(ben, given)).handover.state == "running"
    while await working.step(office.system, given):
        pass
    assert await office.owner("Deal 0") == ("Ben", "North")
    assert await office.owner("Deal 3") == ("Ann", "North")


async def test_what_cannot_be_given_away(office: Office) -> None:
    await office.deal("Deal", "Ann")
    await write(office.system, "core.user", [Update(office.ids["Cat"], {"active": False})])
    ids = (await office.deal("Own", "Ben"),)
    ben, single = await office.as_("Ben", "own_giver", "many"), await office.as_("Ben", "own_giver")
    team = await office.as_("Ben", "to_team", "many")

    with pytest.raises(Forbidden):
        await transfer.start(single, Transfer(DEAL, office.ids["Ann"], ids))
    for context, asked, code in [
        (ben, Transfer(DEAL, office.ids["Cat"], ids), "not_active"),
        (ben, Transfer(DEAL, "nobody", ids), "no_such_record"),
        (ben, Transfer(DEAL, office.ids["Ann"], (office.ids["Deal"],)), "nothing"),
        (team, Transfer(DEAL, office.ids["Dan"], ids), "not_an_assignee"),
    ]:
        with pytest.raises(Invalid) as refused:
            await transfer.start(context, asked)
        assert refused.value.errors[0].code == code
