"""Expressions in the words of a reader, and which of their parts would tell him what he may not see."""

from collections.abc import Callable, Collection, Iterator

from trellis.engine.expr.nodes import Conditional, Expression, Logic, Node, Path, children, walk
from trellis.engine.expr.problems import Span

Label = Callable[[Path], str]


def labelled(expression: Expression, label: Label, span: Span | None = None) -> str:
    """The source, or a part of it, with the label of each field in braces: `round({Quantity} * {Unit price}, 2)`."""
    start, end = (span.start, span.end) if span else (0, len(expression.source))
    parts: list[str] = []
    for place, path in sorted(_places(expression).items()):
        if start <= place[0] and place[1] <= end:
            parts += [expression.source[start : place[0]], "{", label(path), "}"]
            start = place[1]
    return "".join([*parts, expression.source[start:end]])


def _places(expression: Expression) -> dict[tuple[int, int], Path]:
    """Where fields are named."""
    paths = (node for node in walk(expression.root) if isinstance(node, Path))
    return {(path.span.start, path.span.end): path for path in paths}


def revealing(expression: Expression, hidden: Collection[str]) -> frozenset[Span]:
    """The parts whose value, or whether it was asked for, would tell something of hidden paths."""
    return frozenset(node.span for node in _revealing(expression.root, frozenset(hidden)))


def _revealing(node: Node, hidden: frozenset[str]) -> Iterator[Node]:
    if _reads(node, hidden):
        yield node
    decided = False
    for operand in children(node):
        if decided and isinstance(node, Conditional | Logic):
            yield from walk(operand)
        else:
            yield from _revealing(operand, hidden)
        first = isinstance(node, Logic) or operand is children(node)[0]
        decided = decided or (first and _reads(operand, hidden))


def _reads(node: Node, hidden: frozenset[str]) -> bool:
    return any(isinstance(part, Path) and part.key in hidden for part in walk(node))
