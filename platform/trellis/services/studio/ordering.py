"""The `order` of keyed elements, changed as little as possible when people move them."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

GAP = 10

Elements = Mapping[str, Mapping[str, Any]]


def in_order(elements: Elements) -> list[str]:
    """The keys as people see them: by `order`, ties by key."""
    return sorted(elements, key=lambda key: (elements[key].get("order", 0), key))


def arranged(elements: Elements, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The elements of `wanted` in that sequence; those that stay in place keep the `order` that they have.

    Elements that are not wanted are left out; keys that `elements` lacks are ignored.
    """
    keys = [key for key in dict.fromkeys(wanted) if key in elements]
    orders = _orders(keys, {key: int(elements[key].get("order", 0)) for key in keys})
    return {key: _with_order(elements[key], orders[key]) for key in keys}


def moved(keys: Sequence[str], key: str, step: int) -> list[str]:
    """The sequence with one key moved by some places, as far as there is room."""
    if key not in keys:
        return list(keys)
    rest = [other for other in keys if other != key]
    place = max(0, min(len(rest), list(keys).index(key) + step))
    return [*rest[:place], key, *rest[place:]]


def following(elements: Elements) -> int:
    """The `order` of an element that is added at the end."""
    return max((int(element.get("order", 0)) for element in elements.values()), default=0) + GAP


def _with_order(element: Mapping[str, Any], order: int) -> dict[str, Any]:
    return dict(element) if order == element.get("order", 0) else {**element, "order": order}


def _orders(keys: Sequence[str], known: Mapping[str, int]) -> dict[str, int]:
    """Numbers that give the sequence: as many as possible stay, the others go in between, or all are numbered anew."""
    staying = _longest_rise(keys, known)
    orders = {key: known[key] for key in staying}
    start = 0
    while start < len(keys):
        if keys[start] in orders:
            start += 1
            continue
        end = next((place for place in range(start, len(keys)) if keys[place] in orders), len(keys))
        before = orders[keys[start - 1]] if start else None
        after = orders[keys[end]] if end < len(keys) else None
        numbers = _between(before, after, end - start)
        if numbers is None:
            return {key: (place + 1) * GAP for place, key in enumerate(keys)}
        orders |= dict(zip(keys[start:end], numbers, strict=True))
        start = end
    return orders


def _between(before: int | None, after: int | None, count: int) -> list[int] | None:
    """So many whole numbers between two others, evenly; None where there is no room."""
    if before is None and after is None:
        return [(place + 1) * GAP for place in range(count)]
    if after is None:
        return [(before or 0) + (place + 1) * GAP for place in range(count)]
    low = before if before is not None else min(0, after - (count + 1))
    room = after - low
    if room <= count:
        return None
    return [low + room * (place + 1) // (count + 1) for place in range(count)]


def _longest_rise(keys: Sequence[str], known: Mapping[str, int]) -> list[str]:
    """The most keys whose numbers rise along the sequence; where two are equal the keys do."""
    ends: list[tuple[int, str]] = []
    last: list[int] = []
    before: list[int] = []
    for place, key in enumerate(keys):
        at = bisect_left(ends, (known[key], key))
        ends[at : at + 1] = [(known[key], key)]
        last[at : at + 1] = [place]
        before.append(last[at - 1] if at else -1)
    found: list[str] = []
    place = last[-1] if last else -1
    while place >= 0:
        found.append(keys[place])
        place = before[place]
    return found[::-1]
