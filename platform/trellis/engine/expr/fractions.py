"""Quotients are divided last: `a / b * c` is `(a * c) / b`, so that no digit is lost on the way and databases can follow."""

from dataclasses import replace

from trellis.engine.expr.nodes import Arithmetic, Negate, Node, Operator
from trellis.engine.expr.problems import Span
from trellis.engine.expr.types import Kind, Type

MOST_DECIMALS = 30


def is_quotient(node: Node) -> bool:
    """Whether the node is a division."""
    return isinstance(node, Arithmetic) and node.operator is Operator.DIVIDE


def divided_last(node: Arithmetic) -> Arithmetic:
    """The same product or quotient with its divisions drawn to the root; null and zero stay what they are."""
    left, right, span = node.left, node.right, node.span
    if node.operator is Operator.MULTIPLY and isinstance(left, Arithmetic) and is_quotient(left):
        return divided_last(replace(left, left=product(left.left, right, span), type=node.type, span=span))
    if node.operator is Operator.MULTIPLY and isinstance(right, Arithmetic) and is_quotient(right):
        return divided_last(replace(right, left=product(left, right.left, span), type=node.type, span=span))
    if node.operator is Operator.DIVIDE and isinstance(left, Arithmetic) and is_quotient(left):
        return divided_last(replace(left, right=product(left.right, right, span), type=node.type, span=span))
    return node


def negative_quotient(node: Arithmetic, span: Span) -> Arithmetic:
    """A quotient with the other sign."""
    return replace(node, left=Negate(node.left, node.left.type, span), span=span)


def product(left: Node, right: Node, span: Span) -> Arithmetic:
    """The product of two parts of a quotient, of whatever kind they are."""
    kinds = (left.type.kind, right.type.kind)
    kind = Kind.MONEY if kinds.count(Kind.MONEY) == 1 else Kind.NUMBER
    scale = min(left.type.scale + right.type.scale, MOST_DECIMALS)
    whole = left.type.integer and right.type.integer
    return divided_last(Arithmetic(Operator.MULTIPLY, left, right, Type(kind, scale=scale, integer=whole), span))
