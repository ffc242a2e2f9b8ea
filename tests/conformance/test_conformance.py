"""What others wrote gives the same here, or differs for a reason that is written down."""

from decimal import Decimal

import pytest

from tests.conformance.cases import Case, Field, Translation
from tests.conformance.report import page
from tests.conformance.sources import SOURCES, Source, verdicts
from tests.conformance.verdicts import Kind, Verdict, judge
from tests.support.checkout import ROOT
from tests.support.samples import sample
from trellis.engine.expr.types import INTEGER

pytestmark = pytest.mark.slow


def test_a_difference_without_a_reason_is_wrong() -> None:
    fields = {"a": Field(INTEGER, 2)}
    cases = [Case("sum", "+", "=A+1", Decimal(expected), Translation("a + 1", fields)) for expected in (3, 4)]

    assert [judge(case).kind for case in cases] == [Kind.EQUAL, Kind.WRONG]


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
