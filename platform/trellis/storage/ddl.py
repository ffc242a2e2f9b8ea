"""Operations of a plan as the statements of a database; names are quoted by SQLAlchemy, no value is ever part of the text."""

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.sqlite import pysqlite as sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.ddl import ExecutableDDLElement

from trellis.metadata.indexes import IndexColumn, IndexShape
from trellis.metadata.plan import (
    AddColumn,
    CreateIndex,
    CreateSearch,
    CreateSideTable,
    CreateTable,
    DropIndex,
    MoveValues,
    Operation,
    RemoveOptions,
    RequireValue,
    RetireColumn,
    RetireTable,
)
from trellis.metadata.shape import EntityShape
from trellis.storage.columntypes import column_type
from trellis.storage.tables import ROW_NUMBER, SEARCH_TEXT, side_table

TOKENIZER = 'tokenize="unicode61 remove_diacritics 0"'


def statements(operations: Iterable[Operation], schema: str | None, dialect: str) -> list[str]:
    """What to run, in order; retirements and moves of values change no table."""
    return [text for operation in operations for text in _Writer(schema, dialect).texts(operation)]


def concurrent_index(index: IndexShape, schema: str | None, dialect: str) -> str:
    """How PostgreSQL builds an index without keeping writers out; outside of a transaction."""
    writer = _Writer(schema, dialect)
    wanted = writer.index(index)
    wanted.dialect_options["postgresql"]["concurrently"] = True
    return writer.text(sa.schema.CreateIndex(wanted))


def dropped_index(index: IndexShape, schema: str | None, dialect: str) -> str:
    """Away with an index, if it is there."""
    return _Writer(schema, dialect).without_index(index.table, index.name)


_DIALECTS: dict[str, Callable[[], Dialect]] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


class _Writer:
    """Writes the statements of one database."""

    def __init__(self, schema: str | None, dialect: str) -> None:
        self.schema = schema
        self.name = dialect
        self.dialect = _DIALECTS[dialect]()

    def texts(self, operation: Operation) -> Iterator[str]:
        match operation:
            case CreateTable(shape):
                yield self.text(sa.schema.CreateTable(self._table(shape)))
            case AddColumn(table, column):
                yield self._add_column(table, sa.Column(column.name, column_type(column.kind, self.name)))
            case CreateSideTable(side):
                yield from self._side_table(side_table(side.table, side.kind, self.schema, self.name))
            case CreateSearch(table, search):
                yield from self._search(table, search)
            case CreateIndex(index=index):
                yield self.text(sa.schema.CreateIndex(self.index(index), if_not_exists=True))
            case DropIndex(table, name):
                yield self.without_index(table, name)
            case MoveValues() | RetireColumn() | RetireTable() | RequireValue() | RemoveOptions():
                return
            case _:
                assert_never(operation)

    def without_index(self, table: str, name: str) -> str:
        """Away with an index, if it is there."""
        return self.text(sa.schema.DropIndex(sa.Index(name, self._bare(table, ("id",)).c.id), if_exists=True))

    def text(self, element: ExecutableDDLElement | sa.schema.CreateColumn) -> str:
        return str(element.compile(dialect=self.dialect)).strip()

    def _table(self, shape: EntityShape) -> sa.Table:
        columns: list[sa.Column[object]] = []
        own_row = self.name == "sqlite"
        if own_row:
            columns.append(sa.Column(ROW_NUMBER, sa.Integer(), primary_key=True))
        for column in shape.columns.values():
            is_id = column.name == "id"
            kept = column_type(column.kind, self.name)
            if is_id and own_row:
                columns.append(sa.Column(column.name, kept, unique=True, nullable=False))
            else:
                columns.append(sa.Column(column.name, kept, primary_key=is_id))
        return sa.Table(shape.table, sa.MetaData(), *columns, schema=self.schema, sqlite_strict=True)

    def _bare(self, table: str, columns: Iterable[str]) -> sa.Table:
        return sa.Table(table, sa.MetaData(), *(sa.Column(name, sa.Text()) for name in columns), schema=self.schema)

    def _add_column(self, table: str, column: sa.Column[object]) -> str:
        owner = sa.Table(table, sa.MetaData(), column, schema=self.schema)
        name = self.dialect.identifier_preparer.format_table(owner)
        return f"ALTER TABLE {name} ADD COLUMN {self.text(sa.schema.CreateColumn(column))}"

    def _side_table(self, table: sa.Table) -> Iterator[str]:
        table.kwargs.update(sqlite_strict=True, sqlite_with_rowid=False)
        yield self.text(sa.schema.CreateTable(table))
        yield self.text(sa.schema.CreateIndex(sa.Index(f"ix_{table.name}", table.c.value, table.c.record)))

    def _search(self, table: str, search: str) -> Iterator[str]:
        if self.name == "sqlite":
            name = self.dialect.identifier_preparer.quote(search)
            yield f"CREATE VIRTUAL TABLE {name} USING fts5(id UNINDEXED, text, {TOKENIZER})"
            return
        yield self._add_column(table, sa.Column(SEARCH_TEXT, sa.Text()))
        text = self._bare(table, (SEARCH_TEXT,)).c[SEARCH_TEXT]
        words = sa.func.to_tsvector(sa.text("'simple'"), text)
        yield self.text(sa.schema.CreateIndex(sa.Index(f"ix_{search}", words, postgresql_using="gin")))

    def index(self, index: IndexShape) -> sa.Index:
        names = dict.fromkeys([*(column.name for column in index.columns), *(rule.column for rule in index.where)])
        table = self._bare(index.table, names)
        terms = [self._term(table, column) for column in index.columns]
        rules = [
            table.c[rule.column].is_(None) if rule.blank else table.c[rule.column].is_not(None) for rule in index.where
        ]
        where = sa.and_(*rules) if rules else None
        return sa.Index(index.name, *terms, unique=index.unique, postgresql_where=where, sqlite_where=where)

    def _term(self, table: sa.Table, column: IndexColumn) -> sa.ColumnElement[object]:
        """PostgreSQL puts empty values first in a descending index unless told otherwise; SQLite puts them last."""
        element = table.c[column.name]
        if not column.descending:
            return element
        return element.desc().nulls_last() if column.nullable and self.name == "postgresql" else element.desc()
