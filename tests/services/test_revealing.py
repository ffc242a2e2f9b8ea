"""A masked value is shown to those whose role lets them, one at a time, and the log tells of it first."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.auditlog import prepared, table
from tests.support.clinic import CLIENT, ORDER, SECRET, Clinic, client, opened
from trellis.engine.query import Masked, Query
from trellis.kernel.actor import Actor
from trellis.kernel.errors import Forbidden, NotFound, TooManyRequests
from trellis.services import accounts, queries
from trellis.services.access.explaining import explain
from trellis.services.access.wording import reason
from trellis.services.audit.sentences import sentence
from trellis.services.audit.timeline import Search, timeline
from trellis.services.commands import Delete
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.revealing import Revealed, reveal
from trellis.services.throttling import REVEAL, tried
from trellis.storage.connection import Prepared

pytestmark = pytest.mark.anyio
NEVER = "01a1fd70-f1c0-7000-8000-000000000000"


@pytest.fixture
async def clinic(database_url: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    async with opened(database_url, tmp_path / "files") as found:
        yield found


def desk(clinic: Clinic, identity: str = "", impersonator: str = "") -> Context:
    """Somebody who owns no client and may have masked values revealed."""
    actor = Actor(identity or clinic.clerk.actor.id, "Dee", "", frozenset({"clinic.desk"}))
    return clinic.system.with_actor(replace(actor, impersonator=impersonator))


async def notes(context: Context) -> list[tuple[str, ...]]:
    """What the log says of values shown: who, in whose place, of what, and the details."""
    async with context.database.read(context.workspace) as connection:
        sql = (
            "SELECT actor, impersonator, entity, record, detail FROM {audit} WHERE kind = 'field.revealed' ORDER BY id"
        )
        return [tuple(str(one or "") for one in row) for row in await connection.fetch(prepared(connection, sql))]


async def test_a_masked_value_is_shown_and_recorded_without_being_in_the_log(clinic: Clinic) -> None:
    context = desk(clinic)
    masked = await queries.get_record(context, CLIENT, clinic.foreign, ("phrase",))

    found = await reveal(context, CLIENT, clinic.foreign, "phrase")

    assert isinstance(masked.values["phrase"], Masked)
    assert (found.value, found.recorded) == (f"{SECRET} Theirs", True)
    assert await notes(context) == [(context.actor.id, "", CLIENT, clinic.foreign, '{"field":"phrase"}')]
    (entry,) = (await timeline(clinic.system, Search(kind="field"))).entries
    assert str(sentence(clinic.system, entry)) == "Cleo saw the masked Phrase of Account “Theirs”"
    after = await queries.list_records(context, Query(CLIENT, ("phrase",)))
    assert all(isinstance(row["phrase"], Masked | None) for row in after.records())


async def test_who_acts_in_somebodys_place_is_on_record(clinic: Clinic) -> None:
    boss = clinic.agent.actor.id

    await reveal(desk(clinic, impersonator=boss), CLIENT, clinic.foreign, "phrase")

    assert [line[:2] for line in await notes(clinic.system)] == [(clinic.clerk.actor.id, boss)]


async def test_what_is_worked_out_and_what_leads_elsewhere_is_shown_in_full_too(clinic: Clinic) -> None:
    context = desk(clinic)

    shout, tags, doctor = [await reveal(context, CLIENT, clinic.foreign, key) for key in ("shout", "tags", "doctor")]

    assert (shout.value, tags.value) == (f"{SECRET} Theirs!", ("one",))
    assert doctor.label == "Doctor"
    assert len(await notes(context)) == 3


async def test_nothing_is_recorded_where_nothing_is_masked(clinic: Clinic) -> None:
    own = desk(clinic, identity=clinic.agent.actor.id)
    doctor = str((await queries.get_record(clinic.system, CLIENT, clinic.own)).values["doctor"])

    readable = await reveal(own, CLIENT, clinic.own, "phrase")
    empty = await reveal(own, CLIENT, doctor, "phrase")

    assert (readable.value, readable.recorded) == (f"{SECRET} Ours", False)
    assert (empty.value, empty.recorded) == (None, False)
    assert await notes(clinic.system) == []


async def test_a_value_stays_masked_where_no_role_says_otherwise(clinic: Clinic) -> None:
    said = []

    for context, key in ((desk(clinic), "score"), (desk(clinic), "diary"), (clinic.agent, "phrase")):
        with pytest.raises(Forbidden) as refused:
            await reveal(context, CLIENT, clinic.foreign, key)
        said.append(str(refused.value.message))

    assert said == [
        "Score is masked for you, and none of your roles lets you show it in full.",
        "Diary of this record is hidden from you.",
        "Phrase is masked for you, and none of your roles lets you show it in full.",
    ]
    assert await notes(clinic.system) == []


async def test_the_answer_to_why_says_that_the_value_may_be_shown(clinic: Clinic) -> None:
    context = desk(clinic)

    phrase, score = [
        await explain(context, context.actor.id, CLIENT, clinic.foreign, "read", key) for key in ("phrase", "score")
    ]

    assert (phrase.allowed, phrase.field and phrase.field.reveal, score.field and score.field.reveal) == (
        False,
        True,
        False,
    )
    assert str(reason(phrase, context.snapshot)).endswith(
        "Its value can be shown on the page of a record, which is recorded."
    )
    assert "can be shown" not in str(reason(score, context.snapshot))


async def test_fields_of_which_one_may_not_know_are_not_there(clinic: Clinic) -> None:
    for key in ("sealed", "nonsense", "doctor.phrase"):
        with pytest.raises(NotFound):
            await reveal(desk(clinic), CLIENT, clinic.foreign, key)


async def test_a_record_that_one_may_not_see_takes_as_much_work_as_none(clinic: Clinic) -> None:
    context = desk(clinic)
    unseen, gone = [await client(clinic.system, None, name) for name in ("Unseen", "Gone")]
    await write(clinic.system, CLIENT, [Delete(gone)])
    counts = []

    for record in (unseen, NEVER, unseen, NEVER, gone):
        with clinic.database.counting() as tally, pytest.raises(NotFound):
            await reveal(context, CLIENT, record, "phrase")
        counts.append(len(tally))
    with pytest.raises((Forbidden, NotFound)):
        await reveal(context, ORDER, clinic.foreign, "cost")

    assert counts[2] == counts[3] == counts[4]


async def test_without_the_log_nothing_is_shown(clinic: Clinic) -> None:
    context = desk(clinic)
    shown: list[Revealed] = []
    async with context.database.write(context.workspace) as connection:
        name = table(connection, "audit")
        await connection.execute(Prepared(f"ALTER TABLE {name} RENAME TO gone", ()), {})

    with pytest.raises(Exception, match="audit"):
        shown.append(await reveal(context, CLIENT, clinic.foreign, "phrase"))

    assert shown == []


async def test_one_value_after_the_other_has_an_end(clinic: Clinic) -> None:
    context = desk(clinic)
    async with context.database.write(context.workspace) as connection:
        for _ in range(REVEAL.free - 1):
            await tried(connection, REVEAL, context.actor.id, context.clock.now())

    await reveal(context, CLIENT, clinic.foreign, "phrase")
    with pytest.raises(TooManyRequests):
        await reveal(context, CLIENT, clinic.foreign, "phrase")

    assert len(await notes(context)) == 1


async def test_a_refusal_says_what_would_help_and_whom_to_ask(clinic: Clinic) -> None:
    await accounts.create_user(clinic.system, email="root@example.com", name="Root", roles=["core.admin"])
    everybody = Actor(clinic.clerk.actor.id, "Cleo", "", frozenset({"clinic.desk", "core.employee"}))
    advice = []

    for context, key in (
        (clinic.agent, "phrase"),
        (clinic.system.with_actor(everybody), "score"),
        (desk(clinic), "score"),
    ):
        with pytest.raises(Forbidden) as refused:
            await reveal(context, CLIENT, clinic.foreign, key)
        advice.append([str(one) for one in refused.value.advice])

    assert advice == [
        ["It would be allowed if this held: {Owner} == me.id"],
        ["You can ask Root, who looks after users and roles."],
        [],
    ]
