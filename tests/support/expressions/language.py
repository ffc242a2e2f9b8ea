"""What is compared: the language with its functions, in Python and in SQL; a test may put broken ones in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from tests.support.expressions.rows import Row
from tests.support.expressions.world import PARAMETERS, SCOPE, tables
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.functions import STANDARD, FunctionRegistry
from trellis.engine.expr.nodes import Expression
from trellis.storage.expressions import (
    SqlColumn,
    compile_condition,
    compile_value,
    encode_literals,
    encode_parameters,
)
from trellis.storage.expressions.compiler import FUNCTIONS
from trellis.storage.expressions.contract import SqlFunctions

Read = Callable[[Mapping[str, object]], object]


@dataclass(frozen=True)
class Language:
    """The functions and how each database writes them."""

    functions: FunctionRegistry = STANDARD
    sql: SqlFunctions = field(default_factory=lambda: FUNCTIONS)
    nulls_as_zero: bool = False

    def checked(self, source: str) -> Expression:
        """The expression on a deal; raises ExprError."""
        return check(source, SCOPE, functions=self.functions, nulls_as_zero=self.nulls_as_zero)

    def value(self, expression: Expression, dialect: str, *, prefix: str = "") -> SqlColumn:
        """The expression as a column; raises NotPortable."""
        return compile_value(expression, tables(dialect), dialect, prefix=prefix, functions=self.sql)

    def condition(self, expression: Expression, dialect: str, *, prefix: str = "") -> sa.ColumnElement[bool]:
        """The expression as a condition; raises NotPortable."""
        return compile_condition(expression, tables(dialect), dialect, prefix=prefix, functions=self.sql)


def bound(expression: Expression, dialect: str, values: Row = PARAMETERS, *, prefix: str = "") -> dict[str, object]:
    """The constants and parameters of a compiled expression."""
    literals = encode_literals(expression, dialect, prefix=prefix)
    return literals | encode_parameters(expression, values, dialect)


def values_here(expression: Expression, rows: Sequence[Row]) -> list[object]:
    """The value for every row, as Python computes it; where it has none, the error."""
    read = evaluator(expression)
    return [_value(read, {**PARAMETERS, **row}) for row in rows]


def _value(read: Read, values: Mapping[str, object]) -> object:
    try:
        return read(values)
    except EvaluationError as error:
        return error
