"""What was retired is listed, comes back with its values, and is deleted for good only when somebody insists."""

from datetime import timedelta
from typing import Any

import pytest

from tests.services.conftest import person
from tests.support.publishing import Publisher
from trellis.commands.purge import delete, lines
from trellis.engine.query import Count, Query
from trellis.kernel.clock import FixedClock
from trellis.kernel.errors import Forbidden, Invalid, NotFound
from trellis.metadata.ledger import State
from trellis.services import accounts, queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.studio import drafts, plans
from trellis.services.studio.purging import purge
from trellis.services.studio.retired import RetiredPart, restore, retired
from trellis.services.workspaces import OpenWorkspace
from trellis.storage.connection import Prepared
from trellis.storage.ledger import read_ledger

PROJECT = "x.project"
TAGS = {"a": {"label": "A"}, "b": {"label": "B"}}
FIELDS: dict[str, Any] = {
    "name": {"type": "text", "label": "Name", "search": True},
    "code": {"type": "text", "label": "Code", "unique": True},
    "tags": {"type": "multiselect", "label": "Tags", "options": TAGS},
    "size": {"type": "text", "label": "Size"},
}


def project(*left_out: str, **changed: Any) -> dict[str, Any]:
    """The entity without some fields, and with others."""
    fields = {key: field for key, field in {**FIELDS, **changed}.items() if key not in left_out}
    return {"kind": "entity", "id": PROJECT, "label": "Project", "titleField": "name", "fields": fields}


async def publish(context: Context, *documents: dict[str, Any], without: str = "") -> Context:
    """Publish documents through the draft; the context under the new release."""
    for document in documents:
        await drafts.save(context, document)
    if without:
        await drafts.remove(context, without)
    return await publish_draft(context)


async def publish_draft(context: Context) -> Context:
    view = await plans.plan_draft(context)
    assert not view.blocked, (view.errors, view.questions)
    await plans.publish_draft(context, view.fingerprint, [step.consent for step in view.consents], "test")
    newest = await context.home.refresh()
    assert newest is not None
    return context.with_release(newest)


async def make(context: Context) -> str:
    """A record with a value in every field, changed once."""
    values = {"name": "Bridge", "code": "P-1", "tags": ["b", "a"], "size": "about 5"}
    (outcome,) = await write(context, PROJECT, [Create(values)])
    await write(context, PROJECT, [Update(outcome.id, {"code": "P-2"})])
    return outcome.id


async def drift(home: OpenWorkspace) -> tuple[object, ...]:
    return await Publisher(home.database, home.workspace).drift()


def names(parts: list[RetiredPart]) -> list[tuple[str, str, int, bool]]:
    return [(part.path, part.field, part.values, part.restorable) for part in parts]


async def changes(context: Context, record: str) -> list[dict[str, Any]]:
    return [dict(entry.changes) for entry in await queries.history(context, PROJECT, record)]


async def test_what_was_retired_is_listed_with_its_values(system: Context) -> None:
    context = await publish(system, project())
    await make(context)
    context = await publish(context, project("code", "tags", size={"type": "integer", "label": "Size in m"}))

    parts = await retired(context)

    assert names(parts) == [
        ("x.project#/fields/code", "Code", 1, True),
        ("x.project#/fields/size", "Size", 1, False),
        ("x.project#/fields/tags", "Tags", 1, True),
    ]
    assert {(part.entity, part.release, part.purgeable_at - part.at) for part in parts} == {
        ("Project", context.release.number, timedelta(days=90))
    }


async def test_a_restored_field_has_its_values_again(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    record = await make(context)
    context = await publish(context, project("code", "tags"))

    for part in await retired(context):
        await restore(context, part.uid)
    context = await publish_draft(context)

    found = await queries.get_record(context, PROJECT, record)
    assert (found.values["code"], found.values["tags"]) == ("P-2", ("b", "a"))
    assert await retired(context) == []
    assert await drift(home) == ()


async def test_a_restored_entity_has_its_records_again(system: Context, home: OpenWorkspace) -> None:
    view = {
        "kind": "view", "id": "x.projects", "entity": PROJECT, "type": "list", "label": "Projects", "columns": {"name": {}}
    }  # fmt: skip
    context = await publish(system, project(), view)
    record = await make(context)
    await drafts.remove(context, "x.projects")
    context = await publish(context, without=PROJECT)

    (part,) = await retired(context)
    assert names([part]) == [(PROJECT, "", 1, True)]
    await restore(context, part.uid)
    context = await publish_draft(context)

    found = await queries.get_record(context, PROJECT, record)
    assert (found.values["code"], found.values["tags"]) == ("P-2", ("b", "a"))
    assert context.snapshot.raw["x.projects"]["label"] == "Projects"
    assert await drift(home) == ()


async def test_what_is_in_use_again_is_not_restored(system: Context) -> None:
    context = await publish(system, project())
    await make(context)
    context = await publish(context, project("code"))
    (part,) = await retired(context)
    context = await publish(context, project())

    with pytest.raises(Invalid):
        await restore(context, part.uid)
    with pytest.raises(NotFound):
        await restore(context, 4_000)


async def test_a_field_is_deleted_for_good(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    record = await make(context)
    context = await publish(context, project("code", "tags"))
    code, tags = await retired(context)

    for part, key in ((code, "code"), (tags, "tags")):
        await purge(context, part.uid, key, now=key)

    assert await drift(home) == ()
    assert await retired(context) == []
    async with home.database.read(home.workspace) as connection:
        ledger = await read_ledger(connection)
        rows = await connection.fetch(Prepared(f"SELECT actor, changes FROM {_named(home, 'history')} ORDER BY seq"))
    assert {entry.path for entry in ledger.entries if entry.state is State.PURGED} == {code.path, tags.path}
    assert not any("P-1" in changes or "P-2" in changes for _, changes in rows)
    assert [actor for actor, changes in rows[-2:] if changes == "{}"] == [context.actor.id] * 2
    assert (await changes(context, record))[-1].keys() == {"name", "size"}
    (outcome,) = await write(context, PROJECT, [Create({"name": "Next"})])
    assert outcome.changed


def _named(home: OpenWorkspace, table: str) -> str:
    return Publisher(home.database, home.workspace).named(table)


async def test_a_field_of_the_same_name_begins_without_values(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    record = await make(context)
    context = await publish(context, project("code"))
    (part,) = await retired(context)
    await purge(context, part.uid, "code", now="code")

    context = await publish(context, project())

    assert (await queries.get_record(context, PROJECT, record)).values["code"] is None
    assert await drift(home) == ()


async def test_an_entity_is_deleted_for_good(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    await make(context)
    context = await publish(context, project("size"))
    context = await publish(context, without=PROJECT)
    (part,) = await retired(context)

    await purge(context, part.uid, PROJECT, now=PROJECT)

    assert await drift(home) == ()
    assert await retired(context) == []
    context = await publish(context, project())
    assert await queries.count(context, Query(PROJECT, count=Count.EXACT)) == 0
    assert await drift(home) == ()


async def test_the_old_column_of_a_field_goes_and_its_history_stays(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    record = await make(context)
    context = await publish(context, project(size={"type": "integer", "label": "Size"}))
    (part,) = await retired(context)

    await purge(context, part.uid, "size", now="size")

    assert await drift(home) == ()
    assert (await changes(context, record))[-1]["size"] == (None, "about 5")


async def test_a_purge_waits_for_its_time_and_is_confirmed(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    context = await publish(context, project("code"))
    (part,) = await retired(context)

    for confirm, now, code in (("", "", "not_confirmed"), ("tags", "code", "not_confirmed"), ("code", "", "too_early")):
        with pytest.raises(Invalid) as caught:
            await purge(context, part.uid, confirm, now=now)
        assert [error.code for error in caught.value.errors] == [code]
    await accounts.save_setting(context, "purge.retention_days", "7")
    assert isinstance(home.clock, FixedClock)
    home.clock.advance(timedelta(days=7))
    await purge(context, part.uid, "code")

    assert await retired(context) == []
    with pytest.raises(NotFound):
        await purge(context, part.uid, "code")


async def test_only_who_has_the_right_may_purge(system: Context) -> None:
    context = await publish(system, project())
    context = await publish(context, project("code"))
    (part,) = await retired(context)
    rita = await person(context, "Rita", "core.employee", "sales.rep")

    with pytest.raises(Forbidden):
        await purge(rita, part.uid, "code", now="code")
    with pytest.raises(Forbidden):
        await retired(rita)


async def test_the_command_lists_and_deletes(system: Context, capsys: pytest.CaptureFixture[str]) -> None:
    context = await publish(system, project())
    await make(context)
    context = await publish(context, project("code"))

    assert "x.project#/fields/code  1 values" in lines(await retired(context))[0]
    assert await delete(context, "x.project#/fields/nothing", confirm="", now="") == 1
    assert await delete(context, "x.project#/fields/code", confirm="code", now="code") == 0
    assert "x.project#/fields/code is deleted, with 1 values." in capsys.readouterr().out
    assert lines(await retired(context)) == ["Nothing is retired."]
