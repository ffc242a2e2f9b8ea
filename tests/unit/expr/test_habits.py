"""What people bring from spreadsheets and databases is refused at its place, with what to write instead."""

import pytest

from tests.support.expressions import checked
from trellis.engine.expr.problems import ExprError


@pytest.mark.parametrize(
    ("source", "place", "sentence"),
    [
        ("IF(active, 1, 2)", "IF", "There is no function 'IF'. Write when(condition, value, otherwise)."),
        ("AND(active, urgent)", "AND", "There is no function 'AND'. Write a and b."),
        ("not OR(active, urgent)", "OR", "There is no function 'OR'. Write a or b."),
        ("NOT(active)", "NOT", "There is no function 'NOT'. Write not a."),
        ("amount > 1 AND active", "AND", "The expression cannot be read at 'AND'. Write and."),
        ("NOT active", "active", "The expression cannot be read at 'active'. Write not."),
        ("ISBLANK(name)", "ISBLANK", "There is no function 'ISBLANK'. Write blank(x)."),
        ("VLOOKUP(name, 1)", "VLOOKUP", "There is no function 'VLOOKUP'. Follow the lookup with a point: account.name."),
        ("Sum(amount, costs)", "Sum", "There is no function 'Sum'. Totals over other records are roll-up fields; within a record write a + b."),
        ("CONCATENATE(name, note)", "CONCATENATE", "There is no function 'CONCATENATE'. Write a + b."),
        ("LEN(name)", "LEN", "There is no function 'LEN'. Write length(text)."),
        ("TODAY() > close_date", "TODAY", "There is no function 'TODAY'. Write today()."),
        ("today > close_date", "today", "There is no field 'today' on Deal. Write today()."),
        ("IFERROR(amount / 2, 0)", "IFERROR", "There is no function 'IFERROR'. Write div(a, b, otherwise) for quotients, coalesce(x, instead) for empty values."),
        ("name & note", "&", "'&' has no meaning here. Join texts with + and conditions with 'and'."),
        ("active && urgent", "&", "'&' has no meaning here. Join texts with + and conditions with 'and'."),
        ("active || urgent", "|", "'|' has no meaning here. Join conditions with 'or'."),
        ("amount <> 10", "<>", "'<>' is not used here. Write != instead."),
        ("amount = 10", "=", "A single '=' does not compare. Use == to compare."),
        ("quantity ^ 2", "^", "'^' has no meaning here. Powers do not exist here; multiply instead."),
        ("quantity ** 2", "**", "'**' is not used here. Powers do not exist here; multiply instead."),
        ("quantity // 2", "//", "'//' is not used here. Write trunc(a / b) for whole division."),
        ("amount * 10%", "%", "A percent sign does not stand behind a number. Write percents as quotients: amount * 10 / 100."),
        ("left(name; 2)", ";", "';' has no meaning here. Separate values with commas."),
        ("active ? 1 : 2", "?", "'?' has no meaning here. Write: a if condition else b."),
        ("[amount] > 1", "[", "'[' has no meaning here. Write lists in round brackets, x in ('a', 'b'), and fields by their key alone."),
        ("name LIKE 'a%'", "LIKE", "The expression cannot be read at 'LIKE'. Write contains(text, part)."),
        ("amount BETWEEN 1 AND 2", "BETWEEN", "The expression cannot be read at 'BETWEEN'. Write between(x, low, high)."),
        ("name IS NULL", "IS", "The expression cannot be read at 'IS'. Write blank(x) or filled(x)."),
        ("name + amount", "name + amount", "Only texts can be joined: text + money. Write text(x) for the text of a value."),
        ("（amount ＝ 10）", "＝", "A single '=' does not compare. Use == to compare."),
        ("“张三” ＆ name", "＆", "'&' has no meaning here. Join texts with + and conditions with 'and'."),
        ("amuont > 10", "amuont", "There is no field 'amuont' on Deal. Did you mean 'amount'?"),
    ],
)  # fmt: skip
def test_a_habit_gets_the_right_hint_at_its_place(source: str, place: str, sentence: str) -> None:
    with pytest.raises(ExprError) as refused:
        checked(source)

    (found,) = refused.value.problems
    assert (str(found), source[found.span.start : found.span.end]) == (sentence, place)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("（amount ≥ 10） and name ＝＝ ‘a’", "(amount >= 10) and name == 'a'"),
        ("left（name，２） ！＝ 「张」", "left(name, 2) != '张'"),
        ("quantity × 2 ÷ 3 － 1 ＞ ０．５", "quantity * 2 / 3 - 1 > 0.5"),
        ("stage in （“open”、“won”）", "stage in ('open', 'won')"),
        ("quantity％2 ＜ 1", "quantity % 2 < 1"),
    ],
)
def test_full_width_signs_are_read_as_plain_ones(typed: str, plain: str) -> None:
    assert checked(typed).root == checked(plain).root
