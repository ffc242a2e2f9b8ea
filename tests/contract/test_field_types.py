"""Every registered field type keeps the contract of a field type; this file needs no database."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from tests.support.fieldtypes import CASES, Case, PlainFormats, nested
from tests.support.laboratory import as_json, checker, documents, plugin_types, snapshot, spec
from trellis.engine.validation import Validator
from trellis.kernel.errors import FieldError
from trellis.metadata.check import check_documents
from trellis.metadata.fieldtypes import Refused, Text, fieldtypes
from trellis.storage.metadata_expressions import check_expression

LEAST_EXAMPLES = 5

_encode = msgspec.json.Encoder(decimal_format="number").encode

cases = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def checked(case: Case, value: object) -> Any:
    """The clean value, or a tuple of errors."""
    found = checker(case.key).check({case.key: value})
    return found.errors or found.values[case.key]


def refused(found: Any) -> bool:
    """Whether errors came out, each about the field and with a sentence in words."""
    if not (isinstance(found, tuple) and found and all(isinstance(error, FieldError) for error in found)):
        return False
    return all(error.code and str(error.message).strip() for error in found)


COMPUTED = {"formula", "rollup"}
"""Nobody writes them; their values are those of the type that they return."""


def test_every_registered_type_has_examples() -> None:
    with plugin_types():
        lacking = {
            name
            for name in set(fieldtypes.names) - COMPUTED
            if not any(
                case.type == name and min(len(case.good), len(case.bad)) >= LEAST_EXAMPLES for case in CASES.values()
            )
        }

    assert lacking == set()


def test_the_documents_of_the_suite_are_sound() -> None:
    with plugin_types():
        findings = check_documents(documents(), check_expression)

    assert [finding for finding in findings if finding.document.startswith("lab") and finding.severity == "error"] == []


@cases
def test_good_values_are_kept_as_documented(case: Case) -> None:
    wrong = {repr(given): checked(case, given) for given, kept in case.good if _differ(checked(case, given), kept)}

    assert wrong == {}


@cases
def test_what_is_kept_may_be_given_again(case: Case) -> None:
    field = spec(case.key)

    wrong = {
        repr(value): again
        for value in case.kept
        for again in (checked(case, value), checked(case, as_json(field.to_json(value))))
        if _differ(again, value)
    }

    assert wrong == {}


@cases
def test_bad_values_are_refused_with_a_sentence(case: Case) -> None:
    taken = {repr(value)[:60]: found for value in case.bad if not refused(found := checked(case, value))}

    assert taken == {}


@pytest.mark.parametrize("depth", [101, 5_000, 200_000])
def test_a_json_value_is_not_endlessly_deep(depth: int) -> None:
    assert refused(checked(CASES["extra"], nested(depth)))


@cases
def test_nothing_is_kept_for_nothing(case: Case) -> None:
    nothing = () if spec(case.key).multiple else None

    assert checked(case, None) == nothing
    assert checked(case, "") == nothing
    assert spec(case.key).to_text(nothing) == ""
    assert spec(case.key).display(nothing, PlainFormats()) == ""
    assert checked(case, spec(case.key).from_text("")) == nothing


@cases
def test_text_is_read_as_people_write_it(case: Case) -> None:
    wrong = {
        text: found
        for text, value in case.texts.items()
        if _differ(found := checked(case, spec(case.key).from_text(text)), value)
    }

    assert wrong == {}


@cases
def test_text_that_is_no_value_is_refused(case: Case) -> None:
    taken = {text: found for text in case.bad_texts if not refused(found := _read_text(case, text))}

    assert taken == {}


def _read_text(case: Case, text: str) -> Any:
    """The clean value of a text, or the errors."""
    try:
        return checked(case, spec(case.key).from_text(text))
    except Refused as error:
        return (FieldError(case.key, error.code, error.message),)


@cases
def test_text_leads_back_to_the_value(case: Case) -> None:
    field = spec(case.key)

    wrong = {
        repr(value): found
        for value in case.kept
        if _differ(found := checked(case, field.from_text(field.to_text(value))), value)
    }

    assert wrong == {}


@cases
def test_json_is_as_the_schema_says(case: Case) -> None:
    field = spec(case.key)
    schema = Draft202012Validator(field.json_schema())
    values = [*case.kept, () if field.multiple else None]

    wrong = {
        repr(value): errors for value in values if (errors := list(schema.iter_errors(_read(field.to_json(value)))))
    }

    assert wrong == {}


@cases
def test_people_read_something(case: Case) -> None:
    field = spec(case.key)

    assert field.display(case.kept[0], PlainFormats()) == case.shown
    assert all(field.display(value, PlainFormats()) for value in case.kept)


@cases
def test_a_masked_value_does_not_tell(case: Case) -> None:
    field = spec(case.key).model_copy(update={"mask": "all"})

    masked = {repr(value): field.masked(value) for value in case.kept}

    assert all(
        text and field.to_text(value) not in text for value, text in zip(case.kept, masked.values(), strict=True)
    )
    assert field.masked(() if field.multiple else None) is None


@cases
def test_the_type_says_what_it_is(case: Case) -> None:
    field = spec(case.key)

    assert type(field).title
    assert type(field).__doc__
    assert field.caption == f"The {case.key}"
    assert len({operator.key for operator in field.operators}) == len(field.operators)


def test_options_survive_the_way_through_a_document() -> None:
    entity = snapshot().entity("lab.sample")

    for key, case in CASES.items():
        written = entity.fields[key].model_dump(mode="json", exclude_unset=True)
        assert written == {**case.definition, **_shared(written, case.definition)}, key


def _shared(written: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Options are written with all their members."""
    return {"options": written["options"]} if "options" in given else {}


def _read(value: Any) -> Any:
    """The value as a reader without exact numbers gets it."""
    return msgspec.json.decode(_encode(value))


def _differ(found: Any, kept: Any) -> bool:
    """Unequal, or equal only as True equals 1 and 2.50 equals 2.5."""
    return _plain(found) != _plain(kept)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return type(value), [_plain(item) for item in value]
        case Decimal():
            return Decimal, value
    return type(value), value


def test_a_pattern_takes_linear_time() -> None:
    field = Text(type="text", pattern="^(a+)+$").bound("slow", "lab.sample", {})
    validator = Validator(snapshot().entity("lab.sample"), {"slow": field})

    assert refused(validator.check({"slow": "a" * 200 + "!"}).errors)
