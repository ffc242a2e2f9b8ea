"""What the compiler lets through fits into SQLite's parser, with room for the statement around it."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
import sqlalchemy as sa

from tests.support.expressions.databases import Database
from tests.support.expressions.forms import Form, all_forms, filled
from tests.support.expressions.language import Language
from tests.support.expressions.words import WORDS
from trellis.engine.expr.functions import STANDARD
from trellis.engine.expr.problems import ExprError
from trellis.storage.connection import prepare

ROOM = 9
"""Open symbols that a statement needs around an expression, beyond a plain SELECT: a subquery, a key to sort by."""
HOLE = re.compile(r"\{\w+\}")
LANGUAGE = Language()


@cache
def chains() -> list[tuple[Form, int]]:
    """A form of each operator and function that fits into one of its own holes, and that hole."""
    seen: dict[tuple[str, int], tuple[Form, int]] = {}
    for form in all_forms(STANDARD):
        for hole in HOLE.finditer(form.template):
            if hole[0] == f"{{{form.result}}}" and not WORDS[form.result].quotient:
                seen.setdefault((HOLE.sub("{}", form.template), hole.start()), (form, hole.start()))
    return list(seen.values())


def longest_chain(form: Form, place: int) -> str:
    """The form in itself in itself, as often as the compiler allows."""
    source = WORDS[form.result].fields[0]
    before, after = filled(form.template[:place]), filled(HOLE.sub("", form.template[place:], count=1))
    while True:
        longer = f"{before}({source}){after}"
        try:
            LANGUAGE.value(LANGUAGE.checked(longer), "sqlite")
        except ExprError:
            return source
        source = longer


@pytest.mark.parametrize("sort", [name for name, word in WORDS.items() if not word.quotient])
def test_whatever_is_nested_as_deeply_as_allowed_fits_the_parser(sort: str, databases: Sequence[Database]) -> None:
    for source in {longest_chain(form, place) for form, place in chains() if form.result == sort}:
        element = LANGUAGE.value(LANGUAGE.checked(source), "sqlite").element
        prepared = prepare(sa.select(element.label("found")), "sqlite")
        sql = prepared.sql.replace("SELECT ", f"EXPLAIN SELECT {'(' * ROOM}", 1)
        sql = f"{')' * ROOM} AS found".join(sql.rsplit(" AS found", 1))
        try:
            databases[0].fetch(replace(prepared, sql=sql), dict.fromkeys(prepared.names))
        except sqlite3.OperationalError as error:
            pytest.fail(f"{error}: {source}")
