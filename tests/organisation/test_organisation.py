"""Teams and reporting lines: whatever is moved, the pairs of above and below are those that the records give."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.office import Office
from trellis.engine.ancestry import is_circular
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Invalid
from trellis.services import accounts, identities
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.linked import values_of
from trellis.services.organisation import compare_places, repair_places
from trellis.services.records import write
from trellis.services.workspaces import OpenWorkspace
from trellis.storage import organisation, preferences
from trellis.storage.organisation import PEOPLE, TEAMS

LINKS = {"core.team": "parent", "core.user": "manager"}


async def made(context: Context, entity: str, *names: str) -> list[str]:
    """New teams or users, each below the one before it."""
    above: str | None = None
    ids = []
    for name in names:
        (outcome,) = await write(context, entity, [Create({"name": name, LINKS[entity]: above})])
        ids.append(above := outcome.id)
    return ids


async def pairs(context: Context, entity: str) -> dict[tuple[str, str], int]:
    async with context.database.read(context.workspace) as connection:
        return await organisation.pairs(connection, context.release.statements, organisation.TREES[entity])


async def wrong(context: Context) -> int:
    return sum(one.wrong for one in await compare_places(context))


async def move(context: Context, entity: str, record: str, above: str | None) -> None:
    await write(context, entity, [Update(record, {LINKS[entity]: above})])


async def test_a_team_is_above_itself_and_a_manager_is_not(system: Context) -> None:
    head, north, shop = await made(system, "core.team", "Head", "North", "Shop")
    ann, ben, cat = await made(system, "core.user", "Ann", "Ben", "Cat")

    assert await pairs(system, "core.team") == {
        (head, head): 0, (north, north): 0, (shop, shop): 0, (head, north): 1, (north, shop): 1, (head, shop): 2,
    }  # fmt: skip
    assert await pairs(system, "core.user") == {(ann, ben): 1, (ben, cat): 1, (ann, cat): 2}


async def test_a_team_moves_with_all_below_it(system: Context) -> None:
    head, north, shop, desk = await made(system, "core.team", "Head", "North", "Shop", "Desk")
    (south,) = await made(system, "core.team", "South")

    await move(system, "core.team", shop, south)

    found = await pairs(system, "core.team")
    assert {above for above, below in found if below == desk} == {desk, shop, south}
    assert {above for above, below in found if below == north} == {north, head}

    await move(system, "core.team", shop, None)

    assert {above for above, below in await pairs(system, "core.team") if below == desk} == {desk, shop}
    assert not await wrong(system)


@pytest.mark.parametrize(
    ("entity", "sentence"),
    [
        ("core.team", "A team cannot be below itself: Head > North > Shop > Head."),
        ("core.user", "Nobody can report to themselves: Head > North > Shop > Head."),
    ],
)
async def test_a_circle_is_refused_with_the_way_round_it(system: Context, entity: str, sentence: str) -> None:
    head, _, shop = await made(system, entity, "Head", "North", "Shop")

    with pytest.raises(Invalid) as refused:
        await move(system, entity, head, shop)

    (error,) = refused.value.errors
    assert (error.path, error.code, str(error.message)) == (LINKS[entity], "circular", sentence)
    assert not await wrong(system)


async def test_who_may_not_see_all_teams_is_not_told_their_names(empty: Office) -> None:
    head, north = await made(empty.system, "core.team", "Head", "North")
    await empty.user("Sam")
    sam = await empty.as_("Sam", "mover")

    with pytest.raises(Invalid) as refused:
        await write(sam, "core.team", [Update(head, {"parent": north})])

    assert [str(error.message) for error in refused.value.errors] == ["A team cannot be below itself."]


async def test_a_circle_within_one_batch_is_refused_where_it_closes(system: Context) -> None:
    (head,), (north,) = await made(system, "core.team", "Head"), await made(system, "core.team", "North")

    first, second = await write(
        system, "core.team", [Update(head, {"parent": north}), Update(north, {"parent": head})], atomic=False
    )

    assert first.error is None
    assert isinstance(second.error, Invalid)
    assert (north, head) in await pairs(system, "core.team")
    assert not await wrong(system)


async def test_several_moves_in_one_batch_meet_in_the_right_pairs(system: Context) -> None:
    a, b, c, d = await made(system, "core.team", "A", "B", "C", "D")
    e, f = await made(system, "core.team", "E", "F")

    await write(system, "core.team", [Update(d, {"parent": f}), Update(b, {"parent": d}), Update(c, {"parent": a})])

    found = await pairs(system, "core.team")
    assert {above for above, below in found if below == b} == {b, d, f, e}
    assert {above for above, below in found if below == c} == {c, a}
    assert not await wrong(system)


async def test_a_team_in_the_bin_keeps_its_place(system: Context) -> None:
    head, north, shop = await made(system, "core.team", "Head", "North", "Shop")

    await write(system, "core.team", [Delete(north)])

    assert (head, shop) in await pairs(system, "core.team")
    await write(system, "core.team", [Restore(north)])
    assert (head, shop) in await pairs(system, "core.team")
    assert not await wrong(system)


async def test_two_moves_at_once_never_make_a_circle(home: OpenWorkspace, system: Context) -> None:
    teams = [one for name in "ABCDEF" for one in await made(system, "core.team", name)]
    moves = [(teams[place], teams[(place + step) % 6]) for step in (1, 2, 5) for place in range(6)]

    outcomes = await asyncio.gather(
        *(move(system, "core.team", record, above) for record, above in moves), return_exceptions=True
    )

    assert all(outcome is None or isinstance(outcome, Invalid) for outcome in outcomes)
    assert any(isinstance(outcome, Invalid) for outcome in outcomes)
    async with home.database.read(home.workspace) as connection:
        parents = await organisation.parents(connection, system.release.statements, TEAMS)
    assert not is_circular(parents)
    assert not await wrong(system)


Moves = Sequence[tuple[str, int, int | None]]
_MOVES: st.SearchStrategy[Moves] = st.lists(
    st.tuples(
        st.sampled_from(["move", "move", "move", "delete", "restore"]),
        st.integers(0, 7),
        st.none() | st.integers(0, 7),
    ),
    min_size=1,
    max_size=10,
)


@pytest.mark.parametrize("entity", ["core.team", "core.user"])
async def test_after_any_moves_the_pairs_are_those_of_a_walk(system: Context, entity: str) -> None:
    records = [one for number in range(8) for one in await made(system, entity, f"Number {number}")]
    loop = asyncio.get_running_loop()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(moves=_MOVES)
    def moved(moves: Moves) -> None:
        asyncio.run_coroutine_threadsafe(_carry_out(system, entity, records, moves), loop).result()

    await asyncio.to_thread(moved)


async def _carry_out(context: Context, entity: str, records: Sequence[str], moves: Moves) -> None:
    commands = [_command(entity, records[record], kind, above, records) for kind, record, above in moves]
    for command in commands:
        await write(context, entity, [command], atomic=False)
    for chosen in (commands[::2], commands[1::2]):
        await write(context, entity, list({one.id: one for one in chosen}.values()), atomic=False)
    assert not await wrong(context)


def _command(
    entity: str, record: str, kind: str, above: int | None, records: Sequence[str]
) -> Update | Delete | Restore:
    if kind == "move":
        return Update(record, {LINKS[entity]: None if above is None else records[above]})
    return Delete(record) if kind == "delete" else Restore(record)


async def test_a_workspace_without_the_pairs_gets_them_when_it_is_opened(home: OpenWorkspace, system: Context) -> None:
    head, north = await made(system, "core.team", "Head", "North")
    async with home.database.write(home.workspace) as connection:
        for tree in (TEAMS, PEOPLE):
            await organisation.replace(connection, system.release.statements, tree, {}, "")

    again = await OpenWorkspace(home.database, home.workspace, home.clock).context()

    assert (head, north) in await pairs(again, "core.team")
    assert not await wrong(again)


async def test_pairs_that_were_spoilt_are_found_and_put_right(home: OpenWorkspace, system: Context) -> None:
    await made(system, "core.team", "Head", "North")
    async with home.database.write(home.workspace) as connection:
        await organisation.replace(connection, system.release.statements, TEAMS, {}, organisation.SOUND)
    assert await wrong(system) == 3

    await repair_places(system)

    assert not await wrong(system)


async def test_a_circle_from_before_can_be_opened(home: OpenWorkspace, system: Context) -> None:
    a, b, c = await made(system, "core.team", "A", "B", "C")
    table = system.tables.entity("core.team")
    async with home.database.write(home.workspace) as connection:
        name = f'"{table.table.schema}"."{table.table.name}"' if table.table.schema else f'"{table.table.name}"'
        await connection.run_ddl([f"UPDATE {name} SET \"{table.columns['parent'].name}\" = '{c}' WHERE id = '{a}'"])
    await repair_places(system)
    async with home.database.read(home.workspace) as connection:
        assert await preferences.setting(connection, "team_tree") == organisation.CIRCULAR

    with pytest.raises(Invalid):
        await made_below(system, b)
    await move(system, "core.team", a, None)

    assert not await wrong(system)
    await made_below(system, c)
    assert not await wrong(system)


async def made_below(context: Context, above: str) -> None:
    await write(context, "core.team", [Create({"name": "Below", "parent": above})])


async def test_who_signs_in_brings_the_own_team_and_all_above_it(system: Context) -> None:
    head, north, shop = await made(system, "core.team", "Head", "North", "Shop")
    (ann,) = await made(system, "core.user", "Ann")
    await write(system, "core.user", [Update(ann, {"team": shop, "email": "ann@example.com"})])
    await accounts.assign_roles(system, ann, ["office.editor", "office.boss"])

    secret = await identities.start_session(system, ann)

    assert (await signed_in(system, secret)).teams == (shop, north, head)
    await move(system, "core.team", north, None)
    identities.forget(system.home)
    actor = await signed_in(system, secret)
    assert actor.teams == (shop, north)
    assert actor.roles == {"office.editor", "office.boss"}


async def signed_in(context: Context, secret: str) -> Actor:
    actor = await identities.session(context, secret)
    assert actor is not None
    return actor


async def test_values_of_many_records_are_all_there(system: Context) -> None:
    (head,) = await made(system, "core.user", "Head")
    commands = [Create({"name": f"Report {number}", "manager": head}) for number in range(60)]
    ids = [outcome.id for outcome in await write(system, "core.user", commands)]

    async with system.database.read(system.workspace) as connection:
        found = await values_of(system, connection, "core.user", ids, ("name",))

    assert len(found) == 60
