"""Sales 1 -> 2 under customer changes of every verb and every policy, with records in the tables, on both databases."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.salestwo import MIGRATIONS, sales_one, sales_two
from trellis.kernel.errors import Invalid
from trellis.metadata.layers.order import layer_of
from trellis.metadata.layers.upgrade import Outcome, UpgradeItem
from trellis.services import packs, queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.packs import Installing, Uninstalling, migrating
from trellis.services.packs.deciding import decide
from trellis.services.packs.listing import list_packs, pack_details
from trellis.services.records import write
from trellis.services.studio import drafts, plans
from trellis.services.worker import Worker
from trellis.services.workspaces import OpenWorkspace, Workspaces

Raw = Mapping[str, Any]
Place = tuple[str, str]
PRODUCT, FORM, VIEW, MENU = "sales.product", "sales.product_form", "sales.product_active", "sales.main_nav"
SAME, CLEAN, BOTH, ORPHAN = Outcome.SAME, Outcome.CLEAN, Outcome.BOTH_CHANGED, Outcome.ORPHAN

EXPECTED: Mapping[Place, tuple[str, str, Outcome]] = {
    (PRODUCT, "/fields/x_shelf"): ("add", "pack", CLEAN),
    (PRODUCT, "/fields/x_bin"): ("add", "pack", CLEAN),
    (PRODUCT, "/validations/x_shelf_needed"): ("add", "pack", CLEAN),
    (PRODUCT, "/label"): ("change", "pack", BOTH),
    (PRODUCT, "/fields/unit/label"): ("change", "pack", CLEAN),
    (PRODUCT, "/fields/description/label"): ("change", "pack", ORPHAN),
    (PRODUCT, "/fields/cost/help"): ("change", "pack", SAME),
    (PRODUCT, "/fields/weight/label"): ("change", "pack", CLEAN),
    (PRODUCT, "/fields/sku/maxLength"): ("change", "tighten", CLEAN),
    (PRODUCT, "/fields/series/maxLength"): ("change", "tighten", BOTH),
    (PRODUCT, "/fields/data_sheet"): ("hide", "pack", SAME),
    (PRODUCT, "/fields/specification"): ("hide", "pack", CLEAN),
    (FORM, "/sections/basics/items/x_shelf"): ("add", "pack", CLEAN),
    (FORM, "/sections/details/items/x_bin"): ("add", "pack", ORPHAN),
    (FORM, "/sections/basics/columns"): ("change", "pack", CLEAN),
    (FORM, "/sections/deals"): ("hide", "pack", CLEAN),
    (VIEW, "/columns/cost"): ("add", "pack", BOTH),
    (VIEW, "/columns/active"): ("add", "pack", SAME),
    (VIEW, "/columns/sku"): ("hide", "pack", CLEAN),
    (MENU, "/items/leads/order"): ("change", "customer", CLEAN),
}  # fmt: skip

STRICTER = (PRODUCT, "/fields/series/maxLength")
"""The pack has become stricter than what the customer allowed: the pack's value holds."""


async def fresh(home: OpenWorkspace) -> Context:
    await home.refresh()
    return await home.context()


async def publish_draft(home: OpenWorkspace) -> None:
    context = await fresh(home)
    view = await plans.plan_draft(context)
    await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "test")


async def publish_pack(home: OpenWorkspace, change: packs.PackChange) -> tuple[Context, tuple[UpgradeItem, ...]]:
    context = await fresh(home)
    found = await packs.plan(context, change)
    assert not found.view.errors
    assert not found.view.questions
    await packs.publish(context, change, found.view.fingerprint, [one.consent for one in found.view.consents], "test")
    return await fresh(home), found.items


async def customised(home: OpenWorkspace) -> None:
    """What a customer did to sales 1, in the Studio."""
    context = await fresh(home)
    draft = await drafts.load(context)
    product = dict(draft.raw(PRODUCT))
    fields = {key: dict(field) for key, field in product["fields"].items()}
    for key, name in (("unit", "Sold by"), ("description", "In words"), ("weight_kg", "Weight, net")):
        fields[key]["label"] = name
    fields["cost"]["help"] = "Net"
    fields["sku"]["maxLength"], fields["series"]["maxLength"] = 40, 60
    for key in ("data_sheet", "specification"):
        fields[key]["hidden"] = True
    fields["x_shelf"] = {"type": "text", "label": "Shelf", "maxLength": 20}
    needed = {
        "order": 90,
        "at": "x_shelf",
        "fail": "active and blank(x_shelf) and list_price > 1000",
        "message": "Where?",
    }
    fields["x_bin"] = {"type": "text", "label": "Bin"}
    rules = {**product["validations"], "x_shelf_needed": needed}
    await drafts.save(context, {**product, "label": "Article", "fields": fields, "validations": rules})
    form = draft.raw(FORM)
    sections = {key: dict(section) for key, section in form["sections"].items() if key != "deals"}
    sections["basics"] |= {"columns": 3, "items": {**sections["basics"]["items"], "x_shelf": {"order": 25}}}
    sections["details"] |= {"items": {**sections["details"]["items"], "x_bin": {"order": 50}}}
    await drafts.save(context, {**form, "sections": sections})
    view = draft.raw(VIEW)
    columns = {key: column for key, column in view["columns"].items() if key != "sku"}
    await drafts.save(context, {**view, "columns": {**columns, "cost": {"order": 45}, "active": {"order": 75}}})
    menu = draft.raw(MENU)
    leads = {**menu["items"]["leads"], "order": 15}
    await drafts.save(context, {**menu, "items": {**menu["items"], "leads": leads}})
    await publish_draft(home)


async def records(context: Context) -> list[str]:
    gate = {
        "name": "Gate", "sku": "g-1", "weight_kg": "12.5", "description": "Made of steel", "x_shelf": "B7",
        "list_price": "80.00", "tax_rate": "7",
    }  # fmt: skip
    door = {"name": "Door", "sku": "d-1", "series": "Classic", "tax_rate": "7", "x_shelf": "A1", "cost": "3.00"}
    return [outcome.id for outcome in await write(context, PRODUCT, [Create(gate), Create(door)])]


async def test_locked_members_cannot_be_changed_at_all(home: OpenWorkspace) -> None:
    context = await fresh(home)
    product = (await drafts.load(context)).raw(PRODUCT)
    fields = {**product["fields"], "series": {**product["fields"]["series"], "type": "longtext"}}

    with pytest.raises(Invalid):
        await drafts.save(context, {**product, "fields": fields})


async def test_every_case_of_an_upgrade_ends_as_documented(home: OpenWorkspace) -> None:
    await customised(home)
    gate, door = await records(await fresh(home))

    context, items = await publish_pack(home, Installing(tuple(sales_two().values())))

    assert {(item.target, item.pointer): (item.verb, item.policy, item.outcome) for item in items} == EXPECTED
    assert [(item.target, item.pointer) for item in items if item.breach] == [STRICTER]
    _effective(context)
    await _values(home, context, gate, door)
    await _decided(home)
    await _nothing_ran_twice(home)
    await _removed(home)


def _effective(context: Context) -> None:
    """What the customer changed holds; what nobody changed is the pack's."""
    product, menu = context.snapshot.entity(PRODUCT), context.snapshot.navigations[MENU]
    form, view = context.snapshot.forms[FORM], context.snapshot.views[VIEW]
    assert (product.label, view.label) == ("Article", "For sale")
    assert product.fields["unit"].label == "Sold by"
    assert product.fields["weight"].label == "Weight, net"
    assert product.fields["specification"].hidden
    assert "data_sheet" not in product.fields
    assert {"x_shelf", "grade"} <= product.fields.keys()
    assert "x_shelf_needed" in product.validations
    assert form.sections["basics"].columns == 3
    assert "x_shelf" in form.sections["basics"].items
    assert "deals" not in form.sections
    assert {"weight", "grade"} <= form.sections["more"].items.keys()
    assert (view.columns["cost"].order, "sku" in view.columns) == (45, False)
    assert (menu.order, menu.items["leads"].order) == (20, 15)
    assert product.fields["series"].max_length == 50  # type: ignore[attr-defined]
    kept = context.snapshot.sources["x.sales_product_ext"]
    assert kept["change"]["fields"]["description"] == {"label": "In words"}
    assert "help" not in kept["change"]["fields"].get("cost", {})


async def _values(home: OpenWorkspace, context: Context, gate: str, door: str) -> None:
    """What was typed is there, under its new name; migrations ran once, one of them in the background."""
    first = (await queries.get_record(context, PRODUCT, gate)).values
    other = (await queries.get_record(context, PRODUCT, door)).values
    assert (first["x_shelf"], str(first["weight"])) == ("B7", "12.500")
    assert (first["series"], str(first["tax_rate"])) == ("G-1", "13.00")
    assert (other["series"], str(other["tax_rate"])) == ("Classic", "7.00")
    assert first["cost"] is None
    worker = Worker(Workspaces(home.database, home.clock), migrating.HANDLERS, "test")
    assert await worker.run_due() == 1
    first = (await queries.get_record(context, PRODUCT, gate)).values
    other = (await queries.get_record(context, PRODUCT, door)).values
    assert (str(first["cost"]), str(first["markup"]), str(other["cost"])) == ("40.00", "100.00", "3.00")


async def _decided(home: OpenWorkspace) -> None:
    """Open questions are listed until somebody decides; an answer is a change of the draft."""
    context = await fresh(home)
    details = await pack_details(context, "sales")
    assert {(item.target, item.pointer) for item in details.open} == {
        place for place, (_, _, outcome) in EXPECTED.items() if outcome in (BOTH, ORPHAN) and place != STRICTER
    }
    assert list_packs(context)[1].changes == len([one for one in EXPECTED.values() if one[2] is not SAME])
    await decide(context, PRODUCT, {"/label": "mine"})
    await decide(context, VIEW, {"/columns/cost": "theirs"})
    await decide(context, PRODUCT, {"/fields/description/label": "theirs"})
    await decide(context, FORM, {"/sections/details/items/x_bin": "theirs"})
    await publish_draft(home)

    context = await fresh(home)
    assert (await pack_details(context, "sales")).open == ()
    product, view = context.snapshot.entity(PRODUCT), context.snapshot.views[VIEW]
    assert product.label == "Article"
    assert view.columns["cost"].order == 80
    assert "description" not in str(context.snapshot.sources["x.sales_product_ext"])


async def _nothing_ran_twice(home: OpenWorkspace) -> None:
    """A migration that says something else by now is told, not run again."""
    newer = sales_two()
    changed = [{**MIGRATIONS[0], "set": {"series": "'Other'"}}, MIGRATIONS[1]]
    newer["sales"] = {**newer["sales"], "version": "2.1.0", "dataMigrations": changed}
    found = await packs.plan(await fresh(home), Installing(tuple(newer.values())))
    assert [finding.pointer for finding in found.view.findings if finding.code == "migration_changed"] == [
        "/dataMigrations/0"
    ]
    context, _ = await publish_pack(home, Installing(tuple(newer.values())))
    rows = await queries.choices(context, PRODUCT)
    assert len(rows) == 2
    values = [str((await queries.get_record(context, PRODUCT, row.id)).values["series"]) for row in rows]
    assert sorted(values) == ["Classic", "G-1"]


async def _removed(home: OpenWorkspace) -> None:
    """The pack goes with everything that was changed in it."""
    context, _ = await publish_pack(home, Uninstalling("sales"))
    assert {layer_of(key) for key in context.snapshot.sources} == {"core"}
    assert sales_one().keys().isdisjoint(context.snapshot.raw)
