"""What a proof says: the facts that decide each rule, the values conditions read, and nothing that is not for the asker."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.support.offers import OFFER, PART, Offers
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.metadata.documents import Level
from trellis.services.access.advice import advise
from trellis.services.access.explaining import explain, explain_right, subject_of
from trellis.services.access.proofs import Obstacle, Proof
from trellis.services.access.wording import reason, verdict
from trellis.services.commands import Delete, Update
from trellis.services.context import Context
from trellis.services.records import write


async def proof(offers: Offers, person: str, record: str, action: str = "read", field: str | None = None) -> Proof:
    entity = PART if record.endswith("part") else OFFER
    return await explain(offers.system, offers.id(person), entity, offers.id(record), action, field)


def told(found: Proof) -> dict[str, tuple[bool | None, list[str]]]:
    """Of each scope of the last action whether its rule holds, and the facts."""
    return {rule.scope: (rule.holds, [str(fact) for fact in rule.facts]) for rule in found.actions[-1].rules}


async def test_each_rule_tells_the_facts_that_decide_it(offers: Offers) -> None:
    await offers.give("Dan", "own", "team", "teamtree", "subordinates")
    await offers.give("Cat", "shared")
    await offers.share("Ben open", f"u:{offers.id('Cat')}", "edit")
    await offers.share("Ann open", f"t:{offers.id('South')}", until=1)

    assert told(await proof(offers, "Dan", "Ben open")) == {
        "own": (False, ["It belongs to Ben."]),
        "team": (False, ["It is a record of the team North.", "Dan is in the team Head."]),
        "teamTree": (True, ["It is a record of the team North.", "Dan is in the team Head."]),
        "subordinates": (True, ["It belongs to Ben.", "Ben reports to Dan through Ann."]),
    }
    assert told(await proof(offers, "Dan", "Ben open part"))["subordinates"][0] is True
    shared = await proof(offers, "Cat", "Ben open")
    assert [str(fact) for fact in shared.actions[0].rules[0].facts] == ["Ann shared it with Cat."]
    assert (await proof(offers, "Cat", "Ben open", "edit")).allowed
    over = (await proof(offers, "Cat", "Ann open")).actions[0].rules[0]
    assert (over.holds, str(over.facts[0])) == (
        False, "Ann shared it with the team South until 1970-01-01; that is over.",
    )  # fmt: skip


async def test_conditions_show_what_they_read_as_far_as_the_asker_may_see_it(offers: Offers) -> None:
    await offers.give("Ben", "own")
    await offers.give("Cat", "clerk")

    refused = await proof(offers, "Ben", "Ben open", "edit")
    assert refused.allowed
    (rule,) = refused.actions[-1].rules
    assert rule.where is not None
    assert rule.where.text is not None
    assert rule.where.text.labelled == "{State} == 'open'"
    assert [(step.text.labelled, step.value) for step in rule.where.steps] == [
        ("{State}", "open"), ("{State} == 'open'", True),
    ]  # fmt: skip
    cat = (await subject_of(offers.system, offers.id("Cat"))).context
    mine = await explain(cat, cat.actor.id, OFFER, offers.id("Cat open"), "edit")
    (hidden,) = mine.actions[-1].rules
    assert hidden.where is not None
    assert (mine.allowed, hidden.within, hidden.where.text, hidden.where.steps) == (False, True, None, ())
    assert str(reason(mine, cat.snapshot)).endswith("A condition on it does not hold.")


async def test_levels_of_fields_come_from_roles_and_from_conditions_that_hold(offers: Offers) -> None:
    await offers.give("Ann", "senior")

    opened, closed = [await proof(offers, "Ann", name, "read", "amount") for name in ("Ben open", "Cat large")]

    assert (opened.allowed, closed.allowed) == (True, False)
    assert opened.field is not None
    assert closed.field is not None
    assert (opened.field.level, closed.field.level) == (Level.READ, Level.MASKED)
    (role,) = [one for one in closed.field.roles if one.where is not None]
    assert (role.role.id, role.role.through, role.level, role.upgrade) == (
        "office.clerk", ("Senior clerk",), Level.MASKED, Level.READ,
    )  # fmt: skip
    assert role.where is not None
    assert role.where.holds is False
    ann = (await subject_of(offers.system, offers.id("Ann"))).context
    with pytest.raises(NotFound):
        await explain(ann, ann.actor.id, OFFER, offers.id("Ben open"), "read", "secret")


async def test_of_what_one_may_not_see_one_hears_what_one_hears_of_nothing(offers: Offers) -> None:
    await offers.give("Ben", "own", "shared")
    ben = (await subject_of(offers.system, offers.id("Ben"))).context

    def bare(found: Proof) -> tuple[object, ...]:
        return found.allowed, found.record, found.obstacle, found.actions, str(verdict(found, ben.snapshot))

    hidden = await explain(ben, ben.actor.id, OFFER, offers.id("Cat open"), "edit")
    assert bare(hidden) == bare(await explain(ben, ben.actor.id, OFFER, str(uuid4()), "edit"))
    assert bare(hidden) == bare(await explain(ben, ben.actor.id, OFFER, "nonsense", "edit"))
    assert hidden.obstacle is Obstacle.NO_RECORD
    assert [rule.facts for action in hidden.actions for rule in action.rules] == [()] * 6
    assert [rule.holds for action in hidden.actions for rule in action.rules] == [None] * 6
    assert await people(ben, hidden) == await people(ben, replace(hidden, obstacle=None))
    with pytest.raises(Forbidden):
        await explain(ben, offers.id("Cat"), OFFER, offers.id("Ben open"), "read")
    with pytest.raises(Forbidden):
        await explain(ben, str(uuid4()), OFFER, None, "read")


async def people(context: Context, found: Proof) -> list[str]:
    return [one.name for one in (await advise(context, found)).people]


async def test_somebody_who_looks_after_users_learns_nothing_of_records_closed_to_him(offers: Offers) -> None:
    await offers.give("Ann", "boss", "own")
    await offers.give("Cat", "own")
    boss = (await subject_of(offers.system, offers.id("Ann"))).context

    found = await explain(boss, offers.id("Cat"), OFFER, offers.id("Cat open"), "edit")

    assert (found.allowed, found.record, found.obstacle) == (False, None, Obstacle.NO_RECORD)
    assert (await explain(boss, offers.id("Cat"), OFFER, None, "edit")).allowed


async def test_advice_names_who_could_help(offers: Offers) -> None:
    await offers.give("Ben", "clerk")
    await offers.give("Cat", "clerk")
    await offers.give("Ann", "boss")
    ben = (await subject_of(offers.system, offers.id("Ben"))).context

    advice = await advise(ben, await explain(ben, ben.actor.id, OFFER, offers.id("Cat large"), "edit"))

    assert [str(one) for one in advice.needed] == ["It would be allowed if it belonged to you."]
    assert [(one.name, str(one.how)) for one in advice.people] == [
        ("Cat", "owns it, and may give it to you"), ("Ann", "is your manager"),
    ]  # fmt: skip


async def test_a_record_in_the_bin_is_open_to_nobody_and_that_is_said(offers: Offers) -> None:
    await offers.give("Ann", "all")
    await write(offers.system, OFFER, [Delete(offers.id("Stray"))])

    found = await proof(offers, "Ann", "Stray")

    assert (found.allowed, found.obstacle) == (False, Obstacle.IN_BIN)
    assert found.actions[0].rules[0].holds
    assert str(reason(found, offers.system.snapshot)) == "It is in the bin."


async def test_rights_of_the_system_are_explained_by_roles(offers: Offers) -> None:
    await offers.give("Cat", "senior")

    held = await explain_right(offers.system, offers.id("Cat"), "import")

    assert (held.allowed, [role.id for role in held.roles]) == (True, ["office.senior"])
    assert not (await explain_right(offers.system, offers.id("Cat"), "publish")).allowed
    with pytest.raises(NotFound):
        await explain_right(offers.system, offers.id("Cat"), "fly")


async def test_a_field_that_is_open_elsewhere_says_where(offers: Offers) -> None:
    await offers.give("Ben", "keeper")
    ben = (await subject_of(offers.system, offers.id("Ben"))).context

    with pytest.raises(Invalid) as refused:
        await write(ben, OFFER, [Update(offers.id("Cat large"), {"amount": 1})])

    assert [(one.path, one.code, str(one.message)) for one in refused.value.errors] == [
        (
            "amount", "not_writable",
            "Amount of this record cannot be changed: that is open to you only where this holds: {State} == 'open'",
        )
    ]  # fmt: skip
