"""Filters as rows: every row can be written, every source can be read, and nothing gets lost on the way."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from trellis.engine.expr.parser import parse
from trellis.engine.expr.problems import ExprError
from trellis.engine.filterrules import Row, Rows, Rule, Written, read_rows, rows_source
from trellis.engine.language import language
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder

DEAL = "sales.opportunity"
PACKS = Snapshot.of(1, load_folder(packs_folder()).documents)
SOURCES = [
    (view.entity, source)
    for view in PACKS.views.values()
    for source in (view.filter, *(quick.filter for quick in view.quick_filters.values()))
    if source
]
RULES: tuple[Row, ...] = (
    Rule("name", "contains", "O'Neill \\ co"), Rule("name", "is_not", "x"), Rule("account.name", "starts_with", "A"),
    Rule("amount", "between", "10", "20.50"), Rule("amount", "is", "-3"), Rule("probability", "le", "40"),
    Rule("close_date", "before", "2026-11-22"), Rule("close_date", "between", "2026-01-01", "2026-12-31"),
    Rule("stage", "in", "won,lost"), Rule("stage", "in", "won"), Rule("stage", "is_not", "lost"),
    Rule("tags", "has_not", "tender"), Rule("owner", "is", "me"), Rule("overdue", "is", "true"),
    Rule("next_step", "blank"), Rule("account", "filled"),
    Written("close_date < today()"), Written("amount > 1 if overdue else true"),
)  # fmt: skip


def at(path: str) -> FieldType | None:
    return PACKS.field_at(DEAL, path)


def meaning(source: str) -> str:
    """The tree of a source, or what was typed where it has none."""
    try:
        return ast.dump(parse(source).tree)
    except ExprError:
        return source.strip()


@given(st.lists(st.sampled_from(RULES), max_size=4), st.booleans())
def test_rows_are_read_as_they_were_written(rows: list[Row], any_holds: bool) -> None:
    source = rows_source(Rows(tuple(rows), any_holds), at)

    found = read_rows(source, at)

    assert found.rows == tuple(rows)
    assert found.any == any_holds or len(rows) < 2
    assert not source or language(PACKS).condition(DEAL, source).source


def test_every_filter_of_the_packs_is_read_and_written_the_same() -> None:
    assert len(SOURCES) > 60
    for entity, source in SOURCES:
        rows = read_rows(source, lambda path: PACKS.field_at(entity, path))  # noqa: B023 - used at once

        assert rows_source(rows, lambda path: PACKS.field_at(entity, path)) == source  # noqa: B023


@given(st.text("ab'\"\\(),=<> andormenot.12é（＝", max_size=30))
def test_whatever_somebody_types_stays(source: str) -> None:
    assert meaning(rows_source(read_rows(source, at), at)) == meaning(source)


def test_what_is_not_finished_is_left_out() -> None:
    rows = Rows((Rule("amount", "gt"), Rule("gone", "is", "1"), Rule("stage", "is", "won"), Written(" ")))

    assert rows_source(rows, at) == "stage == 'won'"
