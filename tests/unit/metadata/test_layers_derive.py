"""An edited document and the extension that makes it: one gives the other."""

import random
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trellis.metadata.anatomy import members
from trellis.metadata.layers.compose import compose
from trellis.metadata.layers.derive import derive, extension_id, hidden_whole
from trellis.metadata.layers.places import Place, Role, root, same
from trellis.metadata.load import load_folder
from trellis.places import packs_folder

PACKS = {raw["id"]: raw for raw in load_folder(packs_folder()).documents}
DOCUMENTS = sorted(key for key, raw in PACKS.items() if raw["kind"] not in ("pack", "seed"))
WORDS = st.text("abc xyz", min_size=1, max_size=8)


def parts(value: Any, place: Place, path: tuple[str, ...] = ()):
    """Every part with named members and every map of elements, with its place."""
    if isinstance(value, Mapping) and place.role in (Role.MEMBERS, Role.ELEMENTS):
        yield path, value, place
        for name, item in value.items():
            yield from parts(item, place.child(name, item), (*path, name))


def labelled(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    member = draw.choice(["label", "help", "hint", "description", "message"])
    if place.element is not None and member in members(place.element):
        part[member] = draw.choice(["", "Other", "Noch anders"])


def without_text(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    if place.element is not None:
        for member in ("help", "hint", "description"):
            part.pop(member, None)


def reordered(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    if place.element is not None and "order" in members(place.element):
        part["order"] = draw.randrange(500)


def hidden(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    hiding = place.element.hiding if place.element is not None else None
    if hiding == "flag" and not part.get("required"):
        part["hidden"] = True
    elif hiding == "retire":
        part["active"] = False


def left_out(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    if place.role is Role.ELEMENTS and part:
        key = draw.choice(sorted(part))
        element = place.child(key, part[key]).element
        if element is not None and element.hiding == "leave_out":
            del part[key]


def added(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    if place.role is Role.ELEMENTS and place.defines and part:
        part[f"x_{draw.randrange(9)}"] = deepcopy(part[draw.choice(sorted(part))])


def relaxed_default(part: dict[str, Any], place: Place, draw: random.Random) -> None:
    if "default" in part:
        part["default"] = draw.choice([None, {"expr": "today()"}, "text", 5])
        if part["default"] is None:
            del part["default"]


EDITS = (labelled, without_text, reordered, hidden, left_out, added, relaxed_default)


def edited(document: Mapping[str, Any], draw: random.Random, times: int) -> dict[str, Any]:
    """A copy with random changes that a customer may make."""
    copy = deepcopy(dict(document))
    for _ in range(times):
        _, part, place = draw.choice(list(parts(copy, root(copy))))
        draw.choice(EDITS)(part, place, draw)
    return copy


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False), st.integers(0, 12))
def test_composing_what_was_derived_gives_what_was_wanted(key: str, draw: random.Random, times: int) -> None:
    below = PACKS[key]
    wanted = edited(below, draw, times)

    derived = derive(below, wanted, version="1.0.0")

    assert (derived.document is None) == same(below, wanted)
    composed = compose([below, *([derived.document] if derived.document else [])])
    assert same(composed.effective[key], wanted)
    assert composed.orphans == ()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False))
def test_undoing_all_edits_leaves_no_extension(key: str, draw: random.Random) -> None:
    below = PACKS[key]
    made = derive(below, edited(below, draw, 6)).document

    assert derive(below, below, made).document is None


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(DOCUMENTS), st.randoms(use_true_random=False))
def test_deriving_again_changes_nothing(key: str, draw: random.Random) -> None:
    below, wanted = PACKS[key], edited(PACKS[key], draw, 6)
    made = derive(below, wanted, version="1.0.0").document

    assert derive(below, wanted, made, version="1.0.0").document == made


@pytest.mark.parametrize("key", DOCUMENTS)
def test_what_the_edits_of_these_tests_do_is_allowed(key: str) -> None:
    draw = random.Random(key)

    for _ in range(5):
        assert derive(PACKS[key], edited(PACKS[key], draw, 8)).findings == ()


def changed(key: str, **members: Any) -> dict[str, Any]:
    return {**PACKS[key], **members}


def test_an_override_keeps_what_it_was_made_against_when_the_pack_has_changed() -> None:
    old = PACKS["sales.account"]
    made = derive(old, changed("sales.account", label="Kunde"), version="1.0.0").document
    new = {**old, "description": "New words."}

    again = derive(new, {**new, "label": "Kunde", "icon": "star"}, made, version="2.0.0").document

    assert made is not None
    assert again is not None
    assert again["madeAgainst"]["version"] == "1.0.0"
    assert list(again["madeAgainst"]["seen"]) == ["/icon"]


def test_an_extension_without_old_overrides_is_made_against_the_pack_of_today() -> None:
    old = PACKS["sales.account"]
    made = derive(old, changed("sales.account", label="Kunde"), version="1.0.0").document
    new = {**old, "description": "New words."}

    again = derive(new, {**new, "icon": "star"}, made, version="2.0.0").document

    assert again is not None
    assert again["madeAgainst"]["version"] == "2.0.0"


def test_a_new_map_of_elements_is_added_and_not_patched() -> None:
    below = {key: part for key, part in PACKS["sales.account"].items() if key != "validations"}
    rule = {"fail": "blank(name)", "message": "No."}

    made = derive(below, {**below, "validations": {"x_rule": rule}}).document

    assert made is not None
    assert made["add"] == {"/validations/x_rule": rule}
    assert "change" not in made


def test_true_is_not_one() -> None:
    below = {**PACKS["sales.account_all"], "default": True}

    made = derive(below, {**below, "default": 1}).document

    assert made is not None
    assert made["change"] == {"default": 1}


def test_hiding_a_whole_document_keeps_its_other_changes() -> None:
    view = PACKS["sales.account_all"]
    made = derive(view, {**view, "label": "Mine"}).document
    hiding = hidden_whole(view, made)

    composed = compose([view, hiding])

    assert "sales.account_all" not in composed.effective
    assert composed.origin("sales.account_all", "").verb == "hide"
    assert derive(view, {**view, "label": "Mine"}, hiding).document == made


def test_a_long_name_ends_in_a_fingerprint() -> None:
    first, second = (extension_id(f"sales.{'a' * 47}{letter}") for letter in "bc")

    assert len(first) == len("x.") + 48
    assert first != second


def test_orphans_outlive_every_edit() -> None:
    below = PACKS["sales.account"]
    orphans = {
        "kind": "extension", "id": "x.sales_account_ext", "target": "sales.account",
        "add": {"/fields/gone/options/x_a": {"label": "A"}},
        "change": {"fields": {"gone": {"label": "Gone"}}},
    }  # fmt: skip

    derived = derive(below, {**below, "label": "Kunde"}, orphans)
    edited_again = derived.document
    undone = derive(below, below, edited_again).document

    assert derived.findings == ()
    assert edited_again is not None
    assert edited_again["change"] == {"label": "Kunde", "fields": {"gone": {"label": "Gone"}}}
    assert undone is not None
    assert (undone["add"], undone["change"]) == (orphans["add"], orphans["change"])
