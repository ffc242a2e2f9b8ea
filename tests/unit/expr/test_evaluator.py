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
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope, FieldInfo
from trellis.engine.expr.signatures import Function, Slot, SqlClass
from trellis.engine.expr.types import TEXT, Kind, Type

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
        ("lower('ÄÖ İ')", "äö i\u0307"),
        ("upper('ﬀ ß 张')", "FF SS 张"),
        ("lower(name)", None),
        ("replace('aaa', 'aa', 'b')", "ba"),
        ("replace('abc', '', 'x')", "abc"),
        ("replace('abc', 'abc', '')", None),
        ("replace('abc', name, 'x')", None),
        ("replace('abc', 'b', name)", "ac"),
        ("replace(name, 'b', 'c')", None),
        ("pad_left('7', 3, 'ab')", "ab7"),
        ("pad_left('7', -3)", "7"),
        ("pad_left('7', 3)", "  7"),
        ("pad_left('7', 3, '')", "7"),
        ("pad_left(name, 3)", None),
        ("text(1.10)", "1.1"),
        ("text(100)", "100"),
        ("text(-0.00)", "0"),
        ("text(999999999999999999.99)", "999999999999999999.99"),
        ("text(0.000000000000000001)", "0.000000000000000001"),
        ("text(amount)", None),
        ("text(true)", "true"),
        ("text(now())", "2024-02-29T12:30:00Z"),
        ("text(date(1, 2, 3))", "0001-02-03"),
        ("text('a')", "a"),
        ("text(stage)", None),
        ("text(-1234.5, '#,##0.00')", "-1,234.50"),
        ("text(999.995, '#,##0.00')", "1,000.00"),
        ("text(-0.004, '0.00')", "0.00"),
        ("text(2.5, '0')", "3"),
        ("text(0.5, '#.##')", ".5"),
        ("text(12.3, '00000.0##')", "00012.3"),
        ("text(123456789012345678, '#,##0')", "123,456,789,012,345,678"),
        ("text(date(2024, 2, 9), 'yyyy年M月d日 Q')", "2024年2月9日 1"),
        ("text(date(9, 2, 9), 'dd.MM.yy')", "09.02.09"),
        ("to_number('-17')", Decimal(-17)),
        ("to_number('1e5')", None),
        ("to_number('１２')", None),
        ("to_number('1,000')", None),
        ("to_number('')", None),
        ("to_number('0.1234567890125')", Decimal("0.123456789013")),
        ("to_number('99999999999999999999999999999999999999')", Decimal("99999999999999999999999999999999999999")),
        ("to_date('2024-2-9')", date(2024, 2, 9)),
        ("to_date('2024.02.09')", date(2024, 2, 9)),
        ("to_date('2024-02/09')", None),
        ("to_date('0000-01-01')", None),
        ("to_date('9999-12-31')", date(9999, 12, 31)),
        ("to_date('29.2.2024')", None),
    ],
)
def test_texts_are_written_changed_and_read(source: str, result: object) -> None:
    found = value(source)

    assert found == result
    assert type(found) is type(result)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("add_years(date(2024, 2, 29), -1)", date(2023, 2, 28)),
        ("add_years(date(9999, 1, 1), 1)", None),
        ("add_years(date(1, 1, 1), -1)", None),
        ("add_years(date(2024, 1, 1), 999999999999)", None),
        ("add_years(close_date, 1)", None),
        ("months_between(date(2024, 1, 31), date(2024, 2, 28))", 0),
        ("months_between(date(2024, 2, 29), date(2025, 2, 28))", 12),
        ("months_between(date(1, 1, 1), date(9999, 12, 31))", 119987),
        ("months_between(date(2024, 3, 31), date(2024, 2, 29))", -1),
        ("months_between(today(), close_date)", None),
        ("add_workdays(date(2024, 3, 2), 0)", date(2024, 3, 2)),
        ("add_workdays(date(2024, 3, 2), 1)", date(2024, 3, 4)),
        ("add_workdays(date(2024, 3, 4), -1)", date(2024, 3, 1)),
        ("add_workdays(date(9999, 12, 31), 1)", None),
        ("add_workdays(date(2024, 3, 4), 99999999999)", None),
        ("add_workdays(close_date, 1)", None),
        ("workdays_between(date(2024, 3, 4), date(2024, 3, 1))", -1),
        ("workdays_between(date(2024, 3, 2), date(2024, 3, 3))", 0),
        ("workdays_between(date(2024, 3, 1), date(2024, 3, 31))", 20),
        ("local_date('2024-02-29T15:59:59Z')", date(2024, 2, 29)),
        ("local_date('2024-02-29T16:00:00Z')", date(2024, 3, 1)),
        ("local_date('9999-12-31T20:00:00Z')", None),
        ("local_date(created_at)", None),
        ("now() - '2024-02-28T12:29:30Z'", 86430),
        ("'2024-02-28T12:30:00Z' - now()", -86400),
        ("now() + minutes(90)", datetime(2024, 2, 29, 14, 0, tzinfo=UTC)),
        ("hours(1) + now()", datetime(2024, 2, 29, 13, 30, tzinfo=UTC)),
        ("now() - days(1)", datetime(2024, 2, 28, 12, 30, tzinfo=UTC)),
        ("now() + days(3000000)", None),
        ("created_at + hours(1)", None),
        ("hours(1) - minutes(90)", -1800),
        ("-hours(1)", -3600),
        ("hours(1) * 1.5", 5400),
        ("2 * seconds(0.5)", 2),
        ("seconds(2.5)", 3),
        ("seconds(-2.5)", -3),
        ("seconds(1) / 3", 0),
        ("hours(1) / 0", None),
        ("hours(1) / minutes(30)", Decimal(2)),
        ("hours(1) / minutes(0)", None),
        ("in_hours(minutes(90))", Decimal("1.5")),
        ("in_days(hours(1)) * 24", Decimal(1)),
        ("days(99999999)", None),
        ("minutes(1) < seconds(61) and days(1) == hours(24)", True),
        ("between(hours(2), hours(1), hours(3))", True),
        ("least(hours(2), minutes(3))", 180),
        ("minutes(quantity)", None),
        ("add_hours(now(), -12.5)", datetime(2024, 2, 29, 0, 0, tzinfo=UTC)),
        ("add_hours('9999-12-31T23:30:00Z', 1)", None),
        ("hours_between(now(), '2024-02-29T10:31:00Z')", -1),
        ("seconds_between('0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z')", 315537897599),
        ("count_of(tags)", 0),
        ("in_team('01920000-0000-7000-8000-000000000001')", False),
    ],
)
def test_moments_durations_and_workdays(source: str, result: object) -> None:
    found = value(source, zone="Asia/Shanghai", **{"me.team": None})

    assert found == result
    assert type(found) is type(result)


def test_a_team_is_mine_by_its_id() -> None:
    team = "01920000-0000-7000-8000-000000000001"

    assert value(f"in_team('{team}') and not in_team('{PARAMETERS['me.id']}')", **{"me.team": team}) is True


@pytest.mark.parametrize(
    "source",
    [
        "pad_left('a', 10001)",
        "pad_left('a', 999999999999999999)",
        "replace(name, 'x', '" + "y" * 400 + "')",
        "upper(name)",
    ],
)
def test_a_text_never_becomes_longer_than_the_limit(source: str) -> None:
    with pytest.raises(EvaluationError):
        value(source, name="xß" * 5000)


def test_labels_come_from_the_field() -> None:
    fields = {
        "stage": FieldInfo(Type(Kind.OPTION, options=frozenset("ab")), labels={"a": "Alpha"}),
        "size": FieldInfo(Type(Kind.OPTION, options=frozenset("ab")), labels={"a": "Small", "b": "Big"}),
    }
    evaluate = evaluator(check("label_of(stage) + label_of(size)", EntityScope(_Names(fields), "deal")))

    assert evaluate({"stage": "a", "size": "b"}) == "AlphaBig"
    assert evaluate({"stage": "b", "size": None}) is None


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
    def __init__(self, fields=None):
        self.fields = fields or {"name": FieldInfo(TEXT)}

    def field_type(self, entity_id, field_key):
        return self.fields.get(field_key)

    def field_keys(self, entity_id):
        return self.fields

    def label(self, entity_id):
        return entity_id


@settings(max_examples=300, deadline=None)
@given(source=sources())
def test_random_expressions_give_a_value_or_an_evaluation_error(source: str) -> None:
    try:
        evaluate = evaluator(checked(source))
    except ExprError:
        return  # constants that are no date

    for row in rows(5, seed=3):
        try:
            evaluate({**PARAMETERS, **row})
        except EvaluationError:
            continue
