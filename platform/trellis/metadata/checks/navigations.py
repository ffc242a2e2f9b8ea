"""Menus: every entry leads somewhere."""

from collections.abc import Iterator, Mapping

from trellis.kernel.errors import Finding
from trellis.kernel.messages import Message
from trellis.metadata.checks.references import reference
from trellis.metadata.documents import Entity, Navigation, View
from trellis.metadata.documents.navigation import Entry
from trellis.metadata.findings import error
from trellis.metadata.merged import Merged
from trellis.metadata.pointers import pointer

Path = tuple[str, ...]


def entries(navigation: Navigation, merged: Merged) -> Iterator[Finding]:
    """Views and entities of a menu exist, and every entry leads to one thing or has entries below it."""
    for path, entry in _all(navigation.items, ("items",)):
        if entry.view is not None:
            yield from reference(navigation, pointer((*path, "view")), entry.view, View, merged)
        if entry.entity is not None:
            yield from reference(navigation, pointer((*path, "entity")), entry.entity, Entity, merged)
        yield from _one_goal(navigation, path, entry, merged)


def _one_goal(navigation: Navigation, path: Path, entry: Entry, merged: Merged) -> Iterator[Finding]:
    goals = [name for name in ("view", "entity", "builtin") if getattr(entry, name) is not None]
    removed = any(merged.was_removed(navigation.id, pointer((*path, name))) for name in ("view", "entity", "builtin"))
    if len(goals) > 1:
        text = "An entry leads to one thing, not to {goals}."
        yield error(navigation, pointer(path), "entry_goals", text, goals=" and ".join(goals))
    elif not goals and not entry.children and not removed:
        hint = Message("Add one of: {names}.", {"names": "view, entity, builtin, children"})
        yield error(navigation, pointer(path), "entry_without_goal", "The entry leads nowhere.", hint=hint)


def _all(entries: Mapping[str, Entry], path: Path) -> Iterator[tuple[Path, Entry]]:
    for key, entry in entries.items():
        yield (*path, key), entry
        yield from _all(entry.children, (*path, key, "children"))


CHECKS = {Navigation: (entries,)}
