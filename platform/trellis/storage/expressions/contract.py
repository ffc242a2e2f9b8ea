"""What the compiler, its functions and its callers agree on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import sqlalchemy as sa

from trellis.engine.expr.nodes import Call, MemberOf, Node, Path, Reached
from trellis.engine.expr.problems import ExprError, Span, problem
from trellis.engine.expr.types import Type
from trellis.kernel.messages import Message
from trellis.metadata.storagekinds import ColumnKind

Element = sa.ColumnElement[Any]
EXACT = 9 * 10**18
"""Whole numbers up to here are exact in a 64 bit integer; what is larger SQLite turns to a float beyond this limit."""


class NotPortable(ExprError):
    """The expression has no SQL form that gives the same result on every database."""

    def __init__(self, span: Span, text: str, **params: object) -> None:
        hint = Message('Store it in a formula field with "storage": "stored" and use that field here.')
        super().__init__((problem("not_portable", text, span, hint=hint, **params),))


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A column or computed value in SQL and how it is kept."""

    element: Element
    kind: ColumnKind


class ColumnSource(Protocol):
    """Gives the compiler its columns; joins what a path has to follow."""

    def column(self, path: Path) -> SqlColumn:
        """The column of a field with one value."""

    def exists_in(self, path: Path, value: Element) -> sa.ColumnElement[bool]:
        """Whether a field with several values has this one."""

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        """Whether a field with several values has any."""


@runtime_checkable
class ReachSource(Protocol):
    """Columns of somebody who also knows whom the actor reaches: what rights are compiled with."""

    def reached(self, node: Reached | MemberOf) -> sa.ColumnElement[bool]:
        """Whether a record or the actor himself is where a right looks."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A compiled node. Numbers on SQLite are whole numbers of 10**-scale; their amount stays within `bound` of those."""

    element: Element
    type: Type
    scale: int = 0
    bound: int = 0

    @property
    def exact(self) -> bool:
        """Whether the number surely fits 64 bits; if not it is right only in comparisons with one that does."""
        return self.bound <= EXACT


class Writer(Protocol):
    """What the SQL form of a function may ask of the compiler."""

    @property
    def sqlite(self) -> bool:
        """Whether the statement is for SQLite."""

    @property
    def columns(self) -> ColumnSource:
        """Where columns come from."""

    def write(self, node: Node) -> Sql:
        """The SQL of a node."""


Form = Callable[[Writer, Call], Sql]


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """How a function is written in SQL, how often an argument may occur in the text, and how deep it is nested there."""

    form: Form
    repeats: int = 1
    depth: int = 8


SqlFunctions = Mapping[str, SqlFunction]
