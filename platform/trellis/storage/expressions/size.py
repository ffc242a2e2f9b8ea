"""How large the SQL of an expression becomes, so that no database stumbles over it."""

from collections.abc import Iterator

from trellis.engine.expr.nodes import (
    Arithmetic,
    Call,
    Compare,
    Conditional,
    Expression,
    Logic,
    Node,
    Operator,
    children,
)
from trellis.storage.expressions.contract import NotPortable, SqlFunction, SqlFunctions

MOST_WEIGHT = 5_000
MOST_DEPTH = 80
"""SQLite's parser holds 100 open symbols; the statement around the expression needs some of them."""
STEP = 5
_UNKNOWN = SqlFunction(lambda writer, call: writer.write(call.arguments[0]))


def refuse_if_too_large(expression: Expression, functions: SqlFunctions) -> None:
    """Raises NotPortable when the SQL of a part would be too long or too deeply nested; joined parts count by themselves."""
    for part in _joined(expression.root):
        weight, depth = _size(part, functions)
        if weight > MOST_WEIGHT or depth > MOST_DEPTH:
            raise NotPortable(expression.root.span, "This is too complicated for the database.")


def _joined(root: Node) -> Iterator[Node]:
    """The conditions that are joined at the top, however many there are: the rights of many roles are as long as they are."""
    if isinstance(root, Logic):
        for operand in root.operands:
            yield from _joined(operand)
    else:
        yield root


def _size(node: Node, functions: SqlFunctions) -> tuple[int, int]:
    """The number of symbols and how many may be open at once; parts that functions repeat count each time."""
    sizes = [_size(child, functions) for child in children(node)]
    weights, depths = [weight for weight, _ in sizes], [depth for _, depth in sizes]
    match node:
        case Call(function=function):
            known = functions.get(function.name, _UNKNOWN)
            return 1 + known.repeats * sum(weights), known.depth + max(depths, default=0)
        case Arithmetic(operator=Operator.DIVIDE):
            return 1 + 4 * sum(weights), 2 * STEP + max(depths)
        case Arithmetic() | Compare():
            return 1 + sum(weights), max(depths[0] + 2, depths[1] + STEP)
        case Conditional():
            return 1 + sum(weights), max(depths[0] + STEP + 2, depths[1] + STEP + 2, depths[2] + 2)
    return 1 + sum(weights), STEP + max(depths, default=0)
