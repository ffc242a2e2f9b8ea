"""Quotients are rounded exactly, up to the ends of 64 bits, and what cannot be is refused."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.expressions import PARAMETERS, checked, rows, tables
from tests.support.expressions.comparison import Comparison
from tests.support.expressions.databases import Database, fill
from trellis.engine.expr.decimals import half_up
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.nodes import Expression
from trellis.metadata.storagekinds import DecimalKind
from trellis.storage.codecs import decoder
from trellis.storage.connection import prepare
from trellis.storage.expressions import NotPortable, compile_condition, compile_value, encode_literals
from trellis.storage.rollups import fit

KEPT = DecimalKind(18, 2)
ROWS = rows(300, seed=5)


@pytest.mark.parametrize(
    "source",
    [
        "round(amount / 3, 2)",
        "round(amount / quantity, 2)",
        "round(div(amount, quantity, 0), 2)",
        "floor(coalesce(costs / rate, amount))",
        "round(costs / amount * 100, 2)",
        "trunc((null if active else quantity / 7))",
        "hours(rate / 7)",
        "round(in_hours(created_at - seen_at), 2)",
        "lasted / lasted > 2",
        "div(amount, quantity, 0) > 5",
        "5 < coalesce(costs / quantity, 6)",
        "round(amount * discount / 100, 2) < costs",
    ],
)
def test_a_quotient_is_computed_where_it_is_rounded_or_compared(source: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        assert compile_value(checked(source), tables(dialect), dialect).element is not None


@pytest.mark.parametrize(
    "source",
    [
        "amount / 3",
        "round(quantity / 3 + 1, 2)",
        "round(amount / costs, 8)",
        "round(quantity / days, 4)",
        "in_hours(lasted)",
        "div(amount, quantity, 0) + costs",
        "round(amount * discount / 100, 2)",
    ],
)
def test_a_quotient_that_might_differ_or_not_fit_is_refused(source: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        with pytest.raises(NotPortable):
            compile_value(checked(source), tables(dialect), dialect)


@pytest.mark.parametrize(
    "source",
    ["round(amount * discount / 100, 2)", "round(amount * rate, 2)", "round(amount * discount * discount / 7, 2)"],
)
def test_a_formula_field_may_have_values_that_do_not_fit(source: str) -> None:
    expression = checked(source)

    for dialect in ("sqlite", "postgresql"):
        assert compile_value(expression, tables(dialect), dialect, formula=True).element is not None
        with pytest.raises(NotPortable):
            compile_condition(checked(f"{source} > {source}"), tables(dialect), dialect)


EQUAL = [
    *(f"{way}({quotient})" for way in ("round", "floor", "ceil", "trunc") for quotient in (
        "quantity / days", "costs / rate", "-amount / 0.03", "amount / quantity", "rate / -7", "costs * discount / -7",
    )),
    *(f"{way}(amount * {factor} / 3) < costs" for way in ("round", "floor", "ceil", "trunc") for factor in ("discount", "-discount")),
    "round(rate / 7, 8)", "round(quantity / days, 1)", "round(div(costs, rate, amount), 2)", "div(amount, quantity, 0) > 5",
    "round(costs * discount / 100, 2)", "round(coalesce(costs / rate, amount), 1)", "round(null if active else costs / rate, 2)",
    "5 < div(costs, quantity, 6)", "costs / rate * quantity > 7", "round(amount / 100 * discount, 1) == 0", "seconds(rate / 7)",
    "lasted / 7", "lasted * rate", "round(in_days(created_at - seen_at), 3)", "round(amount * rate, 2) > 5",
    "round(amount * discount * discount / 7, 2) < 1000",
]  # fmt: skip


def test_rounded_quotients_are_equal_in_python_and_both_databases(databases: Sequence[Database]) -> None:
    comparison = Comparison(databases)
    comparison.use(ROWS)

    assert [str(found) for source in EQUAL for found in comparison.differences(source)] == []
    assert len(comparison.portable(EQUAL)[0]) == len(EQUAL)


@pytest.mark.parametrize(
    "source",
    [
        "round(amount * discount / 100, 2)",
        "round(amount * rate, 2)",
        "round(amount / -7 * discount * discount, 2)",
        "round(costs * rate * discount * discount, 2)",
        "round((costs - account.credit) * 100 / costs, 2)",
        "amount + account.credit",
        "amount * 12",
    ],
)
def test_the_value_of_a_formula_field_is_null_where_it_does_not_fit(source: str, databases: Sequence[Database]) -> None:
    expression = checked(source)
    expected = kept_here(expression)

    assert {None, *expected} > {None}
    for database in databases:
        fill(database, ROWS)
        assert kept_in(database, expression) == expected


def kept_here(expression: Expression) -> list[object]:
    """What a field of 18 digits, 2 of them decimals, keeps of the value for each row."""
    evaluate = evaluator(expression)
    found: list[object] = []
    for row in ROWS:
        try:
            value = evaluate({**PARAMETERS, **row})
        except EvaluationError:
            value = None
        kept = None if value is None else half_up(value, 2)  # type: ignore[arg-type]
        found.append(kept if kept is not None and abs(kept) < Decimal(10) ** 16 else None)
    return found


def kept_in(database: Database, expression: Expression) -> list[object]:
    world = tables(database.dialect)
    column = fit(compile_value(expression, world, database.dialect, formula=True), KEPT, database.dialect)
    decode = decoder(KEPT, database.dialect) or (lambda value: value)
    statement = sa.select(column.element.label("value")).select_from(world.deals).order_by(world.deals.c.id)
    values = encode_literals(expression, database.dialect)
    return [decode(row[0]) for row in database.fetch(prepare(statement, database.dialect), values)]
