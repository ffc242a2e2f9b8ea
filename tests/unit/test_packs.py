"""The shipped packs are complete: translated, and able to hold the sample files that the mappings describe."""

import json
from functools import cache
from pathlib import Path

import pytest

from trellis.metadata.check import check_all
from trellis.metadata.load import load_folder
from trellis.metadata.pointers import at
from trellis.metadata.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
MAPPINGS = sorted((ROOT / "tests" / "imports").glob("*.json"))
TEXTS = {"label", "labelPlural", "description", "help", "hint", "message"}
SPOKEN = {"pack", "entity", "optionset", "form", "view", "role", "navigation"}


@cache
def loaded():
    return load_folder(ROOT / "metadata")


def texts(value, place=""):
    """Where texts for people stand in a document."""
    for key, part in value.items():
        if isinstance(part, dict):
            yield from texts(part, f"{place}/{key}")
        elif key in TEXTS and isinstance(part, str):
            yield f"{place}/{key}"


def test_nothing_is_wrong_with_the_documents():
    assert check_all(loaded()) == ()


def test_every_text_is_said_in_chinese():
    wanted = {f"{raw['id']}#{place}" for raw in loaded().documents if raw["kind"] in SPOKEN for place in texts(raw)}
    said = {key for raw in loaded().documents if raw["kind"] == "translation" for key in raw["entries"]}

    assert wanted - said == set()


def test_every_chinese_text_has_a_place():
    documents = {raw["id"]: raw for raw in loaded().documents}

    for raw in loaded().documents:
        for key in raw["entries"] if raw["kind"] == "translation" else ():
            document, _, pointer = key.partition("#")
            assert isinstance(at(documents[document], pointer), str), key


def test_every_entity_has_a_form_a_list_and_an_icon():
    snapshot = Snapshot.of(1, loaded().documents)

    for entity in snapshot.entities.values():
        assert any(
            {"create", "edit", "detail"} <= set(form.use)
            for form in snapshot.forms.values()
            if form.entity == entity.id
        )
        assert any(view.default for view in snapshot.views.values() if view.entity == entity.id), entity.id
        assert entity.icon != "database", entity.id


@pytest.mark.parametrize("file", MAPPINGS, ids=lambda file: file.stem)
def test_mappings_name_fields_that_exist(file):
    snapshot = Snapshot.of(1, loaded().documents)
    mapping = json.loads(file.read_text(encoding="utf-8"))
    entity = snapshot.entity(mapping["entity"])

    for rule in mapping["columns"].values():
        field = entity.field(rule["field"])
        assert field is not None, rule["field"]
        if "by" in rule:
            assert snapshot.entity(field.target or "").field(rule["by"]) is not None
    assert all(entity.field(key) is not None for key in [*mapping.get("key", []), *mapping.get("constants", {})])
