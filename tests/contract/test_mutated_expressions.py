"""Sources that are wrong in random ways are refused in the language's own words; what is accepted can be computed."""

import pytest

from tests.support.expressions.ordeal import Outcome, outcomes

COUNT = 200_000
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (2, 3, 4)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mutated_source_is_refused_or_computed_and_nothing_else(seed: int) -> None:
    count = COUNT // len(SEEDS)

    found = outcomes(seed, count)

    assert not found[Outcome.LOST]
    assert not found[Outcome.WARNED]
    assert found[Outcome.REFUSED] > 0.5 * count
    assert found[Outcome.COMPUTED] > 0.1 * count
    assert found[Outcome.WITHOUT_VALUE] < 0.01 * count
