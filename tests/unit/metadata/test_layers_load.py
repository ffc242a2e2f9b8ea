"""What the customer made, as files: a folder `x` beside the packs, or alone."""

from copy import deepcopy
from pathlib import Path

from tests.support.packs import put, sound, written
from trellis.metadata.check import check_all
from trellis.metadata.load import load_folder

EXTENSION = {
    "kind": "extension", "id": "x.order_ext", "target": "shop.order",
    "add": {"/fields/x_region": {"type": "text", "label": "Region"}}, "change": {"label": "Sale"},
}  # fmt: skip
VIEW = {
    "kind": "view", "id": "x.sales", "label": "Sales", "entity": "shop.order", "type": "list",
    "columns": {"number": {}, "x_region": {}},
}  # fmt: skip
WORDS = {
    "kind": "translation", "id": "x.zh", "locale": "zh-CN", "of": "x", "entries": {"shop.order#/label": "销售"}
}  # fmt: skip
OWN = {"x/extensions/order.json": EXTENSION, "x/views/sales.json": VIEW, "x/translations/zh.json": WORDS}


def test_the_customers_folder_needs_no_pack_and_comes_last(tmp_path: Path) -> None:
    loaded = load_folder(written({**OWN, **sound()}, tmp_path))

    assert [raw["id"] for raw in loaded.documents][-3:] == ["x.sales", "x.zh", "x.order_ext"]
    assert check_all(loaded) == ()


def test_the_customers_folder_is_checked_against_the_packs_that_are_not_in_it(tmp_path: Path) -> None:
    packs = load_folder(written(sound(), tmp_path / "packs"))
    files = deepcopy(OWN)
    put("x/views/sales.json", "/columns/nubmer", {})(files)

    (finding,) = check_all(load_folder(written(files, tmp_path) / "x"), context=packs)

    assert (finding.file, finding.pointer) == ("views/sales.json", "/columns/nubmer")


def test_a_defect_that_an_extension_brings_stands_in_the_file_of_the_extension(tmp_path: Path) -> None:
    packs = load_folder(written(sound(), tmp_path / "packs"))
    broken = {**EXTENSION, "change": {"fields": {"amount": {"min": "5000000"}}}}

    (finding,) = check_all(load_folder(written({"x/extensions/order.json": broken}, tmp_path) / "x"), context=packs)

    assert (finding.file, finding.pointer) == ("extensions/order.json", "/change/fields/amount/min")
