"""Editing roles: the matrix follows the model, and a save changes just what was picked."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trellis.engine.access import ACTIONS as KNOWN
from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services.studio.roleedits import (
    ACTIONS,
    LEVELS,
    SYSTEM,
    Action,
    Effective,
    RoleInput,
    allowed,
    choices,
    copy_of,
    effective,
    level_allowed,
    new_role,
    read_role,
    right_allowed,
    write_role,
)

DOCUMENTS: dict[str, Any] = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
ROLES = [raw for raw in DOCUMENTS.values() if raw["kind"] == "role"]
REP = DOCUMENTS["sales.rep"]
READ = Action("read", scoped=True)
CREATE = Action("create", scoped=False)
ENTITIES = st.sampled_from(["sales.account", "sales.lead", "core.task", "*"])
CELLS = st.dictionaries(
    ENTITIES,
    st.fixed_dictionaries({action.name: st.sampled_from(("", *action.choices)) for action in ACTIONS}),
    max_size=3,
)
LEVEL_CELLS = st.dictionaries(
    st.just("sales.account"), st.dictionaries(st.sampled_from(["*", "name", "phone"]), st.sampled_from(("", *LEVELS)))
)


def test_the_matrix_has_every_action_that_there_is() -> None:
    assert {action.name for action in ACTIONS} == set(KNOWN)
    assert [action.name for action in ACTIONS if not action.scoped] == ["create"]
    assert "bulkUpdate" in SYSTEM
    assert "import" in SYSTEM


def test_saving_a_role_as_it_was_read_changes_nothing() -> None:
    for raw in ROLES:
        assert write_role(raw, read_role(raw)) == raw


@given(st.sampled_from(ROLES), CELLS, LEVEL_CELLS, st.sets(st.sampled_from(SYSTEM)))
def test_what_is_picked_is_what_the_editor_shows_again(raw: Any, cells: Any, levels: Any, system: set[str]) -> None:
    given_input = replace(read_role(raw), cells=cells, levels=levels, system=frozenset(system))

    found = read_role(write_role(raw, given_input))

    assert found.system == system
    for entity, actions in cells.items():
        blank = {action.name: "" for action in ACTIONS}
        assert found.cells.get(entity, blank) == actions
    for entity, fields in levels.items():
        shown = found.levels.get(entity, {})
        assert {key: shown.get(key, "") for key in fields} == fields


@given(CELLS)
def test_rights_that_were_not_on_the_page_stay(cells: Any) -> None:
    found = write_role(REP, replace(read_role(REP), cells=cells, levels={}))

    for entity, rights in REP["entities"].items():
        if entity not in cells:
            assert found["entities"][entity] == rights
        assert found["entities"][entity]["fields"] == rights["fields"]


def test_a_new_role_is_sound_and_may_do_nothing() -> None:
    raw = new_role("x.temp", "Temp")

    assert [item.code for item in check_documents([*DOCUMENTS.values(), raw]) if item.document == "x.temp"] == []
    assert read_role(raw) == RoleInput("Temp")
    assert copy_of(REP, "x.rep", "Rep 2")["entities"] == REP["entities"]


def test_a_packs_role_can_only_lose() -> None:
    assert allowed(REP, "sales.lead", READ, "")
    assert allowed(REP, "sales.lead", READ, "own")
    assert not allowed(REP, "sales.lead", READ, "all")
    assert allowed(REP, "sales.account", READ, "own")
    assert not allowed(REP, "sales.product", CREATE, "yes")
    assert allowed(None, "sales.lead", READ, "all")
    assert allowed(REP, "x.visit", READ, "all")
    assert not allowed(REP, "core.team", CREATE, "yes")
    assert level_allowed(REP, "sales.product", "x_region", "edit")
    assert level_allowed(REP, "sales.account", "name", "read")
    assert not level_allowed(REP, "sales.account", "credit_limit", "read")
    assert not level_allowed(REP, "sales.product", "name", "edit")
    assert not right_allowed(REP, "export")
    assert right_allowed(REP, "tokens")


def test_what_is_inherited_is_told_with_the_role_that_gives_it() -> None:
    snapshot = Snapshot.of(1, DOCUMENTS.values())

    assert effective(snapshot, "sales.rep", "core.task", READ) == Effective("own", ("core.employee",))
    assert effective(snapshot, "sales.rep", "sales.account", READ) == Effective("all")
    assert effective(snapshot, "sales.rep", "sales.product", CREATE) == Effective("")
    assert effective(snapshot, "core.admin", "sales.product", CREATE) == Effective("yes")


def test_scopes_that_were_combined_stay_together() -> None:
    assert choices(READ, "own+team") == ("", "own", "all", "own+team")
    assert choices(CREATE, "") == ("", "yes")
