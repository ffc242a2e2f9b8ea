"""Where in an expression somebody is writing: what was begun, and what it stands next to."""

from collections.abc import Sequence
from dataclasses import dataclass

from trellis.engine.expr.tokens import COMPARISONS, Sort, Token, tokens


@dataclass(frozen=True, slots=True)
class Operand:
    """A dotted name, or with `called` the function of a call."""

    names: tuple[str, ...]
    called: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """The place in a call that is being written: which argument, and what stands in the ones before it."""

    function: str
    position: int
    given: tuple[Operand | None, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """What stands around a cursor; `start` and `end` are what a completion replaces, `typed` is it up to the cursor."""

    start: int
    end: int
    typed: str = ""
    chain: tuple[str, ...] = ()
    """The names in front, each followed by a point."""
    quoted: bool = False
    """Whether a text in quotes is being written."""
    operand: bool = True
    """Whether a value belongs here; else it is a sign or a word that joins."""
    before: Operand | None = None
    """The value that just ended, where a sign belongs."""
    partner: Operand | None = None
    """What the value is compared with."""
    argument: Argument | None = None
    opened: bool = False
    """Whether a bracket follows already."""


def situation(source: str, cursor: int) -> Situation | None:
    """The situation at a cursor; None where nothing can be completed, such as within a number."""
    found = list(tokens(source))
    current = next((token for token in found if _holds(token, cursor)), None)
    start, end = (current.start, _end(current, source, cursor)) if current else (cursor, cursor)
    if current is not None and current.sort is Sort.NUMBER:
        return None
    quoted = current is not None and current.sort is Sort.TEXT
    before = [token for token in found if token.end <= start]
    after = [token for token in found if token.start >= end]
    chain = () if quoted else _chain(before, start)
    before = before[: len(before) - 2 * len(chain)]
    if not chain and before and before[-1].is_sign(".") and not quoted:
        return None
    opening = _opening(before)
    return Situation(
        start,
        end,
        source[start + quoted : cursor],
        chain,
        quoted,
        operand=not (before and before[-1].ends_operand),
        before=_ending(before),
        partner=_partner(before, after, opening),
        argument=_argument(before, opening),
        opened=bool(after) and after[0].is_sign("("),
    )


def _holds(token: Token, cursor: int) -> bool:
    """Whether the cursor is in the token, or right behind a name."""
    if token.sort is Sort.SIGN or token.start >= cursor:
        return False
    return cursor < token.end or (cursor == token.end and (token.sort is not Sort.TEXT or not token.closed))


def _end(current: Token, source: str, cursor: int) -> int:
    """Where what is being written ends: a text that goes on with other things was only just opened."""
    rest = source[cursor : current.end - 1]
    begun = current.sort is Sort.TEXT and (not current.closed or (rest != "" and not rest.isidentifier()))
    return cursor if begun else current.end


def _chain(before: Sequence[Token], start: int) -> tuple[str, ...]:
    """The names in front of a place, joined by points without spaces."""
    names: list[str] = []
    index = len(before)
    while index >= 2 and before[index - 1].is_sign(".") and before[index - 1].end == start:
        name = before[index - 2]
        if name.sort is not Sort.NAME or name.end != before[index - 1].start:
            break
        names.append(name.text)
        start, index = name.start, index - 2
    return tuple(reversed(names))


def _opening(before: Sequence[Token]) -> int | None:
    """The index of the innermost bracket that is still open."""
    closed = 0
    for index in range(len(before) - 1, -1, -1):
        if before[index].is_sign(")"):
            closed += 1
        elif before[index].is_sign("("):
            if closed == 0:
                return index
            closed -= 1
    return None


def _partner(before: Sequence[Token], after: Sequence[Token], opening: int | None) -> Operand | None:
    if before and before[-1].is_sign(*COMPARISONS):
        return _ending(before[:-1])
    if opening and before[opening - 1].keyword and before[opening - 1].text == "in":
        negated = opening > 1 and before[opening - 2].keyword and before[opening - 2].text == "not"
        return _ending(before[: opening - 1 - negated])
    if after and after[0].is_sign(*COMPARISONS):
        return _beginning(after[1:])
    return None


def _ending(found: Sequence[Token]) -> Operand | None:
    """The operand that the tokens end with."""
    if not found or not found[-1].ends_operand or found[-1].sort is Sort.TEXT:
        return None
    last = found[-1]
    if last.sort is Sort.NAME:
        return Operand((*_chain(found[:-1], last.start), last.text))
    opening = _opening(found[:-1]) if last.is_sign(")") else None
    if opening and found[opening - 1].sort is Sort.NAME and not found[opening - 1].keyword:
        return Operand((found[opening - 1].text,), called=True)
    return None


def _beginning(found: Sequence[Token]) -> Operand | None:
    """The operand that the tokens begin with."""
    names: list[str] = []
    for index in range(0, len(found), 2):
        if found[index].sort is not Sort.NAME or found[index].keyword:
            break
        names.append(found[index].text)
        following = found[index + 1] if index + 1 < len(found) else None
        if following is None or not following.is_sign("."):
            return Operand(tuple(names), called=following is not None and following.is_sign("(") and len(names) == 1)
    return None


def _argument(before: Sequence[Token], opening: int | None) -> Argument | None:
    if not opening or before[opening - 1].sort is not Sort.NAME or before[opening - 1].keyword:
        return None
    depth, start = 0, opening + 1
    given: list[Operand | None] = []
    for index in range(opening + 1, len(before)):
        depth += before[index].is_sign("(") - before[index].is_sign(")")
        if depth == 0 and before[index].is_sign(","):
            given.append(_whole(before[start:index]))
            start = index + 1
    return Argument(before[opening - 1].text, len(given), tuple(given))


def _whole(found: Sequence[Token]) -> Operand | None:
    """The operand that the tokens are, and nothing else."""
    operand = _ending(found)
    return operand if operand and not operand.called and len(found) == 2 * len(operand.names) - 1 else None
