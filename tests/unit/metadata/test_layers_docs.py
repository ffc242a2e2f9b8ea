"""docs/layers.md says what the models say, and its examples do what it says of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trellis.metadata.check import check_documents
from trellis.metadata.fieldtypes import Element
from trellis.metadata.layers.compose import compose
from trellis.metadata.layers.derive import derive
from trellis.metadata.load import load_folder
from trellis.places import packs_folder
from trellis.storage.metadata_expressions import check_expression

PAGE = (Path(__file__).parents[3] / "docs" / "layers.md").read_text(encoding="utf-8")
PACKS = load_folder(packs_folder()).documents
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)]

PARTS = {
    "every document": "Document", "traits": "Traits", "index": "Index", "validation": "Validation",
    "duplicate rule": "DuplicateRule", "every field": "FieldType", "text": "Text", "long text": "LongText",
    "whole number": "Integer", "decimal number, currency, percent": "_Exact", "date": "Date", "duration": "Duration",
    "date and time": "DateTime", "formula, roll-up": "_Computed", "roll-up": "Rollup",
    "other side of a lookup": "Inverse", "several choices": "MultiSelect", "several lookups": "MultiLookup",
    "file": "File", "option set": "OptionSet", "form": "Form", "section": "Section", "view": "View",
    "menu": "Navigation", "menu entry": "Entry", "role": "Role", "role: rights on an entity": "EntityRights",
    "role: records of an action": "Grant",
    "role: giving records away": "AssignGrant", "role: signing in": "SignIn", "sharing": "Sharing", "role: system rights": "SystemRights", "seed": "Seed",
    "translation": "Translation", "pack": "Pack",
}  # fmt: skip


def elements(cls: type[Element]) -> Iterator[type[Element]]:
    for child in cls.__subclasses__():
        yield child
        yield from elements(child)


def rows() -> list[str]:
    classes = {cls.__name__: cls for cls in elements(Element) if cls.__module__.startswith("trellis.metadata")}
    assert {name for name, cls in classes.items() if vars(cls).get("policies")} == set(PARTS.values())
    return [_row(title, classes[name]) for title, name in PARTS.items()]


def _row(title: str, cls: type[Element]) -> str:
    cells = []
    for policy in ("locked", "tighten", "customer"):
        found: dict[str, list[str]] = {}
        for member, rule in vars(cls)["policies"].items():
            if rule.name == policy:
                found.setdefault(rule.direction, []).append(f"`{member}`")
        cells.append("; ".join(", ".join(names) + (f" {how}" if how else "") for how, names in found.items()) or "–")
    return f"| {title} | {' | '.join(cells)} |"


def test_the_table_of_policies_is_that_of_the_models() -> None:
    (table,) = re.findall(r"^\| Part \|.*\n\|---.*\n((?:\|.*\n)+)", PAGE, re.M)

    assert table.splitlines() == rows()


def test_the_examples_have_no_defect() -> None:
    assert check_documents([*PACKS, *EXAMPLES], check_expression) == ()


def test_the_examples_find_their_places_and_are_what_the_designer_would_write() -> None:
    found = compose([*PACKS, *EXAMPLES])

    assert found.orphans == ()
    for example in EXAMPLES:
        below = found.below(example["target"])
        derived = derive(below or {}, found.effective[example["target"]]).document or {}
        assert {key: derived.get(key) for key in ("add", "change")} == {
            key: example.get(key) for key in ("add", "change")
        }
