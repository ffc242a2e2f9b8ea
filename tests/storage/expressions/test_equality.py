"""Python, SQLite and PostgreSQL give the same value, decide the same conditions and sort alike."""

from collections.abc import Sequence
from typing import get_args

import pytest

from tests.support.expressions.databases import Database
from tests.support.expressions.language import Language
from tests.support.expressions.tally import COMPARED, Tally
from tests.support.expressions.trial import Trial
from trellis.engine.expr.nodes import Junction, Node, Operator
from trellis.engine.expr.types import Kind

PAIRS = 150_000
PAIRS_WITH_ZEROS = 20_000
SEED = 20_260_101
ENOUGH = 300


@pytest.fixture(scope="module")
def tally(databases: Sequence[Database]) -> Tally:
    """What a comparison that found no difference has compared."""
    return Trial(databases, SEED).run(PAIRS)


def test_random_expressions_are_equal_for_random_rows(tally: Tally) -> None:
    assert tally.pairs >= PAIRS
    assert tally.conditions > 300
    assert tally.orders > 100


def test_they_are_equal_when_empty_numbers_are_zero(databases: Sequence[Database]) -> None:
    language = Language(nulls_as_zero=True)

    assert Trial(databases, SEED, language=language).run(PAIRS_WITH_ZEROS).pairs >= PAIRS_WITH_ZEROS


def test_most_random_expressions_are_portable(tally: Tally) -> None:
    assert tally.refused < 0.2 * tally.expressions


def test_one_statement_serves_other_constants_too(tally: Tally) -> None:
    assert tally.shared > 0.3 * tally.expressions


@pytest.mark.parametrize("name", COMPARED)
def test_every_function_that_claims_to_be_portable_took_part(name: str, tally: Tally) -> None:
    assert tally.telling[name] >= ENOUGH


@pytest.mark.parametrize("name", [*(node.__name__ for node in get_args(Node)), *Operator, *Junction])
def test_every_sort_of_node_and_every_sign_took_part(name: str, tally: Tally) -> None:
    assert tally.telling[name] >= ENOUGH


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.NULL, Kind.OPTIONS}))
def test_every_type_was_a_result(kind: Kind, tally: Tally) -> None:
    assert tally.kinds[kind] >= ENOUGH
