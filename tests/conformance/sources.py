"""The four sources of cases, and all of their judgements."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.cases import Case
from tests.conformance.dmn import model_cases
from tests.conformance.excel import listed_cases, workbook_cases
from tests.conformance.jsonlogic import rule_cases
from tests.conformance.verdicts import Verdict, judge


@dataclass(frozen=True, slots=True)
class Source:
    """Where cases come from; `least` of them must come out equal, so that a translator cannot fall silent."""

    name: str
    cases: Callable[[Path], Iterator[Case]]
    least: int


SOURCES = (
    Source("IronCalc spreadsheets", listed_cases, 1_430),
    Source("Apache POI spreadsheet", workbook_cases, 335),
    Source("JsonLogic suites", rule_cases, 420),
    Source("DMN TCK, level 2", model_cases, 117),
)


def verdicts(folder: Path) -> dict[str, list[Verdict]]:
    """The judgement of every case, by the name of its source."""
    return {source.name: [judge(case) for case in source.cases(folder)] for source in SOURCES}
