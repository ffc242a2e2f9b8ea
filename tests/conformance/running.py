"""Runs a translation: it is checked, computed in Python and, where the database can, in SQLite."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from tests.conformance.cases import Field, Translation
from trellis.engine.expr.checker import check
from trellis.engine.expr.evaluator import EvaluationError, evaluator
from trellis.engine.expr.nodes import Expression, Path
from trellis.engine.expr.problems import ExprError
from trellis.engine.expr.scope import EntityScope, FieldInfo
from trellis.metadata.storagekinds import ColumnKind, DecimalKind, IntegerKind
from trellis.storage.codecs import decoder, encoder
from trellis.storage.columntypes import column_type
from trellis.storage.connection import prepare
from trellis.storage.expressions import NotPortable, SqlColumn, compile_value, encode_literals
from trellis.storage.expressions.binding import DIGITS, kind_of

SQLITE = "sqlite"
LARGEST_INTEGER = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Refused:
    """The checker does not accept the expression."""

    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Uncomputable:
    """The evaluator found no value."""

    message: str


@dataclass(frozen=True, slots=True)
class NotInDatabase:
    """There is no SQL for the expression, or no column for its values."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out in Python, and in SQLite."""

    value: object
    in_database: object = NotInDatabase()


@dataclass(frozen=True, slots=True)
class Record:
    """One entity whose fields are those of a translation, as the language and the compiler see it."""

    fields: Mapping[str, Field]
    table: sa.Table

    def field_type(self, entity_id: str, field_key: str) -> FieldInfo | None:
        found = self.fields.get(field_key)
        return None if found is None else FieldInfo(found.type, label=field_key)

    def field_keys(self, entity_id: str) -> Iterable[str]:
        return self.fields

    def label(self, entity_id: str) -> str:
        return "Record"

    def column(self, path: Path) -> SqlColumn:
        return SqlColumn(self.table.c[path.key], kind_of(path.type))

    def exists_in(self, path: Path, value: sa.ColumnElement[object]) -> sa.ColumnElement[bool]:
        raise AssertionError("no field has several values")

    def filled(self, path: Path) -> sa.ColumnElement[bool]:
        raise AssertionError("no field has several values")


def run(translation: Translation) -> Outcome:
    """What the expression gives for its fields."""
    record = Record(translation.fields, _table(translation.fields))
    try:
        expression = check(translation.source, EntityScope(record, "record"))
    except ExprError as error:
        return Outcome(Refused(frozenset(problem.code for problem in error.problems)))
    try:
        value = evaluator(expression)({name: field.value for name, field in translation.fields.items()})
    except EvaluationError as error:
        return Outcome(Uncomputable(str(error)))
    return Outcome(value, _in_sqlite(expression, record))


def _table(fields: Mapping[str, Field]) -> sa.Table:
    columns = [sa.Column(name, column_type(kind_of(field.type), SQLITE)) for name, field in fields.items()]
    return sa.Table("record", sa.MetaData(), sa.Column("id", sa.Integer), *columns)


def _in_sqlite(expression: Expression, record: Record) -> object:
    if not all(_storable(field.value, kind_of(field.type)) for field in record.fields.values()):
        return NotInDatabase()
    try:
        column = compile_value(expression, record, SQLITE)
    except NotPortable:
        return NotInDatabase()
    prepared = prepare(sa.select(column.element.label("value")).select_from(record.table), SQLITE)
    connection = sqlite3.connect(":memory:")
    try:
        _fill(connection, record)
        (found,) = connection.execute(prepared.sql, prepared.args(encode_literals(expression, SQLITE))).fetchone()
    finally:
        connection.close()
    decode = decoder(column.kind, SQLITE)
    return found if decode is None or found is None else decode(found)


def _fill(connection: sqlite3.Connection, record: Record) -> None:
    dialect = sa.create_mock_engine("sqlite://", lambda *_: None).dialect
    connection.execute(f"{CreateTable(record.table).compile(dialect=dialect)} STRICT")
    encoders = [(encoder(kind_of(field.type), SQLITE), field.value) for field in record.fields.values()]
    values = [value if encode is None or value is None else encode(value) for encode, value in encoders]
    connection.execute(f"INSERT INTO record VALUES ({', '.join('?' * (len(values) + 1))})", (1, *values))


def _storable(value: object, kind: ColumnKind) -> bool:
    """Whether a field of the product could hold the value."""
    match value, kind:
        case int(), IntegerKind():
            return abs(value) <= LARGEST_INTEGER
        case Decimal(), DecimalKind(scale=scale):
            return scale < DIGITS and abs(value).scaleb(scale) < Decimal(10) ** DIGITS
        case Decimal(), _:
            return False
    return True
