"""What a computed field computes."""

from dataclasses import dataclass
from typing import Literal

Keep = Literal["auto", "virtual", "stored"]
Aggregate = Literal["count", "sum", "min", "max", "avg", "first", "last", "concat"]


@dataclass(frozen=True, slots=True)
class FormulaSource:
    """An expression over the record itself; `zero_nulls` takes missing numbers for 0."""

    keep: Keep
    expr: str
    zero_nulls: bool = False

    @property
    def stored(self) -> bool:
        """Whether a column keeps the value."""
        return self.keep != "virtual"

    @property
    def source(self) -> str:
        """The text that decides the value."""
        return self.expr


@dataclass(frozen=True, slots=True)
class RollupSource:
    """An aggregate over the records of entity `child` whose lookup `link` leads to the record.

    `field` is what is added up or compared, a path from the child; `where` is a condition on the child. `first` and
    `last` go by the order in which the children were created; `concat` joins the different values, sorted.
    """

    keep: Keep
    child: str
    link: str
    agg: Aggregate
    field: str | None = None
    where: str | None = None
    empty: str | None = None
    separator: str = ", "

    @property
    def stored(self) -> bool:
        """Whether a column keeps the value."""
        return self.keep != "virtual"

    @property
    def source(self) -> str:
        """The text that decides whether the value moves with the time."""
        return self.where or ""


Computation = FormulaSource | RollupSource
