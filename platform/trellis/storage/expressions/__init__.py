"""The SQL reader of the expression language: checked trees become SQLAlchemy elements for SQLite and PostgreSQL."""

from trellis.storage.expressions.binding import encode_literals, encode_parameters
from trellis.storage.expressions.compiler import compile_condition, compile_value
from trellis.storage.expressions.contract import ColumnSource, NotPortable, SqlColumn

__all__ = [
    "ColumnSource",
    "NotPortable",
    "SqlColumn",
    "compile_condition",
    "compile_value",
    "encode_literals",
    "encode_parameters",
]
