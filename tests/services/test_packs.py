"""New versions of packs under what a customer made."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from trellis.kernel.actor import SYSTEM
from trellis.kernel.errors import InvalidMetadata
from trellis.kernel.settings import Settings
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.services import packs, queries
from trellis.services.commands import Create
from trellis.services.context import Context
from trellis.services.publishing import install_packs
from trellis.services.records import write
from trellis.services.setup import make_ready
from trellis.services.workspaces import OpenWorkspace, Workspaces

Raw = Mapping[str, Any]

PACKS = load_folder(packs_folder()).documents
EXTENSION = {
    "kind": "extension", "id": "x.sales_product_ext", "target": "sales.product",
    "add": {"/fields/x_shelf": {"type": "text", "label": "Shelf"}},
    "change": {"label": "Article", "fields": {"description": {"label": "In words", "help": "For the catalogue"}}},
}  # fmt: skip
OWN = {
    "kind": "view", "id": "x.articles", "label": "Articles", "entity": "sales.product", "type": "list",
    "filter": "filled(description)", "columns": {"name": {}, "description": {}, "x_shelf": {}},
}  # fmt: skip


@pytest.fixture
async def customised(home: OpenWorkspace) -> Context:
    """A workspace whose customer changed a document of a pack and made one of his own."""
    documents = [*PACKS, EXTENSION, OWN]
    await install_packs(home.database, home.workspace, documents, home.clock, actor=SYSTEM, note="test")
    await home.refresh()
    return await home.context()


def newer(change: Iterable[tuple[str, Raw]], **manifest: Any) -> list[Raw]:
    """The shipped packs with other documents and a later version of `sales`."""
    replaced = {raw["id"]: raw for raw in PACKS} | dict(change)
    return [*({**replaced, "sales": {**replaced["sales"], "version": "9.0.0", **manifest}}).values()]


def product() -> dict[str, Any]:
    return dict(next(raw for raw in PACKS if raw["id"] == "sales.product"))


async def test_the_same_packs_again_publish_nothing(home: OpenWorkspace, customised: Context) -> None:
    before = customised.release.number

    await packs.install(home, PACKS)

    assert (await home.context()).release.number == before


async def test_a_new_version_arrives_under_the_changes_of_the_customer(
    home: OpenWorkspace, customised: Context
) -> None:
    changed = {**product(), "label": "Good", "labelPlural": "Goods"}

    await packs.install(home, newer([("sales.product", changed)]))
    await home.refresh()

    snapshot = (await home.context()).snapshot
    entity = snapshot.entity("sales.product")
    assert (entity.label, entity.label_plural) == ("Article", "Goods")
    assert {"x.articles", "x.sales_product_ext"} <= snapshot.sources.keys()


async def test_what_a_pack_renames_keeps_its_values_and_all_that_refers_to_it(
    home: OpenWorkspace, customised: Context
) -> None:
    values = {"name": "Gate", "description": "Made of steel", "x_shelf": "B7"}
    (made,) = await write(customised, "sales.product", [Create(values)])
    fields = {("details" if key == "description" else key): spec for key, spec in product()["fields"].items()}
    form = next(raw for raw in PACKS if raw["id"] == "sales.product_form")
    names = [("sales.product", {**product(), "fields": fields}), ("sales.product_form", _renamed(form))]
    rename = {
        "since": "9.0.0", "from": "sales.product#/fields/description", "to": "sales.product#/fields/details"
    }  # fmt: skip

    await packs.install(home, newer(names, renames=[rename]))
    await home.refresh()

    context = await home.context()
    record = await queries.get_record(context, "sales.product", made.id)
    assert (record.values["details"], record.values["x_shelf"]) == ("Made of steel", "B7")
    assert context.snapshot.entity("sales.product").fields["details"].label == "In words"
    assert context.snapshot.views["x.articles"].filter == "filled(details)"
    assert "details" in context.snapshot.views["x.articles"].columns


def _renamed(value: Any) -> Any:
    """A form with another key for one field."""
    if isinstance(value, Mapping):
        return {("details" if key == "description" else key): _renamed(item) for key, item in value.items()}
    return value


async def test_a_version_on_which_the_customers_documents_do_not_fit_is_refused(
    home: OpenWorkspace, customised: Context
) -> None:
    fields = {key: spec for key, spec in product()["fields"].items() if key != "description"}
    form = next(raw for raw in PACKS if raw["id"] == "sales.product_form")
    removed = [("sales.product", {**product(), "fields": fields}), ("sales.product_form", _without(form))]

    with pytest.raises(InvalidMetadata) as refused:
        await packs.install(home, newer(removed))

    assert {finding.document for finding in refused.value.findings} == {"x.articles"}


def _without(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(item) for key, item in value.items() if key != "description" or isinstance(item, str)}
    return value


async def test_a_start_with_packs_that_do_not_fit_keeps_those_in_force(
    home: OpenWorkspace, customised: Context, tmp_path: Path
) -> None:
    folder = tmp_path / "packs"
    shutil.copytree(packs_folder(), folder)
    for name in ("entities/product", "forms/product_form"):
        file = folder / "sales" / f"{name}.json"
        file.write_text(json.dumps(_without(json.loads(file.read_text()))))
    settings = Settings(packs=str(folder), admin_password="long-enough-1")

    await make_ready(settings, home.database, Workspaces(home.database, home.clock), "main")

    await home.refresh()
    assert (await home.context()).release.number == customised.release.number
