"""Python, SQLite and PostgreSQL side by side: the same expressions over the same rows, and where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from tests.support.expressions.databases import Database, fill
from tests.support.expressions.language import Language, bound, values_here
from tests.support.expressions.rows import Row
from tests.support.expressions.tally import Tally
from tests.support.expressions.world import PARAMETERS, tables
from trellis.engine.expr.evaluator import decide
from trellis.engine.expr.nodes import Expression
from trellis.engine.expr.types import BOOL, ORDERED
from trellis.storage.codecs import decoder
from trellis.storage.connection import prepare
from trellis.storage.expressions import NotPortable


@dataclass(frozen=True)
class Difference:
    """An expression that a database computes differently for one row, or decides or orders differently for many."""

    database: str
    source: str
    use: str
    row: Row
    found: object
    expected: object

    def __str__(self) -> str:
        return f"{self.source}\n  as {self.use} on {self.database}: {self.found!r} instead of {self.expected!r}"


@dataclass
class Comparison:
    """Both databases with the same rows; everything that is compared is counted."""

    databases: Sequence[Database]
    language: Language = field(default_factory=Language)
    rows: Sequence[Row] = ()
    tally: Tally = field(default_factory=Tally)
    parameters: Row = field(default_factory=lambda: PARAMETERS)

    def use(self, rows: Sequence[Row]) -> None:
        """Puts these rows in place of all others; the first one may say what the parameters are."""
        self.rows = rows
        self.parameters = {key: rows[0].get(key, value) for key, value in PARAMETERS.items()}
        for database in self.databases:
            fill(database, rows)

    def differences(self, source: str) -> list[Difference]:
        """Everything in which the three differ about one expression, as a value, a condition and an order."""
        expressions, found = self.portable([source])
        for compare in (self.values, self.conditions, self.orders) if expressions else ():
            found.extend(compare(expressions))
        return found

    def portable(self, sources: Sequence[str]) -> tuple[list[Expression], list[Difference]]:
        """The expressions that have a SQL form, and those that have one on one of the databases only."""
        found, uneven = [], []
        for expression in map(self.language.checked, sources):
            refusing = [database.dialect for database in self.databases if not self._writes(expression, database)]
            if not refusing:
                found.append(expression)
            elif len(refusing) < len(self.databases):
                uneven.append(Difference(refusing[0], expression.source, "SQL", {}, "refused", "a statement"))
        return found, uneven

    def _writes(self, expression: Expression, database: Database) -> bool:
        try:
            self.language.value(expression, database.dialect)
        except NotPortable:
            return False
        return True

    def values(
        self, expressions: Sequence[Expression], alike: Sequence[Sequence[Expression | None]] = ()
    ) -> Iterator[Difference]:
        """Compares the values of several expressions in one statement, and of others that share its form."""
        together = [list(expressions), *(_completed(others, expressions) for others in alike)]
        here = [[values_here(expression, self.rows) for expression in same] for same in together]
        for database in self.databases:
            statement = _Values(self, database, expressions)
            for same, expected in zip(together, here, strict=True):
                yield from statement.compare(same, expected)
        for index, (same, expected) in enumerate(zip(together, here, strict=True)):
            for expression, first, values in zip(same, expressions, expected, strict=True):
                if index == 0 or expression is not first:
                    self.tally.compared(expression, values)
                    self.tally.shared += index > 0

    def conditions(self, expressions: Sequence[Expression]) -> Iterator[Difference]:
        """Compares which rows several conditions select, in one statement; what is no condition is asked whether filled."""
        asked = [condition for expression in expressions if (condition := self._asked(expression))]
        expected = [_chosen(values_here(expression, self.rows)) for expression in asked]
        self.tally.conditions += len(asked)
        for database in self.databases:
            found: list[list[int]] = [[] for _ in asked]
            for position, number in self._selected(asked, database):
                found[position].append(number)
            for expression, numbers, wanted in zip(asked, found, expected, strict=True):
                if sorted(numbers) != wanted:
                    row = self.rows[min(set(numbers) ^ set(wanted))]
                    yield Difference(database.dialect, expression.source, "condition", row, numbers, wanted)

    def _asked(self, expression: Expression) -> Expression | None:
        """The expression as a condition; None where asking whether it is filled makes it too large for a database."""
        if expression.type.kind is BOOL.kind:
            return expression
        found, _ = self.portable([f"filled({expression.source})"])
        return found[0] if found else None

    def _selected(self, asked: Sequence[Expression], database: Database) -> Sequence[Sequence[int]]:
        dialect, deals = database.dialect, tables(database.dialect).deals
        parts: list[sa.Select[tuple[object, int]]] = []
        params: dict[str, object] = {}
        for position, expression in enumerate(asked):
            prefix = f"c{position}_"
            condition = self.language.condition(expression, dialect, prefix=prefix)
            parts.append(sa.select(sa.literal_column(str(position)), deals.c.id).where(condition))
            params |= bound(expression, dialect, self.parameters, prefix=prefix)
        return database.fetch(prepare(sa.union_all(*parts), dialect), params) if parts else ()  # type: ignore[return-value]

    def orders(self, expressions: Sequence[Expression]) -> Iterator[Difference]:
        """Compares the order in which each expression sorts the rows, nulls last."""
        for expression in expressions:
            if expression.type.kind not in ORDERED:
                continue
            self.tally.orders += 1
            values = values_here(expression, self.rows)
            wanted = sorted(range(len(values)), key=lambda number: _sort_key(values[number]))
            for database in self.databases:
                found = self._sorted(expression, database)
                if found != wanted:
                    yield Difference(database.dialect, expression.source, "order", {}, found, wanted)

    def _sorted(self, expression: Expression, database: Database) -> list[object]:
        dialect, deals = database.dialect, tables(database.dialect).deals
        element = self.language.value(expression, dialect).element
        statement = sa.select(deals.c.id).order_by(element.nulls_last(), deals.c.id)
        return [
            row[0] for row in database.fetch(prepare(statement, dialect), bound(expression, dialect, self.parameters))
        ]


class _Values:
    """One SELECT with a column for each expression."""

    def __init__(self, comparison: Comparison, database: Database, expressions: Sequence[Expression]) -> None:
        self.comparison = comparison
        self.database = database
        dialect, deals = database.dialect, tables(database.dialect).deals
        columns = [
            comparison.language.value(expression, dialect, prefix=f"e{position}_")
            for position, expression in enumerate(expressions)
        ]
        labelled = [column.element.label(f"v{position}") for position, column in enumerate(columns)]
        self.prepared = prepare(sa.select(*labelled).select_from(deals).order_by(deals.c.id), dialect)
        self.decoders = [decoder(column.kind, dialect) or _as_it_is for column in columns]

    def compare(self, expressions: Sequence[Expression], expected: Sequence[Sequence[object]]) -> Iterator[Difference]:
        """The first difference of each expression, which must have the form of the one at its place."""
        params: dict[str, object] = {}
        for position, expression in enumerate(expressions):
            prefix = f"e{position}_"
            params |= bound(expression, self.database.dialect, self.comparison.parameters, prefix=prefix)
        found = zip(*self.database.fetch(self.prepared, params), strict=True)
        for expression, column, decode, wanted in zip(expressions, found, self.decoders, expected, strict=True):
            for value, right, row in zip(map(decode, column), wanted, self.comparison.rows, strict=True):
                if value != right or type(value) is not type(right):
                    yield Difference(self.database.dialect, expression.source, "value", row, value, right)
                    break


def _completed(others: Sequence[Expression | None], expressions: Sequence[Expression]) -> list[Expression]:
    return [other or expression for other, expression in zip(others, expressions, strict=True)]


def _chosen(values: Sequence[object]) -> list[int]:
    return [number for number, value in enumerate(values) if decide(value)]


def _sort_key(value: object) -> tuple[bool, object]:
    return (value is None, value if value is not None else 0)


def _as_it_is(value: object) -> object:
    return value
