"""Which parts of a document a change touches, as far as others can notice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Raw = Mapping[str, Any]

SEEN_ONLY = frozenset({"label", "labelPlural", "description", "help", "placeholder", "icon", "order", "color", "ext"})
"""Members that people look at, and nothing builds upon."""

_DEMANDS = ("required", "default", "unique", "hidden", "active")


@dataclass(frozen=True, slots=True)
class Touched:
    """The pointers of parts that differ; with `whole` also whoever names the document as such may be concerned.

    `gone` are the parts that are no longer there.
    """

    parts: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    whole: bool = False


def touched(before: Raw | None, after: Raw | None) -> Touched:
    """What differs between two states of a document; None for none."""
    if before is None or after is None:
        return Touched(frozenset({""}), frozenset({""}) if after is None else frozenset(), whole=True)
    parts, gone, whole = set(), set(), False
    for member in before.keys() | after.keys() if before is not after else ():
        if member in SEEN_ONLY or before.get(member) == after.get(member):
            continue
        was, now = _elements(before.get(member)), _elements(after.get(member))
        if was is None or now is None:
            parts.add(f"/{member}")
            whole = True
            continue
        for key in _differing(was, now):
            parts.add(f"/{member}/{key}")
            whole = whole or _demands(was.get(key)) != _demands(now.get(key))
        gone |= {f"/{member}/{key}" for key in was.keys() - now.keys()}
    if "/traits" in parts:
        parts.add("/system")  # the fields that traits bring along
    return Touched(frozenset(parts), frozenset(gone), whole)


def _elements(value: Any) -> Mapping[str, Raw] | None:
    """The parts of a member that holds parts by key; a member that is left out holds none."""
    if value is None:
        return {}
    if isinstance(value, Mapping) and all(isinstance(item, Mapping) for item in value.values()):
        return value
    return None


def _differing(was: Mapping[str, Raw], now: Mapping[str, Raw]) -> Iterator[str]:
    for key in was.keys() | now.keys():
        before, after = was.get(key), now.get(key)
        if before is None or after is None or _built_upon(before) != _built_upon(after):
            yield key


def _built_upon(element: Raw) -> Raw:
    return {name: value for name, value in element.items() if name not in SEEN_ONLY}


def _demands(element: Raw | None) -> tuple[Any, ...]:
    """What a part asks of every record."""
    return tuple((element or {}).get(name) or None for name in _DEMANDS)
