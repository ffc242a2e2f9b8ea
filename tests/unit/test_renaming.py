"""A new name for something is followed by every document that names it."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from tests.support.checkout import ROOT
from trellis.engine.metadata_expressions import check_expression
from trellis.engine.renaming import rewrite
from trellis.engine.usage import Usage
from trellis.metadata.check import check_documents
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Raw, Snapshot

PACKS = load_folder(ROOT / "metadata").documents
SNAPSHOT = Snapshot.of(1, PACKS)


def fields_of(snapshot: Snapshot) -> dict[str, str]:
    """Every declared field of every entity with a fresh name."""
    return {
        f"{entity.id}#/fields/{key}": f"{entity.id}#/fields/zz_{key[:40]}"
        for entity in snapshot.entities.values()
        for key in entity.fields
    }


def options_of(snapshot: Snapshot) -> dict[str, str]:
    """Every option, own or shared, with a fresh name."""
    shared = {
        f"{document}#/options/{key}"
        for document, raw in snapshot.raw.items()
        if raw["kind"] == "optionset"
        for key in raw["options"]
    }
    own = {
        f"{entity.id}#/fields/{key}/options/{option}"
        for entity in snapshot.entities.values()
        for key, field in entity.fields.items()
        for option in getattr(field, "options", None) or ()
    }
    return {path: f"{path}_zz" for path in shared | own}


def documents_of(snapshot: Snapshot) -> dict[str, str]:
    """Every document with a fresh id, but for packs and for what the platform itself knows by name."""
    known = {key for key, raw in snapshot.raw.items() if raw["kind"] == "pack" or key.startswith("core.")}
    return {key: f"{key}_zz" for key in snapshot.raw if key not in known}


def all_of(snapshot: Snapshot) -> dict[str, str]:
    """Everything with a fresh name, all at once."""
    renames = fields_of(snapshot) | options_of(snapshot) | documents_of(snapshot)
    return {path: moved(path, renames) for path in renames}


def some_of(snapshot: Snapshot) -> dict[str, str]:
    """A random half of everything with a fresh name."""
    every = fields_of(snapshot) | options_of(snapshot) | documents_of(snapshot)
    chosen = {path: after for path, after in every.items() if Random(path).random() < 0.5}
    return {path: moved(path, chosen) for path in chosen}


EVERYTHING = [fields_of, options_of, documents_of, all_of, some_of]


def as_written(documents: tuple[Raw, ...]) -> list[str]:
    """The documents as text, in which the order of members counts."""
    return [json.dumps(document, ensure_ascii=False, default=str) for document in documents]


def codes(documents: tuple[Raw, ...]) -> list[tuple[str, str]]:
    """What is wrong with documents, without names."""
    return sorted((found.code, found.severity) for found in check_documents(documents, check_expression))


def moved(path: str, renames: Mapping[str, str]) -> str:
    """A path after a rename of the things on its way."""
    document, mark, where = path.partition("#")
    parts, walked = where.split("/")[1:], document
    found = [renames.get(document, document)]
    for number, part in enumerate(parts):
        walked += ("#/" if number == 0 else "/") + part
        found.append(renames.get(walked, walked).rpartition("/")[2])
    return found[0] + ("#/" if mark else "") + "/".join(found[1:])


@pytest.mark.parametrize("everything", EVERYTHING)
def test_everything_can_be_renamed_and_named_back(everything: Any) -> None:
    renames = everything(SNAPSHOT)
    assert renames

    there = rewrite(PACKS, renames, SNAPSHOT)
    renamed = Snapshot.of(2, there)
    back = rewrite(there, {after: before for before, after in renames.items()}, renamed)

    assert as_written(there) != as_written(PACKS)
    assert as_written(back) == as_written(PACKS)


@pytest.mark.parametrize("everything", EVERYTHING)
def test_a_rename_breaks_nothing(everything: Any) -> None:
    there = rewrite(PACKS, everything(SNAPSHOT), SNAPSHOT)

    assert codes(there) == codes(PACKS)


@pytest.mark.parametrize("everything", EVERYTHING)
def test_a_rename_keeps_who_uses_what(everything: Any) -> None:
    renames = everything(SNAPSHOT)
    renamed = Snapshot.of(2, rewrite(PACKS, renames, SNAPSHOT))

    before = [(found.role, moved(found.target, renames)) for found in Usage.of(SNAPSHOT).all]
    after = [(found.role, found.target) for found in Usage.of(renamed).all]
    assert sorted(after) == sorted(before)


def test_expressions_keep_their_form() -> None:
    source = "when( account . tier == ‘key’,  1, account.tier in ('strategic', \"key\"), 2, 3 )"
    documents = with_formula(source)
    renames = {
        "sales.account#/fields/tier": "sales.account#/fields/level",
        "sales.opportunity#/fields/account": "sales.opportunity#/fields/customer",
        "sales.account_tier#/options/key": "sales.account_tier#/options/gold",
    }

    found = Snapshot.of(2, rewrite(documents, renames, Snapshot.of(1, documents))).raw["sales.opportunity"]

    written = "when( customer . level == ‘gold’,  1, customer.level in ('strategic', \"gold\"), 2, 3 )"
    assert found["fields"]["rank"]["expr"] == written


def test_a_source_that_is_half_written_follows_too() -> None:
    documents = with_formula("account.tier == (account.tier and blank(amount")
    renames = {"sales.account#/fields/tier": "sales.account#/fields/level"}

    found = Snapshot.of(2, rewrite(documents, renames, Snapshot.of(1, documents))).raw["sales.opportunity"]

    assert found["fields"]["rank"]["expr"] == "account.level == (account.level and blank(amount"


def test_names_can_be_exchanged() -> None:
    account = "sales.account#/fields/"
    renames = {f"{account}phone": f"{account}website", f"{account}website": f"{account}phone"}

    there = rewrite(PACKS, renames, SNAPSHOT)

    assert as_written(rewrite(there, renames, Snapshot.of(2, there))) == as_written(PACKS)
    assert list(Snapshot.of(2, there).entity("sales.account").fields) != list(SNAPSHOT.entity("sales.account").fields)


def test_what_nobody_renamed_stays_the_same_object() -> None:
    found = rewrite(PACKS, {"sales.account#/fields/tier": "sales.account#/fields/level"}, SNAPSHOT)

    same = {before["id"] for before, after in zip(PACKS, found, strict=True) if before is after}
    assert {"sales.lead", "sales.lead_form", "core.user"} <= same
    assert not {"sales.account", "sales.account_form", "sales.zh_cn"} & same


EXTENSION = {
    "kind": "extension", "id": "x.sales_account_ext", "target": "sales.account",
    "add": {
        "/fields/x_region": {
            "type": "select", "label": "Region", "options": {"east": {"label": "East", "when": "tier == 'key'"}},
        },
        "/validations/x_needed": {"fail": "blank(x_region) and x_region != 'east'", "message": "Where?", "at": "tier"},
    },
    "change": {"fields": {"tier": {"label": "Level", "default": "key"}}, "titleField": "x_region"},
    "hide": ["/fields/tier"],
}  # fmt: skip


def test_extensions_follow_in_what_they_add_change_and_hide() -> None:
    account = SNAPSHOT.raw["sales.account"]
    effective = {**account, "fields": {**account["fields"], "x_region": EXTENSION["add"]["/fields/x_region"]}}  # type: ignore[index]
    snapshot = Snapshot.of(1, [effective if raw is account else raw for raw in PACKS])
    renames = {
        "sales.account#/fields/tier": "sales.account#/fields/level",
        "sales.account#/fields/x_region": "sales.account#/fields/x_area",
        "sales.account#/fields/x_region/options/east": "sales.account#/fields/x_region/options/sunrise",
        "sales.account_tier#/options/key": "sales.account_tier#/options/gold",
    }

    (found,) = rewrite([EXTENSION], renames, snapshot)

    assert found == {
        "kind": "extension", "id": "x.sales_account_ext", "target": "sales.account",
        "add": {
            "/fields/x_area": {
                "type": "select", "label": "Region",
                "options": {"sunrise": {"label": "East", "when": "level == 'gold'"}},
            },
            "/validations/x_needed": {
                "fail": "blank(x_area) and x_area != 'sunrise'", "message": "Where?", "at": "level",
            },
        },
        "change": {"fields": {"level": {"label": "Level", "default": "gold"}}, "titleField": "x_area"},
        "hide": ["/fields/level"],
    }  # fmt: skip


def with_formula(source: str) -> tuple[Raw, ...]:
    """The shipped packs with one more formula."""
    rank = {"type": "formula", "label": "Rank", "returns": "integer", "expr": source}
    return tuple(
        {**raw, "fields": {**raw["fields"], "rank": rank}} if raw["id"] == "sales.opportunity" else raw for raw in PACKS
    )
