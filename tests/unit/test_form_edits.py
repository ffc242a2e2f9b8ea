"""The form designer's edits: each gives a form that keeps to the rules, and leaves the one before alone."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.packs import SOUND
from trellis.kernel.errors import BadRequest
from trellis.metadata.check import check_documents
from trellis.metadata.pointers import at
from trellis.services.studio.formedits import Change, Edit, Insert, Move, Remove, apply, items_of, place_of, with_orders
from trellis.services.studio.formsteps import Step, step
from trellis.services.studio.ordering import in_order

FORM = SOUND["shop/forms/order_form.json"]
ITEMS = "/sections/basics/items"
FIELDS = tuple(SOUND["shop/entities/order.json"]["fields"])
COLUMNS = ("text", "order", "order.customer.name", "order.amount", "order.due")


def keys(form: Any, place: str = ITEMS) -> list[str]:
    return in_order(at(form, place))


def test_a_field_is_put_before_another() -> None:
    form = apply(FORM, Insert(ITEMS, "due", {}, "status"))

    assert keys(form) == ["customer", "due", "status", "amount", "note"]
    assert form["sections"]["basics"]["items"]["due"] == {"order": 15}


def test_what_is_put_at_the_end_comes_last() -> None:
    assert keys(apply(FORM, Insert(ITEMS, "due", {})))[-1] == "due"


def test_only_what_has_to_make_room_gets_another_order() -> None:
    form = apply(apply(FORM, Move(f"{ITEMS}/note", ITEMS, "status")), Move(f"{ITEMS}/amount", ITEMS, "note"))

    assert keys(form) == ["customer", "amount", "note", "status"]
    items = form["sections"]["basics"]["items"]
    assert {key: items[key]["order"] for key in items} == {"customer": 10, "status": 20, "amount": 12, "note": 15}
    assert list(items) == list(FORM["sections"]["basics"]["items"])


def test_elements_of_the_same_order_make_room() -> None:
    crowded = apply(FORM, Change("/sections/basics", {"items": {key: {"order": 10} for key in "abcd"}}))

    assert keys(apply(crowded, Move(f"{ITEMS}/d", ITEMS, "b"))) == ["a", "d", "b", "c"]


def test_a_field_moves_to_another_section_with_all_it_says() -> None:
    form = apply(FORM, Insert("/sections", "x_more", {"label": "More", "items": {}}, "lines"))

    moved = apply(form, Move(f"{ITEMS}/note", "/sections/x_more/items"))

    assert place_of(moved, "note") == "/sections/x_more/items/note"
    assert at(moved, "/sections/x_more/items/note/visible") == "status == 'lost'"
    assert keys(moved, "/sections") == ["basics", "x_more", "lines"]


def test_moving_something_to_where_it_stands_changes_nothing() -> None:
    assert apply(FORM, Move(f"{ITEMS}/status", ITEMS, "amount")) is FORM


def test_the_sequence_of_the_pack_has_the_orders_of_the_pack() -> None:
    pack = apply(FORM, Change(f"{ITEMS}/customer", {"order": 3}))
    moved = apply(pack, Move(f"{ITEMS}/customer", ITEMS, "amount"))
    back = apply(moved, Move(f"{ITEMS}/customer", ITEMS, "status"))

    assert back != pack
    assert with_orders(back, ITEMS, pack) == pack
    assert with_orders(back, ITEMS, None) == back
    assert with_orders(moved, ITEMS, pack) == moved


def test_what_is_taken_off_is_refreshed_by_nothing() -> None:
    form = apply(FORM, Remove(f"{ITEMS}/note"))

    assert "refresh" not in form["sections"]["basics"]["items"]["status"]


def test_a_member_set_to_nothing_goes() -> None:
    form = apply(FORM, Change(f"{ITEMS}/amount", {"required": None, "span": 2}))

    assert at(form, f"{ITEMS}/amount") == {"order": 30, "span": 2}


def test_the_first_badge_makes_its_place_and_the_last_takes_it_along() -> None:
    bare = apply(FORM, Remove("/header/badges/late"))

    assert "badges" not in bare["header"]
    assert keys(
        apply(bare, Insert("/header/badges", "x_big", {"when": "amount > 5", "label": "Big"})), "/header/badges"
    )


def test_facts_are_put_and_moved_as_everything_else() -> None:
    form = apply(FORM, Insert("/header/facts", "due", {}, "amount"))

    assert form["header"]["facts"] == ["due", "amount"]
    assert step(form, "/header/facts/due", Step.LATER) == Move("/header/facts/due", "/header/facts", None)
    assert apply(form, Move("/header/facts/due", "/header/facts"))["header"]["facts"] == ["amount", "due"]
    assert (
        apply(apply(form, Remove("/header/facts/due")), Remove("/header/facts/amount"))["header"].get("facts") is None
    )


@pytest.mark.parametrize(
    "edit",
    [
        Insert(ITEMS, "amount", {}),
        Insert("/sections/nowhere/items", "due", {}),
        Insert("/sections/lines/items", "due", {}),
        Insert("/sections/basics/columns", "due", {}),
        Insert("/fields", "due", {}),
        Move(f"{ITEMS}/nothing", ITEMS),
        Move(f"{ITEMS}/amount", "/sections/lines/columns"),
        Move(f"{ITEMS}/amount", "/sections"),
        Remove(f"{ITEMS}/nothing"),
        Remove("/label"),
        Remove(""),
        Change("/sections/nowhere", {"label": "?"}),
        Change("/label", {"label": "?"}),
        Change("/header/facts/amount", {"label": "?"}),
    ],
)  # fmt: skip
def test_what_the_form_cannot_become_is_refused(edit: Edit) -> None:
    with pytest.raises(BadRequest):
        apply(FORM, edit)


def test_steps_go_through_a_section_and_on_into_the_next() -> None:
    form = apply(FORM, Insert("/sections", "x_more", {"items": {"due": {"order": 10}}}))

    assert step(form, f"{ITEMS}/status", Step.EARLIER) == Move(f"{ITEMS}/status", ITEMS, "customer")
    assert step(form, f"{ITEMS}/status", Step.LATER) == Move(f"{ITEMS}/status", ITEMS, "note")
    assert step(form, f"{ITEMS}/amount", Step.LATER) == Move(f"{ITEMS}/amount", ITEMS, None)
    assert step(form, f"{ITEMS}/note", Step.LATER) == Move(f"{ITEMS}/note", "/sections/x_more/items", "due")
    assert step(form, "/sections/x_more/items/due", Step.BEFORE) == Move("/sections/x_more/items/due", ITEMS, None)
    assert step(form, f"{ITEMS}/customer", Step.EARLIER) is None
    assert step(form, "/sections/basics", Step.BEHIND) is None
    assert step(form, "/sections/basics", Step.LATER) == Move("/sections/basics", "/sections", "x_more")


def _edits(form: Any) -> st.SearchStrategy[Edit]:
    """Anything that the buttons of the designer could ask for, possible or not."""
    sections = st.sampled_from([*form["sections"], "some", "other"])
    items = sections.map(lambda name: f"/sections/{name}/items")
    columns = sections.map(lambda name: f"/sections/{name}/columns")
    fields, paths = st.sampled_from(FIELDS), st.sampled_from(COLUMNS)
    some_item = st.sampled_from([f"/sections/{name}/items/{key}" for name, key in items_of(form)] or ["/nothing"])
    conditions = st.sampled_from([None, True, False, "amount > 5", "record.exists"])
    return st.one_of(
        st.builds(Insert, items, fields, st.just({}), st.none() | fields),
        st.builds(Insert, columns, paths, st.just({}), st.none() | paths),
        st.builds(Insert, st.just("/sections"), sections, st.just({"label": "New", "items": {}}), st.none() | sections),
        st.builds(
            Insert, st.just("/sections"), sections,
            st.just({"label": "Lines", "kind": "related", "relation": "shop.line.order", "columns": {}}), st.none(),
        ),
        st.builds(Move, some_item, items | columns, st.none() | fields),
        st.builds(Move, sections.map(lambda name: f"/sections/{name}"), st.just("/sections"), st.none() | sections),
        st.builds(Move, st.builds("{}/{}".format, columns, paths), columns, st.none() | paths),
        st.builds(Remove, some_item | sections.map(lambda name: f"/sections/{name}")),
        st.builds(Change, some_item, st.fixed_dictionaries({"visible": conditions, "span": st.sampled_from([None, 2])})),
    )  # fmt: skip


def _errors(form: Any) -> list[str]:
    documents = [{**document, **form} if document["id"] == form["id"] else document for document in SOUND.values()]
    return [f"{found.pointer}: {found.message}" for found in check_documents(documents) if found.severity == "error"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_sequence_of_edits_keeps_the_form_sound_and_undo_restores_it(data: st.DataObject) -> None:
    form: Any = FORM
    history: list[tuple[Any, str]] = []
    for _ in range(data.draw(st.integers(1, 12))):
        edit = data.draw(_edits(form))
        history.append((form, repr(form)))
        try:
            form = apply(form, edit)
        except BadRequest:
            continue
        assert len(keys(form, "/sections")) == len(form["sections"])
        assert len({key for _, key in items_of(form)}) == len(list(items_of(form)))

    assert _errors(form) == []
    assert all(repr(before) == seen for before, seen in history)
    assert deepcopy(FORM) == SOUND["shop/forms/order_form.json"]
