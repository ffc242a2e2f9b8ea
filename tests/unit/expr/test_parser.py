"""What people type is read as meant, or refused with the right hint."""

import pytest

from trellis.engine.expr.parser import dotted, parse
from trellis.engine.expr.problems import ExprError


def refusal(source: str) -> list[tuple[str, str, tuple[int, int]]]:
    with pytest.raises(ExprError) as refused:
        parse(source)
    return [(found.code, str(found.hint or ""), (found.span.start, found.span.end)) for found in refused.value.problems]


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("（amount）＞ 10", "(amount)> 10"),
        ("least（a，b）", "least(a,b)"),
        ("a ≥ 1 and b ≤ 2 and c ≠ 3", "a >= 1 and b <= 2 and c != 3"),
        ("name == “张三”", 'name == "张三"'),
        ("name == ‘it is “x”’", 'name == "it is “x”"'),
        ("name == 「张三」", 'name == "张三"'),
        ("a　＋　１２．５", "a + 12.5"),
        ("name == 'full （width） inside'", 'name == "full （width） inside"'),
        ("name == 'say \"x\"'", 'name == "say \\"x\\""'),
        ("a\n  and\tb", "a   and b"),
        ("  a", "a"),
    ],
)
def test_full_width_punctuation_is_read_as_plain_outside_of_texts(typed: str, plain: str) -> None:
    assert parse(typed).source.text == plain


def test_reading_full_width_punctuation_is_noted() -> None:
    assert parse("（amount）").converted
    assert not parse("(amount)\n").converted


@pytest.mark.parametrize(
    ("source", "code", "hint", "span"),
    [
        ("a = 1", "single_equals", "Use == to compare.", (2, 3)),
        ("a <> 1", "operator", "Write != instead.", (2, 4)),
        ("!a", "operator", "Write 'not' for the opposite, and != for 'differs from'.", (0, 1)),
        ("a & b", "character", "Join texts with + and conditions with 'and'.", (2, 3)),
        ("a || b", "character", "Join conditions with 'or'.", (2, 3)),
        ("a ^ 2", "character", "Powers do not exist here; multiply instead.", (2, 3)),
        ("a ? b : c", "character", "Write: a if condition else b.", (2, 3)),
        ("a is null", "not_allowed", "Use blank(x) or filled(x) to ask for empty values.", (0, 9)),
        ("a == None", "spelling", "Write null.", (5, 9)),
        ("True", "spelling", "Write true.", (0, 4)),
        ("{amount} > 1", "character", "Write field keys without brackets: amount > 10.", (0, 1)),
        ("客户 == 1", "character", "Fields are named by their key in plain letters; texts stand in quotes.", (0, 1)),
    ],
)
def test_habits_from_elsewhere_get_the_right_hint(source: str, code: str, hint: str, span: tuple[int, int]) -> None:
    assert refusal(source)[0] == (code, hint, span)


def test_every_foreign_sign_is_reported_at_once() -> None:
    assert [code for code, _, _ in refusal("a & b | c ^ d")] == ["character", "character", "character"]


def test_places_lead_back_to_what_was_typed() -> None:
    parsed = parse("  （name ≠ “张三”）")

    assert parsed.span(parsed.tree).start == 3
    assert parsed.source.typed[parsed.span(parsed.tree).start : parsed.span(parsed.tree).end] == "name ≠ “张三”"


def test_a_source_that_breaks_off_says_so() -> None:
    assert refusal("amount >")[0][0] == "syntax"
    with pytest.raises(ExprError, match="ends too early"):
        parse("amount >")


def test_dotted_names_are_chains_of_names_only() -> None:
    assert dotted(parse("account.owner.name").tree) == ("account", "owner", "name")
    assert dotted(parse("1 + 1").tree) is None


@pytest.mark.parametrize("source", ["1", "1.50", ".5", "5.", "1_000", "007.0"])
def test_numbers_are_digits_with_one_point(source: str) -> None:
    parse(source)
