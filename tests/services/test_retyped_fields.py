"""A field gets another type, people go on working, and a roll-back gives everybody what is true then."""

from typing import Any

import pytest

from tests.services.test_purge import PROJECT, drift, project, publish
from trellis.kernel.actor import SYSTEM
from trellis.metadata.intent import Intent
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.publishing import Order, plan
from trellis.services.publishing import publish as publish_planned
from trellis.services.records import write
from trellis.services.studio import plans
from trellis.services.studio.quarantine import fields_waiting
from trellis.services.studio.retired import retired
from trellis.services.workspaces import OpenWorkspace

NUMBER = {"type": "integer", "label": "Size"}


async def make(context: Context, **values: Any) -> str:
    (outcome,) = await write(context, PROJECT, [Create({"name": "Bridge", **values})])
    return outcome.id


async def roll_back(context: Context, number: int) -> Context:
    view = await plans.plan_rollback(context, number)
    await plans.rollback(context, number, view.fingerprint, [step.consent for step in view.consents], "back")
    newest = await context.home.refresh()
    assert newest is not None
    return context.with_release(newest)


async def values(context: Context, key: str, *records: str) -> list[Any]:
    return [(await queries.get_record(context, PROJECT, record)).values[key] for record in records]


async def test_a_roll_back_keeps_old_spellings_and_what_was_typed_since(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    texts = ("1,200", "n/a", "7", "8", None)
    records = [await make(context, size=text) for text in texts]
    first = context.release.number

    context = await publish(context, project(size=NUMBER))
    assert await values(context, "size", *records) == [1200, None, 7, 8, None]
    assert [field.count for field in await fields_waiting(context)] == [1]
    await write(context, PROJECT, [Update(records[2], {"size": 70}), Update(records[3], {"size": None})])
    fresh = await make(context, size=9)

    context = await roll_back(context, first)
    assert await values(context, "size", *records, fresh) == ["1,200", "n/a", "70", None, None, "9"]
    assert await fields_waiting(context) == []
    assert await drift(home) == ()


async def test_forth_and_back_and_forth_loses_nothing(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, project())
    record = await make(context, size="5", tags=["b", "a"])
    first = context.release.number
    second = {"size": NUMBER, "tags": {"type": "text", "label": "Tags"}}

    for _ in range(2):
        context = await publish(context, project(**second))
        assert await values(context, "size", record) == [5]
        assert await values(context, "tags", record) == ["B; A"]
        context = await roll_back(context, first)
        assert await values(context, "size", record) == ["5"]
        assert await values(context, "tags", record) == [("b", "a")]
    assert await drift(home) == ()
    assert len(await retired(context)) == 4


async def test_one_becomes_many_and_many_one(system: Context) -> None:
    one = {"type": "select", "label": "Tags", "options": {"a": {"label": "A"}, "b": {"label": "B"}}}
    context = await publish(system, project())
    single, double = await make(context, tags=["b"]), await make(context, tags=["a", "b"])

    context = await publish(context, project(tags=one))
    assert await values(context, "tags", single, double) == ["b", None]
    context = await publish(context, project())

    assert await values(context, "tags", single, double) == [("b",), ()]
    assert [(field.field, field.count) for field in await fields_waiting(context)] == [("tags", 1)]


async def test_records_are_compared_by_the_field_that_has_the_name_now(system: Context, home: OpenWorkspace) -> None:
    rule = {"same_code": {"match": ["code"], "action": "warn"}}
    context = await publish(system, {**project(), "duplicates": rule})
    first = await make(context, code="A", size="B")
    fields = {
        key: {**context.snapshot.raw[PROJECT]["fields"][other], "label": other}
        for key, other in (("code", "size"), ("size", "code"))
    }
    paths = [f"{PROJECT}#/fields/{key}" for key in ("code", "size")]
    documents = [
        {**project(**fields), "duplicates": rule} if raw["id"] == PROJECT else raw
        for raw in context.snapshot.raw.values()
    ]
    planned = await plan(
        home.database, home.workspace, documents, Intent(renames=dict(zip(paths, reversed(paths), strict=True)))
    )
    await publish_planned(home.database, home.workspace, planned, home.clock, Order(SYSTEM, "swapped"))

    newest = await home.refresh()
    assert newest is not None
    (outcome,) = await write(context.with_release(newest), PROJECT, [Create({"name": "Other", "code": "B"})])
    assert [warning.records for warning in outcome.warnings] == [(first,)]


@pytest.mark.parametrize(
    ("before", "after", "given"),
    [
        (NUMBER, {"type": "decimal", "label": "Size", "scale": 2}, 5),
        ({"type": "decimal", "label": "Size", "scale": 2}, {"type": "decimal", "label": "Size", "scale": 3}, "5.00"),
        ({"type": "decimal", "label": "Size", "scale": 2}, NUMBER, "5.00"),
        ({"type": "text", "label": "Size"}, {"type": "select", "label": "Size", "options": {"five": {"label": "Five"}}}, "five"),
    ],
)  # fmt: skip
async def test_records_are_still_compared_by_what_a_field_with_another_type_holds(
    system: Context, before: dict[str, Any], after: dict[str, Any], given: object
) -> None:
    rule = {"same_size": {"match": ["size"], "action": "warn"}}
    context = await publish(system, {**project(size=before), "duplicates": rule})
    first = await make(context, size=given)

    context = await publish(context, {**project(size=after), "duplicates": rule})

    (outcome,) = await write(context, PROJECT, [Create({"name": "Other", "size": given})])
    assert [warning.records for warning in outcome.warnings] == [(first,)]
