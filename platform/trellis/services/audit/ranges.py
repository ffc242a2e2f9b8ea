"""Sets of row numbers as text: `1-500,502`."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

Range = tuple[int, int]
"""The first and the last number."""


def ranges_of(numbers: Iterable[int]) -> list[Range]:
    """The ranges of ascending numbers."""
    found: list[Range] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def numbers_of(ranges: Iterable[Range]) -> Iterator[int]:
    """The numbers of ranges, ascending when they are."""
    for first, last in ranges:
        yield from range(first, last + 1)


def gaps_between(after: int, numbers: Iterable[int]) -> list[Range]:
    """What is missing between `after` and the last of some ascending numbers."""
    found: list[Range] = []
    for number in numbers:
        if number > after + 1:
            found.append((after + 1, number - 1))
        after = number
    return found


def without(ranges: Iterable[Range], gone: Iterable[int]) -> list[Range]:
    """The ranges less some numbers."""
    left = gone if isinstance(gone, set | frozenset) else frozenset(gone)
    found: list[Range] = []
    for first, last in ranges:
        inside = sorted(number for number in left if first <= number <= last)
        edges = [first - 1, *inside, last + 1]
        found += [(low + 1, high - 1) for low, high in pairwise(edges) if high - low > 1]
    return found


def to_text(ranges: Iterable[Range]) -> str:
    """Ranges as text."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def from_text(text: str) -> list[Range]:
    """The ranges of a text; ValueError when it is none."""
    found = []
    for part in text.split(",") if text else ():
        first, _, last = part.partition("-")
        found.append((int(first), int(last or first)))
    return found
