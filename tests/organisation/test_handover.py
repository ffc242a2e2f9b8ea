"""Everything of somebody who leaves goes to others in one operation, and comes back in one."""

from collections.abc import Mapping
from time import perf_counter

import pytest

from tests.support.office import DEAL, Office
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.services import accounts, identities
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.handing import handover, working
from trellis.services.handing.request import Request
from trellis.services.queries import get_record
from trellis.services.records import write
from trellis.storage import shares
from trellis.storage.shares import Share


async def boss(office: Office) -> Context:
    """Dan looks after users."""
    return await office.as_("Dan", "boss")


async def carried_out(office: Office, handover_id: str) -> Mapping[tuple[str, str, str], int]:
    """Let the worker finish; the items by kind, entity and state."""
    while await working.step(office.system, handover_id):
        pass
    return (await handover.progress(office.system, handover_id)).counts


async def value(office: Office, entity: str, record: str, key: str) -> object:
    found = (await get_record(office.system, entity, record, (key,))).values[key]
    return next((name for name, known in office.ids.items() if known == found), found)


async def made(office: Office, entity: str, **values: object) -> str:
    (outcome,) = await write(office.system, entity, [Create(values)])
    return outcome.id


async def shared(office: Office, deal: str, name: str, actions: int) -> None:
    giver, now = office.ids["Ann"] if name == "Cat" else "", office.system.now()
    share = Share(f"{deal}-{name}", DEAL, office.ids[deal], f"u:{office.ids[name]}", actions, giver, now)
    async with office.home.database.write(office.home.workspace) as connection:
        await shares.save(connection, [share])


async def givers(office: Office, deal: str) -> set[str]:
    async with office.home.database.read(office.home.workspace) as connection:
        return {one.created_by for one in await shares.of_record(connection, DEAL, office.ids[deal])}


async def shares_of(office: Office, deal: str) -> dict[str, int]:
    names = {f"u:{identity}": name for name, identity in office.ids.items()}
    async with office.home.database.read(office.home.workspace) as connection:
        return {names[one.grantee]: one.actions for one in await shares.of_record(connection, DEAL, office.ids[deal])}


async def test_everything_is_handed_over_and_undone(office: Office) -> None:
    """Ann leads Ben and the team North, owns two deals, has a task and shares; Cat gets it, deals go to Ben."""
    ids = office.ids
    for name in ("First", "Second"):
        await office.deal(name, "Ann")
    await office.deal("Third", "Cat", helper=ids["Ann"])
    task = await made(office, "core.task", subject="Call", assignee=ids["Ann"], owner=ids["Cat"])
    done = await made(office, "core.task", subject="Called", assignee=ids["Ann"], owner=ids["Cat"], status="done")
    await write(office.system, "core.team", [Update(ids["North"], {"manager": ids["Ann"]})])
    await shared(office, "Third", "Ann", 3)
    await shared(office, "Third", "Cat", 5)
    secret = await identities.start_session(office.system, ids["Ann"])
    token = await accounts.create_token(office.system, ids["Ann"], "script")
    dan = await boss(office)

    before = await handover.preview(dan, ids["Ann"])

    assert (before.name, before.active, before.manager, before.sessions, before.tokens) == (
        "Ann",
        True,
        ids["Dan"],
        1,
        1,
    )
    assert {(part.kind, part.name): part.count for part in before.parts} == {
        ("owned", "office.deal.owner"): 2, ("task", "core.task.assignee"): 1, ("report", "core.user.manager"): 1,
        ("team", "core.team.manager"): 1, ("share", "office.deal."): 1, ("field", "office.deal.helper"): 1,
        ("shared", "office.deal."): 1,
    }  # fmt: skip

    request = Request(ids["Ann"], ids["Cat"], entities={DEAL: ids["Ben"]}, fields=("office.deal.helper",))
    handover_id = await handover.begin(dan, request)

    assert await identities.session(office.system, secret) is None, "the account is closed before anything else"
    assert await identities.authenticate_token(office.system, token) is None
    counts = await carried_out(office, handover_id)
    assert counts == {
        ("account", "core.user", "done"): 1, ("sessions", "core.user", "done"): 1, ("tokens", "core.user", "done"): 1,
        ("owned", DEAL, "done"): 2, ("task", "core.task", "done"): 1, ("report", "core.user", "done"): 1,
        ("team", "core.team", "done"): 1, ("share", DEAL, "done"): 1, ("field", DEAL, "done"): 1,
        ("shared", DEAL, "done"): 1,
    }  # fmt: skip
    assert await office.owner("First") == await office.owner("Second") == ("Ben", "North")
    assert await value(office, DEAL, ids["Third"], "helper") == "Ben"
    assert await value(office, "core.task", task, "assignee") == "Cat"
    assert await value(office, "core.task", done, "assignee") == "Ann"
    assert await value(office, "core.user", ids["Ben"], "manager") == "Cat"
    assert await value(office, "core.team", ids["North"], "manager") == "Cat"
    assert await shares_of(office, "Third") == {"Ben": 3, "Cat": 5}
    assert await givers(office, "Third") == {"", ids["Ben"]}
    found = await handover.progress(dan, handover_id)
    assert (found.handover.state, found.handover.total, found.handover.done, found.left) == ("done", 11, 11, ())

    await write(office.system, DEAL, [Update(ids["First"], {"owner": ids["Cat"]})])
    await handover.undo(dan, handover_id)
    counts = await carried_out(office, handover_id)

    assert counts[("owned", DEAL, "undone")] == counts[("owned", DEAL, "changed")] == 1
    assert await office.owner("First") == ("Cat", "South")
    assert await office.owner("Second") == ("Ann", "North")
    assert await value(office, "core.task", task, "assignee") == "Ann"
    assert await value(office, "core.user", ids["Ben"], "manager") == "Ann"
    assert await value(office, "core.user", ids["Ann"], "active") is True
    assert await shares_of(office, "Third") == {"Ann": 3, "Cat": 5}
    assert await givers(office, "Third") == {"", ids["Ann"]}
    assert await identities.session(office.system, secret) is None, "sessions stay ended"
    found = await handover.progress(dan, handover_id)
    assert (found.handover.state, found.handover.undone_by) == ("undone", ids["Dan"])
    assert [(item.kind, item.record) for item in found.left] == [("owned", ids["First"])]
    with pytest.raises(Invalid):
        await handover.undo(dan, handover_id)


async def test_a_successor_who_reported_to_the_leaver_reports_to_the_manager_above(office: Office) -> None:
    await office.user("Eve", "North", "Ben")
    handover_id = await handover.begin(await boss(office), Request(office.ids["Ann"], office.ids["Eve"]))

    await carried_out(office, handover_id)

    assert await value(office, "core.user", office.ids["Ben"], "manager") == "Dan", "Ben is above Eve"
    assert (await handover.progress(await boss(office), handover_id)).left == ()


async def test_records_of_a_team_go_to_a_successor_of_their_own(office: Office) -> None:
    await office.deal("Here", "Ann")
    await office.deal("There", "Ann", owner_team=office.ids["South"])
    dan = await boss(office)
    before = await handover.preview(dan, office.ids["Ann"])
    assert before.teams == {office.ids["North"]: 1, office.ids["South"]: 1}

    asked = Request(office.ids["Ann"], office.ids["Ben"], teams={office.ids["South"]: office.ids["Cat"]})
    await carried_out(office, await handover.begin(dan, asked))

    assert await office.owner("Here") == ("Ben", "North")
    assert await office.owner("There") == ("Cat", "South")


async def test_who_may_hand_over_what_to_whom(office: Office) -> None:
    ids, dan = office.ids, await boss(office)
    plain = await office.as_("Cat", "editor")
    for context, request, problem in [
        (plain, Request(ids["Ann"], ids["Ben"]), Forbidden),
        (dan, Request("01890000-0000-7000-8000-000000000000", ids["Ben"]), NotFound),
        (dan, Request(ids["Dan"], ids["Ben"]), Invalid),
        (dan, Request(ids["Ann"], ids["Ann"]), Invalid),
        (dan, Request(ids["Ann"], ""), Invalid),
        (dan, Request(ids["Ann"], ids["Ben"], teams={ids["North"]: "nobody"}), Invalid),
    ]:
        with pytest.raises(problem):
            await handover.begin(context, request)
    with pytest.raises(Forbidden):
        await handover.preview(plain, ids["Ann"])

    handover_id = await handover.begin(dan, Request(ids["Ann"], ids["Ben"]))
    with pytest.raises(Invalid):
        await handover.begin(dan, Request(ids["Ann"], ids["Cat"]))
    with pytest.raises(Invalid):
        await handover.undo(dan, handover_id)
    with pytest.raises(Forbidden):
        await handover.progress(plain, handover_id)


async def test_it_goes_on_where_it_was_stopped_and_takes_what_came_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH", 2)
    for number in range(5):
        await office.deal(f"Deal {number}", "Ann")
    handover_id = await handover.begin(await boss(office), Request(office.ids["Ann"], office.ids["Cat"]))
    for _ in range(2):
        assert await working.step(office.system, handover_id)
    progress = await handover.progress(office.system, handover_id)
    assert progress.counts[("owned", DEAL, "done")] == 2
    left = [name for name in office.ids if name.startswith("Deal ") and (await office.owner(name))[0] == "Ann"]
    await write(office.system, DEAL, [Update(office.ids[left[0]], {"owner": office.ids["Dan"]})])
    await office.deal("Late", "Ann")

    counts = await carried_out(office, handover_id)

    assert counts[("owned", DEAL, "done")] == 5
    assert counts[("owned", DEAL, "skipped")] == 1
    assert await office.owner("Late") == ("Cat", "South")
    assert await office.owner(left[0]) == ("Dan", "Head")


@pytest.mark.parametrize("database_kind", ["sqlite"])  # the promise is about SQLite
async def test_five_thousand_records_change_hands_quickly(office: Office) -> None:
    given = {"owner": office.ids["Ann"], "owner_team": office.ids["North"]}
    for start in range(0, 5_000, 1_000):
        await write(office.system, DEAL, [Create({"name": f"Deal {start + n}", **given}) for n in range(1_000)])
    handover_id = await handover.begin(await boss(office), Request(office.ids["Ann"], office.ids["Cat"]))
    began = perf_counter()

    counts = await carried_out(office, handover_id)

    assert perf_counter() - began < 10
    assert counts[("owned", DEAL, "done")] == 5_000
