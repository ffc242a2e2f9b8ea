"""What can be wrong with an expression, said with a place, a sentence and a way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from trellis.kernel.messages import Message


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the source: characters `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: its code, what is wrong, where, and what to write instead."""

    code: str
    message: Message
    span: Span
    hint: Message | None = None

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else str(self.message)


class ExprError(Exception):
    """The expression cannot be used; `problems` lists every mistake that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.span.start))
        super().__init__(" ".join(str(problem) for problem in self.problems))


def problem(code: str, text: str, span: Span, /, *, hint: Message | None = None, **params: object) -> Problem:
    """A problem whose sentence is `text` with `params` in its places."""
    return Problem(code, Message(text, params), span, hint)


def refuse(code: str, text: str, span: Span, /, *, hint: Message | None = None, **params: object) -> ExprError:
    """An error with one problem."""
    return ExprError((problem(code, text, span, hint=hint, **params),))


def closest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three of `known` that look like `word`, best first."""
    return tuple(get_close_matches(word[:60], list(known), n=3, cutoff=0.6))


def did_you_mean(suggestions: tuple[str, ...]) -> Message | None:
    """The usual question, or nothing when there is no suggestion."""
    return Message("Did you mean '{name}'?", {"name": suggestions[0]}) if suggestions else None
