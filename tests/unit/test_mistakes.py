"""Mistakes stand where the word stands, one for each, with what could be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.vocabulary import DEAL, WORDS
from trellis.engine.cost import cost
from trellis.engine.expr.checker import check
from trellis.engine.expr.problems import ExprError
from trellis.engine.mistakes import Mistake, mistakes


def found(source: str) -> tuple[Mistake, ...]:
    """The mistakes of a wrong source."""
    with pytest.raises(ExprError) as told:
        check(source, DEAL)
    return mistakes(told.value, source, DEAL, WORDS)


@pytest.mark.parametrize(
    ("source", "span", "suggestions"),
    [
        ("amuont > 1", (0, 6), ("amount",)),
        ("1 < quant", (4, 9), ("quantity",)),
        ("account.teir == 'gold'", (8, 12), ("tier",)),
        ("account.par == 'x'", (8, 11), ("parent",)),
        ("rond(1)", (0, 4), ("round",)),
        ("stage == 'wn'", (9, 13), ("won",)),
        ("xyzzy > 1", (0, 5), ()),
    ],
)
def test_a_mistake_has_its_place_and_what_could_be_meant(
    source: str, span: tuple[int, int], suggestions: tuple[str, ...]
) -> None:
    (mistake,) = found(source)

    assert (mistake.span.start, mistake.span.end) == span
    assert mistake.suggestions[: len(suggestions) or None] == suggestions


def test_a_label_in_place_of_a_key_is_one_mistake() -> None:
    first, second = found("金额 > 10 and 客户 == me.id")

    assert (first.code, str(first.message)) == ("name", "There is no field '金额' on Deal.")
    assert (first.span.start, first.span.end, first.suggestions) == (0, 2, ("amount",))
    assert str(first.hint) == "Did you mean 'amount'?"
    assert second.suggestions == ("account",)


def test_a_sign_stays_a_sign() -> None:
    first, second = found("amount ； 客 1")

    assert first.code == "character"
    assert second.code == "name"


def test_many_mistakes_are_all_told() -> None:
    assert len(found(f"least({', '.join(f'a{number}' for number in range(15))})")) == 15


def test_a_lookup_costs_as_much_as_ten_nodes() -> None:
    expression = check("account.parent.tier == 'gold' and account.tier == 'gold' and amount > 1", DEAL)

    asked = cost(expression)

    assert (asked.nodes, asked.depth, asked.paths, asked.joins, asked.score) == (10, 3, 3, 2, 30)


@given(st.text(alphabet="amstge.( )'\"=!<>,1入（，“” \\notin_客户金额&", max_size=40))
def test_whatever_is_written_the_mistakes_stand_in_it(source: str) -> None:
    try:
        check(source, DEAL)
    except ExprError as error:
        told = mistakes(error, source, DEAL, WORDS)
        assert told
        assert all(0 <= mistake.span.start <= mistake.span.end <= len(source) for mistake in told)
