"""The answers to what an upgrade asks, put into the extensions."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from trellis.metadata.layers.against import against, made_against, print_at, seen_in, with_seen
from trellis.metadata.layers.apply import hides, mapping
from trellis.metadata.layers.upgrade import Outcome, UpgradeItem
from trellis.metadata.pointers import parts_of

Raw = Mapping[str, Any]
Decision = Literal["mine", "theirs"]


def settle(
    extension: Raw,
    decisions: Mapping[str, Decision],
    items: Iterable[UpgradeItem],
    now: Raw | None,
    *,
    version: str = "",
) -> Raw | None:
    """The extension on the new document below it, None when nothing of it is left.

    `decisions` say for places whether to keep one's own value or to take the pack's. What is the same by now is dropped.
    When a question stays open, what the extension was made against stays too, so that it is asked again.
    """
    own = [item for item in items if item.extension == extension["id"]]
    dropped = {item.pointer for item in own if item.outcome is Outcome.SAME}
    dropped |= {where for where, decision in decisions.items() if decision == "theirs"}
    left = without(extension, dropped)
    if left is None or now is None:
        return left
    asked = {item.pointer for item in own if item.outcome is Outcome.BOTH_CHANGED}
    if asked <= decisions.keys():
        return {**left, "madeAgainst": against(now, version)}
    kept = {where for where in decisions if where not in dropped}
    seen = {where: text for where, text in seen_in(extension).items() if where not in dropped}
    seen |= {where: print_at(now, where) for where in kept}
    return {**left, "madeAgainst": with_seen(made_against(extension) or against(now, ""), seen)}


def without(extension: Raw, places: Iterable[str]) -> Raw | None:
    """An extension without what it does at some places; None when that was all."""
    gone = set(places)
    add = {where: element for where, element in mapping(extension, "add").items() if where not in gone}
    change = mapping(extension, "change")
    for where in gone:
        change = _pruned(change, parts_of(where))
    hide = [where for where in hides(extension) if where not in gone]
    verbs = {name: part for name, part in (("add", add), ("change", change), ("hide", hide)) if part}
    if not verbs:
        return None
    return {**{name: part for name, part in extension.items() if name not in ("add", "change", "hide")}, **verbs}


def _pruned(patch: Raw, path: list[str]) -> Raw:
    """A merge patch without a place, and without maps that are empty then."""
    if not path or path[0] not in patch:
        return patch
    rest = {name: part for name, part in patch.items() if name != path[0]}
    part = patch[path[0]]
    below = _pruned(part, path[1:]) if len(path) > 1 and isinstance(part, Mapping) else {}
    return {**patch, path[0]: below} if below else rest
