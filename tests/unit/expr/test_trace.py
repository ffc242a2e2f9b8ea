"""A trace tells how a value came about, and agrees with the evaluator."""

from decimal import Decimal

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.support.expressions import PARAMETERS, checked, rows, sources
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.trace import Step, trace

VALUES: dict[str, object] = {
    **PARAMETERS, "amount": Decimal("12.00"), "costs": None, "quantity": 3, "days": 0, "name": "N" * 6000, "stage": "won",
    "active": True, "urgent": False, "discount": Decimal(5),
}  # fmt: skip


def told(source: str) -> list[tuple[str, object, int]]:
    """The steps that were used: text, value, depth."""
    return [(step.source, step.value, step.depth) for step in traced(source) if step.used]


def traced(source: str) -> tuple[Step, ...]:
    return trace(checked(source), VALUES)


def test_parts_come_before_what_they_are_parts_of() -> None:
    assert told("amount * quantity - amount / 2") == [
        ("amount", Decimal("12.00"), 2),
        ("quantity", 3, 2),
        ("amount * quantity", Decimal("36.00"), 1),
        ("amount", Decimal("12.00"), 2),
        ("amount / 2", Decimal(6), 1),
        ("amount * quantity - amount / 2", Decimal("30.00"), 0),
    ]


def test_the_branch_that_was_not_taken_is_marked() -> None:
    steps = {step.source: step for step in traced("when(stage == 'won', amount, costs) * quantity")}

    assert steps["amount"].used
    assert steps["amount"].value == Decimal("12.00")
    assert not steps["costs"].used


def test_a_later_case_of_when_is_one_step_with_the_others() -> None:
    steps = traced("when(days > 1, 'a', quantity > 2, 'b', 'c')")

    assert [(step.source, step.value, step.used) for step in steps][-3:] == [
        ("quantity", 3, True),
        ("quantity > 2", True, True),
        ("when(days > 1, 'a', quantity > 2, 'b', 'c')", "b", True),
    ]


def test_a_chain_is_one_step() -> None:
    assert told("0 < quantity < 10") == [("quantity", 3, 1), ("0 < quantity < 10", True, 0)]


def test_what_stands_behind_the_deciding_condition_is_marked() -> None:
    steps = {step.source: step for step in traced("active or quantity / days > 1")}

    assert steps["active"].used
    assert not steps["quantity / days > 1"].used


def test_a_part_without_a_value_is_told_and_nothing_is_raised() -> None:
    steps = {step.source: step for step in traced("length(name + name) > 3")}

    assert steps["name"].value == "N" * 6000
    assert steps["name + name"].failed
    assert steps["length(name + name) > 3"].failed


@pytest.mark.parametrize("source", ["'a'", "1 + 1", "（quantity ＞ 2） and active"])
def test_the_last_step_is_the_whole(source: str) -> None:
    last = traced(source)[-1]

    assert (last.source, last.depth, last.used) == (source, 0, True)
    assert last.value == evaluator(checked(source))(VALUES)


@settings(max_examples=300, deadline=None)
@given(source=sources(), row=st.sampled_from(rows(40, 7)))
def test_the_last_step_agrees_with_the_evaluator(source: str, row: dict[str, object]) -> None:
    try:
        expression = checked(source)
    except ExprError:
        reject()
    values = {**PARAMETERS, **row}

    last = trace(expression, values)[-1]

    try:
        expected: object = evaluator(expression)(values)
    except EvaluationError:
        assert last.failed
    else:
        assert (last.value, last.failed) == (expected, False)
