"""Editing menus: any list of rows becomes a sound tree, and an entry of a pack is never thrown away."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services.studio.navigationedits import (
    MenuInput,
    Row,
    hidden_rows,
    moved,
    nested,
    new_menu,
    raised,
    read_menu,
    restored,
    without,
    write_menu,
)

DOCUMENTS: dict[str, Any] = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
MENUS = [raw for raw in DOCUMENTS.values() if raw["kind"] == "navigation"]
SALES = DOCUMENTS["sales.main_nav"]
OWN = {
    **new_menu("x.menu", "Mine"),
    "items": {
        "first": {"order": 10, "label": "First", "entity": "sales.lead"},
        "group": {"order": 20, "label": "More", "children": {
            "inner": {"order": 10, "view": "sales.account_all"}, "other": {"order": 20, "builtin": "bin"},
        }},
        "last": {"order": 30, "label": "Last", "icon": "star", "entity": "sales.contact"},
    },
}  # fmt: skip
STEPS = ("up", "down", "nest", "raise", "drop", "add", "restore")


def step(rows: tuple[Row, ...], raw: Any, below: Any, name: str, place: int) -> tuple[Row, ...]:
    """One press of a button."""
    if name == "add":
        return (*rows, Row((), 0, "New", "", "entity:sales.product"))
    if name == "restore":
        gone = hidden_rows(raw, below)
        return restored(rows, raw, below, gone[place % len(gone)].path) if gone else rows
    if not rows:
        return rows
    at = place % len(rows)
    changes = {"up": lambda: moved(rows, at, -1), "down": lambda: moved(rows, at, 1), "nest": lambda: nested(rows, at),
               "raise": lambda: raised(rows, at), "drop": lambda: without(rows, at)}  # fmt: skip
    return changes[name]()


def shown(rows: tuple[Row, ...]) -> list[tuple[int, str, str, str]]:
    return [(row.depth, row.label, row.icon, row.goal) for row in rows]


def test_saving_a_menu_as_it_was_read_changes_nothing() -> None:
    for raw in (*MENUS, OWN):
        assert write_menu(raw, raw, read_menu(raw)) == raw


@settings(deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), max_size=8))
def test_every_sequence_of_steps_is_shown_as_it_was_left(own: bool, steps: list[tuple[str, int]]) -> None:
    start = OWN if own else SALES
    below, raw = (None, OWN) if own else (SALES, SALES)
    for name, place in steps:
        before = read_menu(raw)
        rows = step(before.rows, raw, below, name, place)

        raw = write_menu(raw, below, replace(before, rows=rows))

        assert shown(read_menu(raw).rows) == shown(rows)
        keys = [key for key in raw["items"] if key not in start["items"]]
        assert own or all(key.startswith("x_") for key in keys)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9)), max_size=8))
def test_a_menu_of_ones_own_stays_sound(steps: list[tuple[str, int]]) -> None:
    raw: Any = OWN
    for name, place in steps:
        raw = write_menu(raw, None, replace(read_menu(raw), rows=step(read_menu(raw).rows, raw, None, name, place)))

    found = [item.code for item in check_documents([*DOCUMENTS.values(), raw]) if item.document == raw["id"]]

    assert set(found) <= {"entry_without_goal"}


@given(st.integers(0, 4))
def test_a_hidden_entry_of_the_pack_can_be_had_back(place: int) -> None:
    rows = read_menu(SALES).rows
    hidden = write_menu(SALES, SALES, replace(read_menu(SALES), rows=without(rows, place)))

    back = restored(read_menu(hidden).rows, hidden, SALES, rows[place].path)
    again = write_menu(hidden, SALES, replace(read_menu(hidden), rows=back))

    assert hidden_rows(hidden, SALES) == (rows[place],)
    assert set(again["items"]) == set(SALES["items"])
    assert hidden_rows(again, SALES) == ()


def test_an_entry_of_the_pack_that_goes_below_another_gets_a_key_of_the_customer_and_its_own_back() -> None:
    rows = read_menu(SALES).rows
    below = write_menu(SALES, SALES, replace(read_menu(SALES), rows=nested(rows, 1)))
    back = write_menu(below, SALES, replace(read_menu(below), rows=raised(read_menu(below).rows, 1)))

    assert list(below["items"]["leads"]["children"]) == ["x_accounts"]
    assert hidden_rows(below, SALES)[0].path == ("accounts",)
    assert set(back["items"]) == set(SALES["items"])


def test_moving_an_entry_takes_along_what_is_below_it() -> None:
    rows = read_menu(OWN).rows

    assert [row.path[-1] for row in moved(rows, 1, -1)] == ["group", "inner", "other", "first", "last"]
    assert [row.path[-1] for row in moved(rows, 3, -1)] == ["first", "group", "other", "inner", "last"]
    assert [row.path[-1] for row in raised(rows, 2)] == ["first", "group", "other", "inner", "last"]
    assert [row.path[-1] for row in without(rows, 1)] == ["first", "last"]


def test_a_row_that_was_left_empty_is_no_entry() -> None:
    assert write_menu(OWN, None, MenuInput("Mine", (Row(()),)))["items"] == {}
