"""A mapping document says everything that is wrong with it at once."""

import pytest

from tests.support.checkout import ROOT
from trellis.kernel.errors import Invalid
from trellis.services.transfer.mapping import mapping_of, read_mapping


def test_the_mode_follows_from_the_key() -> None:
    assert mapping_of('{"entity": "a.b", "columns": {}}').mode == "insert"
    assert mapping_of('{"entity": "a.b", "key": ["x"], "columns": {}}').mode == "upsert"
    assert mapping_of('{"entity": "a.b", "key": ["x"], "columns": {}, "options": {"mode": "update"}}').mode == "update"


def test_a_mapping_keeps_its_text() -> None:
    text = '{"entity":"a.b","columns":{"A":{"field":"a"}},"options":{"dayFirst":true}}'

    assert mapping_of(text).text == text


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("{", [""]),
        ("[" * 100_000, [""]),
        ("[]", [""]),
        ("{}", ["entity", "columns"]),
        ('{"entity": "a.b", "columns": {"A": {"feld": "a"}}, "options": {"mode": "x"}}',
         ["columns/A/field", "columns/A/feld", "options/mode"]),
        ('{"entity": "a.b", "columns": {}, "options": {"delimiter": "ab", "header": -1}}',
         ["options/delimiter", "options/header"]),
    ],
)  # fmt: skip
def test_all_faults_are_reported_where_they_are(text: str, paths: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        mapping_of(text)

    assert [error.path for error in refusal.value.errors] == paths


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "imports").glob("*.json")), ids=lambda path: path.stem)
def test_the_mappings_of_the_samples_are_valid(path) -> None:
    assert read_mapping(path).columns
