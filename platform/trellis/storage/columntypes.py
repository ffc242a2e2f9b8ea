"""The plain SQL type of every kind of column on both databases."""

from typing import Any, assert_never

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from trellis.metadata.storagekinds import (
    BooleanKind,
    ColumnKind,
    DateKind,
    DateTimeKind,
    DecimalKind,
    IdKind,
    IntegerKind,
    JsonKind,
    TextKind,
)

DIGITS = 18
"""Every decimal column holds as many digits as a scaled integer of 64 bits, so that precision never changes a column."""


def column_type(kind: ColumnKind, dialect: str) -> TypeEngine[Any]:
    """The type of a column; STRICT tables of SQLite know INTEGER and TEXT only."""
    return _on_sqlite(kind) if dialect == "sqlite" else _on_postgresql(kind)


def _on_sqlite(kind: ColumnKind) -> TypeEngine[Any]:
    match kind:
        case IntegerKind() | DecimalKind() | BooleanKind():
            return sa.Integer()
        case TextKind() | DateKind() | DateTimeKind() | IdKind() | JsonKind():
            return sa.Text()
        case _:
            assert_never(kind)


def _on_postgresql(kind: ColumnKind) -> TypeEngine[Any]:
    match kind:
        case TextKind():
            return sa.Text(collation="C")  # sorts by code point, as SQLite does, whatever the server's locale is
        case IntegerKind():
            return sa.BigInteger()
        case DecimalKind(scale=scale):
            return sa.Numeric(DIGITS, scale)
        case BooleanKind():
            return sa.Boolean()
        case DateKind():
            return sa.Date()
        case DateTimeKind():
            return sa.DateTime(timezone=True)
        case IdKind():
            return sa.Uuid(as_uuid=False)
        case JsonKind():
            return postgresql.JSONB()
        case _:
            assert_never(kind)
