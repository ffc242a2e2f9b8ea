"""Values survive a change of their field's type, or are refused with a reason; never anything else."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.fieldtypes import CASES, FILES, THINGS, USERS, Case, Stars
from tests.support.hostile import hostile_strings
from trellis.metadata.conversions import Conversion, converter
from trellis.metadata.fieldtypes import FieldType, Reading, Refused, fieldtypes

KNOWN = {*THINGS, *USERS, *FILES}
PAIRS = [(before, after) for before in CASES.values() for after in CASES.values()]


def make(case: Case) -> FieldType:
    cls = Stars if case.type == "stars" else fieldtypes.get(case.type)
    assert cls is not None
    return cls.model_validate(case.definition).bound(case.key, "lab.sample", {})


def field(kind: str, **options: Any) -> FieldType:
    """A field of a type, with its options as documents write them."""
    cls = fieldtypes.get(kind)
    assert cls is not None
    return cls.model_validate({"type": kind, "label": "New", **options}).bound("new", "lab.sample", {})


def options(*labels: str, **more: Any) -> dict[str, Any]:
    """Options whose keys are their labels in small letters."""
    return {"options": {label.lower(): {"label": label} for label in labels}, **more}


STRANGE: tuple[Any, ...] = ({"a": [1]}, [None], [[1]], [1, "x"], -(2**70), Decimal("1e90"), "Infinity", [True], [], {})
FIELDS = {key: make(case) for key, case in CASES.items()}


@pytest.mark.parametrize("before", CASES)
@pytest.mark.parametrize("after", CASES)
def test_every_sample_becomes_a_value_of_the_new_type_or_is_refused(before: str, after: str) -> None:
    convert = converter(FIELDS[before], FIELDS[after], exists=KNOWN.__contains__)
    for value in CASES[before].kept:
        _check(convert, value)


def _check(convert: Conversion, value: Any) -> None:
    """A value that the new field keeps as it is, or a reason; and the way back where that is promised."""
    new, reason = _outcome(convert, value)
    assert bool(reason) == (new in (None, "", ()))
    if convert.lossless:
        assert converter(convert.after, convert.before, exists=KNOWN.__contains__)(new) == value
    if not reason:
        assert converter(convert.after, convert.after)(new) == new


def _outcome(convert: Conversion, value: Any) -> tuple[Any, str]:
    """The new value, or why there is none."""
    try:
        return convert(value), ""
    except Refused as refused:
        return None, f"{refused.code} {refused.message}"


@pytest.mark.parametrize("after", CASES)
def test_hostile_texts_become_a_value_or_are_refused(after: str) -> None:
    for kind in ("text", "longtext"):
        convert = converter(field(kind), FIELDS[after])
        for text in hostile_strings():
            new, reason = _outcome(convert, text)
            assert reason or not text or converter(convert.after, convert.after)(new) == new


@pytest.mark.parametrize("after", CASES)
def test_hostile_documents_become_a_value_or_are_refused(after: str) -> None:
    convert = converter(field("json"), FIELDS[after], exists=KNOWN.__contains__)

    for value in [*hostile_strings()[::7], *STRANGE]:
        new, reason = _outcome(convert, value)
        assert reason or value in (None, "") or converter(convert.after, convert.after)(new) == new


def test_what_is_empty_stays_empty() -> None:
    for before, after in PAIRS:
        convert = converter(FIELDS[before.key], FIELDS[after.key])
        assert convert(() if FIELDS[before.key].multiple else None) == (() if FIELDS[after.key].multiple else None)


NUMBERS = {
    "1,234": 1234, "1.234.567": 1234567, "12": 12, " 7 ": 7, "$5": 5, "45 %": 45, "(3)": -3, "1'000": 1000, "￥1,200元": 1200,
    "1,00,000": 100000, "1.234,00": 1234, "8.00": 8,
}  # fmt: skip


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_whole_numbers_are_read_as_people_write_them(text: str, number: int) -> None:
    assert converter(field("text"), field("integer"))(text) == number


@pytest.mark.parametrize("text", ["50-100", "n/a", "1.5", "1,5", "twelve", "1.2.3", "12 apples"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        converter(field("text"), field("integer"))(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("12,5", "12.50"),
        ("0,50", "0.50"),
        ("1 234,5", "1234.50"),
        ("-3.1", "-3.10"),
    ],
)
def test_a_decimal_mark_is_told_from_marks_between_thousands(text: str, number: str) -> None:
    assert converter(field("text"), field("decimal", scale=2))(text) == Decimal(number)


def test_a_reading_decides_what_marks_mean() -> None:
    reading = Reading(decimal_mark=",", group_marks=".")

    assert converter(field("text"), field("decimal"), reading=reading)("1.234") == Decimal("1234.00")


def test_digits_are_never_lost() -> None:
    fewer = converter(field("decimal", scale=2), field("decimal", scale=1))

    assert fewer(Decimal("1.20")) == Decimal("1.2")
    with pytest.raises(Refused):
        fewer(Decimal("1.25"))
    with pytest.raises(Refused):
        converter(field("text"), field("decimal", scale=1))("1.25")
    with pytest.raises(Refused):
        converter(field("decimal"), field("integer"))(Decimal("1.50"))
    assert converter(field("decimal"), field("integer"))(Decimal("2.00")) == 2
    assert converter(field("currency"), field("decimal", scale=4))(Decimal("2.25")) == Decimal("2.2500")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "21.11.2026",
        "2026/11/21",
        "20261121",
        "21 Nov 2026",
        "November 21, 2026",
        "21-Nov-2026",
        "2026年11月21日",
    ],
)
def test_dates_are_read_in_many_forms(text: str) -> None:
    assert converter(field("text"), field("date"))(text) == date(2026, 11, 21)


def test_days_begin_in_the_zone_of_the_reader() -> None:
    shanghai = Reading(zone="Asia/Shanghai")
    late = datetime(2026, 11, 20, 16, tzinfo=UTC)

    assert converter(field("date"), field("datetime"), reading=shanghai)(date(2026, 11, 21)) == late
    assert converter(field("datetime"), field("date"), reading=shanghai)(late) == date(2026, 11, 21)
    assert converter(field("text"), field("datetime"), reading=shanghai)("2026-11-21") == late
    assert converter(field("text"), field("date"), reading=shanghai)("2026-11-21 00:30") == date(2026, 11, 21)


def test_options_are_found_by_key_and_by_label() -> None:
    convert = converter(field("text"), field("select", **options("North", "South")))

    assert [convert(text) for text in ("north", "South", " NORTH ")] == ["north", "south", "north"]
    with pytest.raises(Refused):
        convert("West")


def test_an_option_becomes_its_label() -> None:
    region = field("select", options={"n": {"label": "North"}, "s": {"label": "South"}})

    assert converter(region, field("text"))("n") == "North"
    assert converter(region, field("text")).lossless
    assert not converter(region, field("text", maxLength=3)).lossless


def test_options_are_moved_to_others() -> None:
    before, after = field("select", **options("North", "East")), field("select", **options("North"))
    many = field("multiselect", **options("North"))

    assert converter(before, after, {"east": "north"})("east") == "north"
    assert converter(field("multiselect", **options("North", "East")), many, {"east": "north"})(("east", "north")) == (
        "north",
    )
    with pytest.raises(Refused):
        converter(before, after)("east")


def test_one_becomes_many_and_only_one_becomes_one() -> None:
    one, many = field("select", **options("A", "B")), field("multiselect", **options("A", "B"))

    assert converter(one, many)("a") == ("a",)
    assert converter(one, many).lossless
    assert converter(many, one)(("b",)) == "b"
    with pytest.raises(Refused, match="several"):
        converter(many, one)(("a", "b"))
    assert converter(many, field("text"))(("a", "b")) == "A; B"
    assert converter(field("text"), many)("A; b") == ("a", "b")


def test_links_lead_to_records_that_are_there() -> None:
    before, after = field("lookup", target="lab.thing"), field("lookup", target="lab.other")

    assert converter(before, after, exists=lambda record: record == THINGS[0])(THINGS[0]) == THINGS[0]
    with pytest.raises(Refused):
        converter(before, after, exists=lambda record: False)(THINGS[0])
    assert converter(before, field("multilookup", target="lab.thing"))(THINGS[0]) == (THINGS[0],)


def test_yes_and_no_are_understood_in_every_type() -> None:
    yes = field("boolean")

    assert converter(yes, field("text"))(True) == "Yes"
    assert converter(field("text"), yes)("否") is False
    assert converter(yes, field("select", **options("Yes", "No")))(False) == "no"
    assert converter(yes, field("select", options={"true": {"label": "是"}, "false": {"label": "否"}}))(True) == "true"
    assert converter(field("select", options={"y": {"label": "Ja"}, "n": {"label": "Nein"}}), yes)("y") is True
    assert converter(yes, field("integer"))(True) == 1
    with pytest.raises(Refused):
        converter(field("integer"), yes)(2)


def test_documents_keep_their_meaning() -> None:
    document = field("json")

    assert converter(field("longtext"), document)('{"a": 1.50}') == {"a": Decimal("1.50")}
    assert converter(field("text"), document)("null") == "null"
    assert converter(document, field("integer"))(Decimal("3.0")) == 3
    assert converter(document, field("text"))([1, 2]).replace("\n", "") == "[1, 2]"
    assert converter(field("multiselect", **options("A", "B")), document)(("b", "a")) == ["b", "a"]
    assert converter(document, field("multiselect", **options("A", "B")))(["A", "b"]) == ("a", "b")


def test_a_longer_text_is_refused_by_a_shorter_field() -> None:
    convert = converter(field("longtext"), field("text", maxLength=5))

    assert convert("short") == "short"
    with pytest.raises(Refused):
        convert("longer")
    assert converter(field("text", maxLength=5), field("longtext")).lossless
    assert not convert.lossless


def test_what_is_lossless_is_known_by_pair() -> None:
    sure = [("integer", "text"), ("date", "text"), ("boolean", "integer"), ("phone", "text"), ("currency", "text")]
    unsure = [
        ("text", "integer"),
        ("datetime", "date"),
        ("decimal", "integer"),
        ("longtext", "text"),
        ("text", "email"),
    ]

    assert all(converter(field(before), field(after)).lossless for before, after in sure)
    assert not any(converter(field(before), field(after)).lossless for before, after in unsure)
    assert converter(field("integer"), field("decimal", scale=0)).lossless
    assert not converter(field("integer"), field("decimal", scale=4)).lossless
