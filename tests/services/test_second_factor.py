"""Codes of an authenticator app and recovery codes, with a clock that stands still."""

from datetime import timedelta
from typing import cast

import pyotp
import pytest
import structlog

from tests.services.conftest import person
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound, TooManyRequests
from trellis.services import second_factor
from trellis.services.context import Context
from trellis.storage import sealed

one_database = pytest.mark.parametrize("database_kind", ["sqlite"])
"""For what no database has a part in."""


def code_of(context: Context, secret: second_factor.Secret) -> str:
    """What the app shows now."""
    return pyotp.TOTP(secret.text.replace(" ", "")).at(context.clock.now())


def wait(context: Context, seconds: float) -> None:
    cast(FixedClock, context.clock).advance(timedelta(seconds=seconds))


async def protected(
    system: Context, name: str = "Ann", *roles: str
) -> tuple[Context, second_factor.Secret, tuple[str, ...]]:
    """A user with a second factor, half a minute after its first code."""
    ann = await person(system, name, *roles)
    secret = await second_factor.begin(ann)
    codes = await second_factor.confirm(ann, code_of(ann, secret))
    wait(ann, 30)
    return ann, secret, codes


async def test_it_is_on_after_its_first_code_and_checks_each_code_once(system: Context) -> None:
    ann = await person(system, "Ann")
    secret = await second_factor.begin(ann)
    assert not (await second_factor.state(ann, ann.actor.id)).is_on

    codes = await second_factor.confirm(ann, code_of(ann, secret))

    assert len(set(codes)) == 10
    assert (await second_factor.state(ann, ann.actor.id)).codes_left == 10
    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, code_of(ann, secret))
    wait(ann, 30)
    assert await second_factor.check(ann, ann.actor.id, code_of(ann, secret)) == "totp"
    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, code_of(ann, secret))


@one_database
async def test_a_code_of_the_step_before_or_after_works_and_none_older_than_the_last(system: Context) -> None:
    ann, secret, _ = await protected(system)
    totp, now = pyotp.TOTP(secret.text.replace(" ", "")), ann.clock.now()
    early, late, far = (totp.at(now + timedelta(seconds=step)) for step in (0, 30, 60))

    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, far)
    assert await second_factor.check(ann, ann.actor.id, late) == "totp"
    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, early)


async def test_a_recovery_code_works_once_however_it_is_typed(system: Context) -> None:
    ann, _, codes = await protected(system)

    assert await second_factor.check(ann, ann.actor.id, codes[0].upper().replace("-", " ")) == "recovery"
    assert (await second_factor.state(ann, ann.actor.id)).codes_left == 9
    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, codes[0])


@one_database
async def test_recovery_codes_of_others_are_worth_nothing(system: Context) -> None:
    ann, _, _ = await protected(system)
    _, _, codes = await protected(system, "Bob")

    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, codes[0])


@one_database
async def test_who_guesses_waits_and_a_right_code_does_not_help_meanwhile(system: Context) -> None:
    ann, secret, codes = await protected(system)
    for _ in range(5):
        with pytest.raises(Invalid):
            await second_factor.check(ann, ann.actor.id, "000000x")

    with pytest.raises(TooManyRequests):
        await second_factor.check(ann, ann.actor.id, codes[0])
    wait(ann, 30)
    assert await second_factor.check(ann, ann.actor.id, code_of(ann, secret)) == "totp"


@one_database
async def test_setting_up_anew_is_no_way_around_the_wait(system: Context) -> None:
    ann = await person(system, "Ann")
    secret = await second_factor.begin(ann)
    for _ in range(5):
        with pytest.raises(Invalid):
            await second_factor.confirm(ann, "000000x")

    secret = await second_factor.begin(ann)

    with pytest.raises(TooManyRequests):
        await second_factor.confirm(ann, code_of(ann, secret))


@one_database
async def test_what_is_no_code_is_wrong(system: Context) -> None:
    ann, _, _ = await protected(system)

    for code in ("", " ", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-1", "0x1234", "' or 1=1", "\x00", "9" * 5000):
        with pytest.raises(Invalid):
            await second_factor.check(ann, ann.actor.id, code)
        wait(ann, 15 * 60)


@one_database
async def test_new_recovery_codes_replace_the_old_ones(system: Context) -> None:
    ann, secret, old = await protected(system)

    new = await second_factor.new_codes(ann, code_of(ann, secret))

    assert not set(new) & set(old)
    with pytest.raises(Invalid):
        await second_factor.check(ann, ann.actor.id, old[3])
    assert await second_factor.check(ann, ann.actor.id, new[3]) == "recovery"


async def test_it_is_turned_off_with_a_code(system: Context) -> None:
    ann, secret, _ = await protected(system)
    with pytest.raises(Invalid):
        await second_factor.turn_off(ann, "000000x")
    with pytest.raises(Forbidden):
        await second_factor.begin(ann)

    await second_factor.turn_off(ann, code_of(ann, secret))

    assert not (await second_factor.state(ann, ann.actor.id)).is_on
    with pytest.raises(NotFound):
        await second_factor.check(ann, ann.actor.id, "000000")


@one_database
async def test_who_administers_users_resets_it_for_others(system: Context) -> None:
    ann, _, _ = await protected(system)
    bob, ada = await person(system, "Bob", "core.employee"), await person(system, "Ada", "core.admin")
    with pytest.raises(Forbidden):
        await second_factor.reset(bob, ann.actor.id)

    await second_factor.reset(ada, ann.actor.id)

    assert not (await second_factor.state(ann, ann.actor.id)).is_on
    with pytest.raises(NotFound):
        await second_factor.reset(ada, ann.actor.id)


@one_database
async def test_neither_the_database_nor_the_log_holds_the_secret(system: Context) -> None:
    with structlog.testing.capture_logs() as events:
        _, secret, codes = await protected(system)
    async with system.database.read(system.workspace) as connection:
        (kept,) = await sealed.sealed_texts(connection)

    plain = secret.text.replace(" ", "")
    assert system.home.vault.unseal(kept.text, kept.place) == plain
    assert plain not in kept.text + str(events) + repr(secret)
    assert all(code not in str(events) for code in codes)


@one_database
async def test_the_address_names_who_and_where(system: Context) -> None:
    ann = await person(system, "Ann")

    secret = await second_factor.begin(ann)

    assert secret.address.startswith("otpauth://totp/Trellis:ann%40example.com?secret=")
    assert await second_factor.begun(ann) == secret
