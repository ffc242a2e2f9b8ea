"""Every type of field has a panel in the Studio that shows all its members and gives back what it was given."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.fieldtypes import Stars
from trellis.metadata.anatomy import members
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import BUILT_IN, FieldType, type_name
from trellis.metadata.snapshot import Snapshot
from trellis.web.studio.panels.controls import Bench, controls_of
from trellis.web.studio.panels.specs import APART, specs_of
from trellis.web.studio.panels.texts import texts_of, written

TYPES = (*BUILT_IN, Stars)
CAR = "x.car"

EVERYTHING: Mapping[str, Any] = {
    "label": "A field", "help": "Two\nlines “of help”.", "required": True, "requiredFor": "new", "unique": True,
    "system": True, "pii": True, "mask": "middle4", "search": True, "ext": {"acme": {"deep": [1, "two"]}},
    "hidden": True, "maxLength": 80, "pattern": "^[a-z]+$", "region": "DE", "precision": 12, "scale": 3,
    "options": {
        "b": {"order": 10, "label": "Bee", "tone": "ok"},
        "a": {"order": 20, "label": "Ay", "active": False, "replacedBy": "b", "when": "seats > 2", "help": "Old."},
    },
    "optionset": "x.sizes", "target": CAR, "onDelete": "clear", "inverse": {"key": "cars", "label": "Cars"},
    "filter": "target.seats > 2", "reset": "yearly", "maxSize": 5000, "types": ["image/png", "image/jpeg"],
    "schema": {"type": "object"}, "changeOf": "name", "returns": "decimal", "storage": "virtual",
    "expr": "seats * 2", "nulls": "zero", "over": "x.car.part_of", "agg": "sum", "field": "seats",
    "where": "seats > 1", "empty": "0", "separator": " / ",
}  # fmt: skip
"""A value for every member of every type of ours; a new member stands here first."""

LIMITS = {"date": ("2026-01-01", "2026-12-31"), "integer": (1, 9), "duration": (60, 3600), "decimal": ("0.5", "9.5"),
          "currency": ("0", "100.00"), "percent": ("0", "100"), "multiselect": (None, 7), "multilookup": (None, 7)}  # fmt: skip
DEFAULTS: Mapping[str, Any] = {
    "boolean": True, "integer": 4, "duration": 90, "multiselect": ["a", "b"], "json": {"a": [1]}, "select": "a",
    "multilookup": ["one", "two"],
}  # fmt: skip


def full(cls: type[FieldType]) -> dict[str, Any]:
    """A field of a type with every member that it has."""
    name = type_name(cls)
    low, high = LIMITS.get(name, (None, None))
    own = {"min": low, "max": high, "default": DEFAULTS.get(name, "7"), "pattern": _pattern(name)}
    known = {**EVERYTHING, **own}
    chosen = {member: known[member] for member in members(cls) if member != "type"}
    return {"type": name, **{member: value for member, value in chosen.items() if value is not None}}


def _pattern(name: str) -> str:
    return "A-{seq:4}" if name == "autonumber" else "^[a-z]+$"


def bench(field: Mapping[str, Any]) -> Bench:
    document = {"kind": "entity", "id": CAR, "label": "Car", "titleField": "name", "fields": {"one": field}}
    sound = {**document, "fields": {"name": {"type": "text"}, "seats": {"type": "integer"}}}
    return Bench(Snapshot.of(0, [sound]), document, ("fields", "one"))


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_a_panel_has_an_input_for_every_member(cls: type[FieldType]) -> None:
    shown = {spec.path[0] for spec in specs_of(cls)}

    assert shown == members(cls).keys() - APART


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_a_panel_that_nobody_touched_changes_nothing(cls: type[FieldType]) -> None:
    for field in (full(cls), {"type": type_name(cls)}):
        specs = specs_of(cls)
        controls = controls_of(bench(field), specs, texts_of(specs, field))
        posted = _posted(controls)

        assert written(specs, posted, field) == field
        assert list(written(specs, posted, field)) == list(field)


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_what_is_typed_into_an_empty_panel_gives_the_same_field(cls: type[FieldType]) -> None:
    field, specs = full(cls), specs_of(cls)
    empty = {name: value for name, value in field.items() if name in APART}

    assert cls.model_validate(written(specs, texts_of(specs, field), empty)) == cls.model_validate(field)


@pytest.mark.parametrize("cls", TYPES, ids=type_name)
def test_an_emptied_panel_leaves_nothing_but_what_is_needed(cls: type[FieldType]) -> None:
    field, specs = full(cls), specs_of(cls)
    left = written(specs, {}, field)

    for spec in specs:
        value = left.get(spec.path[0])
        assert value in (None, "", False, [], {}) or spec.optional, spec.path


def test_every_kind_of_document_can_be_shown() -> None:
    for model in KINDS.values():
        assert specs_of(model)


def _posted(controls: Any) -> dict[str, list[str]]:
    """What a browser sends: boxes that are not ticked are missing, lines end in both characters."""
    found: dict[str, list[str]] = {}
    for control in controls:
        if control.kind == "rows":
            for row in control.rows:
                found |= {row.key_name: [row.key], row.was_name: [row.was]}
                found |= _posted(row.cells.values())
        elif control.kind == "check":
            found |= {control.name: ["1"]} if control.texts else {}
        else:
            found[control.name] = [text.replace("\n", "\r\n") for text in control.texts] or [""]
            if control.kind == "default":
                found[control.name + "/expr"] = [control.computed]
    return found
