"""The workshop of the expression language's tests: a small world, random rows and sources, and both databases."""

from tests.support.expressions.generator import sources
from tests.support.expressions.rows import Row, encoded_row, rows
from tests.support.expressions.world import PARAMETERS, SCOPE, USER, Catalogue, checked, tables

__all__ = [
    "PARAMETERS",
    "SCOPE",
    "USER",
    "Catalogue",
    "Row",
    "checked",
    "encoded_row",
    "rows",
    "sources",
    "tables",
]
