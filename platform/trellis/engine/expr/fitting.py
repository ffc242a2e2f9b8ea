"""A result in the number of decimals that its field keeps."""

from dataclasses import replace

from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.nodes import Call, Expression, Literal, Node
from trellis.engine.expr.types import INTEGER, Type


def fitted(expression: Expression, wanted: Type) -> Expression:
    """The expression for a field of type `wanted`: rounded half away from zero if it may have more decimals than that."""
    if not (wanted.numeric and expression.type.numeric):
        return expression
    if expression.type.integer or (expression.type.scale <= wanted.scale and not wanted.integer):
        return expression
    root = _rounded(expression.root, wanted)
    return replace(expression, root=root, type=root.type)


def _rounded(root: Node, wanted: Type) -> Node:
    function = STANDARD.get("round")
    assert function is not None
    kind = Type(root.type.kind, scale=wanted.scale, integer=wanted.integer)
    if isinstance(root, Call) and root.function is function and root.type.scale == wanted.scale:
        return replace(root, type=kind)
    return Call(function, (root, Literal(wanted.scale, INTEGER)), kind, root.span)
