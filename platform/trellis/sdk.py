"""What packs with code import: the words with which a function of the expression language is declared."""

from trellis.engine.expr.signatures import Argument, Function, Slot, SqlClass, common_type, first_type
from trellis.engine.expr.types import BOOL, DATE, DATETIME, DURATION, INTEGER, NUMBER, TEXT, Kind, Type

__all__ = [
    "BOOL",
    "DATE",
    "DATETIME",
    "DURATION",
    "INTEGER",
    "NUMBER",
    "TEXT",
    "Argument",
    "Function",
    "Kind",
    "Slot",
    "SqlClass",
    "Type",
    "common_type",
    "first_type",
]
