"""Plans: what is shown is what happens, once, and only with consent; and it can be taken back."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.services.conftest import person
from tests.support.publishing import Brittle, Broken
from trellis.kernel.errors import Forbidden, InvalidMetadata
from trellis.metadata.intent import Intent
from trellis.metadata.ledger import State
from trellis.metadata.plan import Risk
from trellis.services import preparing, queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.studio import drafts, history, plans
from trellis.services.studio.plans import PlanChanged
from trellis.services.studio.planview import PlanView
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.database import Workspace
from trellis.storage.drift import drift
from trellis.storage.ledger import read_ledger
from trellis.storage.quarantine import waiting
from trellis.storage.releases import load_snapshot

THING = "x.thing"
FIELDS: dict[str, Any] = {
    "name": {"type": "text", "label": "Name"},
    "staff": {"type": "text", "label": "Staff"},
    "tier": {"type": "select", "label": "Tier", "options": {"gold": {"label": "Gold"}, "iron": {"label": "Iron"}}},
}


def thing(**fields: Any) -> dict[str, Any]:
    return {
        "kind": "entity", "id": THING, "label": "Thing", "titleField": "name", "fields": {**FIELDS, **fields},
    }  # fmt: skip


async def now(home: OpenWorkspace) -> Context:
    await home.refresh()
    return await home.context()


async def publish(home: OpenWorkspace, *documents: dict[str, Any], note: str = "") -> int:
    context = await now(home)
    for document in documents:
        await drafts.save(context, document)
    view = await plans.plan_draft(context)
    return await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], note)


async def things(home: OpenWorkspace, *rows: dict[str, Any]) -> list[str]:
    made = await write(await now(home), THING, [Create({"name": "N", **row}) for row in rows])
    return [outcome.id for outcome in made]


async def said(home: OpenWorkspace, records: list[str], key: str) -> list[Any]:
    context = await now(home)
    return [(await queries.get_record(context, THING, record, (key,))).values[key] for record in records]


async def test_a_draft_is_planned_in_words_and_published_as_shown(home: OpenWorkspace) -> None:
    await publish(home, thing(), note="Things")
    context = await now(home)
    await drafts.save(context, thing(size={"type": "integer", "label": "Size"}))

    view = await plans.plan_draft(context)
    number = await plans.publish_draft(context, view.fingerprint, [], "Sizes")

    assert [str(word.message) for word in view.words] == ["Size is a new field on Thing (Whole number)."]
    assert (view.risk, view.blocked) == (Risk.SAFE, False)
    line = (await history.releases(await now(home)))[0]
    assert (line.number, line.note, line.current) == (number, "Sizes", True)
    assert (await drafts.load(await now(home))).changes == ()


async def test_a_plan_that_is_no_longer_true_is_refused(home: OpenWorkspace) -> None:
    context = await now(home)
    await drafts.save(context, thing())
    view = await plans.plan_draft(context)
    await drafts.save(context, thing(size={"type": "integer"}))

    with pytest.raises(PlanChanged):
        await plans.publish_draft(context, view.fingerprint, [], "")


async def test_values_are_put_aside_only_with_consent(home: OpenWorkspace) -> None:
    await publish(home, thing())
    records = await things(home, {"staff": "12"}, {"staff": "about 50"}, {"staff": None})
    context = await now(home)
    await drafts.save(context, thing(staff={"type": "integer", "label": "Staff"}))
    view = await plans.plan_draft(context)
    (step,) = view.consents

    assert (step.rows, step.affected, step.samples, view.risk) == (2, 1, ("about 50",), Risk.LOSSY)
    with pytest.raises(PlanChanged):
        await plans.publish_draft(context, view.fingerprint, [], "")
    await plans.publish_draft(context, view.fingerprint, [step.consent], "")

    assert await said(home, records, "staff") == [12, None, None]
    async with home.database.read(home.workspace) as connection:
        assert await waiting(connection) == [(THING, "staff", 1)]


async def test_rolling_back_gives_every_value_back_and_keeps_what_was_typed_since(home: OpenWorkspace) -> None:
    first = await publish(home, thing())
    records = await things(home, {"staff": "12"}, {"staff": "about 50"}, {"staff": "7"})
    await publish(home, thing(staff={"type": "integer", "label": "Staff"}))
    await write(await now(home), THING, [Update(records[2], {"staff": 8})])

    view = await plans.plan_rollback(await now(home), first)
    assert [step.diverged for step in view.steps if step.op == "backfill"] == [1]
    await plans.rollback(await now(home), first, view.fingerprint, [], "back")

    assert await said(home, records, "staff") == ["12", "about 50", "8"]
    line = (await history.releases(await now(home)))[0]
    assert line.restored == first


async def test_a_question_has_to_be_answered_first(home: OpenWorkspace) -> None:
    await publish(home, thing(area={"type": "text", "label": "Area"}))
    records = await things(home, {"area": "North"})
    context = await now(home)
    await drafts.save(context, thing(region={"type": "text", "label": "Region"}))
    view = await plans.plan_draft(context)

    assert [question.gone for question in view.questions] == [f"{THING}#/fields/area"]
    with pytest.raises(PlanChanged):
        await plans.publish_draft(context, view.fingerprint, [], "")
    await drafts.decide(context, Intent({f"{THING}#/fields/area": f"{THING}#/fields/region"}))
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [], "")

    assert await said(home, records, "region") == ["North"]


async def test_defects_keep_a_draft_from_being_published(home: OpenWorkspace) -> None:
    context = await now(home)
    await drafts.save(context, thing(twice={"type": "formula", "returns": "integer", "expr": "stuff * 2"}))
    view = await plans.plan_draft(context)

    assert view.blocked
    with pytest.raises(InvalidMetadata):
        await plans.publish_draft(context, view.fingerprint, [], "")


async def test_an_option_in_use_cannot_go_but_can_be_replaced(home: OpenWorkspace) -> None:
    first = await publish(home, thing())
    records = await things(home, {"tier": "gold"}, {"tier": "iron"})
    context = await now(home)
    gone = {**FIELDS["tier"], "options": {"iron": {"label": "Iron"}}}
    await drafts.save(context, thing(tier=gone))
    assert (await plans.plan_draft(context)).risk is Risk.BLOCKED

    retired = {"gold": {"label": "Gold", "active": False, "replacedBy": "iron"}, "iron": {"label": "Iron"}}
    await publish(home, thing(tier={**FIELDS["tier"], "options": retired}))
    assert await said(home, records, "tier") == ["iron", "iron"]
    view = await plans.plan_rollback(await now(home), first)
    await plans.rollback(await now(home), first, view.fingerprint, [], "")

    assert await said(home, records, "tier") == ["gold", "iron"]


async def test_records_without_a_value_are_counted_when_it_becomes_required(home: OpenWorkspace) -> None:
    await publish(home, thing())
    await things(home, {"staff": "1"}, {}, {})
    context = await now(home)
    await drafts.save(context, thing(staff={**FIELDS["staff"], "required": True}))

    view = await plans.plan_draft(context)

    assert [(step.op, step.affected) for step in view.steps] == [("requireValue", 2)]


async def test_doubles_stand_in_the_way_of_a_unique_field(home: OpenWorkspace) -> None:
    await publish(home, thing())
    await things(home, {"staff": "1"}, {"staff": "1"}, {"staff": "2"})
    context = await now(home)
    await drafts.save(context, thing(staff={**FIELDS["staff"], "unique": True}))

    view = await plans.plan_draft(context)

    assert [(step.affected, step.samples) for step in view.steps if step.risk is Risk.BLOCKED] == [(1, ("1",))]


async def test_four_eyes(home: OpenWorkspace) -> None:
    await publish(home, thing())
    await things(home, {"staff": "about 50"})
    ann = await person(await now(home), "Ann", "core.admin")
    bob = await person(await now(home), "Bob", "core.admin")
    await plans.set_four_eyes(ann, True)
    await drafts.save(ann, thing(staff={"type": "integer", "label": "Staff"}))
    view = await plans.plan_draft(ann)
    consents = [step.consent for step in view.consents]

    with pytest.raises(Forbidden):
        await plans.publish_draft(ann, view.fingerprint, consents, "")
    assert await plans.publish_draft(bob, view.fingerprint, consents, "")


async def test_each_way_to_publish_needs_its_right(home: OpenWorkspace) -> None:
    nobody = await person(await now(home), "Nobody")
    for forbidden in (
        plans.publish_draft(nobody, "", [], ""), plans.rollback(nobody, 1, "", [], ""),
        plans.rehearse_draft(nobody), plans.set_four_eyes(nobody, False), drafts.load(nobody),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            await forbidden


async def test_a_rehearsal_leaves_no_trace(home: OpenWorkspace) -> None:
    number = await publish(home, thing())
    records = await things(home, {"staff": "about 50"})
    context = await now(home)
    await drafts.save(context, thing(staff={"type": "integer"}, size={"type": "integer"}))

    done = await plans.rehearse_draft(context)

    assert done.refused == 1
    assert (await now(home)).release.number == number
    assert await said(home, records, "staff") == ["about 50"]
    await _is_whole(home)


class BrittleEverywhere:
    """A database that breaks after a number of statements of those who write or publish."""

    def __init__(self, inner: Any, after: int) -> None:
        self.inner, self.left = inner, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, workspace: Workspace) -> Any:
        return self._counted(self.inner.publish(workspace))

    def write(self, workspace: Workspace, **more: Any) -> Any:
        return self._counted(self.inner.write(workspace, **more))

    @contextlib.asynccontextmanager
    async def _counted(self, opening: Any) -> AsyncIterator[Any]:
        async with opening as connection:
            brittle = Brittle(connection, self.left)
            try:
                yield brittle
            finally:
                self.left = brittle.left


async def test_a_publish_that_prepares_ahead_and_fails_anywhere_changes_nothing_that_counts(
    home: OpenWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "FEW", 1)
    number = await publish(home, thing())
    records = await things(home, {"staff": "12"}, {"staff": "x"}, {"staff": "7"})
    wanted = thing(staff={"type": "integer", "label": "Staff"}, size={"type": "integer", "label": "Size"})
    wanted["indexes"] = {"by_size": {"fields": ["staff"]}}
    await drafts.save(await now(home), wanted)
    real, after = home.database, 0

    while True:
        context = await now(home)
        view = await plans.plan_draft(context)
        home.database = BrittleEverywhere(real, after)  # type: ignore[assignment]
        try:
            await _publish(context, view)
            break
        except Broken:
            after += 1
        finally:
            home.database = real
        assert (await now(home)).release.number == number
        assert await said(home, records, "staff") == ["12", "x", "7"]
        async with home.database.read(home.workspace) as connection:
            entries = (await read_ledger(connection)).entries
        assert not [entry for entry in entries if entry.retired is not None and entry.entity == THING]

    assert after > 15
    assert await said(home, records, "staff") == [12, None, 7]
    await _is_whole(home)
    async with home.database.read(home.workspace) as connection:
        assert not [entry for entry in (await read_ledger(connection)).entries if entry.state is State.PREPARED]


async def _publish(context: Context, view: PlanView) -> int:
    return await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "")


async def _is_whole(home: OpenWorkspace) -> None:
    async with home.database.read(home.workspace) as connection:
        current = await load_snapshot(connection)
        assert current is not None
        assert await drift(connection, current[0], await read_ledger(connection)) == ()
