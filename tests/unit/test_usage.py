"""Who uses what: every name in every document is found, exactly where it stands."""

import re
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from tests.support.checkout import ROOT
from trellis.engine.expr.tokens import KEYWORDS
from trellis.engine.renaming import rewrite
from trellis.engine.usage import Reference, Stage, Usage, Use, label, mentions, references, removal
from trellis.engine.usage.expressions import About, names
from trellis.metadata.checks.expressions import expression_places
from trellis.metadata.load import load_folder
from trellis.metadata.pointers import at, parts_of, pointer
from trellis.metadata.snapshot import Snapshot
from trellis.web.catalogues import translator

PACKS = load_folder(ROOT / "metadata").documents
SNAPSHOT = Snapshot.of(1, PACKS)
USAGE = Usage.of(SNAPSHOT)

TEXTS = {"label", "labelPlural", "description", "help", "hint", "message", "$schema", "kind", "id", "type", "icon"}
DEFINING = {
    "fields",
    "options",
    "sections",
    "validations",
    "indexes",
    "duplicates",
    "badges",
    "quickFilters",
    "children",
}
WORDS = {"action", "agg", "builtin", "columns", "dir", "format", "hideBelow", "mask", "normalize", "nulls", "onDelete",
         "pattern", "policy", "region", "reset", "scopeDefault", "scopes", "severity", "storage", "summary", "system",
         "tone", "types", "use", "version", "whenHidden", "widget", "read", "edit", "delete", "inverse", "bulkActions",
         "requires", "provides", "paging", "locale", "locales", "defaultLocale", "engine", "returns", "empty", "traits"}  # fmt: skip
"""Members whose values are words of the platform."""


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str, bool]]:
    """All texts and all keys below a value, keys with True, without what people read and what documents define."""
    if isinstance(value, dict):
        defining = path and path[-1] in DEFINING and path[-3:-2] != ("entities",)
        for key, member in value.items():
            if key in TEXTS and path[-1:] != ("items",):
                continue
            if path and not defining and key not in WORDS:
                yield (*path, key), key, True
            if key not in WORDS or path[-1:] in (("items",), ("columns",)) or key == "columns":
                yield from texts(member, (*path, key))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from texts(member, (*path, number))
    elif isinstance(value, str):
        yield path, value, False


def found_at(document: str, path: tuple[str | int, ...], *, in_key: bool) -> list[Reference]:
    place = pointer(path)
    return [one for one in USAGE.in_document(document) if one.pointer == place and one.in_key == in_key]


def test_each_reference_stands_where_it_says() -> None:
    for one in references(SNAPSHOT):
        text = parts_of(one.pointer)[-1] if one.in_key else at(SNAPSHOT.raw[one.document], one.pointer)
        name = (one.target.partition("#")[2].rpartition("/")[2] or one.target).removeprefix("function:")

        assert (text[slice(*one.span)] if one.span else text) == name, one


def test_each_reference_leads_to_something() -> None:
    for one in references(SNAPSHOT):
        document, _, where = one.target.partition("#")
        if document.startswith("function:"):
            continue
        if where.startswith("/system/"):
            assert where.removeprefix("/system/") in SNAPSHOT.entity(document).all_fields, one
        else:
            assert at(SNAPSHOT.raw[document], where) is not None, one


def test_every_document_that_is_named_is_in_the_graph() -> None:
    missing = [
        (document, path)
        for document, raw in SNAPSHOT.raw.items()
        for path, text, in_key in texts(raw)
        for name in SNAPSHOT.raw
        if "." in name
        and re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text)
        and name not in {one.target for one in found_at(document, path, in_key=in_key)}
    ]

    assert missing == []


def test_every_field_that_is_named_is_in_the_graph() -> None:
    missing = [
        (document, path, word[0])
        for document, raw in SNAPSHOT.raw.items()
        if (entity := SNAPSHOT.entities.get(raw.get("entity", document))) is not None
        for path, text, in_key in texts(raw)
        for word in re.finditer(r"(?<![\w.'\"])[a-z]\w*(?!\w|['\"(])", text)
        if word[0] in entity.all_fields
        and not _is_seeded(raw, path, in_key=in_key)
        and not any(one.span is None or one.span == word.span() for one in found_at(document, path, in_key=in_key))
    ]

    assert missing == []


def _is_seeded(raw: Any, path: tuple[str | int, ...], *, in_key: bool) -> bool:
    """Whether a text is a value of a record."""
    return raw["kind"] == "seed" and path[0] == "rows" and not in_key


def test_every_expression_is_read() -> None:
    for document in SNAPSHOT.documents.values():
        for place in expression_places(document):
            bare = re.sub(r"'[^']*'|me\.\w+|record\.exists", "", place.source)
            words = set(re.findall(r"[a-z]\w*", bare)) - KEYWORDS - {"target", "record", "prev", "true", "false"}
            targets = (one.target for one in USAGE.in_document(place.document) if one.pointer == place.pointer)

            assert words <= {target.rpartition("/")[2].removeprefix("function:") for target in targets}, place


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("amount > 10", {"sales.opportunity#/fields/amount": (0, 6)}),
        ("not (amount > 10)", {"sales.opportunity#/fields/amount": (5, 11)}),
        ("record.amount > 10", {"sales.opportunity#/fields/amount": (7, 13)}),
        ("me.team == owner_team", {"sales.opportunity#/system/owner_team": (11, 21)}),
        ("account.owner.name == name", {
            "sales.opportunity#/fields/account": (0, 7), "sales.account#/system/owner": (8, 13),
            "core.user#/fields/name": (14, 18), "sales.opportunity#/fields/name": (22, 26),
        }),
        ("stage == 'won'", {
            "sales.opportunity#/fields/stage": (0, 5), "sales.opportunity_stage#/options/won": (10, 13),
        }),
        ("'won' == stage", {
            "sales.opportunity_stage#/options/won": (1, 4), "sales.opportunity#/fields/stage": (9, 14),
        }),
        ("stage in (‘lost’)", {
            "sales.opportunity#/fields/stage": (0, 5), "sales.opportunity_stage#/options/lost": (11, 15),
        }),
        ("has(tags, 'vip') or name == 'won'", {
            "function:has": (0, 3), "sales.opportunity#/fields/tags": (4, 8), "sales.tag#/options/vip": (11, 14),
            "sales.opportunity#/fields/name": (20, 24),
        }),
        ("(stage if budget_confirmed else 'won') == 'lost'", {
            "sales.opportunity#/fields/stage": (1, 6), "sales.opportunity#/fields/budget_confirmed": (10, 26),
            "sales.opportunity_stage#/options/won": (33, 36), "sales.opportunity_stage#/options/lost": (43, 47),
        }),
        ("changed('amount') and prev.amount > 1 and in_role('sales.rep')", {
            "function:changed": (0, 7), "sales.opportunity#/fields/amount": (9, 15),
            "function:in_role": (42, 49), "sales.rep": (51, 60),
        }),
        ("days_between(close_date, today()", {
            "function:days_between": (0, 12), "sales.opportunity#/fields/close_date": (13, 23), "function:today": (25, 30),
        }),
        ("account.unheard_of.name", {
            "sales.opportunity#/fields/account": (0, 7), "sales.account#/fields/unheard_of": (8, 18),
        }),
    ],
)  # fmt: skip
def test_an_expression_tells_its_names(source: str, found: dict[str, tuple[int, int]]) -> None:
    hits = names(source, About("sales.opportunity"), SNAPSHOT)

    first = {hit.target: hit.span for hit in reversed(hits)}
    assert first == found


def test_a_result_that_is_an_option_is_named() -> None:
    stage = SNAPSHOT.entity("sales.opportunity").fields["stage"]

    hits = names("when(amount > 10, 'won', 'lost')", About("sales.opportunity", gives=stage), SNAPSHOT)

    assert {hit.target for hit in hits} >= {
        "sales.opportunity_stage#/options/won", "sales.opportunity_stage#/options/lost"
    }  # fmt: skip


def test_plain_sources_are_read_alike_with_and_without_grammar() -> None:
    places = [place for document in SNAPSHOT.documents.values() for place in expression_places(document)]
    plain = [place for place in places if not re.search(r"['\"]", place.source)]

    assert len(plain) > 50
    for place in plain:
        about = About(place.entity, "sales.account")
        assert names(place.source, about, SNAPSHOT) == names(f"{place.source} and 'x'", about, SNAPSHOT)


def test_what_is_below_counts_and_what_only_begins_alike_does_not() -> None:
    optionset = USAGE.of_target("sales.account_tier")
    tier = USAGE.of_target("sales.account#/fields/tier")

    assert {one.target for one in optionset} >= {"sales.account_tier", "sales.account_tier#/options/key"}
    assert {one.target for one in tier} == {"sales.account#/fields/tier"}
    assert not any(one.target.startswith("sales.account_") for one in USAGE.of_target("sales.account"))


def test_what_a_thing_says_about_itself_is_inside() -> None:
    everything, outside = USAGE.of_target("sales.account"), USAGE.outside("sales.account")

    assert {one.document for one in everything} - {one.document for one in outside} == {"sales.account"}


def test_the_graph_is_made_once() -> None:
    assert Usage.of(SNAPSHOT) is USAGE
    assert references(SNAPSHOT) is USAGE.all


def test_a_reference_says_where_it_stands() -> None:
    said = {str(label(one, SNAPSHOT)) for one in USAGE.of_target("sales.account#/fields/tier")}

    assert said >= {
        "Form Account · section Basics", "Form Account · head", "List All (Account) · column", "List Key accounts · filter",
        "List Key accounts · quick filter Strategic · filter", "Role Sales representative · rights on Account",
    }  # fmt: skip
    chinese = [label(one, SNAPSHOT, "zh-CN").translated(translator("zh-CN")) for one in USAGE.all]
    assert "表单“客户” · 分区“基本信息”" in chinese
    assert not [text for text in chinese if re.search(r"\b(Form|section|field|List|column)\b", text)]


def test_what_people_see_is_taken_out_before_it_is_hidden() -> None:
    tier = removal(SNAPSHOT, "sales.account#/fields/tier")

    assert tier.stage is Stage.DEPRECATE
    assert not tier.possible
    assert not {one.role for one in tier.blocked_by} & {Use.TRANSLATION}
    assert str(tier.message).startswith("Tier is still in use where people see it, in 14 places.")


def test_what_only_rules_need_is_hidden_and_what_nothing_needs_is_retired() -> None:
    assert removal(SNAPSHOT, "sales.account_tier#/options/key").stage is Stage.HIDE
    assert removal(SNAPSHOT, "sales.account_mine").stage is Stage.FREE
    assert removal(with_field(hidden=True), "sales.account#/fields/spare").stage is Stage.RETIRE
    assert removal(with_field(hidden=False), "sales.account#/fields/spare").stage is Stage.FREE


def with_field(**members: Any) -> Snapshot:
    """The shipped packs with one more field, which nothing uses."""
    spare = {"type": "text", "label": "Spare", "maxLength": 10, **members}
    return Snapshot.of(
        1,
        [
            {**raw, "fields": {**raw["fields"], "spare": spare}} if raw["id"] == "sales.account" else raw
            for raw in PACKS
        ],
    )


def test_data_migrations_are_read() -> None:
    migration = {
        "id": "big", "entity": "sales.account", "where": "tier == 'key'", "set": {"status": "when(blank(tier), 'active', status)"},
    }  # fmt: skip
    packs = [{**raw, "dataMigrations": [migration]} if raw["id"] == "sales" else raw for raw in PACKS]

    found = {
        one.target: one.pointer
        for one in Usage.of(Snapshot.of(1, packs)).in_document("sales")
        if one.role is Use.MIGRATION
    }

    assert found["sales.account"] == "/dataMigrations/0/entity"
    assert found["sales.account_tier#/options/key"] == "/dataMigrations/0/where"
    assert {"sales.account#/fields/status", "sales.account_status#/options/active"} <= found.keys()


def test_conditions_of_rights_and_of_sharing_are_read() -> None:
    where = {"level": "read", "upgrade": {"level": "edit", "where": "tier == 'key' and owner == me.id"}}
    right = {"read": {"scopes": ["all"], "where": "parent.tier == 'key'"}, "fields": {"name": where}}
    role = {"kind": "role", "id": "x.role", "label": "Role", "entities": {"sales.account": right, "*": right}}
    sharing = {
        "kind": "sharing", "id": "x.open", "label": "Open", "entity": "sales.account", "when": "tier == 'key'",
        "to": [{"kind": "team", "team": "north"}, {"kind": "role", "role": "x.role"}],
    }  # fmt: skip
    snapshot = Snapshot.of(1, [*PACKS, role, sharing])
    usage = Usage.of(snapshot)

    tier = [one for one in usage.of_target("sales.account#/fields/tier") if one.document.startswith("x.")]

    assert {(one.document, one.pointer) for one in tier} == {
        ("x.role", "/entities/sales.account/read/where"),
        ("x.role", "/entities/sales.account/fields/name/upgrade/where"),
        ("x.open", "/when"),
    }
    assert str(label(tier[1], snapshot)) == "Role Role · rights on Account · field Name · condition"
    assert [one.document for one in usage.of_target("team:north")] == ["x.open"]
    assert [one.document for one in usage.of_target("x.role")] == ["x.open"]
    renamed = {
        raw["id"]: raw
        for raw in rewrite((role, sharing), {"sales.account#/fields/tier": "sales.account#/fields/level"}, snapshot)
    }
    text = str(renamed)
    assert text.count("level == 'key'") == 3


@pytest.mark.parametrize(
    "document",
    ["sales.account", "sales.account_tier", "sales.account_form", "sales.account_all", "core.user", "sales.zh_cn"],
)
def test_the_graph_of_a_change_is_that_of_the_whole(document: str) -> None:
    def changed(raw: Any) -> Any:
        if raw["id"] != document:
            return raw
        if raw["kind"] == "entity":
            fields = {key: field for key, field in raw["fields"].items() if key not in ("tier", "team", "parent")}
            return {**raw, "fields": {**fields, "big": {"type": "boolean", "label": "Big"}}}
        if raw["kind"] == "optionset":
            return {**raw, "options": {"strategic": raw["options"]["strategic"]}}
        return {**raw, "label": "Other", "entity": "sales.contact"} if "entity" in raw else {**raw, "entries": {}}

    documents = [changed(raw) for raw in PACKS]
    whole, near = Snapshot.of(2, documents), Snapshot.of(2, documents)

    assert Usage.of(near, near=SNAPSHOT).by_document == Usage.of(whole).by_document
    assert Usage.of(near).by_document != USAGE.by_document


JUNK: tuple[Any, ...] = (
    None, 7, True, "", "a.b.c", "((", "x" * 5000, [], [7, None], {}, {"a": 1}, {"": {"": ""}}, [[]], "#/", "a#/b", "~", "＝",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_documents_that_are_badly_broken_are_read_as_far_as_possible(seed: int) -> None:
    chance = Random(seed)
    extension = {
        "kind": "extension", "id": "x.e", "target": "sales.account", "madeAgainst": {"pack": "sales", "seen": {"/label": ""}},
        "add": {"/fields/x_a": {"type": "formula", "expr": "tier"}}, "change": {"fields": {"tier": {"label": "L"}}},
        "hide": ["/fields/phone"],
    }  # fmt: skip
    renames = {"sales.account#/fields/tier": "sales.account#/fields/level", "sales.lead": "sales.prospect"}

    for _ in range(20):
        broken = _broken(chance.choice([*PACKS, extension]), chance)
        found = mentions(broken, SNAPSHOT)
        assert all(isinstance(mention.target, str) for mention in found)
        rewrite([broken], renames, SNAPSHOT)


def _broken(raw: Any, chance: Random) -> Any:
    """A document with junk in some places, which still says its kind and id."""
    copy = deepcopy(raw)
    for _ in range(4):
        holder: Any = copy
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = chance.choice([key for key in keys if holder is not copy or key not in ("kind", "id")])
            inner = holder[key]
            if not isinstance(inner, dict | list) or not inner or chance.random() < 0.3:
                holder[key] = deepcopy(chance.choice(JUNK))
                break
            holder = inner
    return copy
