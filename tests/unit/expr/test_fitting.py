"""A computed field gets its value in its own number of decimals."""

from decimal import Decimal

import pytest

from tests.support.expressions import checked
from trellis.engine.expr.evaluator import evaluator
from trellis.engine.expr.fitting import fitted
from trellis.engine.expr.nodes import Call
from trellis.engine.expr.types import INTEGER, TEXT, Kind, Type

MONEY = Type(Kind.MONEY, scale=2)


@pytest.mark.parametrize(
    ("source", "wanted", "result"),
    [
        ("1 / 3", Type(Kind.NUMBER, scale=2), Decimal("0.33")),
        ("2.5", INTEGER, 3),
        ("-2.5 * 1", INTEGER, -3),
        ("0.005 * 1", Type(Kind.NUMBER, scale=2), Decimal("0.01")),
        ("-0.005 * 1", Type(Kind.PERCENT, scale=2), Decimal("-0.01")),
        ("round(1 / 3, 4)", Type(Kind.NUMBER, scale=2), Decimal("0.33")),
        ("null if active else 1 / 3", Type(Kind.NUMBER, scale=1), Decimal("0.3")),
        ("1.50", Type(Kind.NUMBER, scale=4), Decimal("1.50")),
    ],
)
def test_a_result_is_rounded_to_the_decimals_of_its_field(source: str, wanted: Type, result: object) -> None:
    expression = fitted(checked(source), wanted)
    found = evaluator(expression)({"active": False})

    assert found == result
    assert type(found) is type(result)
    assert expression.type.integer is wanted.integer


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("amount + costs", MONEY),
        ("quantity", INTEGER),
        ("quantity", Type(Kind.NUMBER, scale=2)),
        ("round(amount / 3, 2)", MONEY),
        ("null", MONEY),
        ("name", TEXT),
    ],
)
def test_what_fits_stays_as_it_is(source: str, wanted: Type) -> None:
    expression = checked(source)

    assert fitted(expression, wanted) is expression


def test_a_rounding_that_is_there_is_not_repeated() -> None:
    root = fitted(checked("round(rate)"), INTEGER).root

    assert isinstance(root, Call)
    assert not isinstance(root.arguments[0], Call)
