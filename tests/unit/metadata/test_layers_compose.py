"""Layers on each other: order, verbs, where a value comes from, what is hidden, and what finds no place."""

import time
from collections.abc import Iterable
from typing import Any

import pytest

from trellis.metadata.check import check_documents
from trellis.metadata.layers.apply import Reason, apply
from trellis.metadata.layers.breaches import breaches
from trellis.metadata.layers.compose import Composition, compose
from trellis.metadata.layers.derive import derive
from trellis.metadata.layers.order import in_pack_order
from trellis.metadata.layers.places import MISSING
from trellis.metadata.snapshot import Snapshot

Raw = dict[str, Any]


def pack(key: str, **members: Any) -> Raw:
    return {"kind": "pack", "format": 1, "id": key, "label": key.upper(), "version": "1.0.0", **members}


ORDER: Raw = {
    "kind": "entity", "id": "shop.order", "label": "Order", "titleField": "number",
    "fields": {
        "number": {"type": "text", "label": "Number", "required": True},
        "note": {"type": "longtext", "label": "Note"},
        "kind": {"type": "select", "label": "Kind", "options": {"a": {"label": "A"}, "b": {"label": "B"}}},
    },
}  # fmt: skip
FORM: Raw = {
    "kind": "form", "id": "shop.order_form", "label": "Order", "entity": "shop.order", "use": ["create", "edit", "detail"],
    "header": {"facts": ["number", "note"]},
    "sections": {
        "basics": {"order": 10, "items": {"number": {"order": 10}, "note": {"order": 20}}},
        "more": {"order": 20, "items": {"kind": {"order": 10}}},
    },
}  # fmt: skip
VIEW: Raw = {
    "kind": "view", "id": "shop.order_all", "label": "Orders", "entity": "shop.order", "type": "list",
    "columns": {"number": {"order": 10}, "note": {"order": 20}},
}  # fmt: skip
MENU: Raw = {
    "kind": "navigation", "id": "shop.menu", "label": "Shop", "items": {"orders": {"view": "shop.order_all", "label": "Orders"}}
}  # fmt: skip
CLERK: Raw = {
    "kind": "role", "id": "shop.clerk", "label": "Clerk", "system": {"export": "limited:100"},
    "entities": {"shop.order": {"create": True, "read": {"scopes": ["all"]}, "fields": {"*": "read", "note": "edit"}}},
}  # fmt: skip
WORDS: Raw = {
    "kind": "translation", "id": "shop.zh_cn", "locale": "zh-CN", "of": "shop",
    "entries": {"shop.order#/label": "订单", "shop.order#/fields/note/label": "备注"},
}  # fmt: skip
SHOP = (pack("shop", locales=["en", "zh-CN"]), ORDER, FORM, VIEW, MENU, CLERK, WORDS)


def extension(target: str = "shop.order", layer: str = "x", **verbs: Any) -> Raw:
    return {"kind": "extension", "id": f"{layer}.{target.replace('.', '_')}_ext", "target": target, **verbs}


def composed(*extensions: Raw, others: Iterable[Raw] = ()) -> Composition:
    return compose([*SHOP, *others, *extensions])


def test_documents_without_an_extension_stay_the_same_objects() -> None:
    found = composed(extension(change={"label": "Sale"}))

    assert found.effective["shop.order_form"] is FORM
    assert found.effective["shop.order"] is not ORDER


def test_layers_lie_on_each_other_in_the_order_of_the_packs() -> None:
    plus = pack("plus", requires={"more": ">=1"})
    more = pack("more", requires={"shop": ">=1"})
    extensions = [extension(layer=layer, change={"label": layer}) for layer in ("x", "plus", "more")]

    found = composed(*extensions, others=(plus, more))

    assert [stage.layer for stage in found.stages["shop.order"]] == ["shop", "more", "plus", "x"]
    assert found.effective["shop.order"]["label"] == "x"
    assert found.origin("shop.order", "/label").below == "plus"
    assert (found.below("shop.order") or {})["label"] == "plus"


def test_documents_stand_in_the_order_of_their_layers() -> None:
    own = {**VIEW, "id": "x.orders"}

    assert [raw["id"] for raw in in_pack_order([own, *SHOP])][-1] == "x.orders"


def test_a_patch_changes_members_and_null_takes_them_away() -> None:
    patch = {"label": "Sale", "fields": {"note": {"label": None, "help": "Free text"}}}

    note = composed(extension(change=patch)).effective["shop.order"]["fields"]["note"]

    assert note == {"type": "longtext", "help": "Free text"}


def test_an_addition_may_be_only_the_place_of_a_field_on_a_form() -> None:
    adding = extension("shop.order_form", add={"/sections/basics/items/x_region": {"order": 15}})

    items = composed(adding).effective["shop.order_form"]["sections"]["basics"]["items"]

    assert items["x_region"] == {"order": 15}


def test_an_addition_makes_the_map_that_a_document_leaves_out() -> None:
    rule = {"fail": "blank(note)", "message": "No."}

    found = composed(extension(add={"/validations/x_rule": rule}))

    assert found.effective["shop.order"]["validations"] == {"x_rule": rule}


NO_PLACE = [
    ({"add": {"/fields/gone/options/x_a": {}}}, "/fields/gone/options/x_a", Reason.NO_PLACE),
    ({"add": {"/fields/note": {}}}, "/fields/note", Reason.TAKEN),
    ({"add": {"/label": "x"}}, "/label", Reason.NOT_HERE),
    ({"change": {"fields": {"gone": {"label": "x"}}}}, "/fields/gone", Reason.NO_PLACE),
    ({"change": {"validations": {"gone": {"order": 1}}}}, "/validations/gone", Reason.NO_PLACE),
    ({"change": {"fields": {"note": None}}}, "/fields/note", Reason.NOT_HERE),
    ({"hide": ["/label"]}, "/label", Reason.NOT_HERE),
    ({"hide": [""]}, "", Reason.NOT_HERE),
]


@pytest.mark.parametrize(("verbs", "pointer", "reason"), NO_PLACE)
def test_what_finds_no_place_is_kept_and_does_nothing(verbs: Raw, pointer: str, reason: Reason) -> None:
    found = composed(extension(**verbs))

    assert [(orphan.pointer, orphan.reason) for orphan in found.orphans] == [(pointer, reason)]
    assert found.effective["shop.order"] == ORDER


def test_hiding_what_is_not_there_is_no_matter() -> None:
    assert composed(extension(hide=["/fields/gone"])).orphans == ()


def test_an_extension_of_nothing_is_an_orphan_as_a_whole() -> None:
    (orphan,) = composed(extension("shop.gone", change={"label": "x"})).orphans

    assert (orphan.target, orphan.pointer, orphan.reason) == ("shop.gone", "", Reason.NO_DOCUMENT)


HIDDEN = [
    ("shop.order", "/fields/note", "/fields/note/hidden", True),
    ("shop.order", "/fields/kind/options/a", "/fields/kind/options/a/active", False),
    ("shop.order_form", "/sections/more", "/sections/more", MISSING),
    ("shop.order_form", "/sections/basics/items/note", "/sections/basics/items/note", MISSING),
    ("shop.order_all", "/columns/note", "/columns/note", MISSING),
    ("shop.menu", "/items/orders", "/items/orders", MISSING),
]


@pytest.mark.parametrize(("target", "pointer", "place", "value"), HIDDEN)
def test_hidden_parts_are_marked_or_left_out(target: str, pointer: str, place: str, value: Any) -> None:
    found = composed(extension(target, hide=[pointer]))

    at: Any = found.effective[target]
    for name in place.split("/")[1:]:
        at = at.get(name, MISSING)
    assert at is value
    assert found.hidden == {target: {pointer}}
    assert found.origin(target, pointer).verb == "hide"


@pytest.mark.parametrize("target", ["shop.order_form", "shop.order_all", "shop.menu"])
def test_whole_forms_views_and_menus_can_be_hidden(target: str) -> None:
    found = composed(extension(target, hide=[""]))

    assert found.effective.keys() == {raw["id"] for raw in SHOP} - {target}
    assert found.below(target) is not None


def test_a_pack_that_is_switched_off_takes_all_its_documents_and_their_extensions_with_it() -> None:
    plus = pack("plus", requires={"shop": ">=1"})
    of_plus = extension("shop.order", "plus", change={"label": "Plus"})

    found = composed(extension("plus", hide=[""]), of_plus, others=(plus, {**VIEW, "id": "plus.orders"}))
    without_shop = composed(extension("shop", hide=[""]), extension(change={"label": "Sale"}), of_plus, others=(plus,))

    assert found.effective["shop.order"] is ORDER
    assert "plus.orders" not in found.effective
    assert without_shop.effective.keys() == {"plus"}
    assert without_shop.orphans == ()


ORIGINS = [
    ("/label", "x", "change", "Order"),
    ("/fields/number/label", "shop", "own", MISSING),
    ("/fields/x_region", "x", "add", MISSING),
    ("/fields/x_region/type", "x", "add", MISSING),
    ("/fields/note/help", "x", "change", MISSING),
    ("/fields/kind/hidden", "x", "hide", MISSING),
    ("/nowhere", "shop", "own", MISSING),
]


@pytest.mark.parametrize(("pointer", "layer", "verb", "below"), ORIGINS)
def test_every_value_knows_where_it_comes_from(pointer: str, layer: str, verb: str, below: Any) -> None:
    found = composed(
        extension(
            add={"/fields/x_region": {"type": "text"}},
            change={"label": "Sale", "fields": {"note": {"help": "Free text"}}},
            hide=["/fields/kind"],
        )
    )

    origin = found.origin("shop.order", pointer)

    assert (origin.layer, origin.verb, origin.below) == (layer, verb, below)
    assert (origin.extension is None) == (verb == "own")


def test_the_customers_own_documents_have_nothing_below() -> None:
    found = composed(others=({**VIEW, "id": "x.orders"},))

    assert found.below("x.orders") is None
    assert found.origin("x.orders", "/label").layer == "x"


def test_a_text_that_was_overridden_is_no_longer_translated_by_the_pack() -> None:
    snapshot = Snapshot.of(1, [*SHOP, extension(change={"label": "Sale"})])

    order = snapshot.localised("zh-CN").entity("shop.order")

    assert (order.label, order.fields["note"].label) == ("Sale", "备注")


def test_the_customers_translation_holds() -> None:
    own = {**WORDS, "id": "x.zh_cn", "of": "x", "entries": {"shop.order#/label": "单子"}}
    snapshot = Snapshot.of(1, [own, *SHOP, extension(change={"label": "Sale"})])

    assert snapshot.localised("zh-CN").entity("shop.order").label == "单子"


def test_a_snapshot_keeps_the_sources_and_their_fingerprint() -> None:
    plain, changed = Snapshot.of(1, SHOP), Snapshot.of(1, [*SHOP, extension(change={"label": "Sale"})])

    assert list(changed.sources) == [*(raw["id"] for raw in SHOP), "x.shop_order_ext"]
    assert changed.raw.keys() == plain.raw.keys()
    assert changed.hash != plain.hash
    differing = {key for key in plain.raw if plain.document_hashes[key] != changed.document_hashes[key]}
    assert differing == {"shop.order"}


def test_a_hidden_field_stays_but_stands_on_no_form_and_in_no_list() -> None:
    snapshot = Snapshot.of(1, [*SHOP, extension(hide=["/fields/note"])])

    assert snapshot.entity("shop.order").fields["note"].hidden
    assert list(snapshot.forms["shop.order_form"].sections["basics"].items) == ["number"]
    assert snapshot.forms["shop.order_form"].header.facts == ("number",)
    assert list(snapshot.views["shop.order_all"].columns) == ["number"]
    assert "note" in snapshot.raw["shop.order_form"]["sections"]["basics"]["items"]


ROLE_BREACHES = [
    ({"entities": {"shop.order": {"fields": {"note": "read"}}}}, False),
    ({"entities": {"shop.order": {"fields": {"number": "none"}}}}, False),
    ({"entities": {"shop.order": {"fields": {"number": "edit"}}}}, True),
    ({"entities": {"shop.order": {"fields": {"x_region": "edit"}}}}, False),
    ({"entities": {"shop.order": {"create": False}}}, False),
    ({"entities": {"shop.order": {"read": {"scopes": ["own"]}}}}, False),
    ({"entities": {"shop.order": {"read": None}}}, False),
    ({"entities": {"shop.order": {"delete": {"scopes": ["own"]}}}}, True),
    ({"system": {"export": False}}, False),
    ({"system": {"export": "limited:50"}}, False),
    ({"system": {"export": "limited:500"}}, True),
    ({"system": {"export": True}}, True),
    ({"system": {"designer": True}}, True),
    ({"inherits": ["core.admin"]}, True),
    ({"navigation": ["x.menu"]}, False),
]


@pytest.mark.parametrize(("patch", "refused"), ROLE_BREACHES)
def test_a_role_of_a_pack_can_only_lose_rights(patch: Raw, refused: bool) -> None:
    assert bool(list(breaches(CLERK, extension("shop.clerk", change=patch)))) == refused


SELLER: Raw = {
    **CLERK,
    "signIn": {"secondFactor": True},
    "entities": {"shop.order": {
        "read": {"scopes": ["teamTree"]}, "edit": {"scopes": ["own"], "where": "note == 'a'"},
        "assign": {"scopes": ["own"], "to": ["team"]},
        "fields": {"*": "read", "note": {"level": "masked", "upgrade": {"level": "edit", "where": "number == '1'"}}},
    }},
}  # fmt: skip
SELLER_BREACHES = [
    ({"read": {"scopes": ["team", "teamTree"]}}, False),
    ({"read": {"where": "number == '1'"}}, False),
    ({"read": {"scopes": ["subordinates"]}}, True),
    ({"read": {"scopes": ["shared"]}}, True),
    ({"edit": {"where": None}}, True),
    ({"edit": {"where": "number == '2'"}}, True),
    ({"edit": None}, False),
    ({"assign": {"to": ["all"]}}, True),
    ({"assign": {"to": []}}, False),
    ({"export": {"scopes": ["own"]}}, True),
    ({"fields": {"number": {"level": "masked", "upgrade": {"level": "read", "where": "true"}}}}, False),
    ({"fields": {"number": {"level": "read", "upgrade": {"level": "edit", "where": "true"}}}}, True),
    ({"fields": {"number": {"level": "edit"}}}, True),
    ({"fields": {"note": "masked"}}, False),
    ({"fields": {"note": "read"}}, True),
    ({"fields": {"note": "edit"}}, True),
    ({"fields": {"note": {"level": "none"}}}, False),
    ({"fields": {"note": {"level": "read"}}}, True),
    ({"fields": {"note": {"reveal": True}}}, True),
    ({"fields": {"number": {"level": "masked", "reveal": True}}}, False),
    ({"fields": {"note": {"upgrade": None}}}, False),
    ({"fields": {"note": {"upgrade": {"level": "read"}}}}, False),
    ({"fields": {"note": {"upgrade": {"where": "true"}}}}, True),
]


@pytest.mark.parametrize(("patch", "refused"), SELLER_BREACHES)
def test_scopes_conditions_and_levels_of_a_pack_only_get_narrower(patch: Raw, refused: bool) -> None:
    change = {"entities": {"shop.order": patch}}

    found = list(breaches(SELLER, extension("shop.clerk", change=change)))

    assert bool(found) == refused
    assert {breach.code for breach in found} <= {"extension_policy"}


@pytest.mark.parametrize(
    "fields",
    [
        "read",
        {"level": "masked"},
        {"level": "masked", "reveal": True},
        {"level": "edit", "upgrade": {"level": "edit", "where": "true"}},
    ],
)
def test_a_level_is_taken_over_from_the_editor_whole_or_in_parts(fields: Any) -> None:
    wanted = {**SELLER["entities"]["shop.order"], "fields": {"*": "read", "note": fields}}

    derived = derive(SELLER, {**SELLER, "entities": {"shop.order": wanted}})

    assert derived.document is not None
    assert apply(SELLER, derived.document).document["entities"]["shop.order"] == wanted


def test_nobody_drops_the_second_factor_that_a_pack_asks_for() -> None:
    assert list(breaches(SELLER, extension("shop.clerk", change={"signIn": {"secondFactor": False}})))
    assert not list(breaches(CLERK, extension("shop.clerk", change={"signIn": {"secondFactor": True}})))


def test_a_role_of_a_pack_gets_rights_on_the_customers_own_entities() -> None:
    adding = extension("shop.clerk", add={"/entities/x.visit": {"create": True}})
    more = extension("shop.clerk", add={"/entities/shop.line": {"create": True}})

    assert list(breaches(CLERK, adding)) == []
    assert [breach.code for breach in breaches(CLERK, more)] == ["extension_policy"]


FIELD = {"type": "text", "label": "Region"}
BREACHES = [
    ({"add": {"/fields/region": FIELD}}, "extension_key", "x_region"),
    ({"add": {"/fields": {}}}, "extension_add", "change"),
    ({"add": {"/fields/note/label": "x"}}, "extension_add", "change"),
    ({"change": {"fields": {"note": {"lable": "x"}}}}, "extension_place", "label"),
    ({"change": {"fields": {"note": None}}}, "extension_removal", "Hide"),
    ({"change": {"fields": {"note": {"type": "text"}}}}, "extension_policy", "longtext"),
    ({"change": {"fields": {"number": {"required": False}}}}, "extension_policy", "true"),
    ({"change": {"fields": {"number": {"maxLength": 500}}}}, "extension_policy", "255"),
    ({"change": {"traits": {"owned": True}}}, "extension_policy", "false"),
    ({"hide": ["/fields/number"]}, "extension_hide", "title"),
    ({"hide": [""]}, "extension_hide", ""),
    ({"hide": ["/fields/note/label"]}, "extension_hide", ""),
]


@pytest.mark.parametrize(("verbs", "code", "says"), BREACHES)
def test_each_breach_has_its_sentence(verbs: Raw, code: str, says: str) -> None:
    found = list(breaches({**ORDER, "fields": {**ORDER["fields"]}}, extension(**verbs)))

    assert [breach.code for breach in found][:1] == [code]
    assert says in f"{found[0].message} {found[0].hint or ''}"


ALLOWED = [
    {"add": {"/fields/x_region": FIELD, "/fields/kind/options/x_c": {"label": "C"}}},
    {"change": {"fields": {"note": {"required": True}, "number": {"maxLength": 20, "unique": True}}}},
    {"change": {"label": "Sale", "fields": {"kind": {"options": {"a": {"active": False, "order": 5}}}}}},
    {"hide": ["/fields/note", "/fields/kind/options/a"]},
]


@pytest.mark.parametrize("verbs", ALLOWED)
def test_what_the_policies_allow_is_no_breach(verbs: Raw) -> None:
    assert list(breaches(ORDER, extension(**verbs))) == []


def test_options_are_added_only_to_lists_that_are_open() -> None:
    colours = {"kind": "optionset", "id": "shop.colour", "label": "Colour", "options": {"red": {"label": "Red"}}}
    adding = extension("shop.colour", add={"/options/x_blue": {"label": "Blue"}})

    assert list(breaches(colours, adding)) == []
    assert [breach.code for breach in breaches({**colours, "extensible": False}, adding)] == ["extension_closed"]


def test_a_pack_may_extend_a_pack_with_keys_of_its_own() -> None:
    plus = pack("plus", requires={"shop": ">=1"})
    sources = [*SHOP, plus, extension("shop.order", "plus", add={"/fields/plus_region": FIELD})]

    assert check_documents(sources) == ()


def test_a_pack_extends_only_what_it_requires() -> None:
    sources = [*SHOP, pack("plus"), extension("shop.order", "plus", add={"/fields/plus_region": FIELD})]

    assert [finding.code for finding in check_documents(sources)] == ["pack_not_required"]


def test_the_customer_may_refer_to_everything() -> None:
    own_form = {**FORM, "id": "x.quick", "use": []}
    lookup = {"type": "lookup", "label": "Before", "target": "shop.order"}
    sources = [
        *SHOP,
        {**ORDER, "id": "x.visit", "fields": {**ORDER["fields"], "before": lookup}},
        own_form,
        extension("shop.order", add={"/fields/x_before": {**lookup, "target": "x.visit"}}),
        extension(
            "shop.order_form",
            add={"/sections/basics/items/x_before": {"order": 50}},
            change={"audience": {"roles": ["x.boss"]}},
        ),
        {"kind": "role", "id": "x.boss", "label": "Boss", "inherits": ["shop.clerk"]},
    ]

    assert [finding.code for finding in check_documents(sources)] == ["form_unused"]


def test_thousands_of_fields_without_extensions_compose_at_once() -> None:
    fields = {f"f{number}": FIELD for number in range(50)}
    documents = [pack("big"), *({**ORDER, "id": f"big.e{number}", "fields": fields} for number in range(200))]

    started = time.process_time()
    for _ in range(10):
        compose(documents)

    assert (time.process_time() - started) / 10 < 0.01


def test_what_leads_to_a_hidden_document_is_not_offered_either() -> None:
    role = {**CLERK, "id": "shop.boss", "navigation": ["shop.menu"]}
    lookup = {"type": "lookup", "label": "Before", "target": "shop.order"}
    entity = {**ORDER, "id": "shop.visit", "fields": {**ORDER["fields"], "before": lookup}}
    items = {"before": {"quickCreate": "shop.order_form"}, "number": {}}
    form = {**FORM, "id": "shop.visit_form", "entity": "shop.visit", "header": {}, "sections": {"a": {"items": items}}}
    hiding = [extension(target, hide=[""]) for target in ("shop.order_all", "shop.order_form", "shop.menu")]
    menu = {**MENU, "id": "shop.other_menu"}

    sources = [*SHOP, role, entity, form, menu, *hiding]
    snapshot = Snapshot.of(1, sources)

    assert snapshot.navigations["shop.other_menu"].items == {}
    assert snapshot.roles["shop.boss"].navigation == ()
    assert snapshot.forms["shop.visit_form"].sections["a"].items["before"].quick_create is None
    assert check_documents(sources) == ()


def test_what_is_shown_again_is_offered_again() -> None:
    hidden = Snapshot.of(1, [*SHOP, extension("shop.order_all", hide=[""]), extension(hide=["/fields/note"])])

    shown = Snapshot.of(2, SHOP, previous=hidden)

    assert list(shown.navigations["shop.menu"].items) == ["orders"]
    assert list(shown.views["shop.order_all"].columns) == ["number", "note"]


def test_a_pack_that_needs_one_that_is_switched_off_has_a_defect() -> None:
    plus = pack("plus", requires={"shop": ">=1"})
    sources = [*SHOP, plus, {**VIEW, "id": "plus.orders"}, extension("shop", hide=[""])]

    found = {(finding.document, finding.code) for finding in check_documents(sources)}

    assert found == {("plus", "pack_unknown"), ("plus.orders", "entity_unknown")}
