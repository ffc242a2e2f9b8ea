"""What the compiler lets through fits into SQLite's parser, with room for the statement around it."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

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


def chains() -> Iterator[tuple[Form, int]]:
    """A form of each operator and function that fits into one of its own holes, and that hole."""
    seen = set()
    for form in all_forms(STANDARD):
        for hole in HOLE.finditer(form.template):
            key = (HOLE.sub("{}", form.template), hole.start())
            if hole[0] == f"{{{form.result}}}" and not WORDS[form.result].quotient and key not in seen:
                seen.add(key)
                yield form, hole.start()


CHAINS = list(chains())


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


@pytest.mark.parametrize("name", sorted({form.name for form, _ in CHAINS}))
def test_whatever_is_nested_as_deeply_as_allowed_fits_the_parser(name: str, databases: Sequence[Database]) -> None:
    for source in {longest_chain(form, place) for form, place in CHAINS if form.name == name}:
        element = LANGUAGE.value(LANGUAGE.checked(source), "sqlite").element
        prepared = prepare(sa.select(element.label("found")), "sqlite")
        sql = prepared.sql.replace("SELECT ", f"EXPLAIN SELECT {'(' * ROOM}", 1)
        sql = f"{')' * ROOM} AS found".join(sql.rsplit(" AS found", 1))
        try:
            databases[0].fetch(replace(prepared, sql=sql), dict.fromkeys(prepared.names))
        except sqlite3.OperationalError as error:
            pytest.fail(f"{error}: {source}")
