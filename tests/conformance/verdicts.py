"""The judgement of a case: equal, different for a reason of the closed list, not translatable, or wrong."""

from dataclasses import dataclass
from enum import StrEnum

from tests.conformance.cases import Case
from tests.conformance.explanations import explain, same
from tests.conformance.reasons import Reason
from tests.conformance.running import NotInDatabase, Outcome, run


class Kind(StrEnum):
    """The four judgements; a wrong case is a mistake to be mended."""

    EQUAL = "equal"
    DESIGN = "by design"
    UNTRANSLATABLE = "not translatable"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one case."""

    case: Case
    kind: Kind
    reason: Reason | None = None
    outcome: Outcome | None = None

    @property
    def in_database(self) -> bool:
        """Whether the database computed the case as well."""
        return self.outcome is not None and not isinstance(self.outcome.in_database, NotInDatabase)

    def __str__(self) -> str:
        source = self.case.translation.source if self.case.translation else self.case.missing
        inputs = dict(self.case.inputs)
        return f"{self.case.name}: {self.case.text} {inputs} is {self.case.expected!r}; {source} {self.outcome}"


def judge(case: Case) -> Verdict:
    """Runs the case and judges what came out; both readers of an expression must agree in any case."""
    if case.translation is None:
        return Verdict(case, Kind.UNTRANSLATABLE)
    outcome = run(case.translation)
    if not isinstance(outcome.in_database, NotInDatabase) and outcome.in_database != outcome.value:
        return Verdict(case, Kind.WRONG, outcome=outcome)
    if same(outcome.value, case.expected):
        return Verdict(case, Kind.EQUAL, outcome=outcome)
    reason = explain(case, case.translation, outcome.value)
    return Verdict(case, Kind.WRONG if reason is None else Kind.DESIGN, reason, outcome)
