"""How a value came about: every part of an expression with its value, in the order in which they are computed."""

from collections.abc import Iterator
from dataclasses import dataclass

from trellis.engine.expr.checker import expression as expression_of
from trellis.engine.expr.evaluator import EvaluationError, Values, evaluator
from trellis.engine.expr.nodes import Conditional, Expression, Junction, Literal, Logic, Node, children
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import Type


@dataclass(frozen=True, slots=True)
class Step:
    """One part: as it stands in the source, what it gives, and how deep it stands below the whole (0)."""

    source: str
    span: Span
    type: Type
    value: object
    depth: int
    used: bool = True
    """False for a branch that was not taken, and behind the condition that decided an `and` or `or`; then the value is null."""
    failed: bool = False
    """Whether it could not be computed; then so could not what it is a part of."""


def trace(expression: Expression, values: Values) -> tuple[Step, ...]:
    """The steps from the innermost to the whole, which is the last; constants are left out.

    Needs the values that the evaluator needs, and never raises what it raises: such a step has `failed`.
    """
    tracer = _Tracer(expression.source, values)
    return tuple(tracer.steps(expression.root))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node stands in the tree."""

    depth: int = 0
    used: bool = True
    shown: bool = True

    def below(self, parent: Node, child: Node, *, used: bool) -> "_Place":
        """The place of an operand; one that has the very text of its parent, such as half of a chain, is not shown."""
        shown = not isinstance(child, Literal) and child.span != parent.span
        return _Place(self.depth + int(self.shown), self.used and used, shown)


class _Tracer:
    """Walks one tree with one set of values."""

    def __init__(self, source: str, values: Values) -> None:
        self.source = source
        self.values = values
        self.told: set[tuple[Span, Node]] = set()

    def steps(self, node: Node, place: _Place = _Place()) -> Iterator[Step]:
        """The steps of a node's operands, then its own."""
        for child, used in self._operands(node, place.used):
            yield from self.steps(child, place.below(node, child, used=used))
        key = (node.span, node)
        if place.shown and key not in self.told:
            self.told.add(key)
            yield self._step(node, place)

    def _operands(self, node: Node, used: bool) -> Iterator[tuple[Node, bool]]:
        """The operands, and whether the evaluator asks for them."""
        match node:
            case Conditional(test=test, then=then, otherwise=otherwise):
                taken = used and self._computed(test)[0] is True
                yield from ((test, True), (then, taken), (otherwise, not taken))
            case Logic(junction=junction, operands=operands):
                decided = False
                for operand in operands:
                    yield operand, not decided
                    decided = decided or (used and self._computed(operand) == (junction is Junction.OR, False))
            case _:
                yield from ((child, True) for child in children(node))

    def _step(self, node: Node, place: _Place) -> Step:
        value, failed = self._computed(node) if place.used else (None, False)
        text = self.source[node.span.start : node.span.end]
        return Step(text, node.span, node.type, value, place.depth, place.used, failed)

    def _computed(self, node: Node) -> tuple[object, bool]:
        """The value of a node as the evaluator gives it, and whether it gave none."""
        try:
            return evaluator(expression_of(self.source, node))(self.values), False
        except EvaluationError:
            return None, True
