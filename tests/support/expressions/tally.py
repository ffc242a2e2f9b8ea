"""What took part in a comparison, so that nothing is left out unseen."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.nodes import Arithmetic, Compare, Expression, Logic, Node, walk
from trellis.engine.expr.signatures import SqlClass

COMPARED = sorted(function.name for function in STANDARD if function.sql in (SqlClass.PORTABLE, SqlClass.EMULATED))
"""The functions that must come out alike everywhere."""
CALLED = re.compile(r"(\w+)\(")


@dataclass
class Tally:
    """Counts of expression-row pairs for which Python and both databases were compared."""

    expressions: int = 0
    refused: int = 0
    """Expressions that have no SQL form, and are therefore not compared."""
    pairs: int = 0
    telling: Counter[str] = field(default_factory=Counter)
    """For each function, operator and sort of node: pairs of expressions that came out differently for different rows."""
    kinds: Counter[str] = field(default_factory=Counter)
    """The same by type of result."""
    conditions: int = 0
    orders: int = 0
    shared: int = 0
    """Expressions that were computed by the statement of another one of the same form."""

    def compared(self, expression: Expression, values: Sequence[object]) -> None:
        """Counts an expression whose values were compared."""
        self.expressions += 1
        self.pairs += len(values)
        if len(set(values)) > 1:
            self.kinds[expression.type.kind] += len(values)
            for name in {*CALLED.findall(expression.source), *names_in(expression.root)}:
                self.telling[name] += len(values)

    def report(self) -> str:
        """A table for people."""
        counts = (
            f"{self.pairs:,} pairs of {self.expressions:,} expressions, {self.refused:,} more refused for SQL,",
            f"{self.shared:,} by a shared statement, {self.conditions:,} as conditions, {self.orders:,} as orders",
        )
        lines = [f"{name:>16} {count:>12,}" for name, count in (self.kinds + self.telling).most_common()]
        return "\n".join([*counts, *lines])


def names_in(root: Node) -> Iterator[str]:
    """The sorts of nodes in a tree, and their signs; functions are told by the source, as the checker writes some anew."""
    for node in walk(root):
        yield type(node).__name__
        match node:
            case Compare(operator=sign) | Arithmetic(operator=sign):
                yield sign.value
            case Logic(junction=junction):
                yield junction.value
