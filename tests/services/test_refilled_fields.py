"""What publishing does to values that formulas read reaches the formulas, of whatever else they are."""

from typing import Any

from tests.services.test_purge import publish, publish_draft
from tests.support.rush import work_off
from tests.support.shop import formula
from trellis.services import queries
from trellis.services.commands import Create, Update
from trellis.services.context import Context
from trellis.services.records import write
from trellis.services.studio.drafts import remove
from trellis.services.studio.retired import restore, retired
from trellis.services.verifying import verify
from trellis.services.workspaces import OpenWorkspace

TEXT = {"type": "text", "label": "Size"}
NUMBER = {"type": "integer", "label": "Size"}


def document(key: str, **fields: Any) -> dict[str, Any]:
    fields = {"name": {"type": "text", "label": "Name", "search": True}, **fields}
    return {"kind": "entity", "id": key, "label": key, "titleField": "name", "fields": fields}


def bridge(size: dict[str, Any], **fields: Any) -> dict[str, Any]:
    said = formula("text", "when(blank(size), 'none', 'some')", storage="stored", label="Said")
    return document("x.bridge", size=size, said=said, **fields)


def part(**fields: Any) -> dict[str, Any]:
    link = {"type": "lookup", "target": "x.bridge", "label": "Bridge"}
    told = formula("text", "'of ' + bridge.name", storage="stored", label="Told")
    return document("x.part", bridge=link, told=told, **fields)


async def made(context: Context, entity: str, **values: Any) -> str:
    (outcome,) = await write(context, entity, [Create(values)])
    return outcome.id


async def told(context: Context, entity: str, record: str, key: str) -> object:
    return (await queries.get_record(context, entity, record)).values[key]


async def untrue(context: Context) -> list[tuple[str, object]]:
    await work_off(context)
    return [(one.key, one.samples) for one in await verify(context) if one.differing or one.waiting]


async def test_a_formula_follows_a_field_whose_values_are_put_aside(system: Context) -> None:
    context = await publish(system, bridge(TEXT))
    record = await made(context, "x.bridge", name="Long", size="about 5")
    assert await told(context, "x.bridge", record, "said") == "some"

    context = await publish(context, bridge(NUMBER))

    assert await untrue(context) == []
    assert await told(context, "x.bridge", record, "said") == "none"


async def test_an_entity_that_comes_back_knows_what_happened_meanwhile(system: Context, home: OpenWorkspace) -> None:
    context = await publish(system, bridge(TEXT), part())
    first = await made(context, "x.bridge", name="Long")
    record = await made(context, "x.part", name="Pier", bridge=first)
    await remove(context, "x.part")
    context = await publish_draft(context)
    await write(context, "x.bridge", [Update(first, {"name": "Short"})])

    (gone,) = await retired(context)
    await restore(context, gone.uid)
    context = await publish_draft(context)

    assert await untrue(context) == []
    assert await told(context, "x.part", record, "told") == "of Short"
