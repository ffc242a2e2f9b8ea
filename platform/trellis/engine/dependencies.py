"""What depends on what: which computed fields follow a change of a field, through lookups and roll-ups, in which order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from trellis.engine.computed import Computations, Computed, Formula, Rollup
from trellis.engine.expr.nodes import Hop, Path
from trellis.engine.expr.problems import ExprError
from trellis.metadata.snapshot import Snapshot

Node = tuple[str, str]
"""A field: the id of its entity and its key."""

DELETED = "deleted_at"


@dataclass(frozen=True, slots=True)
class Read:
    """A field that a computed field reads: `hops` lead to it from the record, for a roll-up from the child."""

    hops: tuple[Hop, ...]
    entity: str
    field: str

    @property
    def node(self) -> Node:
        return (self.entity, self.field)


@dataclass(frozen=True, slots=True)
class Dependant:
    """A stored field that follows a field, and the way back: `hops` lead from the record (or child) to what changed.

    With `link` the field is a roll-up: the records to work out are those that the children point to with it. Without
    link and hops it is a formula that a stored link of the same record leads on.
    """

    node: Node
    hops: tuple[Hop, ...]
    child: str | None = None
    link: str | None = None


@dataclass(frozen=True, eq=False)
class Dependencies:
    """The graph of one release."""

    computations: Computations

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Dependencies":
        """The graph of a release, made once."""
        found: Dependencies | None = snapshot.derived.get(cls)
        return found or snapshot.derived.setdefault(cls, cls(Computations.of(snapshot)))

    @cached_property
    def dependants(self) -> Mapping[Node, tuple[Dependant, ...]]:
        """For each field the stored fields that follow it, other than formulas of the same record.

        Formulas that are led on by a stored link do follow it: what is behind it is read when the link is written.
        """
        found: dict[Node, dict[Dependant, None]] = {}
        for node in self.stages:
            item = self._item(node)
            if isinstance(item, Rollup):
                for read in self.reads(item):
                    about = Dependant(node, read.hops, item.source.child, item.source.link)
                    found.setdefault(read.node, {})[about] = None
            elif item is not None:
                for read in self.reads(item):
                    if read.hops or self._leads_on(read):
                        found.setdefault(read.node, {})[Dependant(node, read.hops)] = None
        return {key: tuple(value) for key, value in found.items()}

    @cached_property
    def followed(self) -> Mapping[str, Mapping[str, frozenset[tuple[str, ...]]]]:
        """For each entity the links that stored fields follow, also those of other entities, and what they read behind.

        Whoever sets such a link keeps what it leads to from changing until everybody can see the link.
        """
        found: dict[str, dict[str, set[tuple[str, ...]]]] = {}
        for node in self.stages:
            item = self._item(node)
            for read in self.reads(item) if item is not None else ():
                for place, hop in enumerate(read.hops):
                    rest = (*(further.field_key for further in read.hops[place + 1 :]), read.field)
                    found.setdefault(hop.entity_id, {}).setdefault(hop.field_key, set()).add(rest)
        return {entity: {link: frozenset(rests) for link, rests in links.items()} for entity, links in found.items()}

    @cached_property
    def shown(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """For each entity its links that roll-ups look behind, with the links by which these roll-ups find its records.

        Whoever moves a record along one of the latter shows what is behind the former to roll-ups that did not see it.
        """
        found: dict[str, dict[str, set[str]]] = {}
        for item in map(self._item, self.stages):
            if isinstance(item, Rollup):
                links = found.setdefault(item.source.child, {})
                for read in self.reads(item):
                    if read.hops:
                        links.setdefault(read.hops[0].field_key, set()).add(item.source.link)
        return {entity: {link: frozenset(ways) for link, ways in links.items()} for entity, links in found.items()}

    @cached_property
    def leading(self) -> Mapping[str, frozenset[str]]:
        """For each entity its computed links that lead stored fields on, those by which roll-ups find more included."""
        found: dict[str, frozenset[str]] = {}
        for entity in {*self.followed, *self.shown}:
            links = {*self.followed.get(entity, ())}.union(*self.shown.get(entity, {}).values())
            found[entity] = frozenset(link for link in links if (entity, link) in self.stages)
        return found

    @cached_property
    def stages(self) -> Mapping[Node, int]:
        """The stored computed fields with the round in which they are worked out, after all that they follow."""
        found: dict[Node, int] = {}
        for entity in self.computations.snapshot.entities.values():
            for item in self.computations.of_entity(entity.id):
                if item.field.stored:
                    self._stage(item, found, ())
        return found

    def _stage(self, item: Computed, found: dict[Node, int], above: tuple[Node, ...]) -> int:
        node = (item.field.entity, item.field.key)
        if node in found:
            return found[node]
        if node in above:  # a circle, which a checked release does not have
            return 0
        stage = 0
        for read in self.reads(item):
            other = self.computations.at(*read.node)
            if other is not None and other.field.stored:
                own = isinstance(item, Formula) and not read.hops and not self._leads_on(read)
                stage = max(stage, self._stage(other, found, (*above, node)) + (not own))
        found[node] = stage
        return stage

    def reads(self, item: Computed) -> tuple[Read, ...]:
        """The fields with values of their own that a computed field reads; virtual formulas are seen through."""
        found: dict[Read, None] = {}
        if isinstance(item, Rollup):
            child = self.computations.snapshot.entity(item.source.child)
            found[Read((), child.id, item.source.link)] = None
            found[Read((), child.id, DELETED)] = None
        for path in item.paths:
            found |= dict.fromkeys(self._behind(path, ()))
        return tuple(found)

    def _behind(self, path: Path, hops: tuple[Hop, ...]) -> Iterator[Read]:
        """The fields on the way to a path and at its end."""
        for number, hop in enumerate(path.hops):
            yield Read((*hops, *path.hops[:number]), hop.entity_id, hop.field_key)
        whole = (*hops, *path.hops)
        item = self.computations.at(path.entity, path.field)
        if item is None or item.field.stored or isinstance(item, Rollup):
            yield Read(whole, path.entity, path.field)
            return
        for inner in item.paths:
            yield from self._behind(inner, whole)

    def _leads_on(self, read: Read) -> bool:
        """Whether a field is a stored link that is computed itself."""
        item = self.computations.at(*read.node)
        return item is not None and item.field.stored and item.field.target is not None

    def _item(self, node: Node) -> Computed | None:
        return self.computations.at(*node)


def circles(snapshot: Snapshot) -> list[tuple[Node, ...]]:
    """The circles among computed fields, each as the fields that follow one another; faulty fields are left out."""
    edges = _edges(snapshot)
    done: set[Node] = set()
    found: list[tuple[Node, ...]] = []
    for start in edges:
        _search(start, edges, [], done, found)
    return found


def _search(
    node: Node, edges: Mapping[Node, Iterable[Node]], way: list[Node], done: set[Node], found: list[tuple[Node, ...]]
) -> None:
    if node in way:
        found.append(tuple(way[way.index(node) :]))
        return
    if node in done:
        return
    way.append(node)
    for following in edges.get(node, ()):
        _search(following, edges, way, done, found)
    way.pop()
    done.add(node)


def depths(snapshot: Snapshot) -> Mapping[Node, int]:
    """How many computed fields stand one upon the other below each one, itself included; circles count as they are cut."""
    edges = _edges(snapshot)
    known: dict[Node, int] = {}

    def depth(node: Node, above: frozenset[Node]) -> int:
        if node not in known:
            below = [depth(other, above | {node}) for other in edges.get(node, ()) if other not in above]
            known[node] = 1 + max(below, default=0)
        return known[node]

    return {node: depth(node, frozenset()) for node in edges}


def _edges(snapshot: Snapshot) -> dict[Node, list[Node]]:
    """For each computed field the computed fields that it reads itself."""
    computations = Computations.of(snapshot)
    found: dict[Node, list[Node]] = {}
    for entity in snapshot.entities.values():
        for key, field in entity.fields.items():
            if field.computed is None:
                continue
            try:
                item = computations.at(entity.id, key)
            except ExprError:
                continue
            found[entity.id, key] = [(path.entity, path.field) for path in item.paths] if item else []
    return {node: [other for other in others if other in found] for node, others in found.items()}
