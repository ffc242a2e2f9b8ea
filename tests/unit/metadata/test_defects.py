"""The mistake list of a pack author: each defect is reported at its place, with a sentence that helps."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.packs import Break, add, both, drop, move, put, remove, replace_text, sound, written
from trellis.kernel.errors import Finding
from trellis.metadata.check import check_all
from trellis.metadata.load import load_folder
from trellis.storage.metadata_expressions import check_expression

ORDER = "shop/entities/order.json"
CUSTOMER = "shop/entities/customer.json"
LINE = "shop/entities/line.json"
STATUS = "shop/optionsets/status.json"
FORM = "shop/forms/order_form.json"
VIEW = "shop/views/order_all.json"
ROLE = "shop/roles/clerk.json"
MENU = "shop/navigation/main.json"
SEED = "shop/seeds/customers.json"
WORDS = "shop/translations/zh-CN.json"
PACK = "shop/pack.json"


@dataclass(frozen=True)
class Defect:
    """A change to the sound packs, and what must be said about it."""

    change: Break
    file: str
    pointer: str
    code: str
    says: str
    severity: str = "error"


def _formula(expr: str, returns: str = "currency", **members: object) -> dict[str, object]:
    return {"type": "formula", "returns": returns, "expr": expr, **members}


def _rollup(agg: str, returns: str = "integer", over: str = "shop.line.order", **members: object) -> dict[str, object]:
    return {"type": "rollup", "returns": returns, "over": over, "agg": agg, **members}


A_VIEW = {
    "kind": "view", "id": "shop.order_more", "entity": "shop.order", "type": "list", "label": "More", "order": 200,
    "default": True, "columns": {"number": {"order": 10}},
}  # fmt: skip

SHARING = "shop/sharing/orders.json"
A_SHARING = {
    "kind": "sharing", "id": "shop.orders", "label": "Orders", "entity": "shop.order", "when": "amount > 5",
    "to": [{"kind": "role", "role": "shop.clerk"}],
}  # fmt: skip

EXTENSION = "x/extensions/order_ext.json"


def _extension(target: str = "shop.order", **verbs: object) -> Break:
    """An extension of the customer."""
    return add(EXTENSION, {"kind": "extension", "id": "x.order_ext", "target": target, **verbs})


A_FIELD = {"type": "text", "label": "Region"}

DEFECTS = {
    # the file itself
    "a comma before the end": Defect(replace_text(ORDER, '"Clerk"', '"Clerk",'), ORDER, "/fields/clerk", "syntax", "comma"),
    "single quotes": Defect(add(ORDER, "{'kind': 'entity'}"), ORDER, "", "syntax", "double quotes"),
    "a comment": Defect(add(ORDER, '{"kind": // what\n "entity"}'), ORDER, "/kind", "syntax", "no comments"),
    "a key twice": Defect(
        replace_text(ORDER, '"due": {', '"amount": {"type": "date"}, "due": {'), ORDER, "/fields/amount", "duplicate_key", "twice"
    ),
    "NaN": Defect(replace_text(FORM, '"order": 40', '"order": NaN'), FORM, "/sections/basics/items/note/order", "nan_not_allowed", "Leave"),
    "a float": Defect(replace_text(ORDER, '"min": "0"', '"min": 0.5'), ORDER, "/fields/amount/min", "float_not_allowed", '"0.5"'),
    "a number without end": Defect(replace_text(VIEW, "25", "2" * 40), VIEW, "/paging/size", "number_too_long", "30 digits"),
    "a byte order mark": Defect(add("shop/entities/x.json", b"\xef\xbb\xbf{}"), "shop/entities/x.json", "", "byte_order_mark", "UTF-8"),
    "another encoding": Defect(add("shop/entities/x.json", '{"label": "é"}'.encode("latin-1")), "shop/entities/x.json", "", "encoding", "UTF-8"),
    "half a character": Defect(replace_text(ORDER, '"Due"', '"\\ud800"'), ORDER, "/fields/due/label", "character", "surrogate"),
    "too large": Defect(put(ORDER, "/description", "x" * 1_100_000), ORDER, "", "too_large", "bytes"),
    "too deep": Defect(add("shop/entities/x.json", "[" * 100), "shop/entities/x.json", "/0" * 32, "too_deep", "32"),
    "a list": Defect(add("shop/entities/x.json", "[]"), "shop/entities/x.json", "", "not_an_object", "curly"),
    # where it stands
    "no pack.json": Defect(remove(PACK), PACK, "", "pack_missing", "shop"),
    "another folder": Defect(put(PACK, "/id", "store"), PACK, "/id", "pack_folder", "shop"),
    "the wrong folder": Defect(move(FORM, "shop/views/order_form.json"), "shop/views/order_form.json", "/kind", "misplaced_file", "forms/"),
    "no folder": Defect(move(FORM, "shop/order_form.json"), "shop/order_form.json", "", "misplaced_file", "folder"),
    "an unknown folder": Defect(add("shop/entitys/x.json", "{}"), "shop/entitys", "", "folder_unknown", "entities"),
    "another ending": Defect(add("shop/entities/x.jsonc", "{}"), "shop/entities/x.jsonc", "", "not_json", ".json"),
    "another namespace": Defect(put(ORDER, "/id", "store.order"), ORDER, "/id", "id_namespace", "shop.order"),
    "an id twice": Defect(
        add("shop/views/order_all_copy.json", {**A_VIEW, "id": "shop.order_all"}),
        "shop/views/order_all_copy.json", "/id", "duplicate_id", "order_all.json",
    ),
    "an id in capitals": Defect(put(VIEW, "/id", "shop.OrderAll"), VIEW, "/id", "id_shape", "shop.order_all"),
    "no id": Defect(drop(VIEW, "/id"), VIEW, "", "missing_member", "shop.order_all"),
    "no kind": Defect(drop(VIEW, "/kind"), VIEW, "", "missing_member", "view"),
    "an unknown kind": Defect(put(ORDER, "/kind", "entiti"), ORDER, "/kind", "kind_unknown", "entity"),
    # its shape
    "an unknown member": Defect(put(ORDER, "/labelplural", "x"), ORDER, "/labelplural", "unknown_member", "labelPlural"),
    "an unknown option": Defect(put(ORDER, "/fields/amount/scal", 2), ORDER, "/fields/amount/scal", "unknown_member", "scale"),
    "a member further in": Defect(put(ORDER, "/owned", True), ORDER, "/owned", "misplaced_member", "/traits/owned"),
    "a member further out": Defect(
        put(ORDER, "/traits/titleField", "number"), ORDER, "/traits/titleField", "misplaced_member", "/titleField"
    ),
    "a member of another type": Defect(
        put(ORDER, "/fields/note/precision", 5), ORDER, "/fields/note/precision", "misplaced_member", "decimal"
    ),
    "a member of another kind": Defect(put(STATUS, "/titleField", "x"), STATUS, "/titleField", "misplaced_member", "entity"),
    "a missing member": Defect(drop(ORDER, "/titleField"), ORDER, "", "missing_member", "titleField"),
    "a missing type": Defect(drop(ORDER, "/fields/due/type"), ORDER, "/fields/due", "missing_member", "datetime"),
    "an unknown type": Defect(put(ORDER, "/fields/due/type", "dat"), ORDER, "/fields/due/type", "field_type_unknown", "date"),
    "text for a list": Defect(put(ORDER, "/indexes/by_status/fields", "due"), ORDER, "/indexes/by_status/fields", "wrong_type", "list"),
    "text for a number": Defect(put(VIEW, "/paging/size", "25"), VIEW, "/paging/size", "wrong_type", "without quotes"),
    "text for true": Defect(put(ORDER, "/fields/due/required", "true"), ORDER, "/fields/due/required", "wrong_type", "without quotes"),
    "a number for a decimal": Defect(put(ORDER, "/fields/amount/min", 1), ORDER, "/fields/amount/min", "wrong_type", '"1"'),
    "a list for a condition": Defect(
        put(FORM, "/sections/basics/items/note/visible", ["x"]), FORM, "/sections/basics/items/note/visible", "wrong_type", "expression"
    ),
    "null": Defect(put(ORDER, "/fields/due/min", None), ORDER, "/fields/due/min", "null_member", "Leave it out"),
    "out of range": Defect(put(ORDER, "/fields/amount/scale", 9), ORDER, "/fields/amount/scale", "out_of_range", "at most 4"),
    "an unknown choice": Defect(put(FORM, "/use/0", "crate"), FORM, "/use/0", "wrong_choice", "create"),
    "an unknown level": Defect(
        put(ROLE, "/entities/shop.order/fields/amount", "write"), ROLE, "/entities/shop.order/fields/amount", "wrong_choice", "masked"
    ),
    "a level as a number": Defect(
        put(ROLE, "/entities/shop.order/fields/amount", 2), ROLE, "/entities/shop.order/fields/amount", "wrong_type", "read"
    ),
    "another format": Defect(put(PACK, "/format", 2), PACK, "/format", "wrong_choice", "1"),
    "a number without sequence": Defect(
        put(ORDER, "/fields/number/pattern", "O-{yyyy}"), ORDER, "/fields/number/pattern", "invalid_value", "{seq}"
    ),
    # names
    "a key in capitals": Defect(put(ORDER, "/fields/closeDate", {"type": "date"}), ORDER, "/fields/closeDate", "key_shape", "close_date"),
    "a keyword": Defect(put(ORDER, "/fields/from", {"type": "date"}), ORDER, "/fields/from", "key_keyword", "from_value"),
    "a system field": Defect(put(ORDER, "/fields/owner", {"type": "user"}), ORDER, "/fields/owner", "key_reserved", "brings along"),
    "a root": Defect(put(ORDER, "/fields/record", {"type": "text"}), ORDER, "/fields/record", "key_reserved", "expressions"),
    "a customer's key": Defect(put(ORDER, "/fields/x_more", {"type": "text"}), ORDER, "/fields/x_more", "key_of_customer", "more"),
    "an option in capitals": Defect(put(STATUS, "/options/On Hold", {}), STATUS, "/options/On Hold", "key_shape", "on_hold"),
    # entities and fields
    "no such title": Defect(put(ORDER, "/titleField", "nummer"), ORDER, "/titleField", "title_field_unknown", "number"),
    "a title of many": Defect(put(ORDER, "/titleField", "tags"), ORDER, "/titleField", "title_field_type", "multiselect"),
    "no such summary": Defect(put(ORDER, "/summaryFields/1", "state"), ORDER, "/summaryFields/1", "field_unknown", "status"),
    "no fields": Defect(put(ORDER, "/fields", {}), ORDER, "/fields", "entity_empty", "no fields"),
    "an index of nothing": Defect(put(ORDER, "/indexes/by_status/fields", []), ORDER, "/indexes/by_status/fields", "index_empty", "one field"),
    "an index of no field": Defect(
        put(ORDER, "/indexes/by_status/fields/1", "dew"), ORDER, "/indexes/by_status/fields/1", "field_unknown", "due"
    ),
    "an index of many": Defect(
        put(ORDER, "/indexes/by_status/fields/1", "tags"), ORDER, "/indexes/by_status/fields/1", "index_type", "multiselect"
    ),
    "an index field twice": Defect(
        put(ORDER, "/indexes/by_status/fields/-", "due"), ORDER, "/indexes/by_status/fields", "index_repeats", "twice"
    ),
    "no such option set": Defect(
        put(ORDER, "/fields/status/optionset", "shop.state"), ORDER, "/fields/status/optionset", "optionset_unknown", "shop.status"
    ),
    "an entity for an option set": Defect(
        put(ORDER, "/fields/status/optionset", "shop.line"), ORDER, "/fields/status/optionset", "reference_kind", "of kind entity"
    ),
    "options twice": Defect(
        put(ORDER, "/fields/channel/optionset", "shop.status"), ORDER, "/fields/channel/options", "options_twice", "not both"
    ),
    "no options": Defect(drop(ORDER, "/fields/status/optionset"), ORDER, "/fields/status", "options_missing", "shop.status"),
    "no such replacement": Defect(
        put(STATUS, "/options/lost/replacedBy", "opn"), STATUS, "/options/lost/replacedBy", "option_unknown", "open"
    ),
    "a retired replacement": Defect(
        put(STATUS, "/options/lost/replacedBy", "lost"), STATUS, "/options/lost/replacedBy", "replacement_retired", "not offered"
    ),
    "no such target": Defect(
        put(ORDER, "/fields/customer/target", "shop.custommer"), ORDER, "/fields/customer/target", "entity_unknown", "shop.customer"
    ),
    "required but cleared": Defect(
        put(ORDER, "/fields/customer/onDelete", "clear"), ORDER, "/fields/customer/onDelete", "clear_required", "restrict"
    ),
    "an inverse that is a field": Defect(
        put(ORDER, "/fields/customer/inverse/key", "code"), ORDER, "/fields/customer/inverse/key", "inverse_clash", "already a field"
    ),
    "an inverse twice": Defect(
        put(ORDER, "/fields/payer", {"type": "lookup", "target": "shop.customer", "inverse": {"key": "orders"}}),
        ORDER, "/fields/payer/inverse/key", "inverse_clash", "shop.order.customer",
    ),
    "no such parent": Defect(put(LINE, "/traits/childOf", "ordr"), LINE, "/traits/childOf", "child_of_unknown", "order"),
    "a parent of text": Defect(put(LINE, "/traits/childOf", "text"), LINE, "/traits/childOf", "child_of_type", "type 'text'"),
    "a child of itself": Defect(
        put(LINE, "/fields/order/target", "shop.line"), LINE, "/traits/childOf", "child_cycle", "shop.line → shop.line"
    ),
    "no such default": Defect(
        put(ORDER, "/fields/status/default", "opened"), ORDER, "/fields/status/default", "default_invalid", "options"
    ),
    "a default of another type": Defect(
        put(CUSTOMER, "/fields/vip/default", "yes"), CUSTOMER, "/fields/vip/default", "default_invalid", "true or false"
    ),
    "a default nobody asked for": Defect(
        put(ORDER, "/fields/number/default", "O-1"), ORDER, "/fields/number/default", "default_unwanted", "autonumber"
    ),
    "limits crossed": Defect(put(ORDER, "/fields/amount/min", "1000000"), ORDER, "/fields/amount/min", "limits_crossed", "999999"),
    "too many decimals": Defect(put(ORDER, "/fields/amount/precision", 2), ORDER, "/fields/amount/scale", "scale_too_large", "precision"),
    "a broken pattern": Defect(
        put(CUSTOMER, "/fields/code/pattern", "[a-"), CUSTOMER, "/fields/code/pattern", "pattern_invalid", "regular expression"
    ),
    "looking around": Defect(
        put(CUSTOMER, "/fields/code/pattern", "(?=a)a"), CUSTOMER, "/fields/code/pattern", "pattern_invalid", "Look-around"
    ),
    "unique for many": Defect(put(ORDER, "/fields/tags/unique", True), ORDER, "/fields/tags/unique", "unique_type", "multiselect"),
    "no such mask": Defect(put(CUSTOMER, "/fields/code/mask", "middle"), CUSTOMER, "/fields/code/mask", "mask_unknown", "middle4"),
    "required of the platform": Defect(
        put(ORDER, "/fields/number/required", True), ORDER, "/fields/number/required", "required_unwritable", "platform", "warning"
    ),
    # running numbers
    "numbers that repeat": Defect(
        both(put(ORDER, "/fields/number/reset", "monthly"), put(ORDER, "/fields/number/pattern", "O-{yy}-{seq:5}")),
        ORDER, "/fields/number/reset", "numbers_repeat", "{MM}",
    ),
    # options under a condition, validations, duplicates
    "an option under no condition": Defect(
        put(ORDER, "/fields/channel/options/web/when", "amuont > 5"),
        ORDER, "/fields/channel/options/web/when", "expr.name", "amount",
    ),
    "a shared option under no condition": Defect(
        put(STATUS, "/options/paid/when", "amount"), STATUS, "/options/paid/when", "expr.result", "true or false"
    ),
    "a validation that is no condition": Defect(
        put(ORDER, "/validations", {"rule": {"fail": "amount + 1", "message": "No."}}),
        ORDER, "/validations/rule/fail", "expr.", "",
    ),
    "a validation of no field": Defect(
        put(ORDER, "/validations", {"rule": {"fail": "changed('amuont')", "message": "No."}}),
        ORDER, "/validations/rule/fail", "expr.name", "amount",
    ),
    "a validation at no field": Defect(
        put(ORDER, "/validations", {"rule": {"fail": "prev.amount > amount", "message": "No.", "at": "amuont"}}),
        ORDER, "/validations/rule/at", "field_unknown", "amount",
    ),
    "a validation without words": Defect(
        put(ORDER, "/validations", {"rule": {"fail": "amount > 5", "message": " "}}),
        ORDER, "/validations/rule/message", "message_empty", "what is wrong",
    ),
    "a validation of another severity": Defect(
        put(ORDER, "/validations", {"rule": {"fail": "amount > 5", "message": "No.", "severity": "warn"}}),
        ORDER, "/validations/rule/severity", "wrong_choice", "warning",
    ),
    "a validation in capitals": Defect(
        put(ORDER, "/validations", {"Rule": {"fail": "amount > 5", "message": "No."}}),
        ORDER, "/validations/Rule", "key_shape", "rule",
    ),
    "duplicates of nothing": Defect(
        put(ORDER, "/duplicates", {"same": {"match": []}}), ORDER, "/duplicates/same/match", "duplicates_of_nothing", "fields"
    ),
    "duplicates of no field": Defect(
        put(ORDER, "/duplicates", {"same": {"match": ["costumer"]}}), ORDER, "/duplicates/same/match/0", "field_unknown", "customer"
    ),
    "duplicates of many": Defect(
        put(ORDER, "/duplicates", {"same": {"match": ["tags"]}}), ORDER, "/duplicates/same/match/0", "duplicates_type", "multiselect"
    ),
    "duplicates of what is computed": Defect(
        both(
            put(ORDER, "/fields/tax", {"type": "formula", "returns": "decimal", "scale": 2, "expr": "round(amount / amount, 2)"}),
            put(ORDER, "/duplicates", {"same": {"match": ["tax"]}}),
        ),
        ORDER, "/duplicates/same/match/0", "duplicates_computed", "computed from",
    ),
    "duplicates of a field twice": Defect(
        put(ORDER, "/duplicates", {"same": {"match": ["note", "note"]}}), ORDER, "/duplicates/same/match", "duplicates_repeat", "twice"
    ),
    "no such normalization": Defect(
        put(ORDER, "/duplicates", {"same": {"match": ["note"], "normalize": "lower"}}),
        ORDER, "/duplicates/same/normalize", "wrong_choice", "casefold",
    ),
    "a text of a rule that is none": Defect(
        put(WORDS, "/entries/shop.order#~1validations~1gone~1message", "x"),
        WORDS, "/entries/shop.order#~1validations~1gone~1message", "translation_gone", "any more", "warning",
    ),
    # forms
    "a form of nothing": Defect(put(FORM, "/entity", "shop.ordr"), FORM, "/entity", "entity_unknown", "shop.order"),
    "no such item": Defect(
        put(FORM, "/sections/basics/items/custmer", {}), FORM, "/sections/basics/items/custmer", "field_unknown", "customer"
    ),
    "an item twice": Defect(
        put(FORM, "/sections/more", {"items": {"amount": {}}}), FORM, "/sections/more/items/amount", "item_twice", "basics"
    ),
    "nothing to refresh": Defect(
        put(FORM, "/sections/basics/items/status/refresh/0", "notes"),
        FORM, "/sections/basics/items/status/refresh/0", "refresh_unknown", "note",
    ),
    "no such fact": Defect(put(FORM, "/header/facts/0", "amout"), FORM, "/header/facts/0", "field_unknown", "amount"),
    "no such role": Defect(put(FORM, "/audience/roles/0", "shop.clark"), FORM, "/audience/roles/0", "role_unknown", "shop.clerk"),
    "no such form": Defect(
        put(FORM, "/sections/basics/items/customer/quickCreate", "shop.customr_form"),
        FORM, "/sections/basics/items/customer/quickCreate", "form_unknown", "shop.customer_form",
    ),
    "a form for something else": Defect(
        put(FORM, "/sections/basics/items/customer/quickCreate", "shop.order_form"),
        FORM, "/sections/basics/items/customer/quickCreate", "quick_create_entity", "leads elsewhere",
    ),
    "no relation": Defect(drop(FORM, "/sections/lines/relation"), FORM, "/sections/lines", "relation_missing", "<entity>.<field>"),
    "half a relation": Defect(
        put(FORM, "/sections/lines/relation", "shop.line"), FORM, "/sections/lines/relation", "relation_shape", "shop.line.order"
    ),
    "no such relation": Defect(
        put(FORM, "/sections/lines/relation", "shop.line.ordr"), FORM, "/sections/lines/relation", "relation_unknown", "shop.line.order"
    ),
    "a relation to elsewhere": Defect(
        put(FORM, "/sections/lines/relation", "shop.order.customer"),
        FORM, "/sections/lines/relation", "relation_elsewhere", "does not lead",
    ),
    "no such related column": Defect(
        put(FORM, "/sections/lines/columns/texd", {}), FORM, "/sections/lines/columns/texd", "field_unknown", "text"
    ),
    "a list with items": Defect(
        put(FORM, "/sections/lines/items", {"clerk": {}}), FORM, "/sections/lines/items", "section_mixed", "columns"
    ),
    "a required field left out": Defect(
        drop(FORM, "/sections/basics/items/customer"), FORM, "/sections", "required_not_offered", "customer", "warning"
    ),
    # views
    "no columns": Defect(put(VIEW, "/columns", {}), VIEW, "/columns", "view_empty", "no columns"),
    "no such column": Defect(put(VIEW, "/columns/customer.nam", {}), VIEW, "/columns/customer.nam", "field_unknown", "name"),
    "a path over text": Defect(put(VIEW, "/columns/note.name", {}), VIEW, "/columns/note.name", "path_not_lookup", "not a lookup"),
    "a path too long": Defect(
        put(VIEW, "/columns/clerk.created_by.created_by.created_by.name", {}),
        VIEW, "/columns/clerk.created_by.created_by.created_by.name", "path_too_long", "3 lookups",
    ),
    "a sum of texts": Defect(
        put(VIEW, "/columns/number/summary", "sum"), VIEW, "/columns/number/summary", "summary_type", "autonumber"
    ),
    "a relative text": Defect(
        put(VIEW, "/columns/number/format", "relative"), VIEW, "/columns/number/format", "format_type", "dates"
    ),
    "sorted by nothing": Defect(put(VIEW, "/sort/0/field", "dew"), VIEW, "/sort/0/field", "field_unknown", "due"),
    "sorted by many": Defect(put(VIEW, "/sort/0/field", "tags"), VIEW, "/sort/0/field", "sort_type", "multiselect"),
    "sorted twice": Defect(put(VIEW, "/sort/-", {"field": "due"}), VIEW, "/sort/1/field", "sort_twice", "already", "warning"),
    "a page of nothing": Defect(put(VIEW, "/paging/size", 0), VIEW, "/paging/size", "out_of_range", "500"),
    "two defaults": Defect(
        add("shop/views/order_more.json", A_VIEW), "shop/views/order_more.json", "/default", "two_default_views", "shop.order_all"
    ),
    "an action that no list has": Defect(
        put(VIEW, "/bulkActions", ["exprt"]), VIEW, "/bulkActions/0", "list_action_unknown", "export", "warning"
    ),
    "own of nobody": Defect(drop(ORDER, "/traits"), VIEW, "/scopeDefault", "scope_without_owner", "no owner"),
    # roles and menus
    "no such ancestor": Defect(put(ROLE, "/inherits/0", "core.employe"), ROLE, "/inherits/0", "role_unknown", "core.employee"),
    "an ancestor of itself": Defect(put(ROLE, "/inherits/0", "shop.clerk"), ROLE, "/inherits", "role_cycle", "itself"),
    "rights on nothing": Defect(
        put(ROLE, "/entities/shop.oder", {"create": True}), ROLE, "/entities/shop.oder", "entity_unknown", "shop.order"
    ),
    "rights on no field": Defect(
        put(ROLE, "/entities/shop.order/fields/amont", "read"), ROLE, "/entities/shop.order/fields/amont", "field_unknown", "amount"
    ),
    "rights for no record": Defect(
        put(ROLE, "/entities/shop.order/edit/scopes", []), ROLE, "/entities/shop.order/edit", "scopes_empty", "own, team, teamTree", "warning"
    ),
    "a condition about all entities": Defect(
        put(ROLE, "/entities/*", {"read": {"scopes": ["all"], "where": "amount > 5"}}),
        ROLE, "/entities/*/read/where", "condition_without_entity", "needs an entity",
    ),
    "a level that rises on all entities": Defect(
        put(ROLE, "/entities/*", {"fields": {"*": {"level": "read", "upgrade": {"level": "edit", "where": "true"}}}}),
        ROLE, "/entities/*/fields/*", "condition_without_entity", "needs an entity",
    ),
    "a right under a condition that does not exist": Defect(
        put(ROLE, "/entities/shop.order/edit/where", "amonut > 5"), ROLE, "/entities/shop.order/edit/where", "expr.name", "amount"
    ),
    "a level under no condition": Defect(
        put(ROLE, "/entities/shop.order/fields/note", {"level": "read", "upgrade": {"level": "edit", "where": "amount"}}),
        ROLE, "/entities/shop.order/fields/note/upgrade/where", "expr.result", "true or false",
    ),
    # sharing
    "parts that are shared": Defect(
        add(SHARING, {**A_SHARING, "entity": "shop.line", "when": "true"}), SHARING, "/entity", "sharing_of_parts", "the whole"
    ),
    "shared with nobody": Defect(
        add(SHARING, {**A_SHARING, "to": []}), SHARING, "/to", "sharing_with_nobody", "nobody", "warning"
    ),
    "shared with no role": Defect(
        add(SHARING, {**A_SHARING, "to": [{"kind": "role", "role": "shop.clark"}]}), SHARING, "/to/0/role", "role_unknown", "shop.clerk"
    ),
    "shared under no condition": Defect(
        add(SHARING, {**A_SHARING, "when": "statis == 'open'"}), SHARING, "/when", "expr.name", "status"
    ),
    "no such menu": Defect(put(ROLE, "/navigation/0", "shop.mian"), ROLE, "/navigation/0", "navigation_unknown", "shop.main"),
    "a menu to no view": Defect(put(MENU, "/items/orders/view", "shop.order_al"), MENU, "/items/orders/view", "view_unknown", "shop.order_all"),
    "a menu to no entity": Defect(
        put(MENU, "/items/more/children/customers/entity", "shop.custom"),
        MENU, "/items/more/children/customers/entity", "entity_unknown", "shop.customer",
    ),
    "a menu to nowhere": Defect(drop(MENU, "/items/orders/view"), MENU, "/items/orders", "entry_without_goal", "builtin"),
    "a menu to two places": Defect(
        put(MENU, "/items/orders/entity", "shop.order"), MENU, "/items/orders", "entry_goals", "view and entity"
    ),
    "the change of no field": Defect(
        put(ORDER, "/fields/since", {"type": "datetime", "changeOf": "statis"}), ORDER, "/fields/since/changeOf", "field_unknown", "status"
    ),
    # computed fields
    "a formula of nothing": Defect(
        put(ORDER, "/fields/net", _formula("amuont * 2")), ORDER, "/fields/net/expr", "expr.name", "Did you mean 'amount'?"
    ),
    "a formula of another type": Defect(
        put(ORDER, "/fields/net", _formula("amount > 5")), ORDER, "/fields/net/expr", "expr.result", "money"
    ),
    "a result of no type": Defect(
        put(ORDER, "/fields/net", _formula("amount", "cash")), ORDER, "/fields/net/returns", "invalid_value", "currency"
    ),
    "a stored value that moves": Defect(
        put(ORDER, "/fields/late", _formula("due < today()", "boolean", storage="stored")),
        ORDER, "/fields/late/expr", "expr.volatile", "virtual",
    ),
    "a stored value upon one that moves": Defect(
        both(
            put(ORDER, "/fields/late", _formula("due < today()", "boolean")),
            put(LINE, "/fields/hurry", _formula("order.late", "boolean", storage="stored")),
        ),
        LINE, "/fields/hurry/expr", "expr.volatile", "order.late",
    ),
    "a value that asks whether its record exists": Defect(
        put(ORDER, "/fields/fate", _formula("when(record.exists, 1, 2)", "integer", storage="virtual")),
        ORDER, "/fields/fate/expr", "expr.always_exists", "record.exists",
    ),
    "a stored value upon a virtual count": Defect(
        both(
            put(ORDER, "/fields/lines", _rollup("count", storage="virtual")),
            put(ORDER, "/fields/full", _formula("lines > 3", "boolean", storage="stored")),
        ),
        ORDER, "/fields/full/expr", "expr.virtual_rollup", "roll-up",
    ),
    "a stored value behind a virtual link": Defect(
        both(
            put(ORDER, "/fields/who", _formula("customer", "lookup:shop.customer", storage="virtual")),
            put(ORDER, "/fields/vip", _formula("who.vip", "boolean", storage="stored")),
        ),
        ORDER, "/fields/vip/expr", "expr.virtual_link", "who.vip",
    ),
    "formulas in a circle": Defect(
        both(put(ORDER, "/fields/a", _formula("b")), put(ORDER, "/fields/b", _formula("a"))),
        ORDER, "/fields/a/expr", "expr.circle", "shop.order.a → shop.order.b → shop.order.a",
    ),
    "a circle over a roll-up": Defect(
        both(
            put(ORDER, "/fields/total", _rollup("sum", "currency", field="part")),
            put(LINE, "/fields/part", _formula("order.total")),
        ),
        LINE, "/fields/part/expr", "expr.circle", "shop.order.total",
    ),
    "a tower of formulas": Defect(
        both(
            put(ORDER, "/fields/f0", _formula("amount")),
            *(put(ORDER, f"/fields/f{n}", _formula(f"f{n - 1}")) for n in range(1, 9)),
        ),
        ORDER, "/fields/f8/expr", "expr.too_deep", "8",
    ),
    "a filter that no database can run": Defect(
        put(VIEW, "/filter", "upper('a' + note) == 'AB'"), VIEW, "/filter", "expr.not_in_filters", "upper"
    ),
    "a filter upon a formula that no database can run": Defect(
        both(
            put(ORDER, "/fields/loud", _formula("upper(note)", "text", storage="virtual")),
            put(VIEW, "/filter", "loud == 'AB'"),
        ),
        VIEW, "/filter", "expr.not_portable", "upper",
    ),
    "a stored formula upon one that no database can run": Defect(
        both(
            put(ORDER, "/fields/loud", _formula("upper(note)", "text", storage="virtual")),
            put(LINE, "/fields/call", _formula("order.loud", "text", storage="stored")),
        ),
        LINE, "/fields/call/expr", "expr.not_portable", "stored",
    ),
    "an amount that is not rounded": Defect(
        put(ORDER, "/fields/net", _formula("amount * 1.175")), ORDER, "/fields/net/expr", "expr.rounding", "round(…, 2)", "warning"
    ),
    "a formula that tells of a hidden field": Defect(
        both(
            put(ORDER, "/fields/hint", _formula("note + '!'", "text")),
            put(ROLE, "/entities/shop.order/fields/note", "masked"),
        ),
        ORDER, "/fields/hint/expr", "expr.exposes_stricter_field", "shop.clerk", "warning",
    ),
    "a formula that can be revealed, of a field that cannot": Defect(
        both(
            put(ORDER, "/fields/hint", _formula("note + '!'", "text")),
            put(ROLE, "/entities/shop.order/fields", {"*": "read", "note": "masked", "hint": {"level": "masked", "reveal": True}}),
        ),
        ORDER, "/fields/hint/expr", "expr.exposes_stricter_field", "reveal both", "warning",
    ),
    "something readable to be revealed": Defect(
        put(ROLE, "/entities/shop.order/fields/note", {"level": "read", "reveal": True}),
        ROLE, "/entities/shop.order/fields/note/reveal", "reveal_without_mask", "masked",
    ),
    "a roll-up that tells of a field open on some records only": Defect(
        both(
            put(LINE, "/fields/part", {"type": "integer"}),
            put(ORDER, "/fields/total", _rollup("sum", "integer", field="part")),
            put(ROLE, "/entities/shop.line/fields", {"*": "edit", "part": {"level": "none", "upgrade": {"level": "read", "where": "part > 1"}}}),
        ),
        ORDER, "/fields/total/field", "exposes_stricter_field", "level “none”", "warning",
    ),
    "a roll-up over nothing": Defect(
        put(ORDER, "/fields/lines", _rollup("count", over="shop.lime.order")), ORDER, "/fields/lines/over", "over_unknown", "shop.line.order"
    ),
    "a roll-up over no link": Defect(
        put(ORDER, "/fields/lines", _rollup("count", over="shop.line.ordre")), ORDER, "/fields/lines/over", "over_no_link", "order"
    ),
    "a sum of nothing": Defect(
        put(ORDER, "/fields/lines", _rollup("sum")), ORDER, "/fields/lines/agg", "rollup_field", "field"
    ),
    "a roll-up that adds texts": Defect(
        put(ORDER, "/fields/lines", _rollup("sum", field="text")), ORDER, "/fields/lines/field", "rollup_type", "text"
    ),
    "a sum of no field": Defect(
        put(ORDER, "/fields/lines", _rollup("concat", "text", field="txt")), ORDER, "/fields/lines/field", "field_unknown", "text"
    ),
    "a count that is a text": Defect(
        put(ORDER, "/fields/lines", _rollup("count", "text")), ORDER, "/fields/lines/returns", "rollup_returns", "integer"
    ),
    "a sum with too few decimals": Defect(
        both(
            put(LINE, "/fields/part", {"type": "decimal", "scale": 3}),
            put(ORDER, "/fields/total", _rollup("sum", "decimal", field="part", scale=1)),
        ),
        ORDER, "/fields/total", "rollup_rounded", "3 decimals", "warning",
    ),
    "a roll-up under a broken condition": Defect(
        put(ORDER, "/fields/lines", _rollup("count", where="txt == 'x'")), ORDER, "/fields/lines/where", "expr.name", "text"
    ),
    "a stored count that moves": Defect(
        put(ORDER, "/fields/lines", _rollup("count", where="created_at < now()", storage="stored")),
        ORDER, "/fields/lines/where", "expr.volatile", "time",
    ),
    "a virtual value that is unique": Defect(
        put(ORDER, "/fields/net", _formula("amount", storage="virtual", unique=True)), ORDER, "/fields/net/unique", "unique_virtual", "stored"
    ),
    # seeds
    "a seed of nothing": Defect(put(SEED, "/entity", "shop.order_form"), SEED, "/entity", "reference_kind", "of kind form"),
    "matched by nothing": Defect(put(SEED, "/match", []), SEED, "/match", "match_empty", "code"),
    "matched by no field": Defect(put(SEED, "/match/0", "kode"), SEED, "/match/0", "field_unknown", "code"),
    "a value of no field": Defect(put(SEED, "/rows/1/nam", "x"), SEED, "/rows/1/nam", "field_unknown", "name"),
    "a value that does not fit": Defect(put(SEED, "/rows/1/code", "D7"), SEED, "/rows/1/code", "seed_value", "D7"),
    "a row without its key": Defect(drop(SEED, "/rows/1/code"), SEED, "/rows/1", "seed_missing", "code"),
    "a row without a required value": Defect(drop(SEED, "/rows/1/name"), SEED, "/rows/1", "seed_missing", "required"),
    "a row twice": Defect(put(SEED, "/rows/1/code", "C1"), SEED, "/rows/1", "seed_twice", "row 1"),
    # translations
    "no such pack": Defect(put(WORDS, "/of", "shopp"), WORDS, "/of", "pack_unknown", "shop"),
    "another language": Defect(put(WORDS, "/locale", "zh_CN"), WORDS, "/locale", "locale_unknown", "zh-CN"),
    "no pointer": Defect(
        put(WORDS, "/entries/shop.order.label", "x"), WORDS, "/entries/shop.order.label", "place_shape", "<document>#/<pointer>"
    ),
    "a text of no document": Defect(
        put(WORDS, "/entries/shop.ordr#~1label", "x"), WORDS, "/entries/shop.ordr#~1label", "translation_gone", "shop.order", "warning"
    ),
    "a text that is gone": Defect(
        put(WORDS, "/entries/shop.order#~1fields~1old~1label", "x"),
        WORDS, "/entries/shop.order#~1fields~1old~1label", "translation_gone", "any more", "warning",
    ),
    "a text that is none": Defect(
        put(WORDS, "/entries/shop.order#~1fields~1due~1type", "x"),
        WORDS, "/entries/shop.order#~1fields~1due~1type", "translation_not_text", "label",
    ),
    "a text that is empty": Defect(put(WORDS, "/entries/shop#~1label", " "), WORDS, "/entries/shop#~1label", "translation_empty", "empty"),
    # packs
    "no such requirement": Defect(put(PACK, "/requires/corr", ">=1"), PACK, "/requires/corr", "pack_unknown", "core"),
    "a requirement too new": Defect(put(PACK, "/requires/core", ">=2"), PACK, "/requires/core", "pack_version", "1.2.0"),
    "a broken range": Defect(put(PACK, "/requires/core", "1.x"), PACK, "/requires/core", "range_shape", ">=1.2 <2"),
    "a broken engine": Defect(put(PACK, "/engine", "new"), PACK, "/engine", "range_shape", ">=1.2 <2"),
    "a broken version": Defect(put(PACK, "/version", "1.0"), PACK, "/version", "version_shape", "1.4.0"),
    "packs in a circle": Defect(
        put("core/pack.json", "/requires", {"shop": ">=0.1"}), "core/pack.json", "/requires/shop", "pack_cycle", "core → shop → core"
    ),
    "a pack not required": Defect(drop(PACK, "/requires"), FORM.replace("forms/order_form", "roles/clerk"), "/inherits/0", "pack_not_required", "core"),
    "no such export": Defect(
        put(PACK, "/exports", {"shop.oder": "private"}), PACK, "/exports/shop.oder", "document_unknown", "shop.order"
    ),
    "no such kind": Defect(put(PACK, "/provides/-", "views"), PACK, "/provides/2", "kind_unknown", "view"),
    "no default language": Defect(put(PACK, "/defaultLocale", "de"), PACK, "/defaultLocale", "locale_unknown", "zh-CN"),
    "the customer's name for a pack": Defect(add("x/pack.json", {
        "kind": "pack", "format": 1, "id": "x", "label": "Ours", "version": "1.0.0"
    }), "x/pack.json", "/id", "pack_reserved", "customer"),
    "a rename of another pack": Defect(
        put(PACK, "/renames", [{"since": "0.1.0", "from": "core.user#/fields/x", "to": "shop.order#/fields/due"}]),
        PACK, "/renames/0/from", "rename_place", "<document>#/<pointer>",
    ),
    "a rename of what stays": Defect(
        put(PACK, "/renames", [{"since": "0.1.0", "from": "shop.order#/fields/note", "to": "shop.order#/fields/due"}]),
        PACK, "/renames/0/from", "rename_unfinished", "still there",
    ),
    "a rename to nothing": Defect(
        put(PACK, "/renames", [{"since": "0.1.0", "from": "shop.order#/fields/x", "to": "shop.order#/fields/y"}]),
        PACK, "/renames/0/to", "rename_unknown", "nothing",
    ),
    "a rename of tomorrow": Defect(
        put(PACK, "/renames", [{"since": "9.0.0", "from": "shop.order#/fields/x", "to": "shop.order#/fields/due"}]),
        PACK, "/renames/0/since", "rename_later", "0.1.0",
    ),
    "a migration twice": Defect(
        put(PACK, "/dataMigrations", [{"id": "a", "entity": "shop.order", "set": {"note": "'x'"}}] * 2),
        PACK, "/dataMigrations/1/id", "migration_twice", "another",
    ),
    "a migration of a number": Defect(
        put(PACK, "/dataMigrations", [{"id": "a", "entity": "shop.order", "set": {"number": "'x'"}}]),
        PACK, "/dataMigrations/0/set/number", "migration_unwritable", "platform",
    ),
    "a migration of nothing": Defect(
        put(PACK, "/dataMigrations", [{"id": "a", "entity": "shop.order", "where": "blank(nte)", "set": {"note": "'x'"}}]),
        PACK, "/dataMigrations/0/where", "expr.", "note",
    ),
    # extensions
    "a field nobody can fill": Defect(put(ORDER, "/fields/customer/hidden", True), ORDER, "/fields/customer/hidden", "required_hidden", "default"),
    "no such target of an extension": Defect(_extension("shop.oder", hide=["/fields/note"]), EXTENSION, "/target", "extension_target", "shop.order"),
    "a target that went": Defect(
        _extension("shop.oder", madeAgainst={"pack": "shop"}, hide=["/fields/note"]),
        EXTENSION, "/target", "extension_orphan", "shop.oder", "warning",
    ),
    "an extension of an extension": Defect(
        both(_extension(), add("x/extensions/other.json", {
            "kind": "extension", "id": "x.other", "target": "x.order_ext", "hide": ["/add"]
        })), "x/extensions/other.json", "/target", "extension_target", "x.order_ext"
    ),
    "an extension of one's own": Defect(
        both(
            add("x/optionsets/size.json", {"kind": "optionset", "id": "x.size", "label": "Size", "options": {"s": {}}}),
            _extension("x.size", change={"label": "Sizes"}),
        ), EXTENSION, "/target", "extension_own", "itself",
    ),
    "two extensions": Defect(
        both(_extension(), add("x/extensions/other.json", {
            "kind": "extension", "id": "x.other", "target": "shop.order", "hide": ["/fields/note"]
        })), "x/extensions/other.json", "/target", "extension_twice", "x.order_ext"
    ),
    "a private document": Defect(
        both(put(PACK, "/exports", {"shop.order": "private"}), _extension(hide=["/fields/note"])),
        EXTENSION, "/target", "extension_private", "shop.order",
    ),
    "a key that is taken": Defect(
        both(
            add("y/pack.json", {
                "kind": "pack", "format": 1, "id": "y", "label": "Y", "version": "1.0.0", "requires": {"shop": ">=0.1"}
            }),
            add("y/extensions/order.json", {
                "kind": "extension", "id": "y.order", "target": "shop.order", "add": {"/fields/y_region": A_FIELD}
            }),
            _extension(add={"/fields/y_region": A_FIELD}),
        ), EXTENSION, "/add/~1fields~1y_region", "extension_taken", "already",
    ),
    "an element that went": Defect(
        _extension(change={"fields": {"notes": {"label": "Remarks"}}}),
        EXTENSION, "/change/fields/notes", "extension_orphan", "note", "warning",
    ),
    "a locked member": Defect(
        _extension(change={"fields": {"note": {"type": "text"}}}), EXTENSION, "/change/fields/note/type", "extension_policy", "longtext"
    ),
    "a defect by an extension": Defect(
        _extension(change={"titleField": "numbr"}), EXTENSION, "/change/titleField", "title_field_unknown", "number"
    ),
    "an extension of the wrong shape": Defect(_extension(hide="/fields/note"), EXTENSION, "/hide", "wrong_type", "list"),
    "a wrong value by an extension": Defect(
        _extension(change={"fields": {"note": {"label": 5}}}), EXTENSION, "/change/fields/note/label", "wrong_type", "text"
    ),
    # expressions
    "a broken condition": Defect(
        put(FORM, "/sections/basics/items/note/visible", "status = 'lost'"),
        FORM, "/sections/basics/items/note/visible", "expr.single_equals", "==",
    ),
    "an unknown name": Defect(put(VIEW, "/filter", "statis == 'open'"), VIEW, "/filter", "expr.name", "status"),
    "an unknown option in a condition": Defect(
        put(FORM, "/sections/basics/items/amount/required", "status == 'payed'"),
        FORM, "/sections/basics/items/amount/required", "expr.option", "paid",
    ),
    "a condition that is a number": Defect(
        put(FORM, "/header/badges/late/when", "amount * 2"), FORM, "/header/badges/late/when", "expr.result", "true or false"
    ),
    "a filter of no type": Defect(
        put(VIEW, "/quickFilters/late/filter", "due > 5"), VIEW, "/quickFilters/late/filter", "expr.types", "date"
    ),
    "a default of no type": Defect(
        put(ORDER, "/fields/due/default/expr", "amount"), ORDER, "/fields/due/default/expr", "expr.result", "date"
    ),
    "a filter of no target": Defect(
        put(ORDER, "/fields/customer/filter", "target.vipp"), ORDER, "/fields/customer/filter", "expr.name", "vip"
    ),
    "code in a condition": Defect(
        put(VIEW, "/filter", "__import__('os')"), VIEW, "/filter", "expr.", ""
    ),
}  # fmt: skip


def findings_of(change: Break, folder: Path) -> tuple[Finding, ...]:
    files = sound()
    change(files)
    return check_all(load_folder(written(files, folder)), check_expression)


def said(finding: Finding) -> str:
    return f"{finding.message} {finding.hint or ''}"


def test_the_packs_of_this_test_have_no_defect(tmp_path: Path) -> None:
    assert findings_of(lambda files: None, tmp_path) == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_reported_where_it_stands(name: str, tmp_path: Path) -> None:
    defect = DEFECTS[name]

    found = findings_of(defect.change, tmp_path)

    fitting = [one for one in found if (one.file, one.pointer) == (defect.file, defect.pointer)]
    assert [one for one in fitting if one.code.startswith(defect.code)], [
        (f.file, f.pointer, f.code, said(f)) for f in found
    ]
    finding = next(one for one in fitting if one.code.startswith(defect.code))
    assert defect.says in said(finding)
    assert finding.severity == defect.severity
    assert len(found) <= 5, [(f.file, f.pointer, f.code, said(f)) for f in found]


def test_all_defects_are_reported_at_once(tmp_path: Path) -> None:
    together = ["an unknown option", "no such column", "no such menu", "a row twice", "a broken version", "a float"]

    def change(files: dict[str, object]) -> None:
        for name in together:
            DEFECTS[name].change(files)

    found = {(one.file, one.pointer) for one in findings_of(change, tmp_path)}

    assert found >= {(DEFECTS[name].file, DEFECTS[name].pointer) for name in together}
