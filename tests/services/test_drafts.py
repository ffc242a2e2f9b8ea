"""What several people change together before it is published."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import pytest

from tests.services.conftest import person
from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import Conflict, Forbidden, Invalid, NotFound, StaleRelease
from trellis.metadata.intent import Intent
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.studio import drafts, plans
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.drafts import KEPT_STEPS, end

pytestmark = pytest.mark.anyio

PROJECT: dict[str, Any] = {
    "kind": "entity",
    "id": "x.project",
    "label": "Project",
    "titleField": "name",
    "fields": {"name": {"type": "text", "label": "Name"}},
}


async def test_a_new_document_is_part_of_the_draft_and_not_in_force(system: Context) -> None:
    draft = await drafts.save(system, PROJECT)

    (change,) = draft.changes
    assert (change.document, change.what, change.can_undo, change.can_redo) == ("x.project", "added", True, False)
    assert draft.merged.snapshot.entity("x.project").label == "Project"
    assert draft.findings() == ()
    assert "x.project" not in system.snapshot.raw
    assert [raw for raw in draft.sources if raw["id"] == "x.project"] == [PROJECT]


async def test_a_changed_document_of_a_pack_becomes_an_extension(system: Context) -> None:
    account = dict((await drafts.load(system)).raw("sales.account"))
    fields = {**account["fields"], "x_region": {"type": "text", "label": "Region"}}

    draft = await drafts.save(system, {**account, "label": "Client", "fields": fields})

    assert draft.merged.snapshot.entity("sales.account").label == "Client"
    assert draft.raw("sales.account")["fields"]["x_region"]["label"] == "Region"
    assert draft.below("sales.account") == account
    assert draft.origin("sales.account", "/label").layer == "x"
    assert [change.what for change in draft.changes] == ["changed"]
    assert draft.findings() == ()


async def test_only_designers_may_look(system: Context) -> None:
    rita = await person(system, "Rita", "core.employee", "sales.rep")

    with pytest.raises(Forbidden):
        await drafts.load(rita)
    with pytest.raises(Forbidden):
        await drafts.save(rita, PROJECT)


async def test_whoever_comes_second_is_told_who_was_first(system: Context) -> None:
    ann, ben = await person(system, "Ann", "core.admin"), await person(system, "Ben", "core.admin")
    start = (await drafts.save(ann, PROJECT)).version("x.project")

    await drafts.save(ann, {**PROJECT, "label": "Work"}, version=start)
    with pytest.raises(Conflict) as lost:
        await drafts.save(ben, {**PROJECT, "label": "Job"}, version=start)

    assert lost.value.by == ann.actor.id
    assert (await drafts.load(ben)).raw("x.project")["label"] == "Work"


async def published(home: OpenWorkspace, *changed: Mapping[str, Any]) -> Context:
    """A release with other sources, made by somebody who does not use the draft."""
    sources = {**(await home.context()).snapshot.sources, **{raw["id"]: raw for raw in changed}}
    await install_packs(home.database, home.workspace, sources.values(), home.clock, actor=SYSTEM, note="test")
    await home.refresh()
    return await home.context()


async def test_a_page_made_for_what_was_discarded_is_late_too(system: Context) -> None:
    version = (await drafts.save(system, PROJECT)).version("x.project")
    await drafts.discard(system, "x.project")
    await drafts.save(system, {**PROJECT, "label": "Other"})

    with pytest.raises(Conflict):
        await drafts.save(system, PROJECT, version=version)


async def test_of_many_who_save_at_once_one_wins_and_nothing_is_lost(system: Context) -> None:
    version = (await drafts.save(system, PROJECT)).version("x.project")

    def named(number: int) -> dict[str, Any]:
        return {**PROJECT, "label": f"Project {number}"}

    results = await asyncio.gather(
        *(drafts.save(system, named(number), version=version) for number in range(6)), return_exceptions=True
    )

    winners = [number for number, result in enumerate(results) if not isinstance(result, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(result, Conflict | drafts.Draft) for result in results)
    assert (await drafts.load(system)).raw("x.project") == named(winners[0])


async def test_people_who_change_different_documents_do_not_meet(system: Context) -> None:
    others = [{**PROJECT, "id": f"x.thing_{number}"} for number in range(6)]

    await asyncio.gather(*(drafts.save(system, raw, version=0) for raw in others))

    assert {change.document for change in (await drafts.load(system)).changes} == {raw["id"] for raw in others}


async def test_saving_what_is_in_force_is_no_change(system: Context) -> None:
    account = (await drafts.load(system)).raw("sales.account")

    assert (await drafts.save(system, account)).changes == ()
    await drafts.save(system, {**account, "label": "Client"})
    assert (await drafts.save(system, account)).changes == ()


@pytest.mark.parametrize("seed", range(4))
async def test_steps_lead_back_to_what_is_in_force_and_forth_again(system: Context, seed: int) -> None:
    chance, document = random.Random(seed), ("sales.account", "x.project")[seed % 2]
    force = (await drafts.load(system)).merged.raw.get(document)
    states, place = [force], 0
    draft = await drafts.load(system)
    for number in range(chance.randrange(5, 15)):
        move = chance.choice((drafts.undo, drafts.redo, None, None))
        if move is None:
            states = [*states[: place + 1], {**(force or PROJECT), "label": f"Name {number}"}]
            draft, place = await drafts.save(system, states[-1] or {}), place + 1
        else:
            draft = await move(system, document)
            place = max(0, min(len(states) - 1, place + (-1 if move is drafts.undo else 1)))
        assert draft.merged.raw.get(document) == states[place]
        assert (draft.can_undo(document), draft.can_redo(document)) == (place > 0, place < len(states) - 1)

    for _ in range(place):
        draft = await drafts.undo(system, document)
    assert draft.merged.raw.get(document) == force
    assert draft.changes == ()
    for _ in range(len(states) - 1):
        draft = await drafts.redo(system, document)
    assert draft.merged.raw.get(document) == states[-1]


async def test_a_step_after_an_undo_ends_what_was_undone(system: Context) -> None:
    for label in ("One", "Two"):
        await drafts.save(system, {**PROJECT, "label": label})
    await drafts.undo(system, "x.project")

    draft = await drafts.save(system, {**PROJECT, "label": "Three"})

    assert not draft.can_redo("x.project")
    assert (await drafts.undo(system, "x.project")).raw("x.project")["label"] == "One"


async def test_so_many_steps_are_kept(system: Context) -> None:
    draft = await drafts.load(system)
    for number in range(KEPT_STEPS + 5):
        draft = await drafts.save(system, {**PROJECT, "label": f"Name {number}"})
    taken_back = 0
    while draft.can_undo("x.project"):
        draft, taken_back = await drafts.undo(system, "x.project"), taken_back + 1

    assert taken_back == KEPT_STEPS - 1
    assert draft.raw("x.project")["label"] == "Name 5"


async def test_undo_and_redo_without_steps_change_nothing(system: Context) -> None:
    assert (await drafts.undo(system, "sales.account")).changes == ()
    assert (await drafts.redo(system, "sales.account")).changes == ()


async def test_a_discarded_change_is_gone_with_its_steps(system: Context) -> None:
    await drafts.save(system, PROJECT)
    await drafts.save(system, {**PROJECT, "id": "x.other"})

    draft = await drafts.discard(system, "x.project")
    assert [change.document for change in draft.changes] == ["x.other"]
    assert not draft.can_undo("x.project")
    assert draft.version("x.project") == 0
    assert (await drafts.discard(system, None)).changes == ()


async def test_another_process_sees_the_same_draft(home: OpenWorkspace, system: Context) -> None:
    saved = await drafts.save(system, PROJECT)

    other = OpenWorkspace(home.database, home.workspace, home.clock)
    draft = await drafts.load(await other.context())
    assert (draft.changes, draft.version("x.project")) == (saved.changes, saved.version("x.project"))
    await drafts.save(await other.context(), {**PROJECT, "label": "Work"})
    assert (await drafts.load(system)).raw("x.project")["label"] == "Work"


async def test_an_own_document_goes_and_one_of_a_pack_is_hidden(home: OpenWorkspace) -> None:
    system = await published(home, PROJECT)
    view = next(key for key in system.snapshot.views if key.startswith("sales."))

    await drafts.remove(system, "x.project")
    draft = await drafts.remove(system, view)

    assert {change.document: change.what for change in draft.changes} == {"x.project": "removed", view: "removed"}
    assert view not in draft.merged.snapshot.views
    with pytest.raises(NotFound):
        draft.raw(view)
    assert view in (await drafts.reset(system, view, "")).merged.snapshot.views


async def test_an_entity_of_a_pack_cannot_be_removed(system: Context) -> None:
    with pytest.raises(Invalid):
        await drafts.remove(system, "sales.account")


async def test_a_place_can_be_what_the_pack_says_again(system: Context) -> None:
    account = (await drafts.load(system)).raw("sales.account")
    name = {**account["fields"]["name"], "label": "Company", "help": "As registered"}
    await drafts.save(system, {**account, "label": "Client", "fields": {**account["fields"], "name": name}})

    draft = await drafts.reset(system, "sales.account", "/fields/name/label")
    assert draft.raw("sales.account")["fields"]["name"]["label"] == account["fields"]["name"]["label"]
    assert draft.raw("sales.account")["fields"]["name"]["help"] == "As registered"
    assert draft.raw("sales.account")["label"] == "Client"
    assert (await drafts.reset(system, "sales.account", "")).changes == ()
    with pytest.raises(NotFound):
        await drafts.reset(system, "sales.account", "/fields/nothing/label")


async def test_what_a_pack_forbids_is_refused_with_the_place(system: Context) -> None:
    account = (await drafts.load(system)).raw("sales.account")
    name = {**account["fields"]["name"], "type": "longtext"}

    with pytest.raises(Invalid) as refused:
        await drafts.save(system, {**account, "fields": {**account["fields"], "name": name}})

    assert [error.path for error in refused.value.errors] == ["/fields/name/type"]
    assert (await drafts.load(system)).changes == ()


async def test_what_is_no_document_is_refused(system: Context) -> None:
    wrong = [
        ({"id": "x.project"}, "/kind"),
        ({"kind": "entity", "id": "Project"}, "/id"),
        ({"kind": "extension", "id": "x.project"}, "/kind"),
    ]
    for wanted, path in wrong:
        with pytest.raises(Invalid) as refused:
            await drafts.save(system, wanted)
        assert [error.path for error in refused.value.errors] == [path]


async def test_nobody_makes_documents_for_a_pack(system: Context) -> None:
    with pytest.raises(NotFound):
        await drafts.save(system, {**PROJECT, "id": "sales.project"})


async def test_a_half_written_document_can_be_kept(system: Context) -> None:
    broken = {
        **PROJECT,
        "fields": {**PROJECT["fields"], "size": {"type": "formula", "returns": "integer", "expr": "1 +"}},
    }
    shapeless = {**PROJECT, "id": "x.shapeless", "titleField": 7, "fields": {"name": {"type": "nothing"}}}

    await drafts.save(system, shapeless)
    draft = await drafts.save(system, broken)

    assert any(finding.pointer.startswith("/fields/size") for finding in draft.findings("x.project"))
    assert draft.raw("x.shapeless") == shapeless
    assert draft.findings("x.shapeless")
    assert draft.findings() == (*draft.findings("x.project"), *draft.findings("x.shapeless"))


async def test_findings_tell_of_those_who_still_need_what_is_gone(home: OpenWorkspace) -> None:
    view = {"kind": "view", "id": "x.projects", "label": "Projects", "type": "list", "entity": "x.project",
            "columns": {"size": {"order": 10}}}  # fmt: skip
    sized = {**PROJECT, "fields": {"size": {"type": "integer", "label": "Size"}, **PROJECT["fields"]}}
    system = await published(home, sized, view)

    draft = await drafts.save(system, PROJECT)

    assert [finding.pointer for finding in draft.findings("x.projects")] == ["/columns/size"]


async def test_what_somebody_else_published_since_is_a_conflict_to_decide(home: OpenWorkspace) -> None:
    system = await published(home, PROJECT)
    await drafts.save(system, {**PROJECT, "label": "Mine"})
    system = await published(home, {**PROJECT, "label": "Theirs"})

    assert [change.conflict for change in (await drafts.load(system)).changes] == [True]
    kept = await drafts.resolve(system, "x.project", "mine")
    assert [change.conflict for change in kept.changes] == [False]
    assert kept.raw("x.project")["label"] == "Mine"
    assert (await drafts.undo(system, "x.project")).raw("x.project")["label"] == "Theirs"

    await drafts.redo(system, "x.project")
    assert (await drafts.resolve(system, "x.project", "theirs")).changes == ()


async def test_a_draft_goes_on_over_a_release_that_moved(home: OpenWorkspace, system: Context) -> None:
    await drafts.save(system, PROJECT)
    await published(home, {**PROJECT, "id": "x.other"})

    draft = await drafts.save(system, {**PROJECT, "label": "Work"})

    assert draft.context.release.number > system.release.number
    assert [(change.document, change.conflict) for change in draft.changes] == [("x.project", False)]
    assert "x.other" in draft.merged.raw


async def test_what_was_published_as_it_stood_is_no_change_any_more(home: OpenWorkspace, system: Context) -> None:
    await drafts.save(system, PROJECT)

    assert (await drafts.load(await published(home, PROJECT))).changes == ()


async def test_publishing_ends_the_draft_that_was_seen_only(home: OpenWorkspace, system: Context) -> None:
    seen = await drafts.save(system, PROJECT)
    newest = await drafts.save(system, {**PROJECT, "label": "Work"})

    with pytest.raises(StaleRelease):
        async with home.database.publish(home.workspace) as connection:
            await end(connection, seen.stamp)
    assert (await drafts.load(system)).changes == newest.changes
    async with home.database.publish(home.workspace) as connection:
        await end(connection, newest.stamp)
    assert (await drafts.load(system)).changes == ()


async def test_a_field_gets_another_key_everywhere(home: OpenWorkspace) -> None:
    view = {"kind": "view", "id": "x.projects", "label": "Projects", "type": "list", "entity": "x.project",
            "columns": {"size": {"order": 10}}, "filter": "size > 3"}  # fmt: skip
    sized = {**PROJECT, "fields": {**PROJECT["fields"], "size": {"type": "integer", "label": "Size"}}}
    system = await published(home, sized, view)

    draft = await drafts.rename_field(system, "x.project", "size", "scope")

    assert draft.raw("x.projects")["filter"] == "scope > 3"
    assert [*draft.raw("x.projects")["columns"]] == ["scope"]
    assert draft.intent == Intent({"x.project#/fields/size": "x.project#/fields/scope"})
    assert draft.findings() == ()
    again = await drafts.rename_field(system, "x.project", "scope", "extent")
    assert again.intent == Intent({"x.project#/fields/size": "x.project#/fields/extent"})
    assert (await drafts.rename_field(system, "x.project", "extent", "size")).intent.empty
    with pytest.raises(Invalid):
        await drafts.rename_field(system, "x.project", "size", "name")
    with pytest.raises(Invalid):
        await drafts.rename_field(system, "sales.account", "name", "x_name")


async def test_an_undone_rename_is_no_longer_intended(home: OpenWorkspace) -> None:
    sized = {**PROJECT, "fields": {**PROJECT["fields"], "size": {"type": "integer", "label": "Size"}}}
    system = await published(home, sized)
    await drafts.rename_field(system, "x.project", "size", "scope")

    assert (await drafts.undo(system, "x.project")).intent.empty
    assert not (await drafts.redo(system, "x.project")).intent.empty
    assert (await drafts.discard(system, "x.project")).intent.empty


async def test_an_undone_rename_is_undone_everywhere(home: OpenWorkspace) -> None:
    view = {"kind": "view", "id": "x.projects", "label": "Projects", "type": "list", "entity": "x.project",
            "columns": {"size": {"order": 10}}}  # fmt: skip
    sized = {**PROJECT, "fields": {**PROJECT["fields"], "size": {"type": "integer", "label": "Size"}}}
    system = await published(home, sized, view)
    await drafts.save(system, {**view, "label": "All projects"})
    renamed = await drafts.rename_field(system, "x.project", "size", "scope")

    undone = await drafts.undo(system, "x.project")
    assert (undone.raw("x.project"), undone.raw("x.projects")) == (sized, {**view, "label": "All projects"})
    redone = await drafts.redo(system, "x.projects")
    assert (redone.raw("x.project"), redone.raw("x.projects")) == (renamed.raw("x.project"), renamed.raw("x.projects"))


async def test_the_newest_answer_about_a_place_holds(home: OpenWorkspace) -> None:
    old, new = "x.project#/fields/size", "x.project#/fields/scope"
    sized = {**PROJECT, "fields": {**PROJECT["fields"], "size": {"type": "integer", "label": "Size"}}}
    other = {**PROJECT, "fields": {**PROJECT["fields"], "scope": {"type": "integer", "label": "Scope"}}}
    system = await published(home, sized)
    await drafts.save(system, other)

    assert (await drafts.decide(system, Intent({old: new}))).intent == Intent({old: new})
    assert (await drafts.decide(system, Intent(separate=frozenset({new})))).intent == Intent(separate=frozenset({new}))
    assert (await drafts.decide(system, Intent(restores={new: 3}))).intent == Intent(restores={new: 3})
    assert (await drafts.decide(system, Intent({old: new}))).intent == Intent({old: new})


async def test_new_documents_get_ids_from_their_labels(system: Context) -> None:
    raw = {name: item for name, item in PROJECT.items() if name not in ("kind", "id")}
    first, _ = await drafts.new_document(system, "entity", "Project", raw)
    second, _ = await drafts.new_document(system, "entity", "Project", raw)
    third, draft = await drafts.new_document(system, "entity", "项目", raw)

    assert (first, second, third) == ("x.project", "x.project_2", "x.xiang_mu")
    assert draft.raw("x.xiang_mu")["label"] == "Project"


async def test_a_published_draft_is_in_force_and_empty(home: OpenWorkspace, system: Context) -> None:
    await drafts.save(system, PROJECT)
    account = (await drafts.load(system)).raw("sales.account")
    await drafts.save(system, {**account, "label": "Client"})

    view = await plans.plan_draft(system)
    await plans.publish_draft(system, view.fingerprint, [step.consent for step in view.consents], "A project")

    system = await home.context()
    assert system.snapshot.entity("x.project").label == "Project"
    assert system.snapshot.entity("sales.account").label == "Client"
    assert (await drafts.load(system)).changes == ()
