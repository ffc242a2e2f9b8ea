"""Users as administrators look through them, close and open accounts, and act in the place of others."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.services.conftest import person
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated
from trellis.kernel.events import impersonator_of
from trellis.services import accounts, queries
from trellis.services.accountlinks import INVITATION
from trellis.services.administering import as_administrator
from trellis.services.commands import Create, Delete, Update
from trellis.services.context import Context
from trellis.services.directory import Wanted, find_users, user_card
from trellis.services.identities import IMPERSONATION_LENGTH, REMEMBERED
from trellis.services.impersonating import impersonate, stop
from trellis.services.invitations import invite
from trellis.services.lifecycle import change, disable, enable, end_all_sessions
from trellis.services.records import write
from trellis.storage.people import USER
from trellis.storage.system import SystemTables, system_statement

pytestmark = pytest.mark.anyio

PASSWORD = "quiet violet tractor"


async def known(system: Context, name: str, *roles: str) -> str:
    """A user; administrators have a password, without which they would not count."""
    email, password = f"{name.lower()}@example.com", PASSWORD if "core.admin" in roles else None
    return await accounts.create_user(system, email=email, name=name, password=password, roles=roles)


async def acting(system: Context, user: str, *roles: str) -> tuple[Context, str]:
    """A context as a signed-in browser has it, and the secret of its session."""
    secret = await accounts.start_session(system, user, method="password")
    actor = await accounts.session(system, secret)
    assert actor is not None
    return system.with_actor(actor), secret


def names(found: object) -> list[str]:
    return [line.name for line in getattr(found, "lines", ())]


async def test_users_are_found_by_text_role_team_and_state(system: Context) -> None:
    (team,) = await write(system, "core.team", [Create({"name": "North"})])
    ada = await known(system, "Ada", "core.admin", "sales.rep")
    await invite(system, email="bob_1@example.com", name="Bob", roles=["sales.rep"], team=team.id)
    await accounts.create_user(system, email="", name="Importer", kind="service")
    await accounts.create_user(system, email="off@example.com", name="Cleo")
    await known(system, "Dora")
    await disable(system, await accounts.user_id(system, "dora@example.com"))

    async def found(**wanted: str) -> list[str]:
        return names(await find_users(system, Wanted(**wanted)))

    assert await found() == ["Ada", "Bob", "Cleo", "Dora", "Importer"]
    assert await found(text="BOB_1") == await found(team=team.id) == ["Bob"]
    assert await found(text="%") == await found(text="b1") == []
    assert await found(role="sales.rep") == ["Ada", "Bob"]
    for state, expected in (
        ("active", ["Ada"]), ("invited", ["Bob"]), ("without", ["Cleo"]), ("disabled", ["Dora"]), ("service", ["Importer"]),
        ("' OR 1=1", ["Ada", "Bob", "Cleo", "Dora", "Importer"]),
    ):  # fmt: skip
        assert await found(state=state) == expected
    (line,) = (await find_users(system, Wanted(text="ada"))).lines
    assert line.roles == ("core.admin", "sales.rep")
    for person_line in (await find_users(system, Wanted())).lines:
        assert (await user_card(system, person_line.id)).state == person_line.state
    assert (await user_card(system, ada)).has_password
    with pytest.raises(NotFound):
        await user_card(system, "0" * 32)


async def test_with_an_account_go_its_sessions_tokens_and_links_through_every_door(system: Context) -> None:
    await known(system, "Root", "core.admin")
    for number, close in enumerate(("disable", "delete")):
        email = f"ada{number}@example.com"
        user = await accounts.create_user(system, email=email, name="Ada", password=PASSWORD)
        session = await accounts.start_session(system, user)
        token = await accounts.create_token(system, user, "script")
        if close == "disable":
            await disable(system, user)
        else:
            await write(system, USER, [Delete(user)])
        assert isinstance(system.clock, FixedClock)
        system.clock.advance(REMEMBERED)

        assert await accounts.session(system, session) is None
        assert await accounts.authenticate_token(system, token) is None
        if close != "delete":
            await enable(system, user)
            assert await accounts.session(system, session) is None
            assert await accounts.authenticate_token(system, token) is None
            assert await accounts.sign_in(system, email, PASSWORD) == user


async def test_the_last_administrator_stays(system: Context) -> None:
    root = await known(system, "Root", "core.admin")
    await accounts.create_user(system, email="no@example.com", name="Cannot sign in", roles=["core.admin"])
    await accounts.create_user(system, email="", name="Program", roles=["core.admin"], kind="service")

    for attempt in (
        lambda: accounts.assign_roles(system, root, ["sales.rep"]),
        lambda: disable(system, root),
        lambda: write(system, USER, [Delete(root)]),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt()
        assert [error.code for error in refused.value.errors] == ["last_administrator"]
    other = await known(system, "Other", "core.admin")
    with pytest.raises(Invalid):
        await write(system, USER, [Update(root, {"active": False}), Update(other, {"active": False})])
    await accounts.assign_roles(system, root, ["sales.rep"])
    await disable(system, root)


async def test_nobody_closes_the_own_account(system: Context) -> None:
    await known(system, "Other", "core.admin")
    root, _ = await acting(system, await known(system, "Root", "core.admin"))

    for attempt in (lambda: disable(root, root.actor.id), lambda: write(root, USER, [Delete(root.actor.id)])):
        with pytest.raises(Invalid) as refused:
            await attempt()
        assert [error.code for error in refused.value.errors] == ["own_account"]


async def test_an_invitation_of_a_closed_account_is_worth_nothing(system: Context) -> None:
    user = await invite(system, email="bob@example.com", name="Bob")
    assert [link.kind for link in (await user_card(system, user)).links] == [INVITATION]

    await disable(system, user)

    assert (await user_card(system, user)).links == ()


async def test_who_manages_users_changes_people_without_rights_on_their_records(system: Context) -> None:
    root, _ = await acting(system, await known(system, "Root", "core.admin"))
    user = await known(system, "Ada")

    await change(root, user, {"name": "Ada L", "manager": root.actor.id, "active": False, "phone": "1"})

    card = await user_card(system, user)
    assert (card.person.name, card.person.active) == ("Ada L", True)


async def test_somebody_with_the_right_acts_in_anothers_place_and_comes_back(system: Context) -> None:
    root, secret = await acting(system, await known(system, "Root", "core.admin"))
    ada = await known(system, "Ada", "sales.rep")

    taken = await impersonate(root, ada, secret=secret, agent="Firefox")
    actor = await accounts.session(system, taken)

    assert actor is not None
    assert (actor.id, set(actor.roles), actor.impersonator) == (ada, {"sales.rep"}, root.actor.id)
    assert await accounts.session(system, secret) is None
    back = await stop(system.with_actor(actor), secret=taken)
    again = await accounts.session(system, back)
    assert again is not None
    assert (again.id, again.impersonator) == (root.actor.id, "")
    assert await accounts.session(system, taken) is None


async def test_acting_in_anothers_place_ends_by_itself_and_with_the_right(system: Context) -> None:
    other = await known(system, "Other", "core.admin")
    root, secret = await acting(system, await known(system, "Root", "core.admin"))
    ada = await known(system, "Ada", "sales.rep")
    assert isinstance(system.clock, FixedClock)

    taken = await impersonate(root, ada, secret=secret)
    system.clock.advance(IMPERSONATION_LENGTH - timedelta(minutes=1))
    assert await accounts.session(system, taken) is not None
    system.clock.advance(timedelta(minutes=1))
    assert await accounts.session(system, taken) is None

    root, secret = await acting(system, root.actor.id)
    taken = await impersonate(root, ada, secret=secret)
    await accounts.assign_roles(system.with_actor((await acting(system, other))[0].actor), root.actor.id, ["sales.rep"])
    assert await accounts.session(system, taken) is None


async def test_nobody_acts_in_the_place_of_somebody_who_may_do_more(system: Context) -> None:
    helper = await person(system, "Helper", "sales.rep")
    root, secret = await acting(system, await known(system, "Root", "core.admin"))
    rep = await known(system, "Ada", "sales.rep")
    service = await accounts.create_user(system, email="", name="Importer", kind="service")

    with pytest.raises(Forbidden):
        await impersonate(helper, rep, secret=await accounts.start_session(system, helper.actor.id))
    for user in (root.actor.id, service):
        with pytest.raises(Forbidden):
            await impersonate(root, user, secret=secret)
    with pytest.raises(Unauthenticated):
        await impersonate(root, rep, secret="another session")
    with pytest.raises(NotFound):
        await impersonate(root, "0" * 32, secret=secret)


async def test_who_acts_for_another_touches_no_account(system: Context) -> None:
    other = await known(system, "Other", "core.admin")
    root, secret = await acting(system, await known(system, "Root", "core.admin"))
    taken = await impersonate(root, other, secret=secret)
    actor = await accounts.session(system, taken)
    assert actor is not None
    as_other = system.with_actor(actor)

    for call in (
        accounts.create_token(as_other, other, "mine"),
        accounts.set_password(as_other, other, "something else entirely"),
        accounts.assign_roles(as_other, root.actor.id, []),
        find_users(as_other, Wanted()),
        end_all_sessions(as_other, other),
        impersonate(as_other, root.actor.id, secret=taken),
    ):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(Forbidden):
        as_administrator(as_other)


async def test_history_and_log_say_who_really_acted(system: Context) -> None:
    root, secret = await acting(system, await known(system, "Root", "core.admin"))
    rep = await known(system, "Ada", "sales.rep")
    taken = await impersonate(root, rep, secret=secret)
    actor = await accounts.session(system, taken)
    assert actor is not None
    as_rep = system.with_actor(actor)

    (made,) = await write(as_rep, "sales.account", [Create({"name": "Acme"})])
    await stop(as_rep, secret=taken)

    (entry,) = await queries.history(root, "sales.account", made.id)
    assert (entry.actor, impersonator_of(entry.causation)) == (rep, root.actor.id)
    async with system.database.read(system.workspace) as connection:
        rows = await connection.fetch(_log(connection), {})
    assert [(kind, who, other) for kind, who, other in rows if kind.startswith("impersonation")] == [
        ("impersonation.started", root.actor.id, None),
        ("impersonation.ended", rep, root.actor.id),
    ]


@system_statement
def _log(tables: SystemTables) -> sa.Executable:
    table = tables.audit
    return sa.select(table.c.kind, table.c.actor, table.c.impersonator).order_by(table.c.seq)
