import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trellis.metadata.strictjson import MAX_DEPTH, parse

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    text = json.dumps(value)
    parsed = parse(text.encode())

    if "\\u0000" not in text:
        assert (parsed.value, parsed.problems) == (value, ())


@given(VALUES, VALUES)
def test_the_careful_pass_reads_the_same_values(value: object, other: object) -> None:
    twice = f'{{"first": {json.dumps(value)}, "again": 1, "again": {json.dumps(other)}}}'
    parsed = parse(twice.encode())

    if "\\u0000" not in twice:
        assert parsed.value == {"first": value, "again": 1}
        assert [(problem.code, problem.pointer) for problem in parsed.problems] == [("duplicate_key", "/again")]


@given(st.binary(max_size=60) | st.text('{}[]",:0123.eE-+truefalsnNaIity \\u').map(str.encode))
def test_nothing_that_comes_in_raises(content: bytes) -> None:
    parsed = parse(content)

    assert parsed.readable or parsed.problems


def test_several_problems_are_reported_in_one_pass() -> None:
    parsed = parse(b'{"a": 1.5, "b": [NaN, {"c": 1, "c": 2}], "d": -1e3}')

    assert [(problem.code, problem.pointer) for problem in parsed.problems] == [
        ("float_not_allowed", "/a"),
        ("nan_not_allowed", "/b/0"),
        ("duplicate_key", "/b/1/c"),
        ("float_not_allowed", "/d"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1\n "b": 2}', "Line 2, column 2: A comma is missing"),
        ('{"a": [1, 2}', "Line 1, column 12: A comma is missing, or the bracket"),
        ('{"a" 1}', "Line 1, column 6: A colon"),
        ("{a: 1}", "Names of members"),
        ('{"a": tru}', "A value is missing"),
        ('{"a": "b', "not closed"),
        ('{"a": 1} x', "after the end"),
        ("", "ends too early"),
    ],
)
def test_grammar_mistakes_are_told_with_line_and_column(text: str, place: str) -> None:
    (problem,) = parse(text.encode()).problems

    assert problem.code == "syntax"
    assert place in str(problem.message)


def test_the_depth_is_limited_exactly() -> None:
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert parse(deepest.encode()).problems == ()
    assert parse(f"[{deepest}]".encode()).problems[0].code == "too_deep"


def test_millions_of_brackets_do_not_crash() -> None:
    assert parse(b"[" * 1_000_000).problems[0].code == "too_deep"
