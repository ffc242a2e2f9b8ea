"""Expressions of one form share a key, and nothing else does."""

from decimal import Decimal

from tests.support.expressions import checked
from trellis.engine.expr.shape import parameterise


def key(source: str) -> str:
    return parameterise(checked(source))[0]


def test_constants_are_not_part_of_the_form() -> None:
    assert key("amount > 10") == key("amount > 20")
    assert key("name == 'a'") == key("name == 'bcd'")
    assert key("close_date > '2024-01-01'") == key("close_date > date(2025, 2, 3)")


def test_what_changes_the_statement_is_part_of_the_form() -> None:
    sources = (
        "amount > 10", "amount >= 10", "costs > 10", "amount > 10.5", "amount > 123456789012", "not (amount > 10)",
        "account.credit > 10", "active", "active == true", "active == false", "quantity > 10", "days > 10",
        "start_of(close_date, 'month') == today()", "start_of(close_date, 'year') == today()",
        "round(rate, 1) == 2", "round(rate, 2) == 2", "in_role('a')", "in_role('b')", "name in ('a', 'b')",
        "name not in ('a', 'b')", "stage in ('open', 'won')", "owner == me.id", "owner == account.owner",
    )  # fmt: skip

    assert len({key(source) for source in sources}) == len(sources)


def test_constants_come_in_the_order_of_the_tree() -> None:
    assert parameterise(checked("amount > 10.50 and name == 'a' or quantity in (3, 1)"))[1] == (
        Decimal("10.50"),
        "a",
        3,
        1,
    )


def test_lists_are_padded_with_their_last_value() -> None:
    form, values = parameterise(checked("quantity in (1, 2, 3)"))

    assert values == (1, 2, 3, 3)
    assert form == key("quantity in (5, 6, 7, 8)")
    assert form != key("quantity in (5, 6)")
