"""Typed trees made from typed trees."""

from collections.abc import Callable
from dataclasses import replace

from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.nodes import (
    Arithmetic,
    Call,
    Compare,
    Concatenation,
    Conditional,
    Hop,
    Literal,
    Logic,
    MemberOf,
    Membership,
    Negate,
    Node,
    Not,
    Parameter,
    Path,
    Reached,
)

NULL_READERS = frozenset({"blank", "filled", "coalesce"})
"""Functions that ask for nulls, so that a field that they are given stays as it is."""


def with_zeros(root: Node) -> Node:
    """The tree in which every number read from a field is zero instead of null, except where it is asked for nulls."""
    return _zero_for_null(root) if isinstance(root, Path) else _below(root)


def _below(node: Node) -> Node:
    if isinstance(node, Call) and node.function.name in NULL_READERS:
        return rebuilt(node, lambda child: child if isinstance(child, Path) else _below(child))
    return rebuilt(node, with_zeros)


def _zero_for_null(path: Path) -> Node:
    function = STANDARD.get("coalesce")
    if function is None or not path.type.numeric:
        return path
    return Call(function, (path, Literal(0, path.type, path.span)), path.type, path.span)


def seen_from(root: Node, link: Hop) -> Node:
    """The tree about a record, as one about a record that leads to it by a lookup."""

    def moved(node: Node) -> Node:
        if isinstance(node, Path):
            return replace(node, hops=(link, *node.hops))
        if isinstance(node, Reached):
            return replace(node, path=replace(node.path, hops=(link, *node.path.hops)))
        return rebuilt(node, moved)

    return moved(root)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with each of its operands changed."""
    match node:
        case Literal() | Path() | Parameter() | Reached() | MemberOf():
            return node
        case Call(arguments=arguments):
            return replace(node, arguments=tuple(map(change, arguments)))
        case Logic(operands=operands) | Concatenation(operands=operands):
            return replace(node, operands=tuple(map(change, operands)))
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return replace(node, left=change(left), right=change(right))
        case Not(operand=operand) | Negate(operand=operand):
            return replace(node, operand=change(operand))
        case Conditional(test=test, then=then, otherwise=otherwise):
            return replace(node, test=change(test), then=change(then), otherwise=change(otherwise))
        case Membership(value=value):
            return replace(node, value=change(value))
