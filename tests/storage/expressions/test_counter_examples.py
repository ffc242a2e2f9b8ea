"""Where readers differed once, or a database is known to go its own way: what a comparison prints is pasted here."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.support.expressions.databases import Database
from tests.support.expressions.trial import differences
from tests.support.expressions.world import EMPTY_ROW

ROW = EMPTY_ROW | {
    "name": "e\u0301 x ",
    "quantity": -7,
    "days": 3,
    "rate": Decimal("-2.5000"),
    "discount": Decimal("0.00"),
    "amount": Decimal("9999999999999999.99"),
    "active": False,
    "close_date": datetime.date(2024, 1, 31),
    "start_date": datetime.date(9999, 12, 31),
    "tags": ("hot",),
}


@pytest.mark.parametrize(
    "source",
    [
        "quantity % days",
        "mod(quantity, -days)",
        "quantity / discount > 1",
        "round(rate)",
        "round(rate, 0) == -3",
        "trunc(rate) == -2",
        "floor(rate)",
        "amount + amount",
        "amount * 3 > amount",
        "quantity not in (1, 2)",
        "least(quantity, when(active, 1, null))",
        "mid(name, 0, 2)",
        "right(name, 99)",
        "trim(name) + '|'",
        "length('👨‍👩‍👧')",
        "contains(name, 'é')",
        "starts_with(name, 'E')",
        "add_months(close_date, 1)",
        "add_days(start_date, 1)",
        "end_of(start_date, 'quarter')",
        "start_of(start_date, 'week')",
        "date(quantity, 2, 30)",
        "has(tags, 'cold') or not has(tags, 'hot')",
        "active or blank(note)",
        "between(5, quantity, when(active, 1, null))",
    ],
)
def test_a_known_difference_between_databases_is_bridged(source: str, databases: Sequence[Database]) -> None:
    assert differences(databases, source, ROW) == []


def test_the_end_of_quarters_in_quarters_can_be_sorted_by(databases: Sequence[Database]) -> None:
    source = "end_of(" * 4 + "close_date" + ", 'quarter')" * 4

    assert differences(databases, source, ROW) == []
