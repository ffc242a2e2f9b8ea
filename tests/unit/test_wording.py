"""Whatever changes between two releases is said, in words that people understand."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import ValidationError

from tests.support.checkout import ROOT
from trellis.engine.renaming import rewrite
from trellis.engine.wording import What, Worded, changes, impact, touched_fields
from trellis.engine.wording.differences import value_in
from trellis.engine.wording.titles import title
from trellis.kernel.messages import Message
from trellis.metadata.anatomy import Node, is_element, members, nodes, plain
from trellis.metadata.documents import KINDS
from trellis.metadata.fieldtypes import Element, fieldtypes
from trellis.metadata.layers.places import MISSING
from trellis.metadata.load import load_folder
from trellis.metadata.pointers import parts_of
from trellis.metadata.snapshot import Raw, Snapshot
from trellis.web.catalogues import catalogue, translator

PACKS = load_folder(ROOT / "metadata").documents
OLD = Snapshot.of(1, PACKS)
TEXTS = ("label", "labelPlural", "description", "help", "hint", "message")

Edit = Callable[[dict[str, Any]], object]


def after(document: str, edit: Edit) -> Snapshot:
    """The shipped packs with one document edited."""
    copy = deepcopy(dict(OLD.raw[document]))
    edit(copy)
    return Snapshot.of(2, [copy if raw["id"] == document else raw for raw in PACKS])


def words(document: str, edit: Edit) -> list[str]:
    """What is said about one edit."""
    return [str(worded.message) for worded in changes(OLD, after(document, edit), {})]


def put(*path: Any) -> Edit:
    """Sets the member at a path to the last value."""
    *way, last, value = path

    def edit(raw: dict[str, Any]) -> None:
        for part in way:
            raw = raw.setdefault(part, {})
        raw[last] = value

    return edit


def drop(*path: Any) -> Edit:
    """Takes away the member at a path."""
    *way, last = path

    def edit(raw: dict[str, Any]) -> None:
        for part in way:
            raw = raw[part]
        del raw[last]

    return edit


@pytest.mark.parametrize(
    ("document", "edit", "sentence"),
    [
        ("sales.opportunity", put("fields", "close_date", "required", True), "Close date on Opportunity is required now."),
        ("sales.account", put("fields", "tier", "label", "Level"), "Tier on Account is called “Level” now."),
        ("sales.account", put("label", "Customer"), "Account is called “Customer” now."),
        ("sales.opportunity", put("fields", "amount", "max", "100000"), "Amount on Opportunity may be at most 100,000 now."),
        ("sales.opportunity", put("fields", "amount", "min", "100"), "Amount on Opportunity must be at least 100 now (was 0)."),
        ("sales.account", put("fields", "tier", "help", "Say it"), "Help of Tier on Account: “Say it”."),
        ("sales.account", drop("fields", "website"), "Website is no longer a field on Account; its values are kept."),
        ("sales.account", put("fields", "tier", "hidden", True), "Tier on Account is hidden now; its values are kept."),
        ("sales.account_tier", put("options", "east", {"order": 90, "label": "East"}),
         "East is a new option of the option list Account tier."),
        ("sales.account_form", put("sections", "reach", "order", 5), "Section Phone, mail, web moved before Basics in the form Account."),
        ("sales.account_form", put("sections", "basics", "items", "tier", "visible", "employees > 5"),
         "Tier in the form Account is shown only if {Employees} > 5 now."),
        ("sales.account_all", put("columns", "phone", {"order": 100}), "Column Phone is new in the list All (Account)."),
        ("sales.account_all", put("sort", [{"field": "owner.name", "dir": "desc"}]),
         "List All (Account) is sorted by Owner · Name (descending) now."),
        ("sales.rep", drop("entities", "sales.account", "delete"), "Role Sales representative may no longer delete Account."),
        ("sales.rep", put("system", "export", True), "Role Sales representative may export now."),
        ("sales.rep", put("entities", "sales.account", "fields", "tier", "edit"),
         "For the role Sales representative, Tier of Account can be read and changed now (could be read)."),
        ("sales.rep", put("entities", "sales.lead", "edit", {"scopes": ["team", "shared"], "where": "status == 'new'"}),
         ("Role Sales representative may change these records of Lead now: those of the own team, those shared with them, "
         "where {Status} == 'New'.")),
        ("sales.rep", put("entities", "sales.lead", "edit", {"scopes": ["all"]}),
         "Role Sales representative may change all records of Lead now."),
        ("sales.rep", put("entities", "sales.lead", "assign", {"scopes": ["own"], "to": ["team", "subordinates"]}),
         ("Role Sales representative may reassign these records of Lead now: own ones; to people of the own team, "
         "people who report to them.")),
        ("sales.rep", put("entities", "sales.lead", "assign", "scopes", []), "Role Sales representative may no longer reassign Lead."),
        ("sales.rep", put("entities", "core.team", {"read": {"scopes": ["all"]}, "comment": {"scopes": ["own"]}}),
         "Role Sales representative has rights on Team now: read (all), comment on (own ones)."),
        ("sales.rep", put("entities", "sales.account", "fields", "tier",
                          {"level": "read", "upgrade": {"level": "edit", "where": "employees > 5"}}),
         ("For the role Sales representative, Tier of Account can be read – and be read and changed where {Employees} > 5 – now "
         "(could be read).")),
        ("sales.rep", put("entities", "sales.account", "fields", "tier", {"level": "masked", "reveal": True}),
         ("For the role Sales representative, Tier of Account can be seen in part – and be shown in full, which is recorded – now "
         "(could be read).")),
        ("sales.rep", put("system", "export", "limited:2000"),
         "Role Sales representative may export at most 2000 records at once now."),
        ("sales.manager", put("signIn", "secondFactor", True),
         "Role Sales manager asks for a second factor when signing in now."),
        ("core.admin", drop("system", "audit"), "Role Administrator may no longer read the audit log."),
        ("sales.main_nav", put("items", "reports", {"order": 99, "label": "Reports", "builtin": "search"}),
         "Entry Reports is new in the menu Sales."),
        ("sales", put("version", "1.1.0"), "Sales goes from 1.0.0 to 1.1.0."),
        ("sales.opportunity", put("validations", "large_discount", "message", "No."),
         "Rule “Explain discounts above 30 %.” for Opportunity says now: “No.”"),
        ("sales.opportunity", put("fields", "stage", "default", "won"), "Default value of Stage on Opportunity: Won (was Discovery)."),
        ("sales.opportunity", put("fields", "weighted_amount", "expr", "amount"),
         "Formula of Weighted amount on Opportunity: {Amount} (was round({Amount} * {Probability} / 100, 2))."),
    ],
)  # fmt: skip
def test_a_change_reads_like_a_sentence(document: str, edit: Edit, sentence: str) -> None:
    assert words(document, edit) == [sentence]


SHARING: dict[str, Any] = {
    "kind": "sharing", "id": "x.key_accounts", "label": "Key accounts", "entity": "sales.account", "when": "tier == 'key'",
    "to": [{"kind": "role", "role": "sales.rep"}, {"kind": "team", "team": "north", "includeChildren": True}],
}  # fmt: skip


def test_a_sharing_rule_says_what_it_does() -> None:
    shared = Snapshot.of(2, [*PACKS, SHARING])
    wider = {**SHARING, "when": "true", "to": SHARING["to"][:1], "grant": ["read", "edit"]}

    (came,) = changes(OLD, shared, {})
    changed = [str(worded.message) for worded in changes(shared, Snapshot.of(3, [*PACKS, wider]), {})]

    assert str(came.message) == (
        "Sharing rule Key accounts is new: records of Account where {Tier} == 'Key' are open to "
        "the role Sales representative, the team north and the teams below it, to read them."
    )
    assert changed == [
        "Sharing rule Key accounts shares the records of Account where true now.",
        (
            "Sharing rule Key accounts shares with the role Sales representative now "
            "(was the role Sales representative, the team north and the teams below it)."
        ),
        "Sharing rule Key accounts allows to read, change now (was read).",
    ]


def test_a_field_of_another_type_is_retyped() -> None:
    new = after("sales.account", put("fields", "employees", "type", "decimal"))

    (worded,) = changes(OLD, new, {})

    assert worded.what is What.RETYPED
    assert str(worded.message) == "The type of Employees on Account is Decimal number now (was Whole number)."


def test_a_field_that_goes_to_another_section_moves() -> None:
    def edit(raw: dict[str, Any]) -> None:
        sections = raw["sections"]
        sections["company"]["items"]["tier"] = sections["basics"]["items"].pop("tier")

    (worded,) = changes(OLD, after("sales.account_form", edit), {})

    assert worded.what is What.MOVED
    assert str(worded.message) == "Field Tier moved to the section Company in the form Account."


def test_texts_of_translations_are_counted() -> None:
    def edit(raw: dict[str, Any]) -> None:
        first, second, third, *_ = raw["entries"]
        raw["entries"] |= {first: "一", second: "二", "sales.account#/fields/tier/help": "三"}
        del raw["entries"][third]

    assert words("sales.zh_cn", edit) == [
        "New texts in the translation 简体中文: 1.",
        "Changed texts in the translation 简体中文: 2.",
        "Texts that are no longer in the translation 简体中文: 1.",
    ]


def test_a_renamed_field_is_one_change() -> None:
    renames = {"sales.account#/fields/tier": "sales.account#/fields/level"}
    new = Snapshot.of(2, rewrite(PACKS, renames, OLD))

    (worded,) = changes(OLD, new, renames)

    assert worded == Worded(
        What.RENAMED, "sales.account", "/fields/level",
        worded.message, "entity",
    )  # fmt: skip
    assert str(worded.message) == "Tier on Account has the key “level” now and keeps its values."


def test_a_renamed_field_with_another_label_says_what_it_was_called() -> None:
    renames = {"sales.account#/fields/tier": "sales.account#/fields/level"}
    renamed = rewrite(PACKS, renames, OLD)
    account = deepcopy(next(dict(raw) for raw in renamed if raw["id"] == "sales.account"))
    account["fields"]["level"]["label"] = "Rank"
    new = Snapshot.of(2, [account if raw["id"] == "sales.account" else raw for raw in renamed])

    said = [str(worded.message) for worded in changes(OLD, new, renames)]

    assert "Tier on Account is called “Rank” now." in said


def test_the_first_release_names_every_document() -> None:
    found = changes(None, OLD, {})

    assert {worded.document for worded in found} == OLD.raw.keys()
    assert {worded.what for worded in found} == {What.ADDED}


def test_labels_are_those_of_the_reader() -> None:
    new = after("sales.account", put("fields", "phone", "required", True))

    (worded,) = changes(OLD, new, {}, "zh-CN")

    assert worded.message.translated(translator("zh-CN")) == "“客户”的“电话”现在必填。"


def test_whoever_uses_what_goes_is_concerned() -> None:
    new = after("sales.account", drop("fields", "tier"))

    hit = impact(OLD, new)

    assert {found.document for found in hit.forms} == {"sales.account_form"}
    assert "List Key accounts · filter" in {str(found.label) for found in hit.views}
    assert {found.because for found in hit.references} == {What.REMOVED}
    assert hit.roles
    assert str(hit.forms[0].message) == "Form Account · head uses “Tier”, which goes."
    assert not impact(OLD, OLD).references


def test_who_was_put_right_in_the_same_change_is_not_concerned() -> None:
    form = deepcopy(dict(OLD.raw["sales.account_form"]))
    del form["sections"]["reach"]["items"]["website"]
    new = after("sales.account", drop("fields", "website"))
    both = Snapshot.of(2, [form if key == form["id"] else raw for key, raw in new.raw.items()])

    assert {found.document for found in impact(OLD, new).forms} == {"sales.account_form"}
    assert impact(OLD, both).forms == ()


def test_fields_are_touched_by_what_concerns_their_values() -> None:
    def edit(raw: dict[str, Any]) -> None:
        raw["fields"]["tier"]["label"] = "Level"
        raw["fields"]["phone"]["required"] = True
        raw["fields"]["fresh"] = {"type": "text", "label": "Fresh", "maxLength": 9}
        del raw["fields"]["website"]

    assert touched_fields(OLD, after("sales.account", edit)) == {
        "sales.account#/fields/phone", "sales.account#/fields/fresh", "sales.account#/fields/website"
    }  # fmt: skip


def test_every_member_has_a_name_for_people() -> None:
    unnamed = [f"{cls.__name__}.{name}" for cls in elements() for name in members(cls) if title(cls, name) is None]

    assert unnamed == []


def elements() -> set[type[Element]]:
    """Every class that describes a part of a document."""
    found: set[type[Element]] = set()
    waiting: list[Any] = [*KINDS.values(), *(fieldtypes.get(name) for name in fieldtypes.names)]
    while waiting:
        shape = plain(waiting.pop())
        if is_element(shape):
            if shape not in found:
                found.add(shape)
                waiting += members(shape).values()
        else:
            waiting += [arm for arm in get_args(shape) if not isinstance(arm, str)]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_change_is_unspoken(seed: int) -> None:
    new = Snapshot.of(2, edited(Random(seed)))

    found = changes(OLD, new, {})

    assert {worded.document for worded in found} == {key for key in OLD.raw if OLD.raw[key] != new.raw.get(key)}
    for worded in found:
        assert any(_exists(release, worded) for release in (OLD, new)), worded
        assert _unreadable(worded.message) == [], worded
        assert _untranslated(worded.message) == [], worded


def test_nothing_is_said_about_equal_releases() -> None:
    assert changes(OLD, Snapshot.of(2, deepcopy(list(PACKS))), {}) == ()


def edited(chance: Random) -> list[Raw]:
    """The shipped packs with a few random edits that leave every document readable."""
    documents: dict[str, Raw] = {raw["id"]: raw for raw in PACKS}
    for document in chance.sample(list(documents), 12):
        raw = deepcopy(dict(documents[document]))
        for _ in range(3):
            trial = deepcopy(raw)
            if _edit(trial, chance) and _readable(trial):
                raw = trial
        documents[document] = raw
    return list(documents.values())


def _readable(raw: Raw) -> bool:
    try:
        KINDS[raw["kind"]].model_validate(raw, context={"fieldtypes": fieldtypes})
    except ValidationError:
        return False
    return True


def _edit(raw: dict[str, Any], chance: Random) -> bool:
    """One random edit of a document; whether there was something to edit."""
    node = chance.choice([node for node in nodes(raw) if node.path not in ((), ("kind",), ("id",), ("type",))])
    holder: Any = raw
    for part in node.path[:-1]:
        holder = holder[part]
    if chance.random() < 0.15:
        del holder[node.path[-1]]
        return True
    values = list(_others(node, chance))
    if values:
        holder[node.path[-1]] = chance.choice(values)
    return bool(values)


def _others(node: Node, chance: Random) -> Iterator[Any]:
    """Other values for a place."""
    value, choices = node.value, _choices(node.type)
    if choices:
        yield from (choice for choice in choices if choice != value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + chance.choice((1, 15, -5))
    elif isinstance(value, str) and node.path[-1] in TEXTS:
        yield "Other words"
    elif isinstance(value, list) and value:
        yield value[:-1]
        yield [*value, value[0]]
    elif isinstance(value, dict) and value:
        gone = chance.choice(list(value))
        yield {key: member for key, member in value.items() if key != gone}
        yield {**value, "zz_copy": deepcopy(value[gone])}


def _choices(annotation: Any) -> list[Any]:
    shape = plain(annotation)
    arms = get_args(shape) if get_origin(shape) is not Literal else ()
    return [*get_args(shape)] if get_origin(shape) is Literal else [item for arm in arms for item in _choices(arm)]


def _exists(release: Snapshot, worded: Worded) -> bool:
    raw = release.raw.get(worded.document)
    return raw is not None and value_in(raw, tuple(parts_of(worded.pointer))) is not MISSING


_LABELLED = {
    key
    for entity in OLD.entities.values()
    for key in (*entity.all_fields, *(option for field in entity.fields.values() for option in getattr(field, "choices", ())))
    if "_" in key
} | {key for key in OLD.raw if "." in key}  # fmt: skip


def _unreadable(message: Message) -> list[str]:
    """What only programs understand in a sentence."""
    text = str(message)
    keys = [key for key in re.findall(r"[a-z][a-z0-9]*(?:[_.][a-z0-9_]+)+", text) if key in _LABELLED]
    return keys + re.findall(r"\{'|\{\"|\[\{|\bNone\b|\bTrue\b|\bFalse\b|\(\)\.|#/", text)


def _untranslated(message: Message) -> list[str]:
    """The templates in a message without a Chinese sentence."""
    found = [part for value in message.params.values() if isinstance(value, Message) for part in _untranslated(value)]
    known = message.template in catalogue("zh-CN") or re.fullmatch(r"(\{+\w+\}+)+", message.template)
    return found if known else [message.template, *found]


def test_a_sentence_is_never_json() -> None:
    new = after("sales.account", put("ext", {"someone": {"a": [1, {"b": 2}]}}))

    assert (
        json.dumps([str(worded.message) for worded in changes(OLD, new, {})])
        == '["Settings of extensions of Account changed."]'
    )


def test_what_a_layer_hides_is_hidden_not_gone() -> None:
    extensions = [
        {
            "kind": "extension",
            "id": "x.sales_account_form_ext",
            "target": "sales.account_form",
            "hide": ["/sections/care"],
        },
        {"kind": "extension", "id": "x.sales_account_mine_ext", "target": "sales.account_mine", "hide": [""]},
        {"kind": "extension", "id": "x.sales_account_ext", "target": "sales.account", "hide": ["/fields/website"]},
    ]

    found = changes(OLD, Snapshot.of(2, [*PACKS, *extensions]), {})

    assert {(worded.what, str(worded.message)) for worded in found} == {
        (What.HIDDEN, "Section Care in the form Account is hidden now."),
        (What.HIDDEN, "List My accounts is hidden now."),
        (What.HIDDEN, "Website on Account is hidden now; its values are kept."),
    }
