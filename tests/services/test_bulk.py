"""Many records at once: into the bin and back, shared and no longer, each with the right that it takes."""

from dataclasses import replace

import pytest

from tests.support.auditlog import prepared
from tests.support.firm import DEAL, LINE, to_user
from tests.support.office import Office
from trellis.engine.query import Query
from trellis.kernel.errors import Forbidden, Invalid
from trellis.kernel.events import impersonator_of
from trellis.services import queries, sharing
from trellis.services.commands import Create, Delete, Restore, Update
from trellis.services.context import Context
from trellis.services.handing import bulk, handover, operations
from trellis.services.handing.recordchanges import reason
from trellis.services.handing.selecting import MOST_IDS, Selection
from trellis.services.records import write
from trellis.services.sharing import Terms


async def names(context: Context, entity: str = DEAL, *, deleted: bool = False) -> list[str]:
    """The names of what is there, or in the bin."""
    found = await queries.list_records(context, Query(entity, ("name",), deleted=deleted))
    return sorted(str(record["name"]) for record in found.records())


async def refusal(context: Context, *ids: str, query: Query | None = None) -> tuple[str, str]:
    """Where and why nothing was deleted."""
    with pytest.raises(Invalid) as refused:
        await bulk.delete(context, Selection(DEAL, ids, query))
    (error,) = refused.value.errors
    return error.path, error.code


async def left(context: Context, operation: str) -> dict[str, str]:
    """What was left, with the reason."""
    found = await handover.progress(context, operation)
    return {item.record: str(reason(item)) for item in found.left}


async def test_chosen_records_go_into_the_bin_with_their_parts_and_come_back(office: Office) -> None:
    ann = await office.as_("Ann", "worker", "many")
    one, two, _ = [await office.deal(name, "Ann") for name in ("One", "Two", "Three")]
    await write(ann, LINE, [Create({"name": "Line", "deal": one})])

    done = await bulk.delete(ann, Selection(DEAL, (one, two)))

    progress = await handover.progress(ann, done)
    assert (progress.handover.state, progress.handover.total, progress.left) == ("done", 2, ())
    assert (await names(ann), await names(ann, deleted=True)) == (["Three"], ["One", "Two"])
    assert await names(ann, LINE) == []
    assert (await queries.history(ann, DEAL, one))[0].actor == ann.actor.id

    await handover.undo(ann, done)
    await operations.finish(ann, done)
    assert await names(ann) == ["One", "Three", "Two"]
    assert (await handover.progress(ann, done)).handover.state == "undone"


async def test_what_one_may_not_delete_stays_and_says_why_and_what_one_may_not_see_is_not_there(office: Office) -> None:
    ann = await office.as_("Ann", "careful", "many")
    own, hers, hidden = (
        await office.deal("Own", "Ann"),
        await office.deal("Hers", "Ben"),
        await office.deal("No", "Ben"),
    )
    await sharing.share(await office.as_("Ben", "worker"), DEAL, hers, to_user(office, "Ann"), Terms())
    ann = await office.as_("Ann", "careful", "many")

    done = await bulk.delete(ann, Selection(DEAL, (own, hers, hidden, "nonsense")))

    assert await left(ann, done) == {hers: "You may not delete this record of Deals."}
    assert (await handover.progress(ann, done)).handover.request["missing"] == 2
    assert await names(office.system) == ["Hers", "No"]
    assert await refusal(ann, hidden) == await refusal(ann, own) == ("ids", "nothing")
    assert await refusal(ann) == ("ids", "required")
    assert await refusal(ann, *(str(number) for number in range(MOST_IDS + 1))) == ("ids", "too_many")
    with pytest.raises(Forbidden):
        await bulk.delete(await office.as_("Ann", "careful"), Selection(DEAL, (hers,)))
    with pytest.raises(Forbidden):
        await bulk.delete(await office.as_("Ann", "auditor", "many"), Selection(DEAL, (hers,)))
    with pytest.raises(Forbidden):
        await bulk.delete(await office.as_("Ann", "worker", "many"), Selection(LINE, (hers,)))


async def test_all_that_a_question_finds_and_much_of_it_by_the_worker(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    for number in range(4):
        await office.deal(f"Deal {number}", "Ann", amount=number)
    ann, found = await office.as_("Ann", "worker", "many"), Query(DEAL, filter="amount > 0")

    assert await bulk.doable(ann, found, bulk.DELETE) == 3
    done = await bulk.delete(ann, Selection(DEAL, query=found))

    assert (await handover.progress(ann, done)).handover.state == "running"
    await operations.finish(office.system, done)
    assert await names(ann) == ["Deal 0"]


async def test_the_same_sent_twice_is_done_once(office: Office) -> None:
    ann = await office.as_("Ann", "worker", "many")
    one, two = await office.deal("One", "Ann"), await office.deal("Two", "Ann")
    once = "019f0000-0000-7000-8000-000000000001"
    first = await bulk.delete(ann, Selection(DEAL, (one,)), once=once)

    assert first == once
    assert await bulk.delete(ann, Selection(DEAL, (one,)), once=once) == once
    assert await bulk.delete(ann, Selection(DEAL, (two,)), once=once) != once
    await write(ann, DEAL, [Restore(one)])
    await handover.undo(ann, once)
    await operations.finish(ann, once)
    assert await bulk.delete(ann, Selection(DEAL, (one,)), once=once) != once


async def test_only_what_is_as_it_was_left_comes_back(office: Office) -> None:
    ann = await office.as_("Ann", "worker", "many")
    one, two = await office.deal("One", "Ann"), await office.deal("Two", "Ann")
    done = await bulk.delete(ann, Selection(DEAL, (one, two)))
    await write(ann, DEAL, [Restore(one)])
    await write(ann, DEAL, [Delete(one)])

    await handover.undo(ann, done)
    await operations.finish(ann, done)

    assert await names(ann) == ["Two"]
    assert [item.record for item in (await handover.progress(ann, done)).left] == [one]


async def test_many_are_shared_each_where_that_is_allowed_and_no_longer(office: Office) -> None:
    small, large = await office.deal("Small", "Ann", amount=1), await office.deal("Large", "Ann", amount=5000)
    known = await office.deal("Known", "Ann", amount=2)
    hidden = await office.deal("Hidden", "Cat")
    ann, ben = await office.as_("Ann", "careful", "many"), await office.as_("Ben", "worker")
    await sharing.share(ann, DEAL, known, to_user(office, "Ben"), Terms(part="Friend"))
    edit = Terms(frozenset({"edit"}))

    done = await bulk.share(ann, Selection(DEAL, (small, large, known, hidden)), to_user(office, "Ben"), edit)

    assert await left(ann, done) == {large: "You can share only what you may do yourself."}
    assert await sharing.shares_of(ann, DEAL, large) == ()  # Ben sees it by a rule
    assert await names(ben) == ["Known", "Large", "Small"]
    await write(ben, DEAL, [Update(small, {"name": "Tiny"}), Update(known, {"name": "Known too"})])

    await handover.undo(ann, done)
    await operations.finish(ann, done)
    assert await names(ben) == ["Known too", "Large"]
    kinds = ("bulk.shared", "share.revoked", "bulk.undone")
    assert [line for line in await noted(office) if line[0] in kinds] == [(kind, ann.actor.id, DEAL) for kind in kinds]
    (share,) = await sharing.shares_of(ann, DEAL, known)
    assert (share.actions, share.part) == (("read",), "Friend")
    with pytest.raises(Invalid):
        await bulk.share(ann, Selection(DEAL, (small,)), to_user(office, "Ben"), Terms(frozenset({"fly"})))
    with pytest.raises(Forbidden):
        await bulk.share(await office.as_("Ann", "careful"), Selection(DEAL, (small,)), to_user(office, "Ben"), edit)


async def test_fields_of_many_are_changed_each_where_that_is_allowed_and_changed_back(office: Office) -> None:
    small, large = await office.deal("Small", "Ann", amount=1), await office.deal("Large", "Ann", amount=5000)
    same, other = await office.deal("Same", "Ann", amount=7), await office.deal("Other", "Ann", amount=2)
    ann = await office.as_("Ann", "careful", "many")
    chosen = Selection(DEAL, (small, large, same, other))

    trial = await bulk.try_change(ann, chosen, {"amount": 7})
    assert (trial.tried, trial.changed, trial.unchanged) == (4, 2, 1)
    assert [(record, str(text)) for record, text in trial.refused] == [
        (large, "You may not change this record of Deals.")
    ]
    assert await amounts(ann) == {"Small": 1, "Large": 5000, "Same": 7, "Other": 2}

    done = await bulk.change(ann, chosen, {"amount": "7", "before": large})
    assert await left(ann, done) == {large: "You may not change this record of Deals."}
    assert await amounts(ann) == {"Small": 7, "Large": 5000, "Same": 7, "Other": 7}
    await write(ann, DEAL, [Update(small, {"amount": 8})])

    await handover.undo(ann, done)
    await operations.finish(ann, done)
    assert await amounts(ann) == {"Small": 8, "Large": 5000, "Same": 7, "Other": 2}
    assert (await queries.get_record(ann, DEAL, other, ("before",))).values["before"] is None
    assert set(await left(ann, done)) == {small, large}


async def test_whoever_acts_in_the_place_of_somebody_is_noted(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann = await office.as_("Ann", "worker", "many")
    dan = ann.with_actor(replace(ann.actor, impersonator=office.ids["Dan"]))

    done = await bulk.delete(dan, Selection(DEAL, (deal,)))
    deleted = (await queries.history(office.system, DEAL, deal))[0]
    await handover.undo(dan, done)
    await operations.finish(ann, done)

    restored = (await queries.history(office.system, DEAL, deal))[0]
    for noted in (deleted, restored):
        assert (noted.actor, impersonator_of(noted.causation)) == (office.ids["Ann"], office.ids["Dan"])
    assert (deleted.action, restored.action) == ("delete", "restore")


async def test_what_is_wrong_for_every_record_is_said_at_once(office: Office) -> None:
    deal = await office.deal("Deal", "Ann")
    ann = await office.as_("Ann", "careful", "many")

    wrong: list[tuple[dict[str, object], str]] = [
        ({}, "required"),
        ({"amount": "x"}, "int_parsing"),
        ({"nothing": 1}, "unknown_field"),
    ]
    for values, code in wrong:
        for act in (bulk.change, bulk.try_change):
            with pytest.raises(Invalid) as refused:
                await act(ann, Selection(DEAL, (deal,)), values)
            assert refused.value.errors[0].code == code
    with pytest.raises(Forbidden):
        await bulk.change(await office.as_("Ann", "careful"), Selection(DEAL, (deal,)), {"amount": 1})


async def amounts(context: Context) -> dict[str, object]:
    """The amounts of the deals by name."""
    found = await queries.list_records(context, Query(DEAL, ("name", "amount")))
    return {str(record["name"]): record["amount"] for record in found.records()}


async def noted(office: Office) -> list[tuple[str, str, str]]:
    """Kind, actor and entity of the lines of the log."""
    async with office.home.database.read(office.home.workspace) as connection:
        found = await connection.fetch(prepared(connection, "SELECT kind, actor, entity FROM {audit} ORDER BY seq"))
    return [(str(row[0]), str(row[1]), str(row[2])) for row in found]
