"""The form of an expression without its constants, so that one compiled statement serves `amount > 10` and `amount > 20`."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from trellis.engine.expr.decimals import CONTEXT
from trellis.engine.expr.nodes import (
    Arithmetic,
    Call,
    Compare,
    Concatenation,
    Conditional,
    Expression,
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
    Scalar,
)
from trellis.engine.expr.types import Type

DIGIT_CLASSES = (4, 9, 18)
LIST_LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Shape:
    """An expression without its constants: the key of its form, the constants, and where in the tree they belong."""

    key: str
    literals: tuple[Literal, ...]
    positions: dict[int, tuple[int, ...]]
    """For each literal and membership, by the identity of the node: the positions of its constants."""


def parameterise(expression: Expression) -> tuple[str, tuple[Scalar, ...]]:
    """The key that all expressions of the same form share, and the constants of this one; lists are padded to a few lengths."""
    shape = shape_of(expression.root)
    return shape.key, tuple(literal.value for literal in shape.literals)


def shape_of(root: Node) -> Shape:
    """The form of a tree."""
    writer = _Writer()
    key = "".join(writer.write(root))
    return Shape(key, tuple(writer.literals), writer.positions)


def is_structural(literal: Literal) -> bool:
    """Whether a constant is part of the form: true, false and null."""
    return literal.value is None or isinstance(literal.value, bool)


def scaled(literal: Literal) -> int:
    """A number as a whole number of its type's smallest unit: 2.5 with two decimals is 250."""
    return int(Decimal(literal.value).scaleb(literal.type.scale, CONTEXT))  # type: ignore[arg-type]


class _Writer:
    def __init__(self) -> None:
        self.literals: list[Literal] = []
        self.positions: dict[int, tuple[int, ...]] = {}

    def write(self, node: Node) -> Iterator[str]:
        """The key of a node, in pieces."""
        match node:
            case Literal():
                yield self._literal(node)
            case Path(hops=hops, entity=entity, field=field):
                steps = "".join(f"{hop.entity_id}.{hop.field_key}>" for hop in hops)
                yield f"[{steps}{entity}.{field}]"
            case Parameter(name=name, type=kind):
                yield f"{{{name}:{_type(kind)}}}"
            case Call():
                yield from self._call(node)
            case Compare(operator=sign, left=left, right=right) | Arithmetic(operator=sign, left=left, right=right):
                yield from self._group(sign.value, (left, right))
            case Logic(junction=junction, operands=operands):
                yield from self._group(junction.value, operands)
            case Not(operand=operand):
                yield from self._group("not", (operand,))
            case Negate(operand=operand):
                yield from self._group("negative", (operand,))
            case Concatenation(operands=operands):
                yield from self._group("join", operands)
            case Conditional(test=test, then=then, otherwise=otherwise):
                yield from self._group("if", (test, then, otherwise))
            case Membership():
                yield from self._membership(node)
            case Reached(way=way, path=path, entity=entity, action=action, roles=roles):
                yield from self._group(f"{way}:{entity}:{action}:{','.join(roles)}", (path,))
            case MemberOf(team=team, below=below):
                yield f"(member {team!r} {below})"

    def _group(self, word: str, operands: tuple[Node, ...]) -> Iterator[str]:
        yield f"({word}"
        for operand in operands:
            yield " "
            yield from self.write(operand)
        yield ")"

    def _call(self, node: Call) -> Iterator[str]:
        yield f"({node.function.name}"
        for index, argument in enumerate(node.arguments):
            yield " "
            if isinstance(argument, Literal) and node.function.slot(index).constant:
                yield repr(argument.value)
            else:
                yield from self.write(argument)
        yield ")"

    def _literal(self, literal: Literal) -> str:
        if is_structural(literal):
            return repr(literal.value)
        if id(literal) not in self.positions:
            self.positions[id(literal)] = (len(self.literals),)
            self.literals.append(literal)
        return f"?{self.positions[id(literal)][0]}:{_type(literal.type)}:{_digit_class(literal)}"

    def _membership(self, node: Membership) -> Iterator[str]:
        length = next(length for length in LIST_LENGTHS if length >= len(node.options))
        padded = node.options + node.options[-1:] * (length - len(node.options))
        yield "(not in " if node.negated else "(in "
        yield from self.write(node.value)
        if is_structural(padded[0]):
            yield f" {sorted({str(option.value) for option in padded})})"
            return
        start = len(self.literals)
        self.positions[id(node)] = tuple(range(start, start + length))
        self.literals.extend(padded)
        yield f" {start}+{length}:{_type(padded[0].type)}:{max(map(_digit_class, padded))})"


def _type(kind: Type) -> str:
    return f"{kind.kind.value}.{kind.scale}{'i' if kind.integer else ''}"


def _digit_class(literal: Literal) -> int:
    needed = len(str(abs(scaled(literal)))) if literal.type.numeric else 0
    return next((size for size in DIGIT_CLASSES if size >= needed), 99)
