"""Which stored fields have to be filled anew when a release takes the place of another."""

from trellis.engine.computed import Computations
from trellis.engine.dependencies import Dependencies, Node
from trellis.metadata.snapshot import Snapshot

Refill = tuple[str, tuple[str, ...]]
"""An entity and fields of it."""


def to_refill(old: Snapshot | None, new: Snapshot) -> list[Refill]:
    """The stored fields whose values a new release computes in another way, by entity, in the order of the rounds."""
    before = _meanings(old) if old else {}
    after, stages = _meanings(new), Dependencies.of(new).stages
    known = old.entities if old else {}
    fields = [node for node in stages if node[0] in known and before.get(node) != after[node]]
    groups: dict[tuple[int, str], list[str]] = {}
    for entity, key in fields:
        groups.setdefault((stages[entity, key], entity), []).append(key)
    return [(entity, tuple(keys)) for (_, entity), keys in sorted(groups.items())]


def _meanings(snapshot: Snapshot) -> dict[Node, object]:
    """For each stored field what decides its value: its own definition and that of virtual formulas it reads."""
    return {node: _meaning(snapshot, node, ()) for node in Dependencies.of(snapshot).stages}


def _meaning(snapshot: Snapshot, node: Node, above: tuple[Node, ...]) -> object:
    item = Computations.of(snapshot).at(*node)
    if item is None or node in above or (above and item.field.stored):
        return node
    inner = [_meaning(snapshot, (path.entity, path.field), (*above, node)) for path in item.paths]
    return (item.source, item.field.kind, inner)
