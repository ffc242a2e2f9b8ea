"""The page about conformance."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.conformance.reasons import Reason
from tests.conformance.verdicts import Kind, Verdict
from trellis.engine.expr.functions import STANDARD

Judged = Mapping[str, Sequence[Verdict]]
EXAMPLES = (
    "DATE_DAY_MONTH_YEAR.xlsx Sheet1!I5",
    "IFS.xlsx Sheet1!H2",
    "MOD_QUOTIENT.xlsx DATEVALUE!C23",
    "ROUND.xlsx Sheet1!D2",
    "SUBSTITUTE.xlsx Sheet1!F17",
    "TEXT.xlsx NUMBERS!K7",
    "string/substr 7",
    "compatible 205",
    "0108-first-hitpolicy 001 Approval.Status",
)
FEW = 5
CALL = re.compile(r"\b([a-z_]+)\(")
HEAD = """\
# Conformance

<!-- Made by `python -m tests.conformance`; change the code, not this page. -->

Cases that others wrote are translated to our language, checked, computed in Python and, where the expression is portable, in
SQLite, and compared with the result that their makers give: the spreadsheets with which IronCalc and Apache POI are tested
(computed by Excel), the compatibility suites of JsonLogic, and the models of the DMN TCK (FEEL expressions and decision tables).

A translation writes out what the other language does silently: `coalesce(a2, 0)` for an empty cell, `when(a2, 1, 0)` for a
truth value in a sum, `lower(…)` for texts that Excel compares without capitals, `days_between(date(1899, 12, 30), a2)` for a
date as a number. A case that differs without one of the reasons below fails the tests.
"""


def page(judged: Judged) -> str:
    """The page with the totals, the reasons, the functions of every source and a few examples."""
    return "\n".join(
        line for part in (_totals, _reasons, _functions, _groups, _missing, _examples) for line in part(judged)
    ).join((HEAD + "\n", "\n"))


def _totals(judged: Judged) -> Iterator[str]:
    yield "| Source | Cases | Translated | Equal | By design | No equivalent | Also in SQLite |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, verdicts in judged.items():
        yield _total_row(name, verdicts)
    yield _total_row("Together", [verdict for verdicts in judged.values() for verdict in verdicts])
    yield ""


def _total_row(name: str, verdicts: Sequence[Verdict]) -> str:
    kinds = Counter(verdict.kind for verdict in verdicts)
    missing = kinds[Kind.UNTRANSLATABLE]
    numbers = (
        len(verdicts),
        len(verdicts) - missing,
        kinds[Kind.EQUAL],
        kinds[Kind.DESIGN],
        missing,
        sum(verdict.in_database for verdict in verdicts),
    )
    return f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


def _reasons(judged: Judged) -> Iterator[str]:
    yield "## Different by design"
    yield ""
    yield f"| Reason | {' | '.join(judged)} |"
    yield f"|---|{'---:|' * len(judged)}"
    found = {name: Counter(verdict.reason for verdict in verdicts) for name, verdicts in judged.items()}
    for reason in Reason:
        counts = [counter[reason] for counter in found.values()]
        if any(counts):
            yield f"| {reason.value} | {' | '.join(str(count or '') for count in counts)} |"
    yield ""


def _functions(judged: Judged) -> Iterator[str]:
    """Which functions of the language the cases reach."""
    sources = [
        verdict.case.translation.source
        for verdicts in judged.values()
        for verdict in verdicts
        if verdict.kind is Kind.EQUAL and verdict.case.translation is not None
    ]
    counts = Counter(name for source in sources for name in set(CALL.findall(source)))
    reached = [f"`{name}` {counts[name]}" for name in sorted(STANDARD.names()) if counts[name]]
    yield "## Functions that equal cases use"
    yield ""
    yield f"With the number of cases: {', '.join(reached)}."
    yield ""


def _groups(judged: Judged) -> Iterator[str]:
    for name, verdicts in judged.items():
        yield f"## {name}"
        yield ""
        yield "| Function | Translated | Equal | By design | No equivalent |"
        yield "|---|---:|---:|---:|---:|"
        groups: dict[str, list[Verdict]] = {}
        for verdict in verdicts:
            groups.setdefault(verdict.case.group, []).append(verdict)
        for group in sorted(groups):
            if any(verdict.kind is not Kind.UNTRANSLATABLE for verdict in groups[group]):
                yield _group_row(group, groups[group])
        yield ""


def _group_row(group: str, verdicts: Sequence[Verdict]) -> str:
    kinds = Counter(verdict.kind for verdict in verdicts)
    missing = kinds[Kind.UNTRANSLATABLE]
    numbers = (len(verdicts) - missing, kinds[Kind.EQUAL], kinds[Kind.DESIGN], missing)
    return f"| {_shown(group)} | {' | '.join(str(number or '') for number in numbers)} |"


def _missing(judged: Judged) -> Iterator[str]:
    yield "## No equivalent"
    yield ""
    yield f"What the cases that are not translated use, with their number; what occurs fewer than {FEW} times is left out."
    yield ""
    for name, verdicts in judged.items():
        counts = Counter(verdict.case.missing for verdict in verdicts if verdict.kind is Kind.UNTRANSLATABLE)
        listed = [f"{_shown(missing)} {count}" for missing, count in sorted(counts.items()) if count >= FEW]
        yield f"- {name}: {', '.join(listed) or 'nothing'}."
    yield ""


def _examples(judged: Judged) -> Iterator[str]:
    yield "## Examples"
    yield ""
    yield "| There | Here |"
    yield "|---|---|"
    for verdicts in judged.values():
        for verdict in verdicts:
            if verdict.case.name in EXAMPLES and verdict.case.translation is not None:
                yield f"| {_code(verdict.case.text)} | {_code(verdict.case.translation.source)} |"


def _shown(name: str) -> str:
    return name if name[:1].isalpha() and not name.isupper() else _code(name)


def _code(source: str) -> str:
    return "`" + source.replace("|", "\\|") + "`"
