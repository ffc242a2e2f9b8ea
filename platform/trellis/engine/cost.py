"""How much an expression asks for."""

from dataclasses import dataclass

from trellis.engine.expr.nodes import Expression, Node, Path, children, walk

PER_JOIN = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """The size of the tree, the fields it reads, and the lookups that have to be joined for it."""

    nodes: int
    depth: int
    paths: int
    joins: int

    @property
    def score(self) -> int:
        """One number to compare expressions by: a join counts as much as ten nodes."""
        return self.nodes + PER_JOIN * self.joins


def cost(expression: Expression) -> Cost:
    """The cost of an expression."""
    nodes = list(walk(expression.root))
    joins = {
        (node.root, *(hop.field_key for hop in node.hops[: number + 1]))
        for node in nodes
        if isinstance(node, Path)
        for number in range(len(node.hops))
    }
    return Cost(len(nodes), _depth(expression.root), len(expression.paths), len(joins))


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in children(node)), default=0)
