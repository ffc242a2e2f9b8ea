"""People are invited and choose their passwords by links that work once, and nobody learns who has an account."""

import asyncio
from datetime import timedelta

import pytest

from tests.services.conftest import person
from tests.support.letters import Postbox, link_in, text_of
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TooManyRequests
from trellis.services import accounts
from trellis.services.accountlinks import LASTS
from trellis.services.choosing import choose, opened
from trellis.services.commands import Update
from trellis.services.context import Context
from trellis.services.invitations import invite, send_invitation, withdraw_invitation
from trellis.services.records import write
from trellis.services.resets import ask_for_reset, reset_link
from trellis.services.signing_in import Facts, MustChange, SignedIn, signed_in
from trellis.services.throttling import INVITE, RESET, RESET_NETWORK
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.people import USER

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ada@example.com", "quiet violet tractor"


async def secret_by_mail(home: OpenWorkspace) -> str:
    (letter,) = await Postbox().empty(home)
    return link_in(letter).rpartition("/")[2]


def advance(context: Context, step: timedelta) -> None:
    assert isinstance(context.clock, FixedClock)
    context.clock.advance(step)


async def test_somebody_who_is_invited_chooses_name_and_password_and_is_in(
    home: OpenWorkspace, system: Context
) -> None:
    admin = await person(system, "Root", "core.admin")
    user = await invite(admin, email=EMAIL, name="Ada", roles=["sales.rep"], locale="zh_cn")
    (letter,) = await Postbox().empty(home)
    secret = link_in(letter).rpartition("/")[2]
    assert (letter["To"], letter["Subject"]) == (EMAIL, "Root 邀请您使用 Trellis")
    assert (await opened(system, secret)).email == EMAIL

    outcome = await choose(system, secret, password=PASSWORD, name="Ada Lovelace", facts=Facts("Firefox"))

    assert isinstance(outcome, SignedIn)
    actor = await accounts.session(system, outcome.session)
    assert actor is not None
    assert (actor.id, actor.name, set(actor.roles)) == (user, "Ada Lovelace", {"sales.rep"})
    assert await accounts.sign_in(system, EMAIL, PASSWORD) == user
    with pytest.raises(NotFound):
        await choose(system, secret, password="something else entirely", name="Eve", facts=Facts())


async def test_a_bad_password_leaves_the_link_good(home: OpenWorkspace, system: Context) -> None:
    await invite(system, email=EMAIL, name="Ada")
    secret = await secret_by_mail(home)

    for password, name, code in (
        ("short", "Ada", "too_short"),
        (PASSWORD, " ", "required"),
        (EMAIL, "Ada", "personal"),
    ):
        with pytest.raises(Invalid) as refused:
            await choose(system, secret, password=password, name=name, facts=Facts())
        assert [error.code for error in refused.value.errors] == [code]
    assert (await opened(system, secret)).name == "Ada"


async def test_a_link_ends_by_time_by_a_newer_one_and_by_withdrawal(home: OpenWorkspace, system: Context) -> None:
    user = await invite(system, email=EMAIL, name="Ada")
    old = await secret_by_mail(home)

    await send_invitation(system, user)
    new = await secret_by_mail(home)
    with pytest.raises(NotFound):
        await opened(system, old)
    await withdraw_invitation(system, user)
    with pytest.raises(NotFound):
        await opened(system, new)
    with pytest.raises(NotFound):
        await withdraw_invitation(system, user)
    await send_invitation(system, user)
    last = await secret_by_mail(home)
    advance(system, LASTS["invitation"])
    with pytest.raises(NotFound):
        await opened(system, last)


async def test_two_who_use_a_link_at_once_do_not_both_succeed(home: OpenWorkspace, system: Context) -> None:
    await invite(system, email=EMAIL, name="Ada")
    secret = await secret_by_mail(home)

    tries = (choose(system, secret, password=f"{PASSWORD} {n}", name="Ada", facts=Facts()) for n in range(2))
    found = await asyncio.gather(*tries, return_exceptions=True)

    assert sorted(type(item).__name__ for item in found) == ["NotFound", "SignedIn"]


async def test_a_disabled_user_opens_no_link(home: OpenWorkspace, system: Context) -> None:
    user = await invite(system, email=EMAIL, name="Ada")
    secret = await secret_by_mail(home)

    await write(system, USER, [Update(user, {"active": False})])

    with pytest.raises(NotFound):
        await opened(system, secret)


async def test_a_new_password_by_mail_ends_all_sessions_but_lets_nobody_in(
    home: OpenWorkspace, system: Context
) -> None:
    user = await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    session = await accounts.start_session(system, user)
    await ask_for_reset(system, " ADA@example.com")
    secret = await secret_by_mail(home)

    assert await choose(system, secret, password="another one entirely", name="", facts=Facts()) is None

    assert await accounts.session(system, session) is None
    assert await accounts.sign_in(system, EMAIL, "another one entirely") == user
    (letter,) = await Postbox().empty(home)
    assert letter["Subject"] == "Your password for Trellis was changed"
    assert "/link/" not in text_of(letter)


@pytest.mark.parametrize("email", ["nobody@example.com", "", "x" * 400, "a\x00b@example.com"])
async def test_no_letter_goes_to_an_address_that_is_nobodys(home: OpenWorkspace, system: Context, email: str) -> None:
    await ask_for_reset(system, email)

    assert await Postbox().empty(home) == []


async def test_only_a_few_letters_go_to_one_address_and_nobody_is_told(home: OpenWorkspace, system: Context) -> None:
    await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)

    for _ in range(RESET.free + 3):
        await ask_for_reset(system, EMAIL)

    assert len(await Postbox().empty(home)) == RESET.free
    advance(system, RESET.longest)
    await ask_for_reset(system, EMAIL)
    assert len(await Postbox().empty(home)) == 1


async def test_one_network_asks_for_few_letters(system: Context) -> None:
    from dataclasses import replace

    near = replace(system, address="192.0.2.7")
    for number in range(RESET_NETWORK.free):
        await ask_for_reset(near, f"n{number}@example.com")

    with pytest.raises(TooManyRequests):
        await ask_for_reset(near, EMAIL)
    await ask_for_reset(replace(system, address="192.0.2.8"), EMAIL)


async def test_somebody_who_must_change_the_password_gets_no_further_before(system: Context) -> None:
    user = await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    await accounts.set_password(system, user, "given by an admin", must_change=True)

    outcome = await signed_in(system, user, method="password", facts=Facts())
    assert isinstance(outcome, MustChange)
    inside = await choose(system, outcome.link, password="my very own words", name="", facts=Facts())

    assert isinstance(inside, SignedIn)
    assert isinstance(await signed_in(system, user, method="password", facts=Facts()), SignedIn)


async def test_only_who_manages_users_invites(system: Context) -> None:
    rep = await person(system, "Rep", "sales.rep")
    user = await accounts.create_user(system, email=EMAIL, name="Ada")

    for call in (
        invite(rep, email="x@example.com", name="X"),
        send_invitation(rep, user),
        withdraw_invitation(rep, user),
        reset_link(rep, user),
    ):
        with pytest.raises(Forbidden):
            await call


async def test_nobody_is_invited_who_signs_in_already_or_cannot(system: Context) -> None:
    known = await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    service = await accounts.create_user(system, email="", name="Importer", kind="service")

    for user in (known, service):
        with pytest.raises(Invalid):
            await send_invitation(system, user)
        with pytest.raises(Invalid):
            await invite(system, email=" ", name="Nobody")


async def test_one_user_is_not_invited_again_and_again(system: Context) -> None:
    user = await invite(system, email=EMAIL, name="Ada")

    for _ in range(INVITE.free - 1):
        await send_invitation(system, user)

    with pytest.raises(TooManyRequests):
        await send_invitation(system, user)
