"""Who may give which records to whom, in every save."""

from tests.support.office import DEAL, Office
from trellis.kernel.errors import Forbidden, Invalid
from trellis.services.commands import Assign, Create, Update
from trellis.services.context import Context
from trellis.services.records import write


async def refused(context: Context, command: Create | Update) -> list[tuple[str, str]]:
    """Where a command is refused, and why; nothing when it is not."""
    (outcome,) = await write(context, DEAL, [command], atomic=False)
    if isinstance(outcome.error, Forbidden):
        return [("", "forbidden")]
    return [(one.path, one.code) for one in outcome.error.errors] if isinstance(outcome.error, Invalid) else []


async def test_whom_a_record_may_be_given_to(office: Office) -> None:
    """Ann (North, above Ben) gives a deal to Ben, herself, Cat in another team and Dan above her."""
    deal = await office.deal("Deal", "Dan")
    within = {"own": {"Ann"}, "team": {"Ann", "Ben"}, "teamTree": {"Ann", "Ben"}, "subordinates": {"Ben"}}
    for to, reached in [*within.items(), ("all", {"Ann", "Ben", "Cat"})]:
        ann = await office.as_("Ann", f"to_{to.lower()}")
        for name in ("Ann", "Ben", "Cat"):
            given = await refused(ann, Update(deal, {"owner": office.ids[name]}))
            created = await refused(ann, Create({"name": f"{to} {name}", "owner": office.ids[name]}))

            assert given == ([] if name in reached else [("owner", "not_an_assignee")]), (to, name)
            assert created == ([] if name in reached | {"Ann"} else [("owner", "not_an_assignee")]), (to, name)
            await write(office.system, DEAL, [Update(deal, {"owner": office.ids["Dan"]})])

    dan = await office.as_("Dan", "to_teamtree")
    assert await refused(dan, Update(deal, {"owner": office.ids["Cat"]})) == []
    assert await office.owner("Deal") == ("Cat", "South")


async def test_without_the_right_an_owner_stays(office: Office) -> None:
    deal = await office.deal("Deal", "Ann", amount=5)
    ben = await office.as_("Ben", "editor")

    assert await refused(ben, Update(deal, {"owner": office.ids["Ben"]})) == [("owner", "not_assignable")]
    assert await refused(ben, Update(deal, {"owner_team": office.ids["South"]})) == [("owner_team", "not_assignable")]
    assert await refused(ben, Update(deal, {"owner": office.ids["Ann"], "amount": 6})) == []
    assert await refused(ben, Create({"name": "Mine", "owner": office.ids["Ben"]})) == []
    assert await refused(ben, Create({"name": "Yours", "owner": office.ids["Ann"]})) == [("owner", "not_an_assignee")]
    assert await refused(ben, Assign(deal, {"owner": office.ids["Ben"]})) == [("", "forbidden")]
    assert await office.owner("Deal") == ("Ann", "North")


async def test_who_may_assign_need_not_be_able_to_edit(office: Office) -> None:
    own, other = await office.deal("Own", "Ben"), await office.deal("Other", "Cat")
    ben = await office.as_("Ben", "own_giver")

    assert await refused(ben, Update(own, {"owner": office.ids["Cat"]})) == [("", "forbidden")]
    assert await refused(ben, Assign(other, {"owner": office.ids["Ben"]})) == [("", "forbidden")]
    assert await refused(ben, Assign(own, {"owner": office.ids["Cat"]})) == []
    assert await office.owner("Own") == ("Cat", "South")


async def test_the_team_follows_the_owner_unless_it_is_given(office: Office) -> None:
    deal = await office.deal("Deal", "Cat")
    assert await office.owner("Deal") == ("Cat", "South")

    await write(office.system, DEAL, [Update(deal, {"owner": office.ids["Ben"]})])
    assert await office.owner("Deal") == ("Ben", "North")

    await write(office.system, DEAL, [Update(deal, {"owner": office.ids["Dan"], "owner_team": office.ids["South"]})])
    assert await office.owner("Deal") == ("Dan", "South")

    ann = await office.as_("Ann", "to_teamtree")
    team = {"owner": office.ids["Ann"], "owner_team": office.ids["Head"]}
    assert await refused(ann, Update(deal, team)) == [("owner_team", "not_an_assignee")]


async def test_a_record_that_breaks_a_rule_can_be_given_away(office: Office) -> None:
    deal = await office.deal("Deal", "Ben", amount=5)
    table = office.system.tables.entity(DEAL)
    async with office.home.database.write(office.home.workspace) as connection:
        name = f'"{table.table.schema}"."{table.table.name}"' if table.table.schema else f'"{table.table.name}"'
        await connection.run_ddl([f'UPDATE {name} SET "{table.columns["amount"].name}" = 5000'])

    assert await refused(office.system, Update(deal, {"helper": office.ids["Ann"]})) == [("amount", "validation")]
    assert await refused(office.system, Assign(deal, {"owner": office.ids["Cat"]})) == []
    assert await office.owner("Deal") == ("Cat", "South")
