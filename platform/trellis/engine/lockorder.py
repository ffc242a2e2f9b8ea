"""The order in which the entities of a release are locked, so that writers who wait for each other are the exception.

Changes flow from record to record: up from children to their roll-ups, down from linked records to formulas. Whoever
locks in the direction in which they flow never waits for somebody who waits for him. Where they flow in a circle, as from
deals to their customer and back, the way up counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from trellis.engine.dependencies import Dependencies
from trellis.metadata.snapshot import Snapshot

Edge = tuple[str, str]
"""An entity, and one that is locked after it."""


@dataclass(frozen=True, eq=False)
class LockOrder:
    """The order of one release."""

    snapshot: Snapshot

    @classmethod
    def of(cls, snapshot: Snapshot) -> "LockOrder":
        """The order of a release, made once."""
        found: LockOrder | None = snapshot.derived.get(cls)
        return found or snapshot.derived.setdefault(cls, cls(snapshot))

    def rank(self, entity: str) -> int:
        """The place of an entity."""
        return self._ranks.get(entity, 0)

    def is_written_from(self, entity: str, other: str) -> bool:
        """Whether saving records of `entity` may change stored fields of `other`."""
        return other in self._reached.get(entity, ())

    @cached_property
    def _ranks(self) -> Mapping[str, int]:
        ordered = _without_circles([*self._up, *self._down, *self._parts])
        ranks: dict[str, int] = {}
        waiting = set(self.snapshot.entities)
        while waiting:
            above = {later for earlier, later in ordered if earlier in waiting}
            for entity in sorted(waiting - above):
                ranks[entity] = len(ranks)
            waiting &= above
        return ranks

    @cached_property
    def _reached(self) -> Mapping[str, frozenset[str]]:
        edges = {*self._up, *self._down}
        return {entity: frozenset(_behind(entity, edges)) for entity in self.snapshot.entities}

    @cached_property
    def _up(self) -> tuple[Edge, ...]:
        return tuple(dict.fromkeys(edge for edge, rolled_up in self._flows() if rolled_up))

    @cached_property
    def _down(self) -> tuple[Edge, ...]:
        return tuple(dict.fromkeys(edge for edge, rolled_up in self._flows() if not rolled_up))

    def _flows(self) -> Iterator[tuple[Edge, bool]]:
        for (entity, _), dependants in Dependencies.of(self.snapshot).dependants.items():
            for dependant in dependants:
                yield (entity, dependant.node[0]), dependant.link is not None

    @cached_property
    def _parts(self) -> tuple[Edge, ...]:
        """What goes into the bin with a record is locked after it."""
        return tuple(
            (entity, relation.entity)
            for entity, relations in self.snapshot.relations.items()
            for relation in relations
            if getattr(self.snapshot.entity(relation.entity).fields[relation.field], "on_delete", "") == "cascade"
        )


def _without_circles(edges: list[Edge]) -> set[Edge]:
    """The edges, without those that would close a circle of earlier ones."""
    kept: set[Edge] = set()
    for earlier, later in edges:
        if earlier != later and earlier not in _behind(later, kept):
            kept.add((earlier, later))
    return kept


def _behind(entity: str, edges: set[Edge]) -> set[str]:
    """What edges lead to from an entity; itself only in a circle."""
    found: set[str] = set()
    waiting = [entity]
    while waiting:
        near = waiting.pop()
        fresh = {later for earlier, later in edges if earlier == near} - found
        found |= fresh
        waiting += fresh
    return found
