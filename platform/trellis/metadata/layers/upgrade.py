"""What becomes of changes when the pack below them is replaced by another version."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from trellis.metadata.fieldtypes import FieldTypes, fieldtypes
from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.against import made_against, print_at, seen_in
from trellis.metadata.layers.apply import Verb
from trellis.metadata.layers.breaches import breaches
from trellis.metadata.layers.leaves import Leaf, leaves
from trellis.metadata.layers.places import MISSING, is_lost, place_at, same, value_at
from trellis.metadata.policies import PolicyName

Raw = Mapping[str, Any]
Former = Callable[[Raw], Raw | None] | Mapping[str, Raw]
"""What the target of an extension was when it was made: by the extension, or by the id of the target."""


class Outcome(Enum):
    """What a new version of the pack means for one change."""

    SAME = "same"
    CLEAN = "clean"
    BOTH_CHANGED = "both_changed"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class UpgradeItem:
    """One change with the value that the pack had, has now, and what it is changed into; MISSING is no value.

    With `breach` the change is not allowed on the new version, so it cannot be kept.
    """

    extension: str
    target: str
    verb: Verb
    pointer: str
    outcome: Outcome
    policy: PolicyName
    was: Any
    now: Any
    mine: Any
    breach: bool = False


def compare(
    was: Former, now: Mapping[str, Raw], extensions: Iterable[Raw], types: FieldTypes = fieldtypes
) -> tuple[UpgradeItem, ...]:
    """Each change of the extensions against the new documents below them.

    Where it is not known what the target was, the pack is taken to have changed it.
    """
    return tuple(
        item
        for extension in extensions
        for item in _items(_former(was, extension), now.get(extension["target"]), extension, types)
    )


def _former(was: Former, extension: Raw) -> Raw | None:
    return was(extension) if callable(was) else was.get(extension["target"])


def _items(was: Raw | None, now: Raw | None, extension: Raw, types: FieldTypes) -> Iterator[UpgradeItem]:
    if now is None:
        yield from _gone(was, extension, types)
        return
    forbidden = {(breach.leaf.verb, breach.leaf.pointer) for breach in breaches(now, extension, types)}
    seen, unchanged = seen_in(extension), made_against(extension).get("hash") == digest(now)
    for leaf in leaves(now, extension, types):
        former, found = value_at(was, leaf.path), value_at(now, leaf.path)
        breach = (leaf.verb, leaf.pointer) in forbidden
        moved = not (unchanged or _as_before(leaf, was, now, seen))
        outcome = _OUTCOMES[leaf.verb](leaf, now, found, moved, types)
        if breach and outcome is Outcome.CLEAN:
            outcome = Outcome.BOTH_CHANGED
        yield _item(extension, leaf, outcome, former, found, breach and outcome is Outcome.BOTH_CHANGED)


def _as_before(leaf: Leaf, was: Raw | None, now: Raw, seen: Mapping[str, str]) -> bool:
    """Whether the pack has what it had when the change was made, or last looked at."""
    if leaf.pointer in seen:
        return seen[leaf.pointer] == print_at(now, leaf.pointer)
    return was is not None and same(value_at(was, leaf.path), value_at(now, leaf.path))


def _added(leaf: Leaf, now: Raw, found: Any, moved: bool, types: FieldTypes) -> Outcome:
    if found is MISSING:
        return Outcome.ORPHAN if is_lost(now, leaf.path[:-1], types) else Outcome.CLEAN
    holder = place_at(now, leaf.path[:-1], types)
    if same(found, leaf.value):
        return Outcome.SAME
    return Outcome.ORPHAN if holder.defines else Outcome.BOTH_CHANGED


def _changed(leaf: Leaf, now: Raw, found: Any, moved: bool, types: FieldTypes) -> Outcome:
    if is_lost(now, leaf.path, types) or not leaf.place.known:
        return Outcome.ORPHAN
    mine = MISSING if leaf.value is None else leaf.value
    if same(found, mine) or (found is MISSING and same(leaf.place.default, mine)):
        return Outcome.SAME
    return Outcome.BOTH_CHANGED if moved and leaf.place.policy.name != "customer" else Outcome.CLEAN


def _hid(leaf: Leaf, now: Raw, found: Any, moved: bool, types: FieldTypes) -> Outcome:
    if found is MISSING or _hidden_already(found, leaf):
        return Outcome.SAME
    return Outcome.CLEAN


def _hidden_already(found: Any, leaf: Leaf) -> bool:
    """Whether the pack itself does not offer the element any more."""
    hiding = leaf.place.element.hiding if leaf.place.element else None
    return (hiding == "flag" and found.get("hidden") is True) or (hiding == "retire" and found.get("active") is False)


_OUTCOMES = {"add": _added, "change": _changed, "hide": _hid}


def _item(extension: Raw, leaf: Leaf, outcome: Outcome, was: Any, now: Any, breach: bool) -> UpgradeItem:
    mine = {"hide": None, "add": leaf.value, "change": MISSING if leaf.value is None else leaf.value}[leaf.verb]
    return UpgradeItem(
        extension["id"],
        extension["target"],
        leaf.verb,
        leaf.pointer,
        outcome,
        leaf.place.policy.name,
        was,
        now,
        mine,
        breach,
    )


def _gone(was: Raw | None, extension: Raw, types: FieldTypes) -> Iterator[UpgradeItem]:
    """A document that the pack has no more takes all changes with it; what was hidden needs no hiding."""
    if was is None:
        yield UpgradeItem(
            extension["id"], extension["target"], "change", "", Outcome.ORPHAN, "pack", MISSING, MISSING, MISSING
        )
        return
    for leaf in leaves(was, extension, types):
        outcome = Outcome.SAME if leaf.verb == "hide" else Outcome.ORPHAN
        yield _item(extension, leaf, outcome, value_at(was, leaf.path), MISSING, False)
