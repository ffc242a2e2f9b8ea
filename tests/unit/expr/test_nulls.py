"""Every sentence about nulls in docs/expressions.md is true."""

import re

import pytest

from tests.support.checkout import ROOT
from tests.support.expressions.forms import filled, forms_of
from tests.support.expressions.world import EMPTY_ROW, PARAMETERS, SCOPE
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import condition, evaluator
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.problems import ExprError

VALUES = EMPTY_ROW | PARAMETERS
REFUSED = object()
RULES: dict[str, dict[str, object]] = {
    "Calculations, comparisons and most functions give null when something is null.": {
        "rate + 1": None,
        "1 - rate": None,
        "rate * 0": None,
        "1 / rate": None,
        "quantity % 2": None,
        "-rate": None,
        "rate == 1": None,
        "rate != 1": None,
        "1 < rate": None,
        "rate >= rate": None,
        "name == note": None,
        "active == urgent": None,
        "stage != 'won'": None,
        "quantity in (1, 2)": None,
        "quantity not in (1, 2)": None,
        "round(rate, 2)": None,
        "length(name)": None,
        "contains(name, 'a')": None,
        "contains('a', name)": None,
        "add_days(close_date, 1)": None,
        "add_days(today(), quantity)": None,
    },
    "Dividing by zero gives null.": {
        "1 / 0": None,
        "7 % 0": None,
        "mod(7, 0)": None,
        "1 / (2 - 2) > 1": None,
        "blank(1 / 0)": True,
    },
    "`and`, `or`, `not`, `between` and chained comparisons are three-valued.": {
        "active and false": False,
        "active and true": None,
        "false and active": False,
        "true and active": None,
        "active and urgent": None,
        "active or true": True,
        "active or false": None,
        "true or active": True,
        "active or urgent": None,
        "not active": None,
        "between(rate, 1, 2)": None,
        "between(1, 2, rate)": False,
        "between(1, rate, 0)": False,
        "between(1, rate, 2)": None,
        "2 < 1 < rate": False,
        "1 < 2 < rate": None,
    },
    "`if`/`when` takes null for false.": {
        "1 if active else 2": 2,
        "when(active, 1, 2)": 2,
        "when(active, 1, urgent, 2, true, 3, 4)": 3,
        "when(not active, 1, 2)": 2,
        "'a' if true else note": "a",
        "note if true else 'a'": None,
    },
    "Joining texts takes null for empty.": {
        "name + 'a'": "a",
        "'a' + name + 'b'": "ab",
        "name + note": None,
    },
    "`x == null` is refused: write `blank(x)` or `filled(x)`.": {
        "name == null": REFUSED,
        "null != name": REFUSED,
        "rate < null": REFUSED,
        "name in ('a', null)": REFUSED,
        "name == ''": REFUSED,
        "rate + null": REFUSED,
        "blank(name)": True,
        "filled(name)": False,
        "blank(tags)": True,
        "filled(contacts)": False,
        "blank(null)": True,
    },
    "Empty text is null; an expression that gives an empty text gives null.": {
        "''": None,
        "left('abc', 0)": None,
        "trim('   ')": None,
        "blank('')": True,
        "filled(trim('  '))": False,
        "'a' if active else ''": None,
    },
    "`has` never is null: no values, or nothing to look for, is false.": {
        "has(tags, 'hot')": False,
        "has(contacts, '01920000-0000-7000-8000-00000000000a')": False,
        "has(tags, stage)": False,
        "not has(tags, 'hot')": True,
    },
    "`least`, `greatest` and `clamp` are null when one value is.": {
        "least(1, rate)": None,
        "greatest(rate, 1, 2)": None,
        "clamp(1, 0, rate)": None,
        "clamp(rate, 0, 1)": None,
        "least(today(), close_date)": None,
    },
}
WITH_ZEROS = {
    'A formula with `"nulls": "zero"` reads 0 where a number field is empty, except directly inside `blank`, `filled`': {
        "rate + 1": 1,
        "quantity": 0,
        "amount < 1": True,
        "1 / rate": None,
        "blank(rate)": True,
        "filled(quantity)": False,
        "coalesce(rate, 7)": 7,
        "coalesce(rate + 1, 7)": 1,
        "name": None,
        "blank(close_date)": True,
        "least(rate, 1)": 0,
    }
}
HOLDS_NOT = "A condition that comes out null does not hold."


def sentences() -> list[str]:
    """The sentences under the head about nulls."""
    page = (ROOT / "docs" / "expressions.md").read_text(encoding="utf-8")
    section = page.partition("## Nulls\n")[2].partition("\n## ")[0]
    bullets = [" ".join(bullet.split()) for bullet in section.split("\n- ")[1:]]
    return [sentence for bullet in bullets for sentence in re.split(r"(?<=\.) (?=[`A-Z])", bullet)]


@pytest.mark.parametrize("sentence", sentences())
def test_every_sentence_has_its_cases(sentence: str) -> None:
    assert any(sentence.startswith(rule) for rule in (*RULES, *WITH_ZEROS, HOLDS_NOT))


@pytest.mark.parametrize(("source", "result"), [case for rule in RULES.values() for case in rule.items()])
def test_a_rule_holds(source: str, result: object) -> None:
    if result is REFUSED:
        with pytest.raises(ExprError):
            check(source, SCOPE)
    else:
        assert evaluator(check(source, SCOPE))(VALUES) == result


@pytest.mark.parametrize(("source", "result"), [case for rule in WITH_ZEROS.values() for case in rule.items()])
def test_a_rule_about_zeros_holds(source: str, result: object) -> None:
    assert evaluator(check(source, SCOPE, nulls_as_zero=True))(VALUES) == result


@pytest.mark.parametrize("source", ["active", "not active", "rate > 1", "rate <= 1", "active and true", "name == 'a'"])
def test_a_condition_that_comes_out_null_does_not_hold(source: str) -> None:
    assert condition(check(source, SCOPE))(VALUES) is False


ASKING = {function.name for function in STANDARD if function.nulls or function.scoped or not function.slots}


def test_functions_that_ask_for_nulls_are_few() -> None:
    assert len(ASKING) < len(STANDARD.names()) / 3


@pytest.mark.parametrize("name", [name for name in STANDARD.names() if name not in ASKING])
def test_a_function_of_null_is_null_unless_it_asks_for_nulls(name: str) -> None:
    function = STANDARD.get(name)
    assert function is not None
    forms = [form for form in forms_of(function, STANDARD) if "{" in form.template]

    assert forms
    for form in forms:
        expression = check(filled(form.template), SCOPE)
        if expression.paths:
            assert evaluator(expression)(VALUES) is None, expression.source
