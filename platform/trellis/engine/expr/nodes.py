"""The typed tree: what an expression means, for every reader."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from trellis.engine.expr.problems import Span
from trellis.engine.expr.signatures import Function
from trellis.engine.expr.types import BOOL, Type

NOWHERE = Span(0, 0)
Scalar = str | int | Decimal | bool | date | datetime | None


class Operator(StrEnum):
    """Comparison and calculation signs."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    MODULO = "%"


class Junction(StrEnum):
    """How conditions are joined."""

    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Scalar
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Hop:
    """A lookup that is followed: field `field_key` of entity `entity_id`."""

    field_key: str
    entity_id: str


@dataclass(frozen=True, slots=True)
class Path:
    """A field of the record, or of a record reached by lookups; `entity` and `field` say where it lives."""

    hops: tuple[Hop, ...]
    entity: str
    field: str
    type: Type
    root: str = ""
    span: Span = dataclasses.field(default=NOWHERE, compare=False)

    @property
    def key(self) -> str:
        """The dotted name under which the evaluator finds the value, such as `account.tier`."""
        parts = [hop.field_key for hop in self.hops]
        return ".".join([self.root, *parts, self.field] if self.root else [*parts, self.field])


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value known before any record is read: `me.id`, `today`, `record.exists`."""

    name: str
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: Function
    arguments: tuple["Node", ...]
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values side by side; null when one of them is."""

    operator: Operator
    left: "Node"
    right: "Node"
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by `and` or `or` in three-valued logic."""

    junction: Junction
    operands: tuple["Node", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; null stays null."""

    operand: "Node"
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A calculation with two numbers; null when one of them is, or when dividing by zero."""

    operator: Operator
    left: "Node"
    right: "Node"
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negate:
    """The number with the other sign."""

    operand: "Node"
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Texts joined; null counts as empty."""

    operands: tuple["Node", ...]
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then` if the test is true, `otherwise` if it is false or null."""

    test: "Node"
    then: "Node"
    otherwise: "Node"
    type: Type
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether the value is one of some constants."""

    value: "Node"
    options: tuple[Literal, ...]
    negated: bool
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether what a path leads to is within the actor's reach; only rights contain it, and only databases answer it.

    `way` says how: `team_tree` (a team of mine or below), `subordinates` (a user who reports to me), `shared` (a record
    of `entity` shared with me for `action`, or with one of my `roles`, as grantees).
    """

    way: str
    path: Path
    entity: str = ""
    action: str = ""
    roles: tuple[str, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


@dataclass(frozen=True, slots=True)
class MemberOf:
    """Whether the actor is in the team with a code, or below it if wanted; only rights contain it."""

    team: str
    below: bool
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    type: Type = BOOL


Node = (
    Literal
    | Path
    | Parameter
    | Call
    | Compare
    | Logic
    | Not
    | Arithmetic
    | Negate
    | Concatenation
    | Conditional
    | Membership
    | Reached
    | MemberOf
)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its source, its typed tree and what it reads."""

    source: str
    root: Node
    type: Type
    paths: tuple[Path, ...]
    parameters: frozenset[str]
    volatile: bool
    """Whether it reads the time or the user, so that its value may change while no record does."""


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, from left to right."""
    match node:
        case Literal() | Path() | Parameter() | MemberOf():
            return ()
        case Reached(path=path):
            return (path,)
        case Call(arguments=operands) | Logic(operands=operands) | Concatenation(operands=operands):
            return operands
        case Compare(left=left, right=right) | Arithmetic(left=left, right=right):
            return (left, right)
        case Not(operand=operand) | Negate(operand=operand):
            return (operand,)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Membership(value=value, options=options):
            return (value, *options)


def walk(root: Node) -> Iterator[Node]:
    """Every node of the tree, a parent before its operands, left before right."""
    yield root
    for child in children(root):
        yield from walk(child)
