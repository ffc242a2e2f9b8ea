"""Where something is used in a draft, and how a rename reads before and after it is published."""

from typing import Any

import pytest

from tests.services.conftest import person
from trellis.engine.usage import Stage
from trellis.engine.wording import What
from trellis.kernel.errors import Forbidden, NotFound
from trellis.services.context import Context
from trellis.services.studio import drafts, history, plans
from trellis.services.studio.usage import where_used

pytestmark = pytest.mark.anyio

PROJECT: dict[str, Any] = {
    "kind": "entity", "id": "x.project", "label": "Project", "titleField": "name",
    "fields": {
        "name": {"type": "text", "label": "Name"},
        "size": {"type": "integer", "label": "Size"},
        "large": {"type": "formula", "label": "Large", "returns": "boolean", "expr": "size > 3"},
    },
}  # fmt: skip
PROJECTS: dict[str, Any] = {
    "kind": "view", "id": "x.projects", "label": "Projects", "type": "list", "entity": "x.project",
    "columns": {"size": {"order": 10}}, "filter": "size > 3",
}  # fmt: skip
SIZE, SCOPE = "x.project#/fields/size", "x.project#/fields/scope"


async def publish(context: Context) -> Context:
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "test")
    newest = await context.home.refresh()
    assert newest is not None
    return context.with_release(newest)


async def test_a_draft_says_where_its_fields_are_used(system: Context) -> None:
    await drafts.save(system, PROJECT)
    draft = await drafts.save(system, PROJECTS)

    found = where_used(draft, SIZE)

    assert {kind: [str(place.label) for place in places] for kind, places in found.groups.items()} == {
        "entity": ["Entity Project · field Large · formula"],
        "view": ["List Projects · column", "List Projects · filter"],
    }
    assert [place.url for place in found.places] == [
        "/studio/entities/x.project/fields/large", "/studio/views/x.projects", "/studio/views/x.projects"
    ]  # fmt: skip
    assert found.removal.stage is Stage.DEPRECATE
    with pytest.raises(NotFound):
        where_used(system, SIZE)
    with pytest.raises(Forbidden):
        where_used(await person(system, "Rita", "sales.rep"), "sales.account")


async def test_a_rename_is_one_sentence_in_the_plan_and_in_the_history(system: Context) -> None:
    await drafts.save(system, PROJECT)
    await drafts.save(system, PROJECTS)
    context = await publish(system)
    await drafts.rename_field(context, "x.project", "size", "scope")

    plan = await plans.plan_draft(context)
    context = await publish(context)
    release = await history.release(context, context.release.number)

    said = [(What.RENAMED, "Size on Project has the key “scope” now and keeps its values.")]
    assert [(worded.what, str(worded.message)) for worded in plan.words] == said
    assert [(worded.what, str(worded.message)) for worded in release.words] == said
    assert {place.document for place in where_used(context, SCOPE).places} == {"x.project", "x.projects"}
