"""Signing in with passwords, sessions and tokens."""

import asyncio
from datetime import timedelta

import pytest

from tests.services.conftest import person
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated
from trellis.services import accounts
from trellis.services.accountrules import AccountRules
from trellis.services.commands import Delete, Update
from trellis.services.context import Context
from trellis.services.identities import REMEMBERED
from trellis.services.records import write
from trellis.services.throttling import ACCOUNT
from trellis.storage.people import USER

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "Ada@example.com", "correct horse"


async def new_user(system: Context, *roles: str) -> str:
    return await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD, roles=roles or ["core.admin"])


def clock(context: Context) -> FixedClock:
    assert isinstance(context.clock, FixedClock)
    return context.clock


async def test_a_new_workspace_has_nobody_who_can_sign_in(system: Context) -> None:
    assert not await accounts.anyone(system)

    await new_user(system)

    assert await accounts.anyone(system)


async def test_the_right_password_signs_in_whatever_the_case_of_the_address(system: Context) -> None:
    user = await new_user(system)

    assert await accounts.sign_in(system, " ada@EXAMPLE.com ", PASSWORD) == user


async def test_wrong_passwords_and_unknown_addresses_are_told_the_same(system: Context) -> None:
    await new_user(system)

    for email, password in ((EMAIL, "wrong"), ("nobody@example.com", PASSWORD), (EMAIL, "")):
        with pytest.raises(Unauthenticated, match=r"The email or the password is wrong\."):
            await accounts.sign_in(system, email, password)


async def test_somebody_who_guesses_must_wait_even_with_the_right_password(system: Context) -> None:
    await new_user(system)
    for _ in range(ACCOUNT.free):
        with pytest.raises(Unauthenticated):
            await accounts.sign_in(system, EMAIL, "wrong")

    with pytest.raises(TooManyRequests):
        await accounts.sign_in(system, EMAIL, PASSWORD)
    clock(system).advance(ACCOUNT.wait(ACCOUNT.free) + timedelta(seconds=1))
    await accounts.sign_in(system, EMAIL, PASSWORD)


async def test_guesses_at_the_same_time_all_count(system: Context) -> None:
    await new_user(system)

    tries = [accounts.sign_in(system, EMAIL, "wrong") for _ in range(ACCOUNT.free + 3)]
    refused = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(error, Unauthenticated) for error in refused) == ACCOUNT.free
    assert sum(isinstance(error, TooManyRequests) for error in refused) == 3


def test_waiting_doubles_and_ends() -> None:
    times = [ACCOUNT.wait(failed).total_seconds() for failed in (4, 5, 6, 7, 14, 15, 1000)]

    assert times == [0, 1, 2, 4, 512, 900, 900]


async def test_inactive_and_deleted_users_are_out_at_once(system: Context) -> None:
    user = await new_user(system, "sales.rep")
    token = await accounts.start_session(system, user)
    assert await accounts.session(system, token) is not None

    await write(system, USER, [Update(user, {"active": False})])
    clock(system).advance(REMEMBERED)

    assert await accounts.session(system, token) is None
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(system, EMAIL, PASSWORD)
    await write(system, USER, [Update(user, {"active": True})])
    await write(system, USER, [Delete(user)])
    clock(system).advance(REMEMBERED)
    assert await accounts.session(system, token) is None


async def test_a_session_knows_the_user_with_roles_language_and_zone(system: Context) -> None:
    user = await new_user(system, "sales.rep", "core.employee")
    await write(system, USER, [Update(user, {"locale": "zh_cn", "time_zone": "Europe/Berlin"})])
    token = await accounts.start_session(system, user, "Firefox")

    actor = await accounts.session(system, token)

    assert actor is not None
    assert (actor.id, actor.name, actor.email) == (user, "Ada", EMAIL)
    assert actor.roles == {"sales.rep", "core.employee"}
    assert (actor.locale, actor.zone) == ("zh-CN", "Europe/Berlin")
    assert [item.agent for item in await accounts.sessions(system, user)] == ["Firefox"]


async def test_a_session_ends_by_itself_unless_it_is_used(system: Context) -> None:
    token, idle = await accounts.start_session(system, await new_user(system)), AccountRules().idle

    clock(system).advance(idle - timedelta(hours=1))
    assert await accounts.session(system, token) is not None
    clock(system).advance(idle - timedelta(hours=1))
    assert await accounts.session(system, token) is not None
    clock(system).advance(idle + timedelta(hours=1))
    assert await accounts.session(system, token) is None


async def test_a_session_ends_however_much_it_is_used(system: Context) -> None:
    token, rules = await accounts.start_session(system, await new_user(system)), AccountRules()

    for _ in range(rules.longest // timedelta(days=5)):
        assert await accounts.session(system, token) is not None
        clock(system).advance(timedelta(days=5))

    assert await accounts.session(system, token) is None


async def test_signing_out_ends_only_this_session(system: Context) -> None:
    user = await new_user(system)
    here, there = await accounts.start_session(system, user), await accounts.start_session(system, user)
    assert await accounts.session(system, here) is not None

    await accounts.end_session(system, user, here)

    assert await accounts.session(system, here) is None
    assert await accounts.session(system, there) is not None


async def test_a_new_password_ends_all_sessions(system: Context) -> None:
    user = await new_user(system)
    token = await accounts.start_session(system, user)

    await accounts.set_password(system, user, "another one entirely")

    assert await accounts.session(system, token) is None
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(system, EMAIL, PASSWORD)
    assert await accounts.sign_in(system, EMAIL, "another one entirely") == user


@pytest.mark.parametrize(("password", "code"), [("short", "too_short"), ("x" * 201, "too_long")])
async def test_bad_passwords_are_refused(system: Context, password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await accounts.create_user(system, email=EMAIL, name="Ada", password=password)

    assert [(error.path, error.code) for error in refused.value.errors] == [("password", code)]


async def test_a_token_is_its_user_until_it_is_revoked(system: Context) -> None:
    user = await new_user(system)
    secret = await accounts.create_token(system, user, "script")
    actor = await accounts.authenticate_token(system, secret)
    assert actor is not None
    assert actor.id == user
    (token,) = await accounts.tokens(system, user)
    assert secret.startswith(token.prefix)
    assert secret not in repr(token)

    await accounts.revoke_token(system, user, token.id)

    assert await accounts.authenticate_token(system, secret) is None
    assert await accounts.tokens(system, user) == []
    with pytest.raises(NotFound):
        await accounts.revoke_token(system, user, token.id)


async def test_a_token_may_end_at_a_given_time(system: Context) -> None:
    secret = await accounts.create_token(system, await new_user(system), "script", system.now() + timedelta(hours=1))
    assert await accounts.authenticate_token(system, secret) is not None

    clock(system).advance(timedelta(hours=1))

    assert await accounts.authenticate_token(system, secret) is None


@pytest.mark.parametrize("secret", ["", "trl_", "trl_" + "x" * 43, "Bearer", "trl_\x00"])
async def test_anything_else_is_nobody(system: Context, secret: str) -> None:
    assert await accounts.authenticate_token(system, secret) is None
    assert await accounts.session(system, secret) is None


async def test_new_roles_hold_at_the_next_request(system: Context) -> None:
    user = await new_user(system, "core.employee")
    secret = await accounts.create_token(system, user, "script")
    before = await accounts.authenticate_token(system, secret)

    await accounts.assign_roles(system, user, ["core.admin"])

    after = await accounts.authenticate_token(system, secret)
    assert [actor.roles for actor in (before, after) if actor] == [{"core.employee"}, {"core.admin"}]
    assert await accounts.roles_of(system, user) == {"core.admin"}


async def test_an_unknown_role_is_refused_with_a_suggestion(system: Context) -> None:
    with pytest.raises(Invalid) as refused:
        await accounts.create_user(system, email=EMAIL, name="Ada", roles=["core.admn"])

    assert str(refused.value.errors[0].message) == "There is no role core.admn. Is core.admin meant?"


async def test_users_without_the_right_manage_nobody_but_themselves(system: Context) -> None:
    employee = await person(system, "Bob", "core.employee")
    other = await new_user(system)

    for call in (
        accounts.create_user(employee, email="x@example.com", name="X"),
        accounts.assign_roles(employee, employee.actor.id, ["core.admin"]),
        accounts.set_password(employee, other, PASSWORD),
        accounts.create_token(employee, other, "x"),
        accounts.tokens(employee, other),
    ):
        with pytest.raises(Forbidden):
            await call
    assert (await accounts.create_token(employee, employee.actor.id, "mine")).startswith("trl_")


async def test_preferences_and_settings_are_kept(system: Context) -> None:
    await accounts.save_setting(system, "demo", "1")
    await accounts.save_setting(system, "demo", "2")
    ada = await person(system, "Ada", "core.employee")
    await accounts.save_preference(ada, "theme", "dark")

    assert await accounts.setting(system, "demo") == "2"
    assert await accounts.setting(system, "other") is None
    assert await accounts.preferences_of(ada) == {"theme": "dark"}
