"""Many conditions become one that holds for the same records and asks less."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.expressions.world import EMPTY_ROW, PARAMETERS, SCOPE
from trellis.engine.access.disjunction import either
from trellis.engine.expr.checker import check, expression
from trellis.engine.expr.evaluator import evaluator
from trellis.engine.expr.nodes import Compare, Junction, Logic, Node, walk

ATOMS = (
    "quantity >= 1", "quantity >= 3", "quantity > 1", "quantity > 3", "quantity < 2", "quantity <= 2", "quantity == 3",
    "quantity != 2", "3 <= quantity", "rate >= 1.5", "rate >= 2", "stage == 'won'", "stage == 'lost'", "active",
    "quantity != 3", "quantity != 1", "rate != 1.5", "stage != 'won'", "stage != 'lost'", "stage == 'open'", "stage in ('won', 'open')",
    "quantity in (1, 3)", "rate == 2", "not active", "blank(stage)", "quantity >= 1 or active", "quantity > rate",
)  # fmt: skip
conditions = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3).map(" and ".join)


def root(source: str) -> Node:
    return check(source, SCOPE).root


def comparisons(node: Node) -> int:
    return sum(isinstance(part, Compare) for part in walk(node))


@given(st.lists(conditions, min_size=1, max_size=6))
def test_it_holds_for_the_same_records_nulls_included(sources: list[str]) -> None:
    parts = tuple(root(source) for source in sources)
    plain = evaluator(expression("", parts[0] if len(parts) == 1 else Logic(Junction.OR, parts)))
    less = either(parts)
    ours = evaluator(expression("", less))

    for quantity, rate, stage, active in product(
        (None, 0, 1, 2, 3, 4), (None, 1, 2), (None, "won", "lost"), (None, True)
    ):
        values = {**EMPTY_ROW, **PARAMETERS, "quantity": quantity, "rate": rate, "stage": stage, "active": active}
        assert ours(values) is plain(values), (sources, values)
    assert comparisons(less) <= sum(comparisons(part) for part in parts)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["active", "active"], "active"),
        (["active", "active and quantity > 1"], "active"),
        (["quantity >= 3", "quantity >= 1", "quantity >= 2"], "quantity >= 1"),
        (["quantity < 3", "quantity <= 2"], "quantity < 3 or quantity <= 2"),
        (["quantity == 3", "active", "quantity > 1"], "quantity > 1 or active"),
        (["stage == 'won'", "active", "stage in ('open', 'won')", "stage == 'lost'"], "stage in ('lost', 'open', 'won') or active"),
        (["stage == 'won'", "stage == 'lost'"], "stage == 'won' or stage == 'lost'"),
        (["quantity != 1", "quantity > 2"], "quantity != 1 or quantity > 2"),
        (["quantity != 1", "quantity < 2"], "quantity == quantity"),
        (["active and (stage == 'won' or quantity > 1)", "active and (quantity > 3 or rate > 1)"],
         "active and (stage == 'won' or quantity > 1 or rate > 1)"),
        (["stage != 'won'", "active", "stage != 'lost'"], "stage == stage or active"),
        (
            ["stage == 'won' and quantity != 1", "stage == 'lost' and quantity != 1", "stage == 'won' and quantity != 2"],
            "(stage == 'won' and quantity == quantity) or (stage == 'lost' and quantity != 1)",
        ),
        (
            [f"{at} and quantity != {number}" for at in ("active", "stage == 'won'", "rate > 1") for number in (1, 2)],
            "(active or stage == 'won' or rate > 1) and quantity == quantity",
        ),
        (["rate >= 1.5", "rate >= 2", "quantity >= 1"], "rate >= 1.5 or quantity >= 1"),
        (
            ["stage == 'won' and quantity >= 3", "stage == 'lost' and quantity >= 1", "stage == 'won' and quantity >= 2"],
            "(stage == 'won' and quantity >= 2) or (stage == 'lost' and quantity >= 1)",
        ),
    ],
)  # fmt: skip
def test_what_is_asked_for_several_times_is_asked_once(sources: list[str], expected: str) -> None:
    assert either(root(source) for source in sources) == root(expected)
