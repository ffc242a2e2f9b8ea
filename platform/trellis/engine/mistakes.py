"""The problems of an expression for somebody who is still writing it: one for each word, with what could be meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from trellis.engine.completions import CompletionKind, Vocabulary, complete
from trellis.engine.expr.problems import ExprError, Problem, Span, did_you_mean
from trellis.engine.expr.scope import EntityScope
from trellis.kernel.messages import Message

MOST_SUGGESTIONS = 3
MOST_HELPED = 5
"""For so many mistakes all names are gone through; nobody reads more at once."""
_MEANT = {"name": CompletionKind.FIELD, "function": CompletionKind.FUNCTION}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One problem: its code, what is wrong, where (in characters), what to do, and what could stand there instead."""

    code: str
    message: Message
    span: Span
    hint: Message | None = None
    suggestions: tuple[str, ...] = ()


def mistakes(error: ExprError, source: str, scope: EntityScope, vocabulary: Vocabulary) -> tuple[Mistake, ...]:
    """The problems in order; letters that cannot be part of a key are taken together as the label of a field."""
    runs = list(_runs(error.problems, source))
    found = [_named(run, source, scope, vocabulary) for run in runs[:MOST_HELPED]]
    helped = (_with_suggestions(problem, source, scope, vocabulary) for problem in found)
    return (*helped, *(plain_mistake(run[0]) for run in runs[MOST_HELPED:]))


def plain_mistake(problem: Problem) -> Mistake:
    """A problem as it is, with what its hint suggests."""
    return Mistake(problem.code, problem.message, problem.span, problem.hint, _hinted(problem))


def _runs(problems: Sequence[Problem], source: str) -> Iterator[list[Problem]]:
    """The problems; those about letters side by side in one list."""
    run = list(problems[:1])
    for before, problem in pairwise(problems):
        if not (_is_letter(before, source) and _is_letter(problem, source) and before.span.end == problem.span.start):
            yield run
            run = []
        run.append(problem)
    if run:
        yield run


def _is_letter(problem: Problem, source: str) -> bool:
    return problem.code == "character" and source[problem.span.start : problem.span.end].isalpha()


def _named(run: Sequence[Problem], source: str, scope: EntityScope, vocabulary: Vocabulary) -> Problem:
    """One problem for a run of letters: there is no field of that name, but perhaps one with that label."""
    first, last = run[0], run[-1]
    if not _is_letter(first, source):
        return first
    span = Span(first.span.start, last.span.end)
    meant = _meant(CompletionKind.FIELD, span, source, scope, vocabulary)
    params = {"name": source[span.start : span.end], "entity": vocabulary.label(scope.entity)}
    message = Message("There is no field '{name}' on {entity}.", params)
    return Problem("name", message, span, did_you_mean(meant) or first.hint)


def _with_suggestions(problem: Problem, source: str, scope: EntityScope, vocabulary: Vocabulary) -> Mistake:
    found = plain_mistake(problem)
    kind = _MEANT.get(problem.code)
    if kind is None:
        return found
    meant = _meant(kind, problem.span, source, scope, vocabulary)
    names = tuple(dict.fromkeys((*found.suggestions, *meant)))[:MOST_SUGGESTIONS]
    return replace(found, suggestions=names, hint=found.hint or did_you_mean(names))


def _meant(
    kind: CompletionKind, span: Span, source: str, scope: EntityScope, vocabulary: Vocabulary
) -> tuple[str, ...]:
    """What could be completed where a word stands."""
    found = complete(source, span.end, scope, vocabulary)
    if found.start == found.end:
        return ()
    return tuple(item.insert.rstrip("()") for item in found.items if item.kind is kind)


def _hinted(problem: Problem) -> tuple[str, ...]:
    name = problem.hint.params.get("name") if problem.hint else None
    return (str(name),) if name is not None else ()
