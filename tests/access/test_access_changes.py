"""A plan tells who gains and who loses what: counted as lists will have it, and never without a way back."""

from copy import deepcopy
from itertools import product
from typing import Any

import pytest

from tests.support.offers import OFFER, PART, Offers, documents, listed
from tests.support.office import documents as office_documents
from trellis.services.access.explaining import subject_of
from trellis.services.context import Context
from trellis.services.studio import plans
from trellis.services.studio.accesscounts import Counts, count_changes
from trellis.services.studio.accessjson import access_body
from trellis.services.studio.plans import PlanChanged
from trellis.services.studio.planview import PlanView
from trellis.web.studio.accessrows import access_rows

PEOPLE = ("Ann", "Ben", "Cat", "Dan")


def document(identity: str) -> dict[str, Any]:
    """A copy of a document of the office."""
    found = next(one for one in (*documents(), *office_documents()) if one["id"] == identity)
    return deepcopy(found)


async def planned(context: Context, *changed: dict[str, Any], without: str = "") -> PlanView:
    """The plan of publishing these documents in the place of those there are."""
    wanted = {**context.snapshot.sources, **{one["id"]: one for one in changed}}
    return await plans.plan_documents(context, [raw for name, raw in wanted.items() if name != without])


async def counted(context: Context, view: PlanView) -> Counts:
    """The numbers of a plan."""
    assert view.access is not None
    return await count_changes(context, view.planned, view.access)


async def opened_to(offers: Offers, context: Context) -> dict[tuple[str, str, str], set[str]]:
    """For each person, entity and action the records for which it is allowed."""
    found = {}
    for name, entity, action in product(PEOPLE, (OFFER, PART), ("read", "edit", "delete")):
        subject = (await subject_of(context, offers.id(name))).context
        found[name, entity, action] = await listed(subject, entity, action)
    return found


async def test_what_is_counted_before_is_what_lists_show_after(offers: Offers) -> None:
    await offers.share("Ben open", f"u:{offers.id('Cat')}", "edit", "read")
    await offers.share("Stray", "r:office.own", "edit", "read")
    for name, *roles in (("Ann", "own", "shared"), ("Ben", "own", "team"), ("Cat", "clerk"), ("Dan", "senior", "all")):
        await offers.give(name, *roles)
    own, clerk, large = document("office.own"), document("office.clerk"), document("office.large")
    own["entities"][OFFER] = {
        "read": {"scopes": ["own", "team", "shared"]}, "edit": {"scopes": ["all"], "where": "amount < 500"},
    }  # fmt: skip
    clerk["entities"][OFFER] = {"read": {"scopes": ["own", "subordinates"]}, "edit": {"scopes": ["own"]}}
    clerk["inherits"] = ["office.shared"]
    large |= {"when": "amount > 50"}
    before = await opened_to(offers, offers.system)

    view = await planned(offers.system, own, clerk, large, without="office.all")
    counts = await counted(offers.system, view)
    await plans.publish_documents(offers.system, view, view.fingerprint, [one.key for one in view.confirmations], "")

    after = await opened_to(offers, await offers.office.fresh())
    assert counts.whole
    assert all(one.known and not one.assumed and one.counted == one.everybody for one in counts.lines)
    for name, entity, action in before:
        gained, lost = (numbers(counts, entity, action, offers.id(name), side) for side in ("gained", "lost"))
        key = (name, entity, action)
        assert (key, gained, lost) == (key, len(after[key] - before[key]), len(before[key] - after[key]))
    assert any(before[key] - after[key] for key in before)
    assert any(after[key] - before[key] for key in before)


def numbers(counts: Counts, entity: str, action: str, user: str, side: str) -> int:
    """How many records somebody gains or loses, as it was counted."""
    lines = (one for one in counts.lines if (one.entity, one.action) == (entity, action))
    return sum(share.records for one in lines for share in getattr(one, side) if share.user == user)


async def test_what_is_not_there_yet_counts_as_empty_and_is_said(offers: Offers) -> None:
    await offers.give("Cat", "own")
    offer, role = document(OFFER), document("office.own")
    offer["fields"] = {**offer["fields"], "open": {"type": "boolean", "label": "Open"}}
    role["entities"][OFFER] = {"read": {"scopes": ["all"], "where": "open or amount > 500"}}

    counts = await counted(offers.system, await planned(offers.system, offer, role))

    (read,) = [one for one in counts.lines if (one.entity, one.action) == (OFFER, "read")]
    assert (read.known, read.assumed, read.records_gained, read.records_lost) == (True, True, 0, 1)


async def test_rights_and_levels_that_change_are_told_and_ways_back_are_guarded(offers: Offers) -> None:
    await offers.give("Ann", "boss")
    await offers.give("Ben", "clerk")
    await offers.give("Cat", "senior")
    boss, clerk = document("office.boss"), document("office.clerk")
    clerk["entities"][OFFER] = {
        **clerk["entities"][OFFER],
        "fields": {"*": "read", "secret": "none", "amount": "masked"},
    }
    ann = offers.system.with_actor((await offers.office.as_("Ann", "boss")).actor)

    view = await planned(ann, {**boss, "system": {}}, clerk)

    assert view.access is not None
    assert view.access.held == {"office.boss": 1, "office.clerk": 2, "office.senior": 1}
    changes = {change.role: change for change in view.access.roles}
    assert changes["office.boss"].lost == ("users",)
    levels = {level.key: (level.before.level.name, level.after.level.name) for level in changes["office.clerk"].levels}
    assert levels["state"] == ("EDIT", "READ")
    assert "secret" not in levels
    assert [one.key for one in view.confirmations] == ["access.nobody.users"]
    assert "Nobody could look after users and roles any more." in str(view.confirmations[0].message)
    with pytest.raises(PlanChanged, match="Please confirm this first: Nobody could look after users"):
        await plans.publish_documents(offers.system, view, view.fingerprint, [], "")


async def test_who_may_have_masked_values_shown_is_told(offers: Offers) -> None:
    await offers.give("Ben", "clerk")
    clerk = document("office.clerk")
    clerk["entities"][OFFER]["fields"]["amount"]["reveal"] = True

    view = await planned(offers.system, clerk)

    rows = access_rows(view, offers.system.snapshot, offers.system.snapshot)
    assert rows is not None
    assert [(row.role, str(row.before), str(row.after)) for row in rows.fields if row.field == "Amount"] == [
        ("Clerk", "masked, on some records read", "masked, may be shown, which is recorded, on some records read"),
        (
            "Senior clerk",
            "masked, on some records read",
            "masked, may be shown, which is recorded, on some records read",
        ),
    ]
    told = access_body(view, lambda text: text)
    assert told is not None
    assert [(one["reveal_before"], one["reveal_after"]) for one in told["roles"][0]["fields"]] == [(False, True)]


async def test_a_plan_without_a_change_of_rights_asks_nothing(offers: Offers) -> None:
    offer = document(OFFER)
    offer["fields"] = {**offer["fields"], "note": {"type": "text", "label": "Note"}}

    view = await planned(offers.system, {**offer, "label": "Bid"})

    assert view.access is None
    with pytest.raises(PlanChanged):
        await plans.publish_documents(offers.system, view, "something else", [], "")
