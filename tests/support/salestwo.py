"""A second version of the pack `sales`, which changes about everything that a customer may have changed."""

from copy import deepcopy
from typing import Any

from trellis.metadata.layers.order import layer_of
from trellis.metadata.load import load_folder
from trellis.places import packs_folder

Raw = dict[str, Any]

RENAMES = [
    {"since": "2.0.0", "from": "sales.product#/fields/weight_kg", "to": "sales.product#/fields/weight"}
]  # fmt: skip
MIGRATIONS = [
    {
        "id": "2.0.0-series", "phase": "after-expand", "entity": "sales.product",
        "where": "blank(series)", "set": {"series": "upper(sku)", "tax_rate": "13"},
    },
    {"id": "2.0.0-cost", "entity": "sales.product", "where": "filled(list_price)", "set": {"cost": "list_price / 2"}},
]  # fmt: skip


def sales_one() -> dict[str, Raw]:
    """The shipped pack, by id."""
    return {raw["id"]: dict(raw) for raw in load_folder(packs_folder()).documents if layer_of(raw["id"]) == "sales"}


def sales_two() -> dict[str, Raw]:
    """The version after it."""
    found = deepcopy(sales_one())
    manifest = found["sales"]
    manifest |= {"version": "2.0.0", "renames": RENAMES, "dataMigrations": deepcopy(MIGRATIONS)}
    _product(found["sales.product"])
    _form(found["sales.product_form"])
    _view(found["sales.product_active"])
    _menu(found["sales.main_nav"])
    _seed(found["sales.default_products"])
    return found


def _product(raw: Raw) -> None:
    raw["label"] = "Good"
    fields = raw["fields"]
    fields["cost"]["help"] = "Net"
    fields["series"]["maxLength"] = 50
    fields["grade"] = {"type": "text", "label": "Grade"}
    del fields["description"], fields["data_sheet"]
    raw["fields"] = {("weight" if key == "weight_kg" else key): field for key, field in fields.items()}


def _form(raw: Raw) -> None:
    sections = raw["sections"]
    del sections["details"]
    items = {"weight": {"order": 10}, "specification": {"order": 20, "span": 2}, "grade": {"order": 30}}
    sections["more"] = {"order": 40, "label": "More", "columns": 2, "items": items}


def _view(raw: Raw) -> None:
    raw["columns"] |= {"cost": {"order": 80}, "active": {"order": 75}}
    raw["label"] = "For sale"


def _menu(raw: Raw) -> None:
    raw["order"] = 5
    raw["items"]["leads"]["order"] = 12


def _seed(raw: Raw) -> None:
    names = {"weight_kg": "weight"}
    gone = ("description", "data_sheet")
    raw["rows"] = [{names.get(key, key): value for key, value in row.items() if key not in gone} for row in raw["rows"]]
