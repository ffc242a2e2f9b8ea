"""Which stored fields have to be filled anew when a release takes the place of another."""

from collections.abc import Collection

from trellis.engine.computed import Computations
from trellis.engine.dependencies import Dependencies, Node
from trellis.metadata.snapshot import Snapshot

Refill = tuple[str, tuple[str, ...]]
"""An entity and fields of it."""


def to_refill(
    old: Snapshot | None, new: Snapshot, *, fresh: Collection[str] = (), moved: Collection[Node] = ()
) -> list[Refill]:
    """The stored fields whose values a new release computes in another way, by entity, in the order of the rounds.

    Entities that are `fresh` have no records yet. Also filled is what reads a field that is `moved`: some of its values
    change or are put aside on the way to their new place.
    """
    before = _meanings(old) if old else {}
    after, stages = _meanings(new), Dependencies.of(new).stages
    fields = [
        node
        for node in stages
        if node[0] not in fresh and (before.get(node) != after[node] or _reads(new, node, moved))
    ]
    groups: dict[tuple[int, str], list[str]] = {}
    for entity, key in fields:
        groups.setdefault((stages[entity, key], entity), []).append(key)
    return [(entity, tuple(keys)) for (_, entity), keys in sorted(groups.items())]


def _reads(snapshot: Snapshot, node: Node, moved: Collection[Node]) -> bool:
    item = Computations.of(snapshot).at(*node) if moved else None
    return item is not None and any(read.node in moved for read in Dependencies.of(snapshot).reads(item))


def _meanings(snapshot: Snapshot) -> dict[Node, object]:
    """For each stored field what decides its value: its own definition and that of virtual formulas it reads."""
    return {node: _meaning(snapshot, node, ()) for node in Dependencies.of(snapshot).stages}


def _meaning(snapshot: Snapshot, node: Node, above: tuple[Node, ...]) -> object:
    item = Computations.of(snapshot).at(*node)
    if item is None or node in above or (above and item.field.stored):
        return node
    inner = [_meaning(snapshot, (path.entity, path.field), (*above, node)) for path in item.paths]
    return (item.source, item.field.kind, inner)
