"""A trial of the language: random expressions over random rows, until enough pairs were compared or two readers differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from tests.support.expressions.comparison import Comparison, Difference
from tests.support.expressions.databases import Database
from tests.support.expressions.generator import random_sources
from tests.support.expressions.language import Language
from tests.support.expressions.rows import Row, rows
from tests.support.expressions.shrinking import CounterExample, shrunk
from tests.support.expressions.tally import Tally
from tests.support.expressions.twins import twin
from trellis.engine.expr.nodes import Expression
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.types import Kind

BATCH = 8


class Differ(AssertionError):
    """The readers do not agree; the message is a test to paste."""


@dataclass(frozen=True)
class Trial:
    """How much is compared: rows of a table, expressions until it is filled anew, others of the same form for each."""

    databases: Sequence[Database]
    seed: int
    row_count: int = 60
    refill_after: int = 200
    twins: int = 1
    language: Language = field(default_factory=Language)

    def run(self, pairs: int) -> Tally:
        """Compares at least so many pairs; raises Differ at the first difference."""
        comparison, random = Comparison(self.databases, self.language), Random(self.seed)
        sources = self._sources()
        tables = 0
        while comparison.tally.pairs < pairs:
            comparison.use(rows(self.row_count, self.seed + tables))
            tables += 1
            target = min(pairs, comparison.tally.pairs + self.row_count * self.refill_after)
            while comparison.tally.pairs < target:
                self._compare(list(islice(sources, BATCH)), comparison, random)
        return comparison.tally

    def _sources(self) -> Iterator[str]:
        """Sources that the checker accepts; the generator's few others put two constants side by side."""
        for source in random_sources(self.seed, self.language.functions):
            try:
                self.language.checked(source)
            except ExprError:
                continue
            yield source

    def _compare(self, sources: Sequence[str], comparison: Comparison, random: Random) -> None:
        try:
            difference = next(self._differences(sources, comparison, random), None)
        except Exception as error:
            if len(sources) == 1:
                raise Differ(self._broken(sources[0], comparison.rows, error)) from error
            for source in sources:
                self._compare([source], comparison, random)
        else:
            if difference is not None:
                raise Differ(self._explained(difference))

    def _differences(self, sources: Sequence[str], comparison: Comparison, random: Random) -> Iterator[Difference]:
        expressions, uneven = comparison.portable(sources)
        comparison.tally.refused += len(sources) - len(expressions)
        yield from uneven
        if expressions:
            yield from comparison.values(expressions, list(self._alike(expressions, random)))
            yield from comparison.conditions([*filter(is_condition, expressions), *expressions[:1]])
            yield from comparison.orders(expressions[:1])

    def _alike(self, expressions: Sequence[Expression], random: Random) -> Iterator[list[Expression | None]]:
        """The expressions with other constants, where they have any."""
        for _ in range(self.twins):
            yield [twin(expression, random, self.language) for expression in expressions]

    def _explained(self, difference: Difference) -> str:
        """The difference, and the smallest test that shows one."""
        if not difference.row:
            return str(difference)
        return f"{difference}\n\n{self.smallest(difference.source, difference.row).test()}"

    def _broken(self, source: str, rows: Sequence[Row], error: Exception) -> str:
        """The error, and the smallest test that shows one."""
        row = next((row for row in rows if self.fails(source, row)), None)
        test = "" if row is None else self.smallest(source, row).test()
        return f"{source}\n  raises {error!r}\n\n{test}"

    def smallest(self, source: str, row: Row) -> CounterExample:
        """The smallest expression and row, made of these, about which the readers differ."""
        return shrunk(source, row, self.fails, self.language)

    def fails(self, source: str, row: Row) -> bool:
        """Whether the readers differ about one expression and row, or one of them breaks."""
        try:
            return bool(differences(self.databases, source, row, self.language))
        except Exception:
            return True


def is_condition(expression: Expression) -> bool:
    """Whether it can stand behind WHERE as it is."""
    return expression.type.kind is Kind.BOOL


def differences(
    databases: Sequence[Database], source: str, row: Row, language: Language | None = None
) -> list[Difference]:
    """Where the readers differ about one expression and row."""
    comparison = Comparison(databases, language or Language())
    comparison.use([row])
    return comparison.differences(source)
