"""Editing list views: what is not touched stays, what is typed arrives, and the result is a sound view."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trellis.engine.filterrules import Rows, Rule, Written
from trellis.kernel.names import is_key
from trellis.metadata.check import check_documents
from trellis.metadata.fieldtypes import FieldType
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services.studio.ordering import in_order
from trellis.services.studio.viewedits import (
    ColumnInput,
    Mistakes,
    QuickInput,
    SortInput,
    ViewInput,
    copy_of,
    free_id,
    free_key,
    new_view,
    read_view,
    shifted,
    with_column,
    write_view,
)

DOCUMENTS: dict[str, Any] = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
PACKS = Snapshot.of(1, DOCUMENTS.values())
VIEWS = [raw for raw in DOCUMENTS.values() if raw["kind"] == "view"]
DEAL = "sales.opportunity"
OPEN = DOCUMENTS["sales.opportunity_open"]
PATHS = ("name", "amount", "account.name", "account.owner.name", "stage", "close_date", "owner.email")

INPUTS = st.builds(
    ViewInput,
    label=st.sampled_from(["Open", "我的"]),
    columns=st.lists(
        st.builds(
            ColumnInput, st.sampled_from(PATHS), st.sampled_from(["", "No."]), st.sampled_from(["", "md"]), st.booleans(),
            width=st.sampled_from([0, 28]), summary=st.sampled_from(["", "count"]),
        ),
        min_size=1, unique_by=lambda column: column.path,
    ).map(tuple),
    filter=st.sampled_from([Rows(), Rows((Rule("amount", "gt", "5"), Written("overdue")), any=True)]),
    sort=st.lists(st.builds(SortInput, st.sampled_from(["name", "amount"]), st.booleans()), max_size=2,
                  unique_by=lambda key: key.path).map(tuple),
    actions=st.sampled_from([(), ("export",)]),
    roles=st.sampled_from([(), ("sales.rep",)]),
    priority=st.integers(0, 3),
    scope=st.sampled_from(["all", "own"]),
    page_size=st.sampled_from([20, 50]),
    default=st.just(False),
)  # fmt: skip


def at(path: str) -> FieldType | None:
    return PACKS.field_at(DEAL, path)


def written(raw: Any, given: ViewInput) -> dict[str, Any]:
    mistakes = Mistakes()
    found = write_view(raw, given, at, mistakes)
    assert mistakes.found == {}
    return dict(found)


def defects(raw: Any) -> list[str]:
    return [found.code for found in check_documents([*DOCUMENTS.values(), raw]) if found.document == raw["id"]]


def test_saving_a_view_as_it_was_read_changes_nothing() -> None:
    for raw in VIEWS:
        entity = raw["entity"]
        field_at = lambda path: PACKS.field_at(entity, path)  # noqa: B023, E731 - used at once

        assert write_view(raw, read_view(raw, field_at), field_at, Mistakes()) == raw


@given(INPUTS)
def test_what_is_typed_is_what_the_designer_shows_again(given: ViewInput) -> None:
    for start in (OPEN, new_view("x.deals", DEAL, "Deals", ["name"])):
        assert read_view(written(start, given), at) == given


@settings(max_examples=15, deadline=None)
@given(INPUTS)
def test_every_view_that_can_be_typed_is_sound(given: ViewInput) -> None:
    assert defects({**written(new_view("x.deals", DEAL, "Deals", ["name"]), given)}) == []


@given(st.sampled_from(sorted(OPEN["columns"])), st.integers(-3, 3))
def test_moving_a_column_changes_the_order_of_one_column_only(path: str, step: int) -> None:
    before = read_view(OPEN, at)

    after = written(OPEN, replace(before, columns=shifted(before.columns, path, step)))

    changed = [key for key in OPEN["columns"] if after["columns"][key] != OPEN["columns"][key]]
    assert len(changed) <= 1
    assert {key: value for key, value in after.items() if key != "columns"} == {
        key: value for key, value in OPEN.items() if key != "columns"
    }


def test_a_column_is_added_once_and_last() -> None:
    before = read_view(OPEN, at).columns

    after = with_column(with_column(before, "probability"), "owner.email")

    assert [column.path for column in after] == [*(column.path for column in before), "owner.email"]
    assert in_order(written(OPEN, replace(read_view(OPEN, at), columns=after))["columns"])[-1] == "owner.email"


def test_a_filter_that_is_taken_away_is_gone() -> None:
    assert "filter" not in written(OPEN, replace(read_view(OPEN, at), filter=Rows()))


def test_a_new_quick_filter_of_a_packs_view_has_a_key_of_the_customer() -> None:
    before = read_view(OPEN, at)
    new = QuickInput("", "Über 大 5!", Rows((Rule("amount", "gt", "5"),)))

    theirs = written(OPEN, replace(before, quick=(*before.quick, new)))
    own = written(copy_of(OPEN, "x.open", "Mine"), replace(before, quick=(*before.quick, new)))

    assert theirs["quickFilters"]["x_ber_5"]["filter"] == "amount > 5"
    assert own["quickFilters"]["ber_5"]["label"] == "Über 大 5!"
    assert in_order(own["quickFilters"])[-1] == "ber_5"


def test_a_value_that_does_not_fit_is_told_at_its_place() -> None:
    before, mistakes = read_view(OPEN, at), Mistakes()
    broken = Rows((Rule("amount", "gt", "many"),))

    write_view(OPEN, replace(before, filter=broken, quick=(QuickInput("big", "Big", broken),)), at, mistakes)

    assert set(mistakes.found) == {"filter", "quick-big"}


@given(st.text(max_size=60), st.sets(st.sampled_from(["x.item", "x.a", "x.item_2"])))
def test_ids_and_keys_made_of_any_name_can_be_used(name: str, taken: set[str]) -> None:
    found, key = free_id(name, taken), free_key(name, {"x_item", "item"}, "sales")

    assert is_key(found.removeprefix("x."))
    assert found not in taken
    assert is_key(key)
    assert key.startswith("x_")
    assert key != "x_item"
