"""Packs that are switched off and on, removed and installed again, on both databases with records in the tables."""

from collections.abc import Mapping
from typing import Any

import pytest

from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.metadata.layers.order import layer_of
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import packs, queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.packs import Disabling, Enabling, Installing, PackChange, Uninstalling
from trellis.services.records import write
from trellis.services.studio import drafts, plans
from trellis.services.workspaces import OpenWorkspace

Raw = Mapping[str, Any]
PACKS = load_folder(packs_folder()).documents
SALES = tuple(raw for raw in PACKS if layer_of(raw["id"]) == "sales")


async def do(home: OpenWorkspace, change: PackChange) -> Context:
    """Plan a change of packs and make it; the context after it."""
    context = await fresh(home)
    view = (await packs.plan(context, change)).view
    await packs.publish(context, change, view.fingerprint, [step.consent for step in view.consents], "test")
    return await fresh(home)


async def fresh(home: OpenWorkspace) -> Context:
    await home.refresh()
    return await home.context()


async def customised(home: OpenWorkspace) -> None:
    """A field of the customer on a product, published from the draft."""
    context = await fresh(home)
    draft = await drafts.load(context)
    product = draft.raw("sales.product")
    fields = {**product["fields"], "x_shelf": {"type": "text", "label": "Shelf"}}
    await drafts.save(context, {**product, "label": "Article", "fields": fields})
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [], "test")


async def test_data_survive_being_switched_off_and_on_exactly(home: OpenWorkspace) -> None:
    await customised(home)
    context = await fresh(home)
    (made,) = await write(context, "sales.product", [Create({"name": "Gate", "x_shelf": "B7"})])
    before = await queries.get_record(context, "sales.product", made.id)
    physical = context.tables.entity("sales.product").table.name

    off = await do(home, Disabling("sales"))
    assert off.snapshot.composition.disabled == {"sales"}
    assert not [key for key in off.snapshot.raw if layer_of(key) == "sales"]
    on = await do(home, Enabling("sales"))

    assert on.snapshot.sources == context.snapshot.sources
    assert on.tables.entity("sales.product").table.name == physical
    assert (await queries.get_record(on, "sales.product", made.id)).values == before.values
    (other,) = await write(on, "sales.product", [Create({"name": "Door"})])
    assert other.changed


async def test_switching_on_what_is_on_changes_nothing(home: OpenWorkspace) -> None:
    assert (await packs.plan(await fresh(home), Enabling("sales"))).view.empty


async def test_what_is_needed_cannot_be_removed(home: OpenWorkspace) -> None:
    context = await fresh(home)
    own = {
        "kind": "entity", "id": "x.visit", "label": "Visit", "titleField": "name",
        "fields": {
            "name": {"type": "text", "label": "Name"},
            "account": {"type": "lookup", "label": "Account", "target": "sales.account"},
        },
    }  # fmt: skip
    await drafts.save(context, own)
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [], "test")
    context = await fresh(home)

    with pytest.raises(Invalid) as refused:
        await packs.plan(context, Uninstalling("sales"))

    assert {error.path for error in refused.value.errors} == {"x.visit#/fields/account/target"}
    with pytest.raises(Invalid):
        await packs.plan(context, Uninstalling("core"))
    with pytest.raises(NotFound):
        await packs.plan(context, Uninstalling("nothing"))


async def test_a_removed_pack_leaves_no_residue_and_stays_away(home: OpenWorkspace) -> None:
    await customised(home)
    context = await fresh(home)
    await write(context, "sales.product", [Create({"name": "Gate", "x_shelf": "B7"})])
    words = {"kind": "translation", "id": "x.zh_cn", "locale": "zh-CN", "of": "x"}
    await drafts.save(context, {**words, "entries": {"sales.product#/label": "货品"}})
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [], "test")
    product = (await drafts.load(await fresh(home))).raw("sales.product")
    await drafts.save(await fresh(home), {**product, "label": "Ware"})

    left = await do(home, Uninstalling("sales"))

    assert not [key for key in left.snapshot.sources if layer_of(key) != "core"]
    assert "sales" not in str(left.snapshot.sources)
    assert (await drafts.load(left)).changes == ()
    await packs.install(home, PACKS)
    assert "sales" not in (await fresh(home)).snapshot.packs

    back = await do(home, Installing(SALES))

    assert "sales" in back.snapshot.packs
    assert await queries.choices(back, "sales.product") == []
    await packs.install(home, PACKS)
    assert (await fresh(home)).release.number == back.release.number


async def test_a_pack_that_is_switched_off_keeps_its_version(home: OpenWorkspace) -> None:
    context = await do(home, Disabling("sales"))
    newer = [{**raw, "version": "1.1.0"} if raw["id"] == "sales" else raw for raw in SALES]

    with pytest.raises(Invalid):
        await packs.plan(context, Installing(tuple(newer)))
    await packs.install(home, [*(raw for raw in PACKS if layer_of(raw["id"]) != "sales"), *newer])

    assert (await fresh(home)).snapshot.sources["sales"]["version"] == "1.0.0"


async def test_packs_have_a_right_of_their_own(home: OpenWorkspace) -> None:
    context = (await fresh(home)).with_actor(Actor("0" * 32, "Rita", "rita@example.com", frozenset({"sales.manager"})))

    for change in (Disabling("sales"), Enabling("sales"), Uninstalling("sales"), Installing(SALES)):
        with pytest.raises(Forbidden):
            await packs.plan(context, change)
