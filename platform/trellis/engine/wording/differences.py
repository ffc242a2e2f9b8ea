"""Where two versions of a document differ: element by element and member by member, along their models."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from trellis.metadata.anatomy import is_element, members, plain, resolved
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import Element, FieldTypes
from trellis.metadata.layers.places import MISSING
from trellis.metadata.snapshot import Raw

Path = tuple[str | int, ...]
ABSENT: Any = None
"""What stands for a member that is not written."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One change: of a member of an element, or, with `element`, a whole element that came or went.

    `owner` is the class whose member stands at `path`; None for the places of maps and lists.
    """

    path: Path
    owner: type[Element] | None
    before: Any
    after: Any
    element: bool = False

    @property
    def member(self) -> str:
        """The name of the member, or of the map in which an element stands."""
        names = [part for part in (self.path[:-1] if self.element else self.path) if isinstance(part, str)]
        return names[-1] if names else ""


@dataclass(frozen=True, slots=True)
class Reordered:
    """A map at `path` in which `moved` stands elsewhere now, before `following`, at the end when that is None.

    Without `moved` only the numbers changed, not the order.
    """

    path: Path
    moved: str | None = None
    following: str | None = None


Found = Difference | Reordered


def value_in(raw: Any, path: Path) -> Any:
    """The value at a path, in lists too, or MISSING."""
    for part in path:
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[part]
        elif isinstance(raw, list | tuple) and str(part).isdigit() and int(part) < len(raw):
            raw = raw[int(part)]
        else:
            return MISSING
    return raw


def differences(old: Raw, new: Raw, types: FieldTypes) -> Iterator[Found]:
    """All differences between two versions of a document; at least one when they are not equal."""
    if old == new:
        return
    found = list(_Comparison(types).element((), KINDS[new["kind"]], old, new))
    yield from found or [Difference((), None, old, new)]


class _Comparison:
    """The walk; values that are the same object, or equal, are not looked into."""

    def __init__(self, types: FieldTypes) -> None:
        self.types = types

    def element(self, path: Path, cls: type[Element], old: Raw, new: Raw) -> Iterator[Found]:
        """The members of one element."""
        known = members(cls)
        for name in dict.fromkeys((*known, *new, *old)):
            before, after = old.get(name, ABSENT), new.get(name, ABSENT)
            if name == "order" and path:  # told by the map in which the element stands
                continue
            if before is after or (before == after and (name in old) == (name in new)):
                continue
            yield from self._member((*path, name), cls, known.get(name), before, after)

    def _member(self, path: Path, owner: type[Element], annotation: Any, before: Any, after: Any) -> Iterator[Found]:
        shape = resolved(annotation, before if after is ABSENT else after, self.types) if annotation else None
        found: list[Found] = []
        if is_element(shape) and _maps(before, after):
            found = list(self._inner(path, shape, before or {}, after or {}))
        elif get_origin(shape) is dict and _maps(before, after):
            found = list(self._map(path, shape, before or {}, after or {}))
        yield from found or [Difference(path, owner, before, after)]

    def _inner(self, path: Path, shape: Any, before: Raw, after: Raw) -> Iterator[Found]:
        former = resolved(shape, before, self.types)
        cls = resolved(shape, after, self.types)
        yield from self.element(path, cls if after or not is_element(former) else former, before, after)

    def _map(self, path: Path, shape: Any, before: Raw, after: Raw) -> Iterator[Found]:
        annotation = get_args(shape)[1]
        inner = plain(annotation)
        parts = is_element(inner) or any(is_element(plain(arm)) for arm in get_args(inner))
        for name in dict.fromkeys((*after, *before)):
            place = (*path, name)
            if name not in before or name not in after:
                yield Difference(place, None, before.get(name), after.get(name), element=True)
            elif before[name] == after[name]:
                continue
            elif parts and _maps(before[name], after[name]):
                cls = resolved(annotation, after[name], self.types)
                yield from self.element(place, cls, before[name], after[name])
            else:
                yield Difference(place, None, before[name], after[name])
        if parts:
            yield from reordered(path, before, after)


def _maps(*values: Any) -> bool:
    return all(value is ABSENT or isinstance(value, Mapping) for value in values)


def reordered(path: Path, before: Raw, after: Raw) -> Iterator[Reordered]:
    """What stands elsewhere among those that were there and still are."""
    common = [name for name in before if name in after]
    if all(_order(before, name) == _order(after, name) for name in common):
        return
    old, new = _sorted(before, common), _sorted(after, common)
    if old == new:
        yield Reordered(path)
        return
    kept = set(_longest_common(old, new))
    whole = _sorted(after, after)
    for name in new:
        if name not in kept:
            place = whole.index(name) + 1
            yield Reordered(path, name, whole[place] if place < len(whole) else None)


def _order(elements: Raw, name: str) -> Any:
    element = elements[name]
    found = element.get("order", 0) if isinstance(element, Mapping) else 0
    return found if isinstance(found, int) else 0


def _sorted(elements: Raw, names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (_order(elements, name), name))


def _longest_common(old: list[str], new: list[str]) -> list[str]:
    """The most names that follow each other in both: those need not have moved."""
    place = {name: number for number, name in enumerate(old)}
    best: list[list[str]] = []
    for name in new:
        shorter = max((chain for chain in best if place[chain[-1]] < place[name]), key=len, default=[])
        best.append([*shorter, name])
    return max(best, key=len, default=[])
