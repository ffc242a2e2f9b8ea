"""A pack of version 1 with a customer's changes, replaced by version 2: what becomes of each change."""

from collections.abc import Mapping
from typing import Any

import pytest

from trellis.metadata.fingerprints import digest
from trellis.metadata.layers.compose import compose
from trellis.metadata.layers.places import MISSING
from trellis.metadata.layers.renames import apply_renames
from trellis.metadata.layers.replacing import with_packs
from trellis.metadata.layers.settling import settle
from trellis.metadata.layers.upgrade import Outcome, compare

SAME, CLEAN, BOTH_CHANGED, ORPHAN = Outcome

OPTIONS = {"a": {"label": "A"}, "b": {"label": "B"}, "c": {"label": "C"}, "d": {"label": "D"}}

V1: dict[str, Any] = {
    "kind": "entity", "id": "shop.order", "label": "Order", "icon": "box", "titleField": "number",
    "traits": {"owned": True},
    "fields": {
        "number": {"type": "text", "label": "Number"},
        "note": {"type": "longtext", "label": "Note", "help": "Free text", "maxLength": 1000},
        "amount": {"type": "currency", "label": "Amount", "min": "0"},
        "due": {"type": "date", "label": "Due"},
        "old": {"type": "text", "label": "Old"},
        "gone": {"type": "select", "label": "Gone", "options": OPTIONS},
        "kind": {"type": "select", "label": "Kind", "options": OPTIONS},
    },
}  # fmt: skip

V2: dict[str, Any] = {
    **V1,
    "label": "Sales order",
    "icon": "cart",
    "fields": {
        "number": {"type": "text", "label": "No."},
        "note": {"type": "longtext", "label": "Note", "maxLength": 400},
        "amount": {"type": "currency", "label": "Amount", "min": "200"},
        "due": {"type": "date", "label": "Due on", "required": True, "default": {"expr": "today()"}},
        "old": {"type": "text", "label": "Old", "hidden": True},
        "kind": {"type": "select", "label": "Kind", "options": {**OPTIONS, "b": {"label": "B", "active": False}}},
        "region": {"type": "select", "label": "Region", "options": OPTIONS},
    },
}
del V2["fields"]["kind"]["options"]["d"]

MINE: dict[str, Any] = {
    "kind": "extension", "id": "x.shop_order_ext", "target": "shop.order",
    "madeAgainst": {"pack": "shop", "version": "1.0.0", "hash": digest(V1)},
    "add": {
        "/fields/x_region": {"type": "text", "label": "Region"},
        "/fields/kind/options/x_e": {"label": "E"},
        "/fields/gone/options/x_f": {"label": "F"},
    },
    "change": {
        "label": "Sales order",
        "icon": "truck",
        "traits": {"owned": False},
        "fields": {
            "number": {"label": "Our number"},
            "note": {"label": "Remark", "help": None, "maxLength": 500},
            "amount": {"label": "Total", "min": "100"},
            "due": {"required": True},
            "gone": {"label": "Lost"},
            "kind": {"options": {"a": {"active": False}, "c": {"active": False}, "d": {"label": "Dee"}}},
        },
    },
    "hide": ["/fields/due", "/fields/old", "/fields/gone", "/fields/number", "/fields/kind/options/b"],
}  # fmt: skip

TABLE = [
    ("change", "/label", SAME, "pack"),
    ("change", "/icon", BOTH_CHANGED, "pack"),
    ("change", "/traits/owned", BOTH_CHANGED, "locked"),
    ("change", "/fields/number/label", BOTH_CHANGED, "pack"),
    ("change", "/fields/note/label", CLEAN, "pack"),
    ("change", "/fields/note/help", SAME, "pack"),
    ("change", "/fields/note/maxLength", BOTH_CHANGED, "tighten"),
    ("change", "/fields/amount/label", CLEAN, "pack"),
    ("change", "/fields/amount/min", BOTH_CHANGED, "tighten"),
    ("change", "/fields/due/required", SAME, "tighten"),
    ("change", "/fields/gone/label", ORPHAN, "pack"),
    ("change", "/fields/kind/options/a/active", CLEAN, "pack"),
    ("change", "/fields/kind/options/c/active", CLEAN, "pack"),
    ("change", "/fields/kind/options/d/label", ORPHAN, "pack"),
    ("add", "/fields/x_region", CLEAN, "pack"),
    ("add", "/fields/kind/options/x_e", CLEAN, "pack"),
    ("add", "/fields/gone/options/x_f", ORPHAN, "pack"),
    ("hide", "/fields/due", CLEAN, "pack"),
    ("hide", "/fields/old", SAME, "pack"),
    ("hide", "/fields/gone", SAME, "pack"),
    ("hide", "/fields/number", BOTH_CHANGED, "pack"),
    ("hide", "/fields/kind/options/b", SAME, "pack"),
]


def report(extension: Mapping[str, Any] = MINE, was: Any = V1, now: Any = V2):
    return compare({"shop.order": was} if was else {}, {"shop.order": now} if now else {}, [extension])


@pytest.mark.parametrize(("verb", "pointer", "outcome", "policy"), TABLE)
def test_each_change_has_its_outcome(verb: str, pointer: str, outcome: Outcome, policy: str) -> None:
    (item,) = [item for item in report() if (item.verb, item.pointer) == (verb, pointer)]

    assert (item.outcome, item.policy) == (outcome, policy)


def test_every_change_is_reported_once() -> None:
    assert sorted((item.verb, item.pointer) for item in report()) == sorted((verb, at) for verb, at, *_ in TABLE)


def test_a_change_shows_all_three_values() -> None:
    (item,) = [item for item in report() if item.pointer == "/fields/number/label"]

    assert (item.was, item.now, item.mine) == ("Number", "No.", "Our number")


def test_what_the_new_version_forbids_cannot_be_kept() -> None:
    assert {item.pointer for item in report() if item.breach} == {
        "/traits/owned", "/fields/note/maxLength", "/fields/amount/min", "/fields/number",
    }  # fmt: skip


def test_without_the_former_version_everything_that_differs_is_asked() -> None:
    extension = {**MINE, "madeAgainst": {"pack": "shop"}}

    asked = {item.pointer for item in report(extension, was=None) if item.outcome is BOTH_CHANGED}

    assert {"/icon", "/fields/note/label", "/fields/amount/label"} <= asked
    assert "/fields/note/help" not in asked


def test_nothing_is_asked_when_the_pack_is_what_it_was() -> None:
    extension = {**MINE, "change": {"label": "Bestellung"}, "hide": ["/fields/due"]}

    assert {item.outcome for item in report(extension, was=None, now=V1)} == {CLEAN}


def test_a_document_that_is_gone_leaves_orphans_but_nothing_hidden() -> None:
    items = report(now=None)

    assert {item.outcome for item in items if item.verb == "hide"} == {SAME}
    assert {item.outcome for item in items if item.verb != "hide"} == {ORPHAN}


def test_a_place_that_was_looked_at_later_is_not_asked_again() -> None:
    against = {**MINE["madeAgainst"], "seen": {"/icon": digest("cart")}}

    outcomes = {item.pointer: item.outcome for item in report({**MINE, "madeAgainst": against})}

    assert (outcomes["/icon"], outcomes["/fields/number/label"]) == (CLEAN, BOTH_CHANGED)


def decided(decision: str) -> dict[str, Any]:
    return {item.pointer: decision for item in report() if item.outcome is BOTH_CHANGED}


def test_taking_theirs_drops_the_change() -> None:
    left = settle(MINE, decided("theirs"), report(), V2, version="2.0.0")

    assert left is not None
    assert "icon" not in left["change"]
    assert left["change"]["fields"]["amount"] == {"label": "Total"}
    assert left["madeAgainst"] == {"pack": "shop", "version": "2.0.0", "hash": digest(V2)}


def test_keeping_mine_asks_no_more() -> None:
    left = settle(MINE, decided("mine"), report(), V2, version="2.0.0")

    assert left is not None
    assert left["change"]["icon"] == "truck"
    asked = {item.pointer for item in report(left, was=V2) if item.outcome is BOTH_CHANGED}
    assert asked == {item.pointer for item in report() if item.breach}


def test_what_is_the_same_by_now_is_dropped() -> None:
    left = settle(MINE, {}, report(), V2)

    assert left is not None
    assert "label" not in left["change"]
    assert left["hide"] == ["/fields/due", "/fields/number"]


def test_an_open_question_is_asked_again_and_an_answered_one_is_not() -> None:
    left = settle(MINE, {"/icon": "mine"}, report(), V2, version="2.0.0")

    assert left is not None
    assert left["madeAgainst"]["version"] == "1.0.0"
    outcomes = {item.pointer: item.outcome for item in report(left)}
    assert (outcomes["/icon"], outcomes["/fields/number/label"]) == (CLEAN, BOTH_CHANGED)


def test_an_extension_of_which_nothing_is_left_goes() -> None:
    only = {key: part for key, part in MINE.items() if key not in ("add", "hide")} | {
        "change": {"label": "Sales order"}
    }

    assert settle(only, {}, report(only), V2) is None


def test_orphans_are_kept_and_do_nothing() -> None:
    composed = compose([V2, MINE])

    assert {orphan.pointer for orphan in composed.orphans} == {
        "/fields/gone", "/fields/gone/options/x_f", "/fields/kind/options/d",
    }  # fmt: skip
    assert composed.effective["shop.order"]["fields"]["note"]["label"] == "Remark"


RENAME = {"since": "2.0.0", "from": "shop.order#/fields/gone", "to": "shop.order#/fields/region"}


def test_changes_follow_what_the_pack_renamed() -> None:
    renamed = apply_renames(MINE, [RENAME])

    assert renamed["change"]["fields"]["region"] == {"label": "Lost"}
    assert "gone" not in renamed["change"]["fields"]
    assert "/fields/region/options/x_f" in renamed["add"]
    assert "/fields/region" in renamed["hide"]


@pytest.mark.parametrize("rename", [{**RENAME, "since": "1.0.0"}, {**RENAME, "from": "shop.line#/fields/gone"}])
def test_old_renames_and_those_of_others_change_nothing(rename: dict[str, str]) -> None:
    assert apply_renames(MINE, [rename]) == MINE


def test_an_extension_follows_a_renamed_document() -> None:
    renamed = apply_renames(MINE, [{"since": "2.0.0", "from": "shop.order", "to": "shop.sale"}])

    assert renamed["target"] == "shop.sale"


def test_a_change_that_stands_at_both_names_keeps_the_later_one() -> None:
    mine = {**MINE, "change": {"fields": {"gone": {"label": "Lost", "help": "?"}, "region": {"label": "Area"}}}}

    assert apply_renames(mine, [RENAME])["change"] == {"fields": {"region": {"label": "Area", "help": "?"}}}


def test_a_removed_member_has_no_value_of_mine() -> None:
    (item,) = [item for item in report() if item.pointer == "/fields/note/help"]

    assert item.mine is MISSING


PACK_1: dict[str, Any] = {"kind": "pack", "format": 1, "id": "shop", "label": "Shop", "version": "1.0.0"}
PACK_2 = {**PACK_1, "version": "2.0.0", "renames": [RENAME]}
MENU: dict[str, Any] = {
    "kind": "navigation", "id": "shop.menu", "label": "Shop", "order": 10,
    "items": {"orders": {"order": 10, "entity": "shop.order"}, "lines": {"order": 20, "entity": "shop.order"}},
}  # fmt: skip
MENU_2 = {**MENU, "order": 90, "label": "Store", "items": {**MENU["items"], "lines": {"entity": "shop.order"}}}


def test_a_menu_stays_where_it_was_and_the_rest_of_it_arrives() -> None:
    replaced = with_packs(compose([PACK_1, MENU]), [PACK_2, MENU_2])

    menu = compose(replaced.sources).effective["shop.menu"]

    assert (menu["label"], menu["order"], menu["items"]["lines"]["order"]) == ("Store", 10, 20)


def test_an_own_place_of_a_menu_is_never_asked_about() -> None:
    mine = {"kind": "extension", "id": "x.menu_ext", "target": "shop.menu", "change": {"order": 5}}

    replaced = with_packs(compose([PACK_1, MENU, mine]), [PACK_2, MENU_2])

    assert [(item.outcome, item.policy) for item in replaced.items] == [(CLEAN, "customer")]
    assert compose(replaced.sources).effective["shop.menu"]["order"] == 5


def test_new_packs_take_the_customers_documents_along() -> None:
    own = {"kind": "optionset", "id": "x.size", "label": "Size", "options": {"s": {}}}
    allowed = {**MINE, "change": {"fields": {"gone": {"label": "Lost"}, "note": {"label": "Remark"}}}, "hide": []}

    replaced = with_packs(compose([PACK_1, V1, own, allowed]), [PACK_2, V2])

    order = compose(replaced.sources).effective["shop.order"]
    assert [raw["id"] for raw in replaced.sources] == ["shop", "shop.order", "x.size", "x.shop_order_ext"]
    assert (order["label"], order["fields"]["note"]["label"]) == ("Sales order", "Remark")
    assert (order["fields"]["region"]["label"], "x_f" in order["fields"]["region"]["options"]) == ("Lost", True)
    assert replaced.renames == {RENAME["from"]: RENAME["to"]}
    assert {item.outcome for item in replaced.items} == {CLEAN, BOTH_CHANGED}


def test_the_same_packs_again_change_nothing() -> None:
    allowed = {**MINE, "add": {}, "change": {"icon": "truck"}, "hide": []}
    first = with_packs(compose([PACK_2, V2, MENU_2, allowed]), [PACK_2, V2, MENU_2])

    again = with_packs(compose(first.sources), [PACK_2, V2, MENU_2])

    assert again.sources == first.sources
    assert again.renames == {}


def test_what_a_target_was_can_be_found_elsewhere() -> None:
    older = {**MINE, "add": {}, "change": {"icon": "truck"}, "hide": []}
    current = compose([PACK_2, V2, older])

    unknown = with_packs(current, [{**PACK_2, "version": "3.0.0"}, {**V2, "icon": "box"}])
    known = with_packs(current, [{**PACK_2, "version": "3.0.0"}, {**V2, "icon": "box"}], lambda extension: V1)

    assert [item.outcome for item in unknown.items] == [BOTH_CHANGED]
    assert [item.outcome for item in known.items] == [CLEAN]
