"""Python, SQLite and PostgreSQL give the same value, decide the same conditions and sort alike."""

from collections.abc import Sequence
from typing import get_args

from tests.support.expressions.databases import Database
from tests.support.expressions.language import Language
from tests.support.expressions.tally import COMPARED
from tests.support.expressions.trial import Trial
from trellis.engine.expr.nodes import Junction, MemberOf, Node, Operator, Reached
from trellis.engine.expr.types import Kind

PAIRS = 150_000
PAIRS_WITH_ZEROS = 20_000
SEED = 20_260_101
ENOUGH = 300
"""Pairs in which each function, node, sign and type must have made a difference."""
ONLY_IN_RIGHTS = {Reached, MemberOf}
PARTS = {*COMPARED, *(node.__name__ for node in get_args(Node) if node not in ONLY_IN_RIGHTS), *Operator, *Junction}
RESULTS = set(Kind) - {Kind.NULL, Kind.OPTIONS}


def test_random_expressions_of_everything_are_equal_for_random_rows(databases: Sequence[Database]) -> None:
    tally = Trial(databases, SEED).run(PAIRS)

    assert tally.pairs >= PAIRS
    assert {part: tally.telling[part] for part in PARTS if tally.telling[part] < ENOUGH} == {}
    assert {kind: tally.kinds[kind] for kind in RESULTS if tally.kinds[kind] < ENOUGH} == {}
    assert tally.conditions > 300
    assert tally.orders > 100
    assert tally.shared > 0.3 * tally.expressions
    assert tally.refused < 0.2 * tally.expressions


def test_they_are_equal_when_empty_numbers_are_zero(databases: Sequence[Database]) -> None:
    language = Language(nulls_as_zero=True)

    assert Trial(databases, SEED, language=language).run(PAIRS_WITH_ZEROS).pairs >= PAIRS_WITH_ZEROS
