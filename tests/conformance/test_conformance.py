"""What others wrote gives the same here, or differs for a reason that is written down."""

import pytest

from tests.conformance.report import page
from tests.conformance.sources import SOURCES, Source, verdicts
from tests.conformance.verdicts import Kind, Verdict
from tests.support.checkout import ROOT
from tests.support.samples import sample


@pytest.fixture(scope="module")
def judged() -> dict[str, list[Verdict]]:
    return verdicts(sample())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_case_differs_without_a_reason(source: Source, judged: dict[str, list[Verdict]]) -> None:
    wrong = [str(verdict) for verdict in judged[source.name] if verdict.kind is Kind.WRONG]

    assert wrong == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_translator_does_not_fall_silent(source: Source, judged: dict[str, list[Verdict]]) -> None:
    equal = sum(verdict.kind is Kind.EQUAL for verdict in judged[source.name])

    assert equal >= source.least


def test_the_page_says_what_was_found(judged: dict[str, list[Verdict]]) -> None:
    written = (ROOT / "docs" / "reference" / "conformance.md").read_text(encoding="utf-8")

    assert written == page(judged), "write it again with `python -m tests.conformance`"
