"""What becomes of a source that may be anything: refused with a place and a sentence, or computed; never more."""

import warnings
from collections import Counter
from enum import StrEnum
from itertools import islice

from tests.support.expressions.mutation import mutated_sources
from tests.support.expressions.rows import rows
from tests.support.expressions.world import PARAMETERS, checked
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.problems import ExprError

VALUES = [{**PARAMETERS, **row} for row in rows(64, seed=1)]


class Outcome(StrEnum):
    """How it ended."""

    REFUSED = "refused"
    COMPUTED = "computed"
    WITHOUT_VALUE = "without value"
    LOST = "refused without a place or a sentence"
    WARNED = "also warned of by Python"


def is_located(error: ExprError, source: str) -> bool:
    """Whether the error has problems, each with a sentence and a place inside the source."""
    return bool(error.problems) and all(
        0 <= problem.span.start <= problem.span.end <= len(source) and str(problem.message)
        for problem in error.problems
    )


def outcome(source: str, row: int = 0) -> Outcome:
    """How checking and computing a source ends; an error that is not the language's own passes through."""
    try:
        expression = checked(source)
    except ExprError as error:
        return Outcome.REFUSED if is_located(error, source) else Outcome.LOST
    read = evaluator(expression)
    try:
        read(VALUES[row % len(VALUES)])
    except EvaluationError:
        return Outcome.WITHOUT_VALUE
    return Outcome.COMPUTED


def outcomes(seed: int, count: int) -> Counter[Outcome]:
    """How many mutated sources ended in which way."""
    found: Counter[Outcome] = Counter()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for number, source in enumerate(islice(mutated_sources(seed), count)):
            try:
                found[outcome(source, number)] += 1
            except Exception as error:
                error.add_note(f"the source was {source!r}")
                raise
    found[Outcome.WARNED] += len(warned)
    return found
