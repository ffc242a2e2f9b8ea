"""Fields that may be read or changed on some records only: nothing of them comes out of the others."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.clinic import CLIENT, NOTE, ORDER, SECRET, Clinic, opened
from trellis.engine.access.grantees import GranteeKind
from trellis.engine.query import Count, Masked, Query, SortKey
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.metadata.documents import Level
from trellis.services import grantees, queries
from trellis.services.access import looking
from trellis.services.audit.timeline import Search, timeline
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.explaining import explain
from trellis.services.livevalues import live_inputs, live_values
from trellis.services.records import write
from trellis.services.transfer.binding import bind
from trellis.services.transfer.exporting import csv_chunks, plan
from trellis.services.transfer.mapping import Mapping
from trellis.web.render.forms import default_form

HIDDEN = ("diary", "score", "double", "tags", "doctor")


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    async with opened(database_url, tmp_path / "files") as found:
        yield found


async def listed(context: Context, entity: str, *fields: str, **members: Any) -> dict[str, dict[str, object]]:
    """The records of a list by id."""
    page = await queries.list_records(context, Query(entity, fields, **members))
    return {str(row["id"]): row for row in page.records()}


async def names(context: Context, **members: Any) -> list[str]:
    """The names in a list, in its order."""
    return [str(row["name"]) for row in (await listed(context, CLIENT, "name", **members)).values()]


async def test_values_show_where_their_level_rises(clinic: Clinic) -> None:
    fields = ("name", "phrase", "shout", *HIDDEN)
    rows = await listed(clinic.agent, CLIENT, *fields, labels=True)
    own, foreign = rows[clinic.own], rows[clinic.foreign]

    assert (own["phrase"], own["score"], own["double"]) == (f"{SECRET} Ours", 77001, 154002)
    assert (own["shout"], own["tags"]) == (f"{SECRET} Ours!", ("one",))
    assert (own["doctor:label"], foreign["doctor:label"]) == ("Doctor", None)
    assert isinstance(foreign["phrase"], Masked)
    assert isinstance(foreign["shout"], Masked)
    assert all(foreign[key] is None for key in HIDDEN)
    assert SECRET not in repr(foreign)

    record = await queries.get_record(clinic.agent, CLIENT, clinic.foreign)
    assert record.levels["phrase"] is Level.MASKED
    assert set(record.hidden) == set(HIDDEN)
    assert SECRET not in repr(record)
    assert (await queries.get_record(clinic.agent, CLIENT, clinic.own)).hidden == ()


async def test_a_level_is_that_of_the_record_behind_a_lookup(clinic: Clinic) -> None:
    backwards = (SortKey("name", True),)
    orders = await listed(clinic.agent, ORDER, "cost", "client.phrase", "client.doctor.name", sort=backwards)
    notes = await listed(clinic.agent, NOTE, "order.cost", "order.client.score", sort=(SortKey("order", True),))

    assert [row["cost"] for row in orders.values()] == [None, f"{SECRET} Ours"]
    assert [row["client.phrase"] for row in orders.values()] == ["••••", f"{SECRET} Ours"]
    assert [row["client.doctor.name"] for row in orders.values()] == [None, "Doctor"]
    assert notes[clinic.notes[0]]["order.cost"] == f"{SECRET} Ours"
    assert notes[clinic.notes[1]]["order.cost"] is None
    assert [row["order.client.score"] for row in notes.values()] == [None, 77001]


async def test_filters_and_orders_take_what_may_not_be_read_for_empty(clinic: Clinic) -> None:
    agent = clinic.agent
    assert await names(agent, filter="score >= 77001") == ["Ours"]
    assert await names(agent, filter="double == 154004") == []
    assert await names(agent, filter=f"contains(phrase, '{SECRET}')") == ["Ours"]
    assert await names(agent, filter="has(tags, 'one')") == ["Ours"]
    assert await names(agent, filter="contains(doctor.name, 'Doctor')") == ["Ours"]
    assert len(await listed(agent, ORDER, filter=f"contains(cost, '{SECRET}')")) == 1
    assert len(await listed(agent, ORDER, filter="client.score > 0")) == 1
    assert await queries.count(agent, Query(CLIENT, filter="blank(score)", count=Count.EXACT)) == 2
    with pytest.raises(Invalid):
        await names(agent, filter="blank(sealed)")

    for path in ("score", "phrase", "double", "doctor", "shout"):
        assert (await names(agent, sort=(SortKey(path, True), SortKey("name"))))[0] == "Ours", path


async def test_cursors_hold_only_what_may_be_read(clinic: Clinic) -> None:
    for sort in (SortKey("phrase"), SortKey("doctor", True), SortKey("score", True)):
        found: list[object] = []
        query: Query | None = Query(CLIENT, ("name",), sort=(sort,), limit=1)
        while query is not None:
            page = await queries.list_records(clinic.agent, query)
            found += [row["name"] for row in page.records()]
            if page.next is not None:
                held = base64.urlsafe_b64decode(page.next + "==").decode()
                assert len(found) == 1 or not (SECRET in held or "77002" in held), held
            query = replace(query, cursor=page.next) if page.next else None

        assert (found[0], len(found)) == ("Ours", 3), sort


async def test_a_search_finds_only_what_may_be_read(clinic: Clinic) -> None:
    agent, clerk = clinic.agent, clinic.clerk
    assert sorted(await names(clerk, search=SECRET)) == ["Doctor", "Ours", "Theirs"]
    assert await names(agent, search=SECRET) == ["Ours"]
    assert await names(agent, search=f"{SECRET} diary") == ["Ours"]
    assert await names(agent, search=f"{SECRET} sealed") == []
    assert sorted(await names(agent, search="open")) == ["Doctor", "Ours", "Theirs"]
    assert await names(agent, search="open thei") == ["Theirs"]
    page = await queries.list_records(agent, Query(CLIENT, search="open", limit=1, count=Count.CAPPED))
    assert page.count == 3
    assert page.next is not None
    later = await queries.list_records(agent, Query(CLIENT, search="open", limit=1, cursor=page.next))
    assert len(later.rows) == 1
    assert later.rows != page.rows
    found = [choice.label for choice in await queries.choices(agent, CLIENT, SECRET)]
    assert found == ["Ours"]
    assert await queries.choices(agent, CLIENT, "sealed") == []


async def refused(context: Context, record: str, entity: str = CLIENT, **values: object) -> list[tuple[str, str]]:
    """Where a change is refused, and why; nothing when it is not."""
    try:
        await write(context, entity, [Update(record, values)])
    except Invalid as error:
        return [(one.path, one.code) for one in error.errors]
    return []


async def test_a_field_is_changed_where_its_level_says_so(clinic: Clinic) -> None:
    agent = clinic.agent
    assert await refused(agent, clinic.own, phrase="new", score=5, tags=["two"]) == []
    assert await refused(agent, clinic.own, diary="new") == [("diary", "not_writable")]
    assert await refused(agent, clinic.foreign, phrase="new", name="New") == [("phrase", "not_writable")]
    assert await refused(agent, clinic.foreign, score=1) == [("score", "not_writable")]
    assert await refused(agent, clinic.foreign, score=77002) == [("score", "not_writable")], "a guess tells nothing"
    assert await refused(agent, clinic.foreign, open="new") == []
    with pytest.raises(Invalid):
        await write(agent, CLIENT, [Create({"name": "Mine", "phrase": "new"})])

    orders = {str(row["name"]): key for key, row in (await listed(agent, ORDER, "name")).items()}
    assert await refused(agent, orders["first"], ORDER, cost="new") == []
    assert await refused(agent, orders["second"], ORDER, cost="new") == [("cost", "not_writable")]

    known = await queries.get_record(clinic.system, CLIENT, clinic.foreign, ("phrase", "score", "open"))
    assert (known.values["phrase"], known.values["score"]) == (f"{SECRET} Theirs", 77002)
    assert known.values["open"] == "new"


async def test_history_tells_of_fields_as_far_as_they_are_open_here(clinic: Clinic) -> None:
    for record in (clinic.own, clinic.foreign):
        await write(clinic.system, CLIENT, [Update(record, {"phrase": f"{SECRET} again", "score": 9, "open": "yes"})])
    (own, *_), (foreign, *_) = [
        await queries.history(clinic.agent, CLIENT, record) for record in (clinic.own, clinic.foreign)
    ]

    assert set(own.changes) == {"phrase", "score", "open"}
    assert set(foreign.changes) == {"open"}


async def exported(context: Context, query: Query) -> str:
    """The file that somebody gets."""
    return b"".join([chunk async for chunk in csv_chunks(context, plan(context, query))]).decode("utf-8-sig")


async def test_an_export_has_its_own_right_and_its_own_limit(clinic: Clinic) -> None:
    text = await exported(clinic.agent, Query(CLIENT, ("name", "phrase", "tags"), sort=(SortKey("name"),)))

    assert text.splitlines() == ["Name,Phrase,Tags", "Doctor,,", f"Ours,{SECRET} Ours,One", "Theirs,••••,"]
    assert (await exported(clinic.agent, Query(ORDER, ("name",)))).splitlines() == ["Name"]
    with pytest.raises(Forbidden):
        await exported(clinic.agent, Query(NOTE))
    with pytest.raises(Forbidden) as refusal:
        await exported(clinic.clerk, Query(CLIENT))
    assert refusal.value.message.params == {"limit": 1, "count": 3}
    assert len((await exported(clinic.clerk, Query(CLIENT, filter="name == 'Ours'"))).splitlines()) == 2


async def test_an_import_finds_records_only_by_what_may_be_read(clinic: Clinic) -> None:
    agent = clinic.agent
    by = {"phrase": False, "sealed": False, "name": True}
    for key, allowed in by.items():
        mapping = Mapping.model_validate({"entity": CLIENT, "key": [key], "columns": {key: {"field": key}}})
        with pytest.raises((Invalid, Forbidden)) if not allowed else contextlib.nullcontext():
            bind(mapping, agent, (key,))


async def test_lists_cost_no_further_statement(clinic: Clinic) -> None:
    plain, raised = Query(CLIENT, ("name", "open"), labels=True), Query(CLIENT, ("phrase", "doctor"), labels=True)
    with clinic.database.counting() as by_agent:
        await queries.list_records(clinic.agent, plain)
    with clinic.database.counting() as by_clerk:
        await queries.list_records(clinic.clerk, plain)
    with clinic.database.counting() as conditional:
        await queries.list_records(clinic.agent, raised)
        await queries.list_records(clinic.clerk, replace(plain, search="open"))

    assert by_agent.statements == by_clerk.statements
    assert "CASE" not in by_agent.statements[0]
    assert len(conditional) == 2


async def test_an_explanation_leaves_out_what_is_closed_here(clinic: Clinic) -> None:
    own, foreign = [await explain(clinic.agent, CLIENT, record, "grade") for record in (clinic.own, clinic.foreign)]

    assert (own.inputs[0].shown.value, own.inputs[0].shown.hidden) == (77001, False)
    assert (foreign.inputs[0].shown.value, foreign.inputs[0].shown.hidden) == (None, True)
    assert (foreign.shown.value, foreign.steps) == ("B", ())
    assert (await explain(clinic.agent, CLIENT, clinic.own, "double")).shown.value == 154002
    for key in ("double", "phrase"):
        with pytest.raises(NotFound):
            await explain(clinic.agent, CLIENT, clinic.foreign, key)


async def test_all_fields_can_rise_at_once(clinic: Clinic) -> None:
    guest = clinic.system.with_actor(replace(clinic.agent.actor, roles=frozenset({"clinic.guest"})))
    rows = await listed(guest, CLIENT, *queries.readable_fields(guest, CLIENT), sort=(SortKey("created_at"),))
    own, foreign = rows[clinic.own], rows[clinic.foreign]

    assert (own["name"], own["sealed"], own["version"]) == ("Ours", f"{SECRET} Ours sealed", 1)
    assert {key for key, value in foreign.items() if value is not None and ":" not in key} == {"id", "version"}
    assert await refused(guest, clinic.own, name="New") == []
    assert await refused(guest, clinic.foreign, name="New", open="x") == [
        ("name", "not_writable"), ("open", "not_writable"),
    ]  # fmt: skip
    assert [choice.label for choice in await queries.choices(guest, CLIENT, "open")] == ["New"]


async def test_facts_beside_a_choice_are_those_that_may_be_read_on_that_record(clinic: Clinic) -> None:
    found = {choice.label: choice for choice in await queries.choices(clinic.agent, CLIENT)}

    assert found["Ours"].facts == (f"{SECRET} Ours", "77001")
    assert (found["Theirs"].facts, found["Doctor"].facts) == ((), ())
    with clinic.database.counting() as counted:
        await queries.choices(clinic.agent, CLIENT)
    assert len(counted.statements) == 1


async def test_live_formulas_use_what_may_be_read_on_that_record(clinic: Clinic) -> None:
    client = clinic.agent.snapshot.entity(CLIENT)
    form = default_form(client)

    async def live(record: str, **typed: object) -> dict[str, Any]:
        found = await queries.get_record(clinic.agent, CLIENT, record)
        values = {**found.known, **typed}
        return await live_values(clinic.agent, form, client, values, exists=True, levels=found.levels)

    assert await live(clinic.own, score=5, phrase="new") == {"double": 10, "grade": "A", "shout": "new!"}
    assert await live(clinic.foreign, score=5, phrase="guess") == {}
    assert live_inputs(clinic.agent, form, client) == frozenset(), "a new record goes by what holds on every record"
    own = (await queries.get_record(clinic.agent, CLIENT, clinic.own)).levels
    assert live_inputs(clinic.agent, form, client, own) == {"score", "phrase"}


async def test_the_log_shows_changes_of_fields_that_may_be_read_on_that_record(clinic: Clinic) -> None:
    await write(clinic.system, CLIENT, [Update(one, {"score": 3, "phrase": "p", "diary": "d", "sealed": "s"})
                                        for one in (clinic.own, clinic.foreign)])  # fmt: skip
    auditor = clinic.system.with_actor(replace(clinic.agent.actor, roles=clinic.agent.actor.roles | {"clinic.auditor"}))
    found = {}
    for record in (clinic.own, clinic.foreign):
        with clinic.database.counting() as counted:
            entry, *_ = (await timeline(auditor, Search(entity=CLIENT, record=record))).entries
        found[record] = ({*entry.changes}, entry.hidden, len(counted.statements))

    shown, hidden, statements = found[clinic.own]
    assert (shown, hidden) == ({"score", "phrase", "diary"}, 1)
    assert found[clinic.foreign] == (set(), 4, statements)


async def test_people_are_named_where_their_name_is_open(clinic: Clinic) -> None:
    reader = clinic.system.with_actor(Actor(clinic.clerk.actor.id, "Cleo", "", frozenset({"clinic.reader"})))
    ann, zoe = (
        clinic.agent.actor.id,
        str((await queries.get_record(clinic.system, CLIENT, clinic.foreign)).values["owner"]),
    )

    assert await grantees.names(reader, "core.user", [ann, zoe]) == {ann: "Ann"}
    assert await looking.names(reader, "core.user", [ann, zoe]) == {ann: "Ann"}
    assert [one.label for one in await grantees.candidates(reader, "") if one.grantee.kind is GranteeKind.USER] == [
        "Ann"
    ]
