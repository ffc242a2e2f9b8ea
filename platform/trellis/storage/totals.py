"""What a column of a list comes to: sums, averages, extremes and numbers of values over all records, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from trellis.metadata.storagekinds import ColumnKind, IntegerKind
from trellis.storage.codecs import decoder
from trellis.storage.connection import Prepared, Row, prepare
from trellis.storage.expressions import NotPortable
from trellis.storage.reading import ReadCompiler
from trellis.storage.sources import Sources

Element = sa.ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Totalled:
    """One column that is added up; `kind` says how its values are kept."""

    path: str
    summary: str
    kind: ColumnKind


@dataclass(frozen=True, slots=True)
class Totalling:
    """A compiled statement of one row: for each column its result and how many records have a value there."""

    prepared: Prepared
    columns: tuple[Totalled, ...]
    parameters: frozenset[str]
    dialect: str

    def read(self, row: Row) -> Mapping[str, Decimal | int]:
        """The results by path; none for columns in which no record has a value."""
        found: dict[str, Decimal | int] = {}
        for place, column in enumerate(self.columns):
            raw, count = row[2 * place], int(row[2 * place + 1])
            if column.summary == "count":
                found[column.path] = count
            elif count:
                value = self._value(column, raw)
                found[column.path] = Decimal(value) / count if column.summary == "avg" else value
        return found

    def _value(self, column: Totalled, raw: Any) -> Decimal | int:
        if isinstance(column.kind, IntegerKind):
            return int(raw)
        decode = decoder(column.kind, self.dialect)
        value: Decimal | int = decode(raw) if decode is not None else raw
        return value


def totalling(compiler: ReadCompiler, wanted: Sequence[tuple[str, str]]) -> Totalling:
    """The statement for columns, each with `sum`, `avg`, `min`, `max` or `count`; those no database computes are left out."""
    sources = Sources.of(compiler.tables, compiler.access, compiler.query.entity)
    columns, elements = list[Totalled](), list[Element]()
    for path, summary in wanted:
        *hops, key = path.split(".")
        try:
            found = sources.value(tuple(hops), key, len(hops))
        except NotPortable:
            continue
        columns.append(Totalled(path, summary, found.kind))
        elements += [_result(summary, found.element), sa.func.count(found.element)]
    conditions = [*compiler.conditions(sources), *compiler.search(sources)]
    labelled: list[Element] = [element.label(f"t{place}") for place, element in enumerate(elements)]
    statement = (
        sa.select(*(labelled or [sa.null().label("none")])).select_from(sources.from_clause()).where(*conditions)
    )
    prepared = prepare(statement, compiler.tables.dialect)
    asked = frozenset(name for name in prepared.names if name.startswith("p_"))
    return Totalling(prepared, tuple(columns), asked, compiler.tables.dialect)


def _result(summary: str, element: Element) -> Element:
    """The average is worked out of the sum, so that it is exact."""
    if summary in ("min", "max"):
        return sa.func.min(element) if summary == "min" else sa.func.max(element)
    return sa.null() if summary == "count" else sa.func.sum(element)
