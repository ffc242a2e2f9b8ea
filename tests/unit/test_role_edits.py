"""Editing roles: the matrix follows the model, and a save changes just what was picked."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trellis.engine.access import ACTIONS as KNOWN
from trellis.metadata import structure
from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.places import packs_folder
from trellis.services.studio.rolebounds import (
    Given,
    allowed,
    assignee_allowed,
    effective,
    effective_level,
    factor_askers,
    givers,
    inherited,
    level_allowed,
    right_allowed,
    second_factor_asked,
    where_allowed,
)
from trellis.services.studio.roleedits import (
    ACTIONS,
    ASSIGNEES,
    LEVEL_CHOICES,
    LEVELS,
    NOTHING,
    SCOPES,
    SYSTEM,
    Action,
    GrantInput,
    LevelInput,
    RoleInput,
    copy_of,
    level_picked,
    new_role,
    read_role,
    write_role,
)

DOCUMENTS: dict[str, Any] = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
ROLES = [raw for raw in DOCUMENTS.values() if raw["kind"] == "role"]
REP, MANAGER = DOCUMENTS["sales.rep"], DOCUMENTS["sales.manager"]
READ = Action("read", scoped=True)
EDIT = Action("edit", scoped=True)
CREATE = Action("create", scoped=False)
ENTITIES = st.sampled_from(["sales.account", "sales.lead", "core.task", "*"])
WHERE = st.sampled_from(["", "tier == 'key'", "owner == me.id"])


def some(words: Iterable[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(tuple(words)), unique=True, max_size=4).map(tuple)


def grants(action: Action) -> st.SearchStrategy[GrantInput]:
    """What the panel may hold for an action."""
    if not action.scoped:
        return st.sampled_from([NOTHING, GrantInput(("yes",))])
    to = some(ASSIGNEES) if action.directed else st.just(())
    held = st.builds(GrantInput, some(SCOPES), WHERE, to).filter(lambda one: bool(one.scopes or one.where))
    return st.just(NOTHING) | held


CELLS = st.dictionaries(
    ENTITIES, st.fixed_dictionaries({action.name: grants(action) for action in ACTIONS}), max_size=3
)
LEVEL = st.builds(level_picked, st.sampled_from(LEVEL_CHOICES)) | st.builds(
    level_picked, st.sampled_from(LEVEL_CHOICES), st.sampled_from(LEVELS), st.just("tier == 'key'")
)
LEVEL_CELLS = st.dictionaries(
    st.just("sales.account"), st.dictionaries(st.sampled_from(["*", "name", "phone"]), LEVEL | st.just(LevelInput()))
)
EXPORTS = st.sampled_from(["", "yes", "limited:2000"])


def test_the_matrix_has_every_action_that_there_is() -> None:
    assert {action.name for action in ACTIONS} == set(KNOWN)
    assert [action.name for action in ACTIONS if not action.scoped] == ["create"]
    assert "bulkUpdate" in SYSTEM
    assert "import" in SYSTEM


def test_saving_a_role_as_it_was_read_changes_nothing() -> None:
    for raw in ROLES:
        assert write_role(raw, read_role(raw)) == raw


RAW_GRANT = st.fixed_dictionaries(
    {"scopes": st.lists(st.sampled_from(SCOPES), max_size=6)}, optional={"where": st.just("tier == 'key'")}
)
RAW_ASSIGN = st.fixed_dictionaries(
    {}, optional={"scopes": st.lists(st.sampled_from(SCOPES)), "to": st.lists(st.sampled_from(ASSIGNEES))}
)
RAW_LEVEL = st.sampled_from(LEVELS) | st.fixed_dictionaries(
    {"level": st.sampled_from(LEVELS)},
    optional={
        "reveal": st.booleans(),
        "upgrade": st.fixed_dictionaries({"level": st.sampled_from(LEVELS), "where": st.just("tier == 'key'")}),
    },
)
RAW_RIGHTS = st.fixed_dictionaries(
    {},
    optional={
        "create": st.booleans(), "assign": RAW_ASSIGN, "fields": st.dictionaries(st.sampled_from(["*", "name", "tier"]), RAW_LEVEL),
        **dict.fromkeys(("read", "edit", "delete", "export", "share", "comment"), RAW_GRANT),
    },
)  # fmt: skip
RAW_ROLES = st.fixed_dictionaries(
    {"kind": st.just("role"), "id": st.just("x.any"), "label": st.just("Any")},
    optional={
        "entities": st.dictionaries(ENTITIES, RAW_RIGHTS),
        "system": st.dictionaries(st.sampled_from(SYSTEM), st.booleans()).flatmap(
            lambda found: st.sampled_from([found, {**found, "export": True}, {**found, "export": "limited:10"}])
        ),
        "signIn": st.sampled_from([{}, {"secondFactor": True}, {"secondFactor": False}]),
        "ext": st.just({"x": 1}),
    },
)


@given(RAW_ROLES)
def test_saving_any_role_as_it_was_read_changes_nothing(raw: Any) -> None:
    assert write_role(raw, read_role(raw)) == raw


@given(st.sampled_from(ROLES), CELLS, LEVEL_CELLS, st.sets(st.sampled_from(SYSTEM)), EXPORTS, st.booleans())
def test_what_is_picked_is_what_the_editor_shows_again(
    raw: Any, cells: Any, levels: Any, system: set[str], export: str, factor: bool
) -> None:
    given_input = replace(
        read_role(raw), cells=cells, levels=levels, system=frozenset(system), export=export, second_factor=factor
    )

    written = write_role(raw, given_input)
    found = read_role(written)

    assert (set(found.system), found.export, found.second_factor) == (system, export, factor)
    for entity, actions in cells.items():
        blank = {action.name: NOTHING for action in ACTIONS}
        assert found.cells.get(entity, blank) == actions
    for entity, fields in levels.items():
        shown = found.levels.get(entity, {})
        assert {key: shown.get(key, LevelInput()) for key in fields} == fields
    assert not structure.read(written).findings


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
    assert allowed(REP, "sales.lead", READ, "own+shared")
    assert not allowed(REP, "sales.lead", READ, "team")
    assert not allowed(REP, "sales.lead", READ, "all")
    assert allowed(REP, "sales.account", READ, "subordinates")
    assert not allowed(REP, "sales.product", CREATE, "yes")
    assert allowed(None, "sales.lead", READ, "all")
    assert allowed(REP, "x.visit", READ, "all")
    assert not allowed(REP, "core.team", CREATE, "yes")
    assert level_allowed(REP, "sales.product", "x_region", "edit")
    assert level_allowed(REP, "sales.account", "name", "read")
    assert not level_allowed(REP, "sales.account", "credit_limit", "read")
    assert not level_allowed(REP, "sales.product", "name", "edit")
    assert not right_allowed(REP, "export")
    assert not right_allowed(REP, "export", "limited:1")
    assert right_allowed(MANAGER, "export", "limited:1")
    assert right_allowed(REP, "tokens")


def test_conditions_and_new_owners_of_a_pack_stay() -> None:
    edit = {"scopes": ["own"], "where": "status == 'new'"}
    rights = {"edit": edit, "read": {"scopes": ["all"]}, "assign": {"scopes": ["own"], "to": ["team"]}}
    below = {"entities": {"sales.lead": rights}, "signIn": {"secondFactor": True}}

    assert where_allowed(below, "sales.lead", READ)
    assert not where_allowed(below, "sales.lead", EDIT)
    assert not where_allowed(below, "sales.lead", Action("share", scoped=True))
    assert where_allowed(None, "sales.lead", EDIT)
    assert assignee_allowed(below, "sales.lead", "team")
    assert not assignee_allowed(below, "sales.lead", "all")
    assert assignee_allowed(below, "x.visit", "all")
    assert second_factor_asked(below)
    assert not second_factor_asked(REP)


def test_what_is_inherited_is_told_with_the_role_that_gives_it() -> None:
    snapshot = Snapshot.of(1, DOCUMENTS.values())

    assert effective(snapshot, "sales.rep", "core.task", READ) == (Given("core.employee", ("own", "shared")),)
    assert inherited(effective(snapshot, "sales.rep", "sales.account", READ), "sales.rep") == ()
    assert effective(snapshot, "sales.rep", "sales.product", CREATE) == ()
    assert effective(snapshot, "core.admin", "sales.product", CREATE) == (Given("core.admin", ("yes",)),)
    assert effective_level(snapshot, "sales.rep", "sales.account", "tier") == LevelInput("read")
    assert givers(snapshot, "sales.rep", "tokens") == ("core.employee",)
    assert factor_askers(snapshot, "sales.rep") == ()


def test_conditions_and_sharing_rules_are_told_apart() -> None:
    boss = {
        "kind": "role", "id": "x.boss", "label": "Boss", "inherits": ["x.base"],
        "entities": {"sales.lead": {"read": {"scopes": ["own", "shared"]}}},
    }  # fmt: skip
    upgrade = {"level": "edit", "where": "status == 'new'"}
    base = {
        "kind": "role", "id": "x.base", "label": "Base", "signIn": {"secondFactor": True}, "system": {"bulkUpdate": True},
        "entities": {"sales.lead": {
            "read": {"scopes": ["team"], "where": "status == 'new'"}, "fields": {"score": {"level": "read", "upgrade": upgrade}},
        }},
    }  # fmt: skip
    sharing = {
        "kind": "sharing", "id": "x.open", "label": "Open leads", "entity": "sales.lead", "when": "status == 'new'",
        "to": [{"kind": "role", "role": "x.boss"}],
    }  # fmt: skip
    snapshot = Snapshot.of(1, [*DOCUMENTS.values(), boss, base, sharing])

    assert effective(snapshot, "x.boss", "sales.lead", READ) == (
        Given("x.boss", ("own", "shared")),
        Given("x.boss", ("shared",), sharing="x.open"),
        Given("x.base", ("team",), "status == 'new'"),
    )
    assert effective_level(snapshot, "x.base", "sales.lead", "score") == LevelInput("read", "edit", "status == 'new'")
    assert givers(snapshot, "x.boss", "bulkUpdate") == ("x.base",)
    assert factor_askers(snapshot, "x.boss") == ("x.base",)
