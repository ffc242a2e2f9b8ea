"""The words and signs of a source that may be wrong or unfinished: never refuses, never judges."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from trellis.engine.expr.source import QUOTES, WIDE

KEYWORDS = frozenset({"and", "or", "not", "in", "if", "else"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "=", "<>"})
_PAIRED = frozenset({"==", "!=", "<=", ">=", "<>"})


class Sort(Enum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    TEXT = "text"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """Characters `start` up to `end` of the source; the text of signs is plain, that of texts without quotes."""

    sort: Sort
    text: str
    start: int
    end: int
    closed: bool = True
    """False for a text without its last quote."""

    @property
    def keyword(self) -> bool:
        """Whether it joins conditions or values."""
        return self.sort is Sort.NAME and self.text in KEYWORDS

    @property
    def ends_operand(self) -> bool:
        """Whether a value may end here."""
        return self.text == ")" if self.sort is Sort.SIGN else not self.keyword

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.sort is Sort.SIGN and self.text in signs


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a source, from left to right."""
    position = 0
    while position < len(source):
        character = source[position]
        if WIDE.get(character, character).isspace():
            position += 1
            continue
        token = _token(source, position)
        yield token
        position = token.end


def _token(source: str, start: int) -> Token:
    character = source[start]
    if character in QUOTES:
        return _text(source, start)
    if character.isalpha() or character == "_":
        end = _while(source, start, lambda letter: letter.isalnum() or letter == "_")
        return Token(Sort.NAME, source[start:end], start, end)
    if _plain(source, start).isdigit():
        end = _while(source, start, lambda digit: digit.isdigit() or digit in "._")
        return Token(Sort.NUMBER, source[start:end], start, end)
    pair = _plain(source, start) + _plain(source, start + 1)
    if pair in _PAIRED:
        return Token(Sort.SIGN, pair, start, start + 2)
    return Token(Sort.SIGN, _plain(source, start), start, start + 1)


def _plain(source: str, position: int) -> str:
    character = source[position : position + 1]
    return WIDE.get(character, character)


def _while(source: str, start: int, belongs: Callable[[str], bool]) -> int:
    end = start
    while end < len(source) and belongs(_plain(source, end)):
        end += 1
    return max(end, start + 1)


def _text(source: str, start: int) -> Token:
    closing = QUOTES[source[start]]
    end = start + 1
    while end < len(source) and source[end] not in closing:
        end += 2 if source[end] == "\\" else 1
    if end >= len(source):
        return Token(Sort.TEXT, source[start + 1 :], start, len(source), closed=False)
    return Token(Sort.TEXT, source[start + 1 : end], start, end + 1)
