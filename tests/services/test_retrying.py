"""A write that meets others is tried again after a pause, and at last with nobody beside it."""

import pytest

from trellis.services.context import Context
from trellis.services.patience import Patience
from trellis.services.retrying import Attempt, in_transaction, persistently
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import Connection, Contention, UniqueViolation


def patient(home: OpenWorkspace) -> list[float]:
    """The pauses that are made from now on; chance is always the same."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    home.patience = Patience(chance=lambda: 0.5, sleep=sleep)
    return pauses


async def test_pauses_grow_until_the_others_are_kept_out(home: OpenWorkspace, system: Context) -> None:
    pauses, tries = patient(home), list[bool]()

    async def meet(attempt: Attempt) -> str:
        tries.append(attempt.alone)
        if not attempt.alone:
            raise Contention()
        async with attempt.transaction():
            return "well"

    assert await persistently(system, meet) == "well"
    assert tries == [False, False, False, True]
    assert pauses == [0.01, 0.02, 0.04]


@pytest.mark.parametrize("problem", [Contention, UniqueViolation])
async def test_it_is_given_up_in_the_end(home: OpenWorkspace, system: Context, problem: type[Exception]) -> None:
    patient(home)
    tries = 0

    async def fail(context: Context, connection: Connection) -> None:
        nonlocal tries
        tries += 1
        raise problem

    with pytest.raises(problem):
        await in_transaction(system, fail)
    assert tries == Patience().tries


async def test_nobody_pauses_for_a_value_that_is_taken(home: OpenWorkspace, system: Context) -> None:
    pauses = patient(home)

    async def once(attempt: Attempt) -> int:
        if attempt.number == 0:
            raise UniqueViolation()
        return attempt.number

    assert await persistently(system, once) == 1
    assert pauses == []
