"""Guessing is slow, and nobody who guesses can keep a user out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import TooManyRequests, Unauthenticated
from trellis.services import accounts
from trellis.services.context import Context
from trellis.services.signing_in import Facts, SignedIn, complete, known_browser
from trellis.services.throttling import ACCOUNT, NETWORK, Limit, forgiven, network_of, taken_back, tried, tries
from trellis.storage import attempts

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD = "ada@example.com", "quiet violet tractor"
QUICK = Limit("quick", 2, timedelta(seconds=10), timedelta(seconds=30), timedelta(hours=1))


def advance(context: Context, step: timedelta) -> None:
    assert isinstance(context.clock, FixedClock)
    context.clock.advance(step)


async def test_waits_double_end_and_are_forgotten(system: Context) -> None:
    async def counted(step: timedelta) -> int:
        advance(system, step)
        async with system.database.write(system.workspace) as connection:
            return await tries(connection, QUICK, "ada", system.clock.now())

    second = timedelta(seconds=1)
    assert [await counted(0 * second) for _ in range(4)] == [1, 2, 0, 0]
    assert [await counted(9 * second), await counted(second)] == [0, 3]
    assert [await counted(19 * second), await counted(second)] == [0, 4]
    assert [await counted(29 * second), await counted(second)] == [0, 5]
    assert await counted(timedelta(hours=2)) == 1


async def test_tries_in_good_faith_are_taken_back(system: Context) -> None:
    now = system.clock.now()
    async with system.database.write(system.workspace) as connection:
        for _ in range(5):
            assert await tried(connection, QUICK, "ada", now)
            await taken_back(connection, QUICK, "ada")
        await tried(connection, QUICK, "ada", now)
        await forgiven(connection, QUICK, "ada")
        assert await tries(connection, QUICK, "ada", now) == 1
        advance(system, timedelta(days=3))
        assert await attempts.remove_before(connection, system.clock.now()) == 1


async def guess(context: Context, email: str, known: str = "") -> str:
    try:
        await accounts.sign_in(context, email, "wrong", known)
    except (Unauthenticated, TooManyRequests) as error:
        return error.code
    return "in"


async def test_a_network_that_sprays_one_password_over_many_waits(system: Context) -> None:
    await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    near, far = replace(system, address="192.0.2.7"), replace(system, address="192.0.2.8")
    async with system.database.write(system.workspace) as connection:
        for _ in range(NETWORK.free - 1):
            await tried(connection, NETWORK, "192.0.2.7", system.clock.now())

    assert [await guess(near, f"u{number}@example.com") for number in range(2)] == [
        "unauthenticated",
        "too_many_requests",
    ]
    with pytest.raises(TooManyRequests):
        await accounts.sign_in(near, EMAIL, PASSWORD)
    assert await accounts.sign_in(far, EMAIL, PASSWORD)


async def test_signing_in_rightly_never_makes_a_network_wait(system: Context) -> None:
    await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    near = replace(system, address="192.0.2.7")
    async with system.database.write(system.workspace) as connection:
        for _ in range(NETWORK.free - 2):
            await tried(connection, NETWORK, "192.0.2.7", system.clock.now())

    for _ in range(3):
        await accounts.sign_in(near, EMAIL, PASSWORD)


async def test_a_stranger_who_guesses_does_not_keep_the_user_out(system: Context) -> None:
    user = await accounts.create_user(system, email=EMAIL, name="Ada", password=PASSWORD)
    inside = await complete(system, user, method="password", facts=Facts())
    assert isinstance(inside, SignedIn)
    stranger = replace(system, address="203.0.113.9")

    assert [await guess(stranger, EMAIL) for _ in range(ACCOUNT.free + 1)][-1] == "too_many_requests"
    assert await accounts.sign_in(system, EMAIL, PASSWORD, inside.known) == user
    with pytest.raises(TooManyRequests):
        await accounts.sign_in(system, EMAIL, PASSWORD, "v1.made.up")
    assert [await guess(system, EMAIL, inside.known) for _ in range(ACCOUNT.free + 1)][-1] == "too_many_requests"


async def test_a_browser_is_known_for_those_who_were_signed_in_there(system: Context) -> None:
    users = [await accounts.create_user(system, email=f"u{n}@example.com", name=f"U{n}") for n in range(3)]
    first = await complete(system, users[0], method="link", facts=Facts())
    second = await complete(system, users[1], method="link", facts=Facts(known=first.known))

    known = [known_browser(system, second.known, user) is not None for user in users]

    assert known == [True, True, False]
    assert users[0] not in second.known


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"), ("", ""),
    ],
)  # fmt: skip
def test_what_one_person_cannot_have_many_of(address: str, network: str) -> None:
    assert network_of(address) == network
