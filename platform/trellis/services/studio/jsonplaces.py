"""Where the places of a document stand in its text, so that people find them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trellis.metadata.pointers import pointer

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text: line and column count from 1, `start` and `end` are characters."""

    line: int
    column: int
    start: int
    end: int


def spots(text: str) -> Mapping[str, Spot]:
    """For every pointer of a JSON text where its value begins, for members where their name does.

    It reads as far as it can: what stands before a mistake has its place.
    """
    found: dict[str, Spot] = {}
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    line = 0
    for place, start, end in _values(text):
        while line + 1 < len(starts) and starts[line + 1] <= start:
            line += 1
        found.setdefault(pointer(place), Spot(line + 1, start - starts[line] + 1, start, end))
    return found


def spot_of(known: Mapping[str, Spot], where: str) -> Spot | None:
    """The spot of a place, or of the nearest thing around it."""
    while where and where not in known:
        where = where.rpartition("/")[0]
    return known.get(where)


def _values(text: str) -> Iterator[tuple[Path, int, int]]:
    """Each place with the characters of its name, or of its value in lists, in the order of the text."""
    open_: list[_Open] = []
    for match in _PIECE.finditer(text):
        piece = match[0]
        if piece in ("}", "]"):
            if open_:
                open_.pop()
        elif piece == ",":
            if open_:
                open_[-1].next()
        elif piece == ":":
            if open_:
                open_[-1].named = True
        elif open_ and open_[-1].awaits_name:
            open_[-1].name = _plain(piece)
            yield _path(open_), match.start(), match.end()
        else:
            if not open_ or open_[-1].is_list:
                yield _path(open_), match.start(), match.end()
            if piece in ("{", "["):
                open_.append(_Open(piece == "["))


class _Open:
    """An object or list that has begun, and the member at which we are."""

    def __init__(self, is_list: bool) -> None:
        self.is_list, self.index, self.name, self.named = is_list, 0, "", False

    @property
    def awaits_name(self) -> bool:
        """Whether the name of a member comes next."""
        return not self.is_list and not self.named

    def next(self) -> None:
        """Go on to the next member."""
        self.index, self.name, self.named = self.index + 1, "", False


def _path(open_: list[_Open]) -> Path:
    return tuple(one.index if one.is_list else one.name for one in open_)


def _plain(piece: str) -> str:
    """The name in quotes; escapes other than of quotes do not occur in names."""
    return piece[1:-1].replace('\\"', '"') if piece.startswith('"') else piece
