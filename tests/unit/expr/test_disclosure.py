"""Expressions read with labels, and what is shown of their steps does not depend on what is hidden."""

from itertools import combinations

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.support.expressions import PARAMETERS, checked, rows, sources
from trellis.engine.disclosure import labelled, revealing
from trellis.engine.expr.nodes import Path
from trellis.engine.expr.problems import ExprError, Span
from trellis.engine.expr.trace import Step, trace


def upper(path: Path) -> str:
    return path.key.upper()


def shown(source: str, *hidden: str) -> list[str]:
    """The parts that may be shown when some fields are hidden."""
    expression = checked(source)
    secret = revealing(expression, hidden)
    steps = trace(expression, {**PARAMETERS, **rows(1, 1)[0]})
    return [step.source for step in steps if step.span not in secret]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount * quantity", "{AMOUNT} * {QUANTITY}"),
        ("（quantity ＞ 2） and active", "（{QUANTITY} ＞ 2） and {ACTIVE}"),
        ("0 < quantity < quantity + 2", "0 < {QUANTITY} < {QUANTITY} + 2"),
        ("'amount' + name", "'amount' + {NAME}"),
        ("1 + 1", "1 + 1"),
    ],
)
def test_fields_are_written_with_their_labels(source: str, expected: str) -> None:
    assert labelled(checked(source), upper) == expected


def test_a_part_is_written_with_labels_too() -> None:
    assert labelled(checked("abs(amount) * quantity"), upper, Span(0, 11)) == "abs({AMOUNT})"


def test_all_that_is_computed_from_hidden_values_is_revealing() -> None:
    assert shown("amount * quantity - amount / 2", "quantity") == ["amount", "amount", "amount / 2"]
    assert shown("amount * quantity", "amount", "quantity") == []
    assert shown("amount * quantity", "discount") == ["amount", "quantity", "amount * quantity"]


def test_a_hidden_condition_hides_which_branch_was_taken() -> None:
    assert shown("when(active, amount, amount + costs)", "active") == []
    assert shown("when(active, amount, costs)", "costs") == ["active", "amount"]
    assert shown("urgent or active or quantity > 1", "active") == ["urgent"]


@settings(max_examples=150, deadline=None)
@given(source=sources(), seen=st.sampled_from(rows(40, 7)), other=st.sampled_from(rows(40, 8)))
def test_what_is_shown_does_not_depend_on_what_is_hidden(
    source: str, seen: dict[str, object], other: dict[str, object]
) -> None:
    try:
        expression = checked(source)
    except ExprError:
        reject()
    keys = [path.key for path in expression.paths]
    for hidden in [*combinations(keys, 1), *combinations(keys, 2)]:
        secret = revealing(expression, hidden)

        def told(values: dict[str, object], secret: frozenset[Span] = secret) -> list[Step]:
            return [step for step in trace(expression, {**PARAMETERS, **values}) if step.span not in secret]

        assert told(seen) == told({**seen, **{key: other[key] for key in hidden}})
