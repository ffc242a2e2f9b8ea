"""What several people change together before it is published."""

import pytest

from tests.services.conftest import person
from trellis.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from trellis.services.context import Context
from trellis.services.studio import drafts

pytestmark = pytest.mark.anyio

PROJECT = {
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
