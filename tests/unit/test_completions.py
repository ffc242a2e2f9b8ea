"""Completions fit the place where somebody writes, in his words, and no source is too odd for them."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.expressions import sources
from tests.support.vocabulary import DEAL, WORDS
from trellis.engine.completions import MOST, Completion, CompletionKind, Completions, complete
from trellis.engine.expr.limits import SOURCE_LENGTH
from trellis.engine.expr.scope import EntityScope


def at(marked: str, scope: EntityScope = DEAL) -> Completions:
    """The completions where the source has a `|`."""
    start, _, rest = marked.partition("|")
    return complete(start + rest, len(start), scope, WORDS, translate=_translated)


def _translated(text: str) -> str:
    return "保留几位小数，四舍五入" if text.startswith("Rounded") else text


def inserts(marked: str, scope: EntityScope = DEAL) -> list[str]:
    return [item.insert for item in at(marked, scope).items]


def one(marked: str, insert: str) -> Completion:
    return next(item for item in at(marked).items if item.insert == insert)


def test_a_word_that_was_begun_is_replaced_as_a_whole() -> None:
    found = at("quantity > 1 and am|ou < 3")

    assert found.items[0].insert == "amount"
    assert (found.start, found.end) == (17, 21)


@pytest.mark.parametrize("typed", ["am", "金", "金额", "je", "jine"])
def test_a_field_is_found_by_key_by_label_and_by_pinyin(typed: str) -> None:
    found = one(f"{typed}|", "amount")

    assert found.label == "金额"
    assert found.kind is CompletionKind.FIELD
    assert str(found.detail) == "money"


def test_any_word_of_a_label_finds_the_field() -> None:
    assert "quantity" in inserts("items|")


def test_behind_a_lookup_stand_the_fields_of_its_entity() -> None:
    assert inserts("account.|") == ["name", "tier", "parent"]
    assert inserts("account.parent.na|") == ["name"]
    assert inserts("account.parent.ti| == 'gold'") == ["tier"]
    assert str(one("acc|", "account").detail) == "link to Account"


@pytest.mark.parametrize(
    "marked", ["name.|", "nothing.|", "account.parent.parent.parent.|", "1.|", "12|", "'te|xt'", "me.id.|"]
)
def test_where_nothing_can_stand_nothing_is_proposed(marked: str) -> None:
    assert inserts(marked) == []


@pytest.mark.parametrize(
    "marked",
    ["stage == '|'", "stage == '|", "stage != |", "stage in ('open', '|", "stage not in (|", "'|' == stage", "record.stage == |",
     "when(stage == '|', 1, 2)", "coalesce(stage, '|')", "stage == '| and amount > 3", "stage == '| and name == 'x'"],
)  # fmt: skip
def test_options_stand_on_the_other_side_of_their_field(marked: str) -> None:
    assert inserts(marked)[:3] == ["'open'", "'won'", "'lost'"]


def test_an_option_is_found_by_key_and_by_label() -> None:
    found = one("stage == 赢|", "'won'")

    assert found == one("stage == 'wo|n' and active", "'won'")
    assert (found.label, found.kind) == ("赢单", CompletionKind.OPTION)


def test_the_quotes_of_an_option_are_replaced_too() -> None:
    found = at("stage == 'wo|n' and active")

    assert (found.start, found.end) == (9, 14)
    assert at("stage == '| and amount > 3").end == 10


def test_options_of_a_path_and_of_a_field_with_several_values() -> None:
    assert inserts("account.tier == '|'") == ["'gold'", "'silver'"]
    assert inserts("has(tags, '|')") == ["'hot'", "'cold'"]


def test_a_function_comes_with_its_signature_and_what_it_does() -> None:
    found = one("rou|", "round(")

    assert (found.label, str(found.detail), found.kind) == ("round", "round(number, digits?)", CompletionKind.FUNCTION)
    assert found.doc is not None
    assert inserts("rou|(amount)")[0] == "round"
    assert "today()" in inserts("tod|")


def test_a_function_is_found_by_what_it_does_and_by_its_name_in_a_spreadsheet() -> None:
    assert inserts("四舍五入|") == ["round("]
    assert "when(" in inserts("IF|")
    assert "greatest(" in inserts("MAX|")


def test_the_call_that_is_being_written_is_told() -> None:
    call = at("round(amount * (1 + 2), |)").call

    assert call is not None
    assert (call.signature, call.position) == ("round(number, digits?)", 1)
    assert at("amount|").call is None


def test_units_of_a_function_are_proposed() -> None:
    found = one("start_of(close_date, '|')", "'month'")

    assert found.kind is CompletionKind.PARAMETER


def test_what_suits_the_other_side_comes_first() -> None:
    assert inserts("close_date > |")[0] == "close_date"
    assert inserts("owner == |")[:2] == ["owner", "me.id"]
    assert inserts("active == |")[0] == "active"
    assert inserts("year(close_date) == |")[:2] == ["amount", "quantity"]


def test_behind_a_value_stand_signs() -> None:
    assert inserts("active |") == ["and", "or", "if", "else", "==", "!=", "in (", "not in ("]
    assert inserts("stage |") == ["==", "!=", "in (", "not in ("]
    assert inserts("active an|") == ["and"]
    assert ">=" in inserts("amount |")


def test_names_of_other_roots_come_only_where_they_mean_something() -> None:
    validation, lookup = replace(DEAL, previous=True), replace(DEAL, target="account")

    assert inserts("me.|") == ["id", "team", "email"]
    assert inserts("record.|")[0] == "exists"
    assert inserts("prev.amo|", validation) == ["amount"]
    assert inserts("prev.amo|") == []
    assert inserts("target.|", lookup) == ["name", "tier", "parent"]
    assert inserts("target.|") == []
    assert "prev." in inserts("pre|", validation)
    assert "prev." not in inserts("pre|")
    assert inserts("changed('amo|')", validation) == ["'amount'"]
    assert "changed(" not in inserts("cha|")


def test_a_field_that_expressions_cannot_use_is_not_proposed() -> None:
    assert "extra" not in inserts("ext|")


def test_full_width_signs_are_understood() -> None:
    assert inserts("stage ＝＝ “|”")[:2] == ["'open'", "'won'"]
    assert inserts("has（tags，‘|’）")[:2] == ["'hot'", "'cold'"]


@given(st.text(alphabet="amstge.( )'\"=!<>,1入（，“” \\notin_客户", max_size=40), st.integers(-3, 45))
@example("stage in (" * 30, 300)
@example("'" + "\\", 2)
@example("x" * (SOURCE_LENGTH + 1), 3)
def test_no_source_is_too_odd(source: str, cursor: int) -> None:
    found = complete(source, cursor, replace(DEAL, previous=True, target="account"), WORDS)

    assert 0 <= found.start <= found.end <= len(source)
    assert len(found.items) <= MOST


@given(source=sources(), cut=st.integers(0, 200))
def test_every_start_of_a_good_source_can_be_completed(source: str, cut: int) -> None:
    complete(source[:cut], cut, DEAL, WORDS)
