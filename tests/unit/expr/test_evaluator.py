"""Python computes exactly, with nulls, and fails in one way only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings

from tests.support.expressions import PARAMETERS, SCOPE, checked, rows, sources
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import EvaluationError, decide, evaluator
from trellis.engine.expr.functions import FunctionRegistry, standard_functions
from trellis.engine.expr.scope import EntityScope
from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import TEXT, Kind

EMPTY: dict[str, object] = dict.fromkeys(
    ("name", "note", "amount", "costs", "discount", "rate", "quantity", "days", "active", "urgent", "close_date",
     "start_date", "created_at", "stage", "tags", "owner", "account", "account.name", "account.tier")
)  # fmt: skip


def value(source: str, **values: object) -> object:
    known = EMPTY | PARAMETERS | {key.replace("__", "."): given for key, given in values.items()}
    return evaluator(checked(source))(known)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("0.1 + 0.2 == 0.3", True),
        ("1 / 3 * 3 == 1", True),
        ("1 / 3", Decimal("0.33333333333333333333333333333333333333")),
        ("2 / 3", Decimal("0.66666666666666666666666666666666666667")),
        ("7 / 0", None),
        ("7 % 0", None),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("mod(7, 3)", 1),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(0.125, 2)", Decimal("0.13")),
        ("round(1.5, 4)", Decimal("1.5")),
        ("floor(-0.5)", -1),
        ("ceil(-0.5)", 0),
        ("trunc(-1.9)", -1),
        ("abs(-2)", 2),
        ("sign(-0.5)", -1),
        ("7 / 2 * 2", Decimal(7)),
        ("2 * (1 / 3) * 3", Decimal(2)),
        ("1 / 3 / 0", None),
        ("1 / 0 * 0", None),
        ("-(1 / 3) * 3", Decimal(-1)),
        ("(1 / 3) * (3 / 1)", Decimal(1)),
        ("div(7, 2, 0)", Decimal("3.5")),
        ("div(7, 0, -1)", Decimal(-1)),
        ("div(7, 0, null)", None),
        ("div(7, quantity, 1)", None),
        ("div(amount, 0, 1)", Decimal(1)),
        ("div(999999999999999999, 0.000000000000000001, 0)", Decimal("999999999999999999e18")),
        ("least(3, 1.5, 2)", Decimal("1.5")),
        ("greatest(3, null)", None),
        ("clamp(7, 0, 5)", 5),
        ("-(0 * 1)", 0),
        ("9223372036854775807 + 1", 9223372036854775808),
    ],
)
def test_numbers_are_exact_and_round_half_away_from_zero(source: str, result: object) -> None:
    found = value(source)

    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("active and false", False),
        ("active and true", None),
        ("active or true", True),
        ("active or false", None),
        ("not active", None),
        ("active == urgent", None),
        ("amount > 1", None),
        ("amount + costs", None),
        ("name == 'a'", None),
        ("stage in ('open', 'won')", None),
        ("stage not in ('open', 'won')", None),
        ("between(5, 10, quantity)", False),
        ("between(5, 1, quantity)", None),
        ("10 < 5 < quantity", False),
        ("1 if active else 2", 2),
        ("when(active, 1, 2)", 2),
        ("name + note", None),
        ("name + 'x'", "x"),
        ("length(name)", None),
        ("contains(name, 'a')", None),
        ("blank(name)", True),
        ("filled(amount)", False),
        ("blank('')", True),
        ("blank(trim('  '))", True),
        ("blank(tags)", True),
        ("has(tags, 'hot')", False),
        ("coalesce(amount, costs, 5)", Decimal(5)),
        ("add_days(close_date, 1)", None),
        ("trim('  ')", None),
    ],
)
def test_nulls_pass_through_and_logic_has_three_values(source: str, result: object) -> None:
    assert value(source) == result


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("length('张三😀')", 3),
        ("left('abc', 2)", "ab"),
        ("left('abc', -1)", None),
        ("left('abc', 9)", "abc"),
        ("right('abc', 2)", "bc"),
        ("right('abc', 9)", "abc"),
        ("mid('abcd', 2, 2)", "bc"),
        ("mid('abcd', 0, 2)", "ab"),
        ("mid('abcd', 9, 2)", None),
        ("trim('  a b ')", "a b"),
        ("contains('abc', 'B')", False),
        ("starts_with('abc', 'ab')", True),
        ("ends_with('abc', 'bc')", True),
        ("'a' + 'b'", "ab"),
    ],
)
def test_texts_count_characters_from_one(source: str, result: object) -> None:
    assert value(source) == result


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("add_months(date(2024, 1, 31), 1)", date(2024, 2, 29)),
        ("add_months(date(2023, 1, 31), 1)", date(2023, 2, 28)),
        ("add_months(date(2024, 3, 31), -1)", date(2024, 2, 29)),
        ("add_months(date(9999, 12, 1), 1)", None),
        ("add_days(date(2024, 2, 28), 2)", date(2024, 3, 1)),
        ("add_days(date(1, 1, 1), -1)", None),
        ("add_days(today(), 99999999999)", None),
        ("days_between(date(2024, 1, 1), date(2023, 1, 1))", -365),
        ("weekday(date(2024, 2, 26))", 1),
        ("weekday(date(2024, 3, 3))", 7),
        ("quarter(date(2024, 12, 31))", 4),
        ("start_of(date(2024, 2, 29), 'week')", date(2024, 2, 26)),
        ("end_of(date(2024, 2, 29), 'week')", date(2024, 3, 3)),
        ("start_of(date(2024, 5, 5), 'quarter')", date(2024, 4, 1)),
        ("end_of(date(2024, 5, 5), 'quarter')", date(2024, 6, 30)),
        ("end_of(date(2024, 2, 1), 'month')", date(2024, 2, 29)),
        ("end_of(date(2024, 2, 1), 'year')", date(2024, 12, 31)),
        ("start_of(date(2024, 2, 1), 'day')", date(2024, 2, 1)),
        ("date(days + 2023, 2, 29)", None),
        ("today()", date(2024, 2, 29)),
        ("now()", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        ("created_at < now()", None),
    ],
)
def test_dates_follow_the_calendar(source: str, result: object) -> None:
    assert value(source) == result


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("amount + costs", Decimal(0)),
        ("amount > costs", False),
        ("quantity * 2 + 1", 1),
        ("1 / quantity", None),
        ("amount", Decimal(0)),
        ("least(quantity, 5)", 0),
        ("quantity in (0, 1)", True),
        ("-rate", Decimal(0)),
        ("blank(amount)", True),
        ("filled(amount + 0 * costs)", True),
        ("coalesce(amount, 7)", Decimal(7)),
        ("coalesce(name, 'x') + note", "x"),
        ("close_date", None),
        ("quantity if active else rate", Decimal(0)),
    ],
)
def test_a_formula_may_take_empty_numbers_for_zero(source: str, result: object) -> None:
    expression = check(source, SCOPE, nulls_as_zero=True)

    assert evaluator(expression)(EMPTY | PARAMETERS) == result


def test_values_come_by_their_dotted_names() -> None:
    assert value(
        "account.tier == 'gold' and record.exists and owner == me.id", account__tier="gold", owner=PARAMETERS["me.id"]
    )


def test_roles_are_asked_by_name() -> None:
    assert value("in_role('sales.rep') and not in_role('sales.manager')") is True


def test_a_decision_takes_null_as_no() -> None:
    assert [decide(value("active", active=given)) for given in (True, False, None)] == [True, False, False]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("amount * 1", {"amount": 0.5}),
        ("amount > 1", {"amount": object()}),
        ("name + 'a'", {"name": "x" * 10_001}),
        (" * ".join(["999999999999999999"] * 5), {}),
        ("amount > 1", {"amount": "1"}),
    ],
)
def test_what_cannot_be_computed_is_an_evaluation_error(source: str, values: dict[str, object]) -> None:
    with pytest.raises(EvaluationError):
        value(source, **values)


def test_a_value_that_was_not_given_is_an_error_not_a_null() -> None:
    with pytest.raises(EvaluationError, match="no value was given for 'amount'"):
        evaluator(checked("amount > 1"))({})


def test_one_evaluator_serves_many_threads() -> None:
    evaluate = evaluator(checked("quantity + days"))

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda number: evaluate({"quantity": number, "days": number}), range(500)))

    assert found == [2 * number for number in range(500)]


def test_a_plugin_registers_functions_through_the_same_door() -> None:
    shout = Function("shout", "Loud.", (Slot("text", frozenset({Kind.TEXT})),), TEXT, lambda text: text.upper() + "!")
    registry = standard_functions()
    registry.register(shout)
    expression = check("shout(name)", EntityScope(_Names(), "person"), functions=registry)

    assert evaluator(expression)({"name": "hey"}) == "HEY!"
    assert evaluator(expression)({"name": None}) is None
    assert shout.sql is SqlClass.PYTHON


def test_a_function_name_is_given_once_and_is_a_plain_word() -> None:
    function = Function("twice", "", (), TEXT, str)
    registry = FunctionRegistry([function])

    with pytest.raises(ValueError, match="already"):
        registry.register(function)
    with pytest.raises(ValueError, match="cannot be the name"):
        registry.register(Function("_hidden", "", (), TEXT, str))


class _Names:
    def field_type(self, entity_id, field_key):
        from trellis.engine.expr.scope import FieldInfo

        return FieldInfo(TEXT) if field_key == "name" else None

    def field_keys(self, entity_id):
        return ("name",)

    def label(self, entity_id):
        return entity_id


@settings(max_examples=300, deadline=None)
@given(source=sources())
def test_random_expressions_give_a_value_or_an_evaluation_error(source: str) -> None:
    evaluate = evaluator(checked(source))

    for row in rows(5, seed=3):
        try:
            evaluate({**PARAMETERS, **row})
        except EvaluationError:
            continue
