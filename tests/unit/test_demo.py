"""The demonstration data is what it promises to be."""

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import pytest

from trellis.engine.validation import Validator
from trellis.metadata.load import load_folder
from trellis.metadata.snapshot import Snapshot
from trellis.services.demo import demo_commands
from trellis.services.demo_draw import Values

TODAY = date(2026, 11, 21)
PACKS = Path(__file__).parents[2] / "metadata"


@cache
def demo():
    found: dict[str, dict[str, Values]] = {}
    for entity, rows in demo_commands(7, TODAY):
        records = found.setdefault(entity, {})
        for row in rows:
            records[row["id"]] = records.get(row["id"], {}) | row
    return {entity: [*records.values()] for entity, records in found.items()}


@cache
def packs():
    return Snapshot.of(1, load_folder(PACKS).documents)


def test_it_is_as_large_as_promised():
    sizes = {entity: len(rows) for entity, rows in demo().items()}

    assert sizes["core.team"] == 5
    assert sizes["core.user"] == 20
    assert sizes["sales.account"] == 300
    assert sizes["sales.contact"] == 1000
    assert sizes["sales.opportunity"] == 1500
    assert sizes["sales.lead"] >= 200
    assert sizes["sales.product"] >= 12


def test_the_same_seed_gives_the_same_records():
    assert list(demo_commands(7, TODAY)) == list(demo_commands(7, TODAY))
    assert list(demo_commands(7, TODAY)) != list(demo_commands(8, TODAY))


def test_no_batch_is_larger_than_a_write_allows():
    assert all(0 < len(rows) <= 1000 for _, rows in demo_commands(7, TODAY))


@pytest.mark.parametrize("entity", sorted(demo()))
def test_every_value_fits_its_field(entity):
    fields = packs().entity(entity).all_fields
    mine = {key: field for key, field in fields.items() if not field.system or key in packs().entity(entity).fields}
    validator = Validator(packs().entity(entity), mine)

    for row in demo()[entity]:
        values = {key: value for key, value in row.items() if key != "id"}
        assert validator.check(values).errors == ()


@pytest.mark.parametrize("entity", sorted(demo()))
def test_required_fields_are_filled_and_unique_ones_differ(entity):
    rows = demo()[entity]

    for key, field in packs().entity(entity).fields.items():
        if field.required:
            assert all(key in row for row in rows), key
        if field.unique:
            assert max(Counter(row[key] for row in rows if key in row).values(), default=1) == 1, key


def test_every_link_leads_to_a_record_that_came_before():
    known = set()
    for entity, rows in demo_commands(7, TODAY):
        links = {key: field for key, field in packs().entity(entity).all_fields.items() if field.target}
        for row in rows:
            for key in links.keys() & row.keys():
                value = row[key]
                for record in value if isinstance(value, tuple) else [value]:
                    assert (links[key].target, record) in known, (entity, key)
            known.add((entity, row["id"]))


def test_ids_are_unique():
    ids = [row["id"] for rows in demo().values() for row in rows]

    assert len(set(ids)) == len(ids)


def test_old_deals_are_closed_and_young_ones_open():
    closed: dict[bool, list[bool]] = {True: [], False: []}
    for deal in demo()["sales.opportunity"]:
        closed[(TODAY - deal["engage_date"]).days > 240].append(deal["stage"] in ("won", "lost"))

    assert sum(closed[True]) / len(closed[True]) > 0.95
    assert sum(closed[False]) / len(closed[False]) < 0.75


def test_closed_deals_closed_before_today_and_say_why_they_were_lost():
    deals = demo()["sales.opportunity"]

    assert all(deal["close_date"] <= TODAY for deal in deals if deal["stage"] in ("won", "lost"))
    assert all("lost_reason" in deal for deal in deals if deal["stage"] == "lost")
    assert all(("lost_to" in deal) == (deal.get("lost_reason") == "competitor") for deal in deals)


def test_the_amount_of_a_deal_is_the_sum_of_its_lines():
    totals: dict[str, list[Decimal]] = {}
    for line in demo()["sales.opportunity_line"]:
        totals.setdefault(line["opportunity"], []).append(
            (line["quantity"] * line["unit_price"] * (100 - line["discount"]) / 100).quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )
        )

    open_or_won = [deal for deal in demo()["sales.opportunity"] if deal["stage"] != "lost"]
    assert all(len(totals[deal["id"]]) in (2, 3) for deal in open_or_won)
    assert all(sum(totals[deal["id"]], Decimal(0)) == deal["amount"] for deal in open_or_won)


def test_a_deal_belongs_to_the_owner_and_the_contacts_of_its_account():
    accounts = {row["id"]: row for row in demo()["sales.account"]}
    contacts = {row["id"]: row for row in demo()["sales.contact"]}

    for deal in demo()["sales.opportunity"]:
        assert deal["owner"] == accounts[deal["account"]]["owner"]
        assert contacts[deal["primary_contact"]]["account"] == deal["account"]
        assert deal["primary_contact"] not in deal["contacts"]


def test_every_team_has_a_manager_from_its_own_people():
    teams = {user["id"]: user["team"] for user in demo()["core.user"]}

    assert all(teams[team["manager"]] == team["id"] for team in demo()["core.team"])


def test_blocked_accounts_have_no_deals():
    blocked = {row["id"] for row in demo()["sales.account"] if row["status"] == "blocked"}

    assert blocked
    assert not any(deal["account"] in blocked for deal in demo()["sales.opportunity"])


def test_what_a_user_owns_belongs_to_the_team_of_the_user():
    teams = {user["id"]: user["team"] for user in demo()["core.user"]}

    owned = [row for rows in demo().values() for row in rows if "owner" in row]
    assert len(owned) > 3000
    assert all(row["owner_team"] == teams[row["owner"]] for row in owned)
