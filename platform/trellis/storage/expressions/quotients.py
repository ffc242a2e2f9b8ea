"""Comparisons with a quotient, written without dividing: `a / b > c` is `a > c * b`, the other way round for negative b."""

import sqlalchemy as sa

from trellis.engine.expr.nodes import Arithmetic, Compare, Node, Operator
from trellis.engine.expr.types import BOOL
from trellis.storage.expressions.contract import Element, Sql, Writer
from trellis.storage.expressions.numbers import comparable, exact, product, whole
from trellis.storage.expressions.operators import COMPARISONS, MIRRORED


def is_quotient(node: Node) -> bool:
    """Whether the node is a division."""
    return isinstance(node, Arithmetic) and node.operator is Operator.DIVIDE


def compare_quotient(writer: Writer, node: Compare) -> Sql:
    """The comparison of a quotient with something else; null when the divisor is null or zero."""
    if is_quotient(node.left):
        return _compared(writer, node, node.left, node.right, node.operator)
    return _compared(writer, node, node.right, node.left, MIRRORED[node.operator])


def _compared(writer: Writer, node: Compare, quotient: Node, other: Node, operator: Operator) -> Sql:
    assert isinstance(quotient, Arithmetic)
    numerator, divisor = writer.write(quotient.left), exact(writer.write(quotient.right), node.span)
    multiple = product(exact(writer.write(other), node.span), divisor, writer, node.span)
    left, right = comparable(numerator, multiple, writer, node.span)
    above: Element = COMPARISONS[operator](left, right)
    below: Element = COMPARISONS[MIRRORED[operator]](left, right)
    zero = whole(0)
    chosen = sa.case((divisor.element > zero, above), (divisor.element < zero, below))
    return Sql(sa.type_coerce(chosen, sa.Boolean()), BOOL)
